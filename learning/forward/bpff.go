package forward

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/inputs"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/sim"
)

// BPFF is backpropagation of the objective of forward-forward learning: one loss
// of the goodness of all layers together, whose derivative goes back through
// every layer. It tells what is the work of the objective from what is the work
// of learning locally.
type BPFF struct {
	Goodness  `yaml:",inline"`
	Rate      float64        `yaml:"rate" default:"0.003" range:"(0, 100]" doc:"step size of the optimiser"`
	Optimiser config.Variant `yaml:"optimiser" catalog:"optimisers" default:"adam" doc:"how derivatives become changes"`
	Input     string         `yaml:"input" default:"rms" enum:"rms|length" doc:"what a layer's input is divided by: the root of the mean of its squares, or its length"`
}

var _ learning.Rule = (*BPFF)(nil)

// BPFFEntry is the catalogue entry.
func BPFFEntry() catalog.Entry {
	return catalog.Entry{
		Name: "bp-ff", Summary: "backpropagation of the forward-forward objective: the goodness of all layers tells images with their label from images with a wrong one",
		Equation: "h_l = relu(W_l n(h_{l-1}) + b_l),  n(h) = h / rms(h) or h / |h|,  G = sum of G_l over all layers l\n" +
			"loss = softplus(theta - G+) + softplus(G- - theta), one threshold for the sum\n" +
			"dh_l = dloss/dG dG_l/dh_l + n'(h_l) W_{l+1}^T dz_{l+1},  dz_l = dh_l (h_l > 0)\n" +
			"class = label of the most goodness",
		Reference: "Tosato et al., Emergent representations in networks trained with the forward-forward algorithm, TMLR (2025), arXiv 2305.18353: BP/FF",
		Omits:     "a softmax over the labels in every layer before the layers' goodness is added up for a prediction, which the authors' program has",
		Params:    &BPFF{},
	}
}

// Check refuses what does not fit.
func (b *BPFF) Check(s learning.Setting) error {
	switch {
	case len(s.Hidden) == 0:
		return fmt.Errorf("the rule needs at least one layer")
	case inputs.CheckLabel(s.In.Units(), s.Classes) != nil:
		return inputs.CheckLabel(s.In.Units(), s.Classes)
	}
	return optimise.Check(b.Optimiser.Value.(optimise.Method), s.Numbers)
}

// New makes the layers and what trains them.
func (b *BPFF) New(ctx context.Context, s learning.Setting) (learning.Learner, error) {
	layers, err := s.Stack(ctx)
	if err != nil {
		return nil, err
	}
	l := &bpff{BPFF: b, s: s, stack: learning.Stack{Layers: layers, Workers: s.Workers, Normalise: true, Length: b.Input == "length"}}
	for _, layer := range layers {
		l.by = append(l.by, optimise.New(b.Optimiser.Value.(optimise.Method), layer, s.Workers))
	}
	l.goodness = make([][]float32, len(layers))
	return l, nil
}

// bpff is a network under the rule.
type bpff struct {
	*BPFF
	s     learning.Setting
	stack learning.Stack
	by    []*optimise.Updater

	x, sum, along []float32 // images; goodness of all layers and the derivative along it, a number a row
	d, above      []float32
	goodness      [][]float32 // of every layer, a number a row
}

var (
	_ learning.Backward = (*bpff)(nil)
	_ learning.Observed = (*bpff)(nil)
)

// Layers are those of the configuration.
func (b *bpff) Layers() []sim.Layer { return b.stack.Layers }

// State is weights and what the optimisers keep.
func (b *bpff) State() []sim.Variable {
	out := learning.StateOf(b.stack.Layers)
	for i, l := range b.stack.Layers {
		out = append(out, learning.Prefixed(l.Name()+"/optimiser", b.by[i].State())...)
	}
	return out
}

// Learn takes a step with the images of a batch and as many negative ones.
func (b *bpff) Learn(ctx context.Context, at learning.Step, data learning.Batch) (r learning.Report, err error) {
	n, units := data.N, b.s.In.Units()
	x := learning.Fit(&b.x, 2*n*units)
	copy(x, data.X[:n*units])
	copy(x[n*units:], data.X[:n*units])
	for i := range n {
		key := inputs.Key{Seed: b.s.Seed, Epoch: uint32(at.Epoch), Image: uint32(data.Index[i])}
		label := int(data.Y[i])
		inputs.EmbedLabel(x[i*units:], label, b.s.Classes, 1)
		inputs.EmbedLabel(x[(n+i)*units:], inputs.WrongLabel(key, label, b.s.Classes), b.s.Classes, 1)
	}
	loss, err := b.gradient(ctx, at.Key(0), 2*n, x, func(i int, key sim.Key, x, dz []float32) error {
		return b.by[i].Learn(ctx, key, b.stack.Layers[i], 2*n, x, dz, 1/float64(n), b.Rate*at.Rate)
	})
	for i, g := range b.goodness {
		pos, neg := means(g)
		r.Values = append(r.Values, learning.Value{Name: "goodness_positive", Layer: i + 1, Value: pos},
			learning.Value{Name: "goodness_negative", Layer: i + 1, Value: neg})
	}
	r.Loss = loss / float64(n)
	return r, err
}

// gradient passes a batch whose first half is positive, and hands learn the
// input of every layer and the derivative along z of the loss summed over the
// batch, the last layer first. A layer may change in learn: its derivative has
// been carried down before.
func (b *bpff) gradient(ctx context.Context, key sim.Key, batch int, x []float32, learn func(i int, key sim.Key, x, dz []float32) error) (loss float64, err error) {
	if err := b.pass(ctx, key, batch, x); err != nil {
		return 0, err
	}
	along := learning.Fit(&b.along, batch)
	for r, g := range b.sum {
		c := b.sign()
		if r < batch/2 {
			c = -c
		}
		value, p := softplus(c * (float64(g) - b.Theta))
		loss += value
		along[r] = float32(c * p)
	}
	back := sim.Key{Trial: key.Trial + uint32(batch), Step: key.Step} // apart from that of the way forward
	var above []float32
	for i := len(b.stack.Layers) - 1; i >= 0; i-- {
		l := b.stack.Layers[i]
		units := l.Out().Units()
		own := learning.Own{Layer: i, Batch: batch, X: b.stack.X[i], H: b.stack.H[i], Units: units}
		dz := learning.Fit(&b.d, batch*units)
		if err := b.SignalBackward(own, above, dz); err != nil {
			return loss, err
		}
		if i > 0 {
			in := l.In().Units()
			above = learning.Fit(&b.above, batch*in)
			if err := l.Backward(ctx, back, batch, own.X, dz, above); err != nil {
				return loss, fmt.Errorf("layer %s: %w", l.Name(), err)
			}
			b.stack.NormaliseBack(above, b.stack.H[i-1], in)
		}
		if err := learn(i, back, own.X, dz); err != nil {
			return loss, fmt.Errorf("layer %s: %w", l.Name(), err)
		}
	}
	return loss, nil
}

// SignalBackward adds the derivative of the layer's own goodness to that which
// comes from the layer above, nil for the last one, where units are active.
func (b *bpff) SignalBackward(own learning.Own, above []float32, d []float32) error {
	units, g := own.Units, b.goodness[own.Layer]
	kernels.Parallel(b.s.Workers, own.Batch, max(1, grain/units), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			f := float32(float64(b.along[r]) * b.slope(g[r], units))
			for k := r * units; k < (r+1)*units; k++ {
				switch h := own.H[k]; {
				case h <= 0:
					d[k] = 0
				case above == nil:
					d[k] = f * h
				default:
					d[k] = float32(f*h) + above[k]
				}
			}
		}
	})
	return nil
}

// pass lets images through, and adds up the goodness of all layers.
func (b *bpff) pass(ctx context.Context, key sim.Key, batch int, x []float32) error {
	if err := b.stack.Forward(ctx, key, batch, len(b.stack.Layers), x); err != nil {
		return err
	}
	sum := learning.Fit(&b.sum, batch)
	clear(sum)
	for i, l := range b.stack.Layers {
		g := learning.Fit(&b.goodness[i], batch)
		b.of(b.stack.H[i], l.Out().Units(), g, b.s.Workers)
		for r, v := range g {
			sum[r] += v
		}
	}
	return nil
}

// Activities are those of positive data: images with their label.
func (b *bpff) Activities(ctx context.Context, key sim.Key, data learning.Batch) ([][]float32, error) {
	units := b.s.In.Units()
	x := learning.Fit(&b.x, data.N*units)
	copy(x, data.X[:data.N*units])
	for i := range data.N {
		inputs.EmbedLabel(x[i*units:], int(data.Y[i]), b.s.Classes, 1)
	}
	err := b.stack.Forward(ctx, key, data.N, len(b.stack.Layers), x)
	return b.stack.H, err
}

// Scores are the goodness with each label.
func (b *bpff) Scores(ctx context.Context, key sim.Key, data learning.Batch, scores []float32) error {
	units, classes := b.s.In.Units(), b.s.Classes
	x := withEveryLabel(&b.x, data, units, classes)
	if err := b.pass(ctx, key, data.N*classes, x); err != nil {
		return err
	}
	for k, v := range b.sum {
		scores[k] = float32(b.sign()) * v
	}
	return nil
}
