package zeroth

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/sim"
)

// ForwardGrad takes the exact derivative along a random direction, which is
// carried forwards through the layers beside the values.
type ForwardGrad struct {
	Settings  `yaml:",inline"`
	Direction string `yaml:"direction" default:"normal" enum:"normal|rademacher" doc:"law of a direction's numbers: standard normal, or -1 and 1"`
}

var _ learning.Rule = (*ForwardGrad)(nil)

// ForwardGradEntry is the catalogue entry.
func ForwardGradEntry() catalog.Entry {
	return catalog.Entry{
		Name: "forward-grad", Summary: "exact derivative along random directions, carried forwards with the values",
		Equation: "g = mean over queries of (grad L . u) u,  u ~ N(0, 1)\n" +
			"z' = x' W + x U + u_b,  h' = z' where z > 0,  grad L . u = sum (softmax - y) z'_output",
		Reference: "Baydin, Pearlmutter, Syme, Wood, Torr, Gradients without backpropagation, arXiv 2202.08587 (2022), algorithm 1",
		Omits:     "weights on devices: the product of an input with a direction needs the direction in place of the weights",
		Params:    &ForwardGrad{},
	}
}

// Check refuses what does not fit.
func (z *ForwardGrad) Check(s learning.Setting) error {
	if !s.Numbers {
		return fmt.Errorf("forward-grad multiplies inputs by directions in place of the weights, which only plain numbers allow; take the substrate ideal, or zo-sgd, which moves the weights a little instead")
	}
	return z.check(s)
}

// New makes the network.
func (z *ForwardGrad) New(ctx context.Context, s learning.Setting) (learning.Learner, error) {
	l, err := z.make(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, layer := range l.layers {
		if len(layer.Parameters()) == 0 {
			return nil, fmt.Errorf("layer %s: forward-grad needs layers with weights, whose output is linear in their input; this one has none", layer.Name())
		}
	}
	t := &tangents{learner: l, along: make([][]float32, len(l.layers))}
	l.estimate = func(ctx context.Context, at learning.Step, b learning.Batch) (float64, error) {
		return t.estimate(ctx, at, b, z.Direction)
	}
	return l, nil
}

// tangents carries derivatives along a direction through the layers.
type tangents struct {
	*learner
	along         [][]float32 // derivative of every layer's output
	still, nought []float32   // output of an input of zeros, and those, one row
	carried       []float32   // output of the tangent of an input
}

// estimate runs the batch once, and a tangent of it for every query.
func (t *tangents) estimate(ctx context.Context, at learning.Step, b learning.Batch, law string) (float64, error) {
	t.clear()
	loss, err := t.loss(ctx, b)
	if err != nil {
		return 0, err
	}
	for q := range t.Queries {
		t.draw(law, at.Number, q, t.direction)
		slope, err := t.slope(ctx, b)
		if err != nil {
			return 0, err
		}
		t.add(slope)
	}
	return loss, nil
}

// slope is the derivative of the batch's mean loss along the direction, of a
// batch that was run before. A layer is linear in its parameters, and linear in
// its input but for the bias, so that each part of the derivative is a run of the
// layer: with the direction in place of the parameters, and on the tangent of its
// input. A pass of tangents counts as one pass.
func (t *tangents) slope(ctx context.Context, b learning.Batch) (float64, error) {
	t.passes[0]++
	var before []float32 // tangent of the input; that of the images is 0
	k := 0
	for i, l := range t.layers {
		x := t.features(b)
		if i < len(t.stack.Layers) {
			x = t.stack.X[i]
		}
		n := len(l.Parameters())
		out := learning.Fit(&t.along[i], b.N*l.Out().Units())
		if err := t.through(ctx, l, b.N, x, before, t.direction[k:k+n], t.kept[k:k+n], out); err != nil {
			return 0, fmt.Errorf("layer %s: %w", l.Name(), err)
		}
		if i < len(t.stack.Layers) {
			mask(out, t.stack.H[i])
		}
		before = out
		k += n
	}
	sum := 0.0
	for i, d := range t.d {
		sum += float64(d) * float64(before[i])
	}
	return sum / float64(b.N), nil
}

// through writes the tangent of a layer's output.
func (t *tangents) through(ctx context.Context, l sim.Layer, batch int, x, dx []float32, u, w vector, out []float32) error {
	put := func(v vector) {
		for i, p := range l.Parameters() {
			copy(p.Values(), v[i])
		}
	}
	put(u)
	err := l.Forward(ctx, t.next(), batch, x, out)
	put(w)
	if err != nil || dx == nil {
		return err
	}
	units := l.Out().Units()
	carried := learning.Fit(&t.carried, len(out))
	still := learning.Fit(&t.still, units)
	if err := l.Forward(ctx, t.next(), batch, dx, carried); err != nil {
		return err
	}
	if err := l.Forward(ctx, t.next(), 1, learning.Fit(&t.nought, l.In().Units()), still); err != nil {
		return err
	}
	kernels.Parallel(t.s.Workers, batch, max(1, grain/units), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			for j, c := range still {
				out[r*units+j] += carried[r*units+j] - c
			}
		}
	})
	return nil
}

// mask lets through where a rectifier was on.
func mask(d, h []float32) {
	for i, x := range h {
		if x <= 0 {
			d[i] = 0
		}
	}
}
