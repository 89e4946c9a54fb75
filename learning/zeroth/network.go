package zeroth

import (
	"context"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/sim"
)

// network is layers that are run, and whose parameters are moved.
type network struct {
	s      learning.Setting
	stack  learning.Stack // of the rectified layers
	output sim.Layer
	layers []sim.Layer
	params []*sim.Parameter
	size   int // numbers of all parameters

	kept   vector // where the parameters are that are plain numbers, while they are moved
	at     float32
	change []float32 // scratch, of weights on devices

	passes []int64 // one number: passes of a batch in training so far
	key    learning.Step
	calls  int // of the layers in this step, for keys

	scores, d []float32
	losses    []float64
}

// vector is a number for every parameter of the network.
type vector [][]float32

func newNetwork(ctx context.Context, s learning.Setting, gain float64) (*network, error) {
	hidden, err := s.Stack(ctx)
	if err != nil {
		return nil, err
	}
	in := s.In
	if n := len(hidden); n > 0 {
		in = hidden[n-1].Out()
	}
	n := &network{s: s, stack: learning.Stack{Layers: hidden, Workers: s.Workers}, passes: make([]int64, 1)}
	if n.output, err = s.Make.Dense(ctx, "output", in, s.Classes, gain); err != nil {
		return nil, err
	}
	n.layers = append(hidden[:len(hidden):len(hidden)], n.output)
	for _, l := range n.layers {
		n.params = append(n.params, l.Parameters()...)
	}
	for _, p := range n.params {
		n.size += p.Len()
	}
	n.kept = n.vector()
	return n, nil
}

// vector makes one of zeros.
func (n *network) vector() vector {
	all := make([]float32, n.size)
	var v vector
	for _, p := range n.params {
		k := p.Len()
		v, all = append(v, all[:k:k]), all[k:]
	}
	return v
}

// begin starts a step: all that follows draws anew.
func (n *network) begin(at learning.Step) {
	n.key, n.calls = at, 0
	n.keep()
}

// next is the key of a call that must draw other numbers than those before it.
func (n *network) next() sim.Key {
	k := n.key.Key(n.calls * n.s.Batch)
	n.calls++
	return k
}

// keep remembers where the parameters are that are plain numbers.
func (n *network) keep() {
	n.at = 0
	for i, p := range n.params {
		copy(n.kept[i], p.Values())
	}
}

// grain is how many values are worth a goroutine.
const grain = 1 << 14

// move puts the parameters at what they were when they were kept, plus factor
// times a direction; 0 brings plain numbers back exactly. Weights on devices
// are changed by the way from where the last move left them, which must have
// been along the same direction.
func (n *network) move(ctx context.Context, factor float32, along vector) error {
	way := factor - n.at
	n.at = factor
	for i, p := range n.params {
		u := along[i]
		if w := p.Values(); w != nil {
			from := n.kept[i]
			kernels.Parallel(n.s.Workers, len(w), grain, func(lo, hi int) { step(w[lo:hi], from[lo:hi], u[lo:hi], factor) })
			continue
		}
		if way == 0 {
			continue
		}
		c := learning.Fit(&n.change, len(u))
		for k, x := range u {
			c[k] = way * x
		}
		if err := p.Weights.Add(ctx, n.next(), c); err != nil {
			return err
		}
	}
	return nil
}

// step writes w = from + factor u.
func step(w, from, u []float32, factor float32) {
	if factor == 0 {
		copy(w, from)
		return
	}
	for i, x := range u {
		w[i] = from[i] + float32(factor*x)
	}
}

// loss runs a batch and returns its mean cross-entropy.
func (n *network) loss(ctx context.Context, b learning.Batch) (float64, error) {
	n.passes[0]++
	scores := learning.Fit(&n.scores, b.N*n.s.Classes)
	if err := n.run(ctx, n.next(), b, scores); err != nil {
		return 0, err
	}
	return n.entropy(b), nil
}

// run lets a batch through all layers.
func (n *network) run(ctx context.Context, key sim.Key, b learning.Batch, scores []float32) error {
	if err := n.stack.Forward(ctx, key, b.N, len(n.stack.Layers), b.X); err != nil {
		return err
	}
	return n.output.Forward(ctx, key, b.N, n.features(b), scores)
}

// features is what the output layer saw of a batch that was run.
func (n *network) features(b learning.Batch) []float32 {
	if k := len(n.stack.Layers); k > 0 {
		return n.stack.H[k-1]
	}
	return b.X[:b.N*n.s.In.Units()]
}

// entropy is the mean loss of the scores of a batch; d becomes the derivative
// along each score.
func (n *network) entropy(b learning.Batch) float64 {
	d := learning.Fit(&n.d, b.N*n.s.Classes)
	if len(n.losses) < b.N {
		n.losses = make([]float64, b.N)
	}
	kernels.SoftmaxCrossEntropy(n.scores, n.s.Classes, b.Y[:b.N], d, n.losses[:b.N])
	sum := 0.0
	for _, l := range n.losses[:b.N] {
		sum += l
	}
	return sum / float64(b.N)
}
