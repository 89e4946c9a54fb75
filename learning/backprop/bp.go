package backprop

import (
	"context"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/sim"
)

// Output is what the rules of the package share.
type Output struct {
	Rate      float64        `yaml:"rate" default:"0.001" range:"(0, 100]" doc:"step size of the optimiser"`
	Optimiser config.Variant `yaml:"optimiser" catalog:"optimisers" default:"adam" doc:"how derivatives become changes"`
	Loss      string         `yaml:"loss" default:"cross_entropy" enum:"cross_entropy|mse" doc:"of softmax and the label, or half of the squared difference of the scores from 1 for the label and 0 for others"`
	Slope     float64        `yaml:"slope" default:"0" range:"[0, 1]" doc:"of the nonlinearity below zero: 0 for a rectifier"`
}

func (o *Output) method() optimise.Method { return o.Optimiser.Value.(optimise.Method) }

// Check refuses what does not fit.
func (o *Output) Check(s learning.Setting) error { return optimise.Check(o.method(), s.Numbers) }

// BP is backpropagation.
type BP struct {
	Output `yaml:",inline"`
}

var _ learning.Rule = (*BP)(nil)

// BPEntry is the catalogue entry.
func BPEntry() catalog.Entry {
	return catalog.Entry{
		Name: "bp", Summary: "backpropagation: the derivative of the loss, carried down by the weights of every layer",
		Equation: "dz_l = (W_{l+1} dz_{l+1}) f'(z_l),  dW_l = -rate h_{l-1}^T dz_l,  f a rectifier\n" +
			"dz = softmax(s) - y at the output, a linear layer that the rule adds",
		Reference: "Rumelhart, Hinton & Williams, Nature 323:533 (1986)",
		Params:    &BP{},
	}
}

// New makes the layers and what trains them.
func (b *BP) New(ctx context.Context, s learning.Setting) (learning.Learner, error) {
	l, err := newLearner(ctx, &b.Output, s)
	if err != nil {
		return nil, err
	}
	return l, nil
}

var _ learning.Observed = (*learner)(nil)

// learner is a network under backpropagation.
type learner struct {
	*Output
	s   learning.Setting
	net *Network
	by  []*optimise.Updater // nil for a layer without parameters
}

func newLearner(ctx context.Context, o *Output, s learning.Setting) (*learner, error) {
	net, err := NewNetwork(ctx, s, o.Slope, o.Loss == "mse")
	if err != nil {
		return nil, err
	}
	l := &learner{Output: o, s: s, net: net}
	for _, layer := range net.Layers() {
		var u *optimise.Updater
		if len(layer.Parameters()) > 0 {
			u = optimise.New(o.method(), layer, s.Workers)
		}
		l.by = append(l.by, u)
	}
	return l, nil
}

// Network is what the rule trains.
func (l *learner) Network() *Network { return l.net }

// Layers are those with parameters.
func (l *learner) Layers() (out []sim.Layer) {
	for i, layer := range l.net.Layers() {
		if l.by[i] != nil {
			out = append(out, layer)
		}
	}
	return out
}

// State is weights and what the optimisers keep.
func (l *learner) State() []sim.Variable {
	out := learning.StateOf(l.Layers())
	for i, layer := range l.net.Layers() {
		if l.by[i] != nil {
			out = append(out, learning.Prefixed(layer.Name()+"/optimiser", l.by[i].State())...)
		}
	}
	return out
}

// Scores are those of the output.
func (l *learner) Scores(ctx context.Context, key sim.Key, b learning.Batch, scores []float32) error {
	return l.net.forward(ctx, key, b.N, b.X, scores)
}

// Activities are those of the hidden layers.
func (l *learner) Activities(ctx context.Context, key sim.Key, b learning.Batch) ([][]float32, error) {
	_, err := l.net.Forward(ctx, key, b.N, b.X)
	return l.net.Hidden.H, err
}

// Learn takes a step.
func (l *learner) Learn(ctx context.Context, at learning.Step, b learning.Batch) (r learning.Report, err error) {
	e, loss, err := l.pass(ctx, at, b)
	if err != nil {
		return r, err
	}
	r.Loss = loss / float64(b.N)
	key := above(at.Key(0), b.N)
	return r, l.net.backward(ctx, key, b.N, b.X, e, l.net.exact, func(i int, x, dz []float32) error {
		return l.change(ctx, key, at, i, b.N, x, dz)
	})
}

// pass is the way forward of a step.
func (l *learner) pass(ctx context.Context, at learning.Step, b learning.Batch) (e []float32, loss float64, err error) {
	if _, err := l.net.Forward(ctx, at.Key(0), b.N, b.X); err != nil {
		return nil, 0, err
	}
	e, loss = l.net.Error(b.Y[:b.N])
	return e, loss, nil
}

// change lets layer i change by a derivative.
func (l *learner) change(ctx context.Context, key sim.Key, at learning.Step, i, batch int, x, dz []float32) error {
	return l.by[i].Learn(ctx, key, l.net.layer(i), batch, x, dz, 1/float64(batch), l.Rate*at.Rate)
}
