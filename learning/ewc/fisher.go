package ewc

import (
	"context"
	"math"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/sim"
)

var (
	purposeChoice = philox.Purpose("learning.ewc.choice")
	purposeLabel  = philox.Purpose("learning.ewc.label")
)

// together is how many examples F is measured on at once.
const together = 200

// EndTask measures what the task depends on, and ties the weights to where they
// are.
func (l *learner) EndTask(ctx context.Context, task int, train learning.Examples) error {
	n := min(l.Examples, train.Len())
	choice := philox.Stream{Seed: l.s.Seed, Purpose: purposeChoice}.Permutation(train.Len(), uint32(task))[:n]
	fisher := make([]*squares, len(l.layers))
	for i, h := range l.layers {
		fisher[i] = &squares{held: h, f: [2][]float32{make([]float32, h.params[0].Len()), make([]float32, h.params[1].Len())}}
	}
	var b learning.Batch
	for lo := 0; lo < n; lo += together {
		if err := ctx.Err(); err != nil {
			return err
		}
		index := make([]int32, min(together, n-lo))
		for i := range index {
			index[i] = int32(choice[lo+i])
		}
		train.Fill(-1, index, &b)
		// Plain numbers draw nothing, so that any key will do.
		if l.Fisher == "sampled" {
			scores, err := l.net.Forward(ctx, sim.Key{}, b.N, b.X)
			if err != nil {
				return err
			}
			l.sample(task, b, scores)
		}
		if _, err := l.net.Gradient(ctx, sim.Key{}, b.N, b.X, b.Y[:b.N], func(i int) sim.Changer { return fisher[i] }); err != nil {
			return err
		}
	}
	for i, h := range l.layers {
		for k, p := range h.params {
			h.tie(k, p.Values(), fisher[i].f[k], 1/float64(n), l.Anchors == "last")
		}
	}
	return nil
}

// sample draws labels from what the network makes of the images.
func (l *learner) sample(task int, b learning.Batch, scores []float32) {
	s := philox.Stream{Seed: l.s.Seed, Purpose: purposeLabel}
	classes := l.s.Classes
	p := make([]float64, classes)
	for r := range b.N {
		top := math.Inf(-1)
		for _, x := range scores[r*classes : (r+1)*classes] {
			top = math.Max(top, float64(x))
		}
		sum := 0.0
		for c := range p {
			p[c] = math.Exp(float64(scores[r*classes+c]) - top)
			sum += p[c]
		}
		u := philox.Uniform(s.Word(uint32(b.Index[r]), uint32(task))) * sum
		b.Y[r] = uint8(classes - 1)
		for c := range p {
			if u -= p[c]; u < 0 {
				b.Y[r] = uint8(c)
				break
			}
		}
	}
}

// squares sums the squared gradients of single examples. The gradient of a
// weight is x_i d_j, so that the sum of squares is a product of matrices too,
// that of x^2 and d^2; that of a bias is d_j.
type squares struct {
	*held
	f    [2][]float32
	x, d []float32
}

// Outer adds the squares of a batch, for the weights and the bias.
func (s *squares) Outer(_ context.Context, _ sim.Key, p *sim.Parameter, batch int, x, d []float32) error {
	targets, sources := p.Weights.Shape()
	x2, d2 := squared(&s.x, x[:batch*sources]), squared(&s.d, d[:batch*targets])
	kernels.Gemm(s.workers, true, false, sources, targets, batch, 1, x2, sources, d2, targets, 1, s.f[0], targets)
	for r := range batch {
		for j, v := range d2[r*targets : (r+1)*targets] {
			s.f[1][j] += v
		}
	}
	return nil
}

// Plain takes nothing: the sum over examples has no squares of single ones.
func (s *squares) Plain(context.Context, sim.Key, *sim.Parameter, []float32) error { return nil }

func squared(room *[]float32, of []float32) []float32 {
	to := learning.Fit(room, len(of))
	for i, v := range of {
		to[i] = v * v
	}
	return to
}

// tie adds springs of the strength f times share to where the weights are.
func (h *held) tie(k int, w, f []float32, share float64, last bool) {
	for i, x := range f {
		fisher := float64(x) * share
		h.strength[k][i] += float32(fisher)
		if last {
			h.pull[k][i] = float32(float64(h.strength[k][i]) * float64(w[i]))
		} else {
			h.pull[k][i] += float32(fisher * float64(w[i]))
		}
	}
}
