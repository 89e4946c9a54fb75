package ewc

import (
	"context"
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/backprop"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/sim"
)

// EWC is the settings of elastic weight consolidation. A rate times lambda times
// the largest F above 2 makes the pull towards the anchors overshoot.
type EWC struct {
	Rate      float64        `yaml:"rate" default:"0.2" range:"(0, 100]" doc:"step size of the optimiser"`
	Optimiser config.Variant `yaml:"optimiser" catalog:"optimisers" default:"sgd" doc:"how derivatives become changes"`
	Lambda    float64        `yaml:"lambda" default:"10" range:"[0, inf)" doc:"weight of what earlier tasks ask for; 0 is backpropagation alone. The rate times lambda times the largest F stays below 2, or weights overshoot their anchors"`
	Fisher    string         `yaml:"fisher" default:"sampled" enum:"sampled|labels" doc:"labels of the squared gradients: drawn from what the network makes of an image, or those of the data"`
	Examples  int            `yaml:"examples" default:"2000" range:"[1, 10000000]" doc:"images of a task that F is estimated from, at most all"`
	Anchors   string         `yaml:"anchors" default:"each" enum:"each|last" doc:"a penalty of its own for every earlier task, or one whose F is the sum of all and which pulls to where the last task ended"`
}

var _ learning.Rule = (*EWC)(nil)

// Entry is the catalogue entry.
func Entry() catalog.Entry {
	return catalog.Entry{
		Name: "ewc", Summary: "elastic weight consolidation: backpropagation that holds weights which earlier tasks depend on",
		Equation: "L = L_task + lambda / 2 sum over earlier tasks k, weights i of F_ki (w_i - w*_ki)^2\n" +
			"F_ki = mean over images of (d log p(y) / d w_i)^2 at w*_k, y drawn from p",
		Reference: "Kirkpatrick et al., PNAS 114, 3521 (2017), eq. 3; one anchor with summed F as in Schwarz et al., Progress and compress, ICML 2018, eq. 9, without its decay",
		Omits:     "weights on devices: F and the anchors need their numbers; layers other than dense ones, whose squared gradients are not products of squares",
		Params:    &EWC{},
	}
}

func (e *EWC) method() optimise.Method { return e.Optimiser.Value.(optimise.Method) }

// Check refuses what does not fit.
func (e *EWC) Check(s learning.Setting) error {
	if !s.Numbers {
		return fmt.Errorf("elastic weight consolidation holds weights to numbers of its own, which only weights that are plain numbers can be compared with; take the substrate ideal")
	}
	return optimise.Check(e.method(), s.Numbers)
}

// New makes the network.
func (e *EWC) New(ctx context.Context, s learning.Setting) (learning.Learner, error) {
	net, err := backprop.NewNetwork(ctx, s, 0, false)
	if err != nil {
		return nil, err
	}
	l := &learner{EWC: e, s: s, net: net}
	for _, layer := range net.Layers() {
		p := layer.Parameters()
		if !dense(layer) {
			return nil, fmt.Errorf("layer %s: elastic weight consolidation needs dense layers, whose squared gradients are products of squares", layer.Name())
		}
		c := &held{by: optimise.New(e.method(), layer, s.Workers), params: p}
		for _, q := range p {
			n := q.Len()
			c.g = append(c.g, make([]float32, n))
			c.change = append(c.change, make([]float32, n))
			c.strength = append(c.strength, make([]float32, n))
			c.pull = append(c.pull, make([]float32, n))
		}
		c.workers = s.Workers
		l.layers = append(l.layers, c)
	}
	return l, nil
}

// dense tells whether a layer is a matrix of all inputs and all outputs, and a
// bias.
func dense(l sim.Layer) bool {
	p := l.Parameters()
	if len(p) != 2 || p[0].Weights == nil || p[1].Weights != nil {
		return false
	}
	targets, sources := p[0].Weights.Shape()
	return targets == l.Out().Units() && sources == l.In().Units() && p[1].Len() == targets
}

// learner is a network that holds on to what it has learnt.
type learner struct {
	*EWC
	s      learning.Setting
	net    *backprop.Network
	layers []*held
}

var (
	_ learning.Learner   = (*learner)(nil)
	_ learning.TaskEnder = (*learner)(nil)
)

func (l *learner) Layers() []sim.Layer { return l.net.Layers() }

// State is weights, what the optimisers keep, and the springs to earlier tasks.
func (l *learner) State() []sim.Variable {
	out := learning.StateOf(l.Layers())
	for i, layer := range l.Layers() {
		h := l.layers[i]
		out = append(out, learning.Prefixed(layer.Name()+"/optimiser", h.by.State())...)
		for k, p := range h.params {
			name := layer.Name() + "/" + p.Name
			out = append(out, sim.Variable{Name: name + "/strength", Values: h.strength[k]}, sim.Variable{Name: name + "/pull", Values: h.pull[k]})
		}
	}
	return out
}

// Scores are those of the output.
func (l *learner) Scores(ctx context.Context, key sim.Key, b learning.Batch, scores []float32) error {
	s, err := l.net.Forward(ctx, key, b.N, b.X)
	copy(scores, s)
	return err
}

// Learn takes a step. The loss is that of the task; the length of the derivative
// of the penalty is told beside it.
func (l *learner) Learn(ctx context.Context, at learning.Step, b learning.Batch) (r learning.Report, err error) {
	loss, err := l.net.Gradient(ctx, at.Key(0), b.N, b.X, b.Y[:b.N], func(i int) sim.Changer { return l.layers[i] })
	if err != nil {
		return r, err
	}
	held := 0.0
	for _, h := range l.layers {
		held += h.penalty(l.Lambda, b.N)
		if err := h.step(1/float64(b.N), l.Rate*at.Rate); err != nil {
			return r, err
		}
	}
	r.Loss = loss / float64(b.N)
	r.Values = []learning.Value{{Name: "pull", Value: math.Sqrt(held)}}
	return r, nil
}

// held is the parameters of a layer, with springs to where earlier tasks left
// them: the derivative of the penalty is lambda (strength w - pull), where
// strength is the sum of F and pull that of F w*.
type held struct {
	by       *optimise.Updater
	params   []*sim.Parameter
	workers  int
	g        [][]float32 // derivative, summed over the batch
	change   [][]float32
	strength [][]float32
	pull     [][]float32
}

var _ sim.Changer = (*held)(nil)

// Outer keeps the derivative of weights.
func (h *held) Outer(_ context.Context, _ sim.Key, p *sim.Parameter, batch int, x, d []float32) error {
	targets, sources := p.Weights.Shape()
	kernels.Gemm(h.workers, true, false, sources, targets, batch, 1, x, sources, d, targets, 0, h.g[0], targets)
	return nil
}

// Plain keeps that of the bias.
func (h *held) Plain(_ context.Context, _ sim.Key, _ *sim.Parameter, g []float32) error {
	copy(h.g[1], g)
	return nil
}

// penalty adds the derivative of the penalty, as often as there are examples, and
// returns the sum of its squares, of one example.
func (h *held) penalty(lambda float64, batch int) (squares float64) {
	if lambda == 0 {
		return 0
	}
	for k, p := range h.params {
		w, g := p.Values(), h.g[k]
		for i, s := range h.strength[k] {
			d := lambda * (float64(float64(s)*float64(w[i])) - float64(h.pull[k][i]))
			squares += float64(d * d)
			g[i] += float32(d * float64(batch))
		}
	}
	return squares
}

// step changes the parameters.
func (h *held) step(scale, rate float64) error {
	if err := h.by.Changes(h.change, h.g, scale, rate); err != nil {
		return err
	}
	for k, p := range h.params {
		w := p.Values()
		for i, c := range h.change[k] {
			w[i] += c
		}
	}
	return nil
}
