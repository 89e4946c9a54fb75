package scalable

import (
	"context"
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/sim"
)

// block is layers that learn together by the goodness of the auxiliary layer on
// their output.
type block struct {
	stack  learning.Stack
	aux    sim.Layer
	rule   goodness
	by     []*optimise.Updater // nil for layers without parameters
	auxBy  *optimise.Updater
	gate   learning.Backward
	z      []float32 // activity of the auxiliary layer
	dAux   []float32
	dh, dz []float32
	passed []float32 // output, normalised, for the next block
}

// forward passes a batch and returns the activity of the auxiliary layer.
func (b *block) forward(ctx context.Context, key sim.Key, batch int, x []float32) ([]float32, error) {
	if err := b.stack.Forward(ctx, key, batch, len(b.stack.Layers), x); err != nil {
		return nil, err
	}
	z := learning.Fit(&b.z, batch*b.aux.Out().Units())
	if err := b.aux.Forward(ctx, key, batch, b.out(), z); err != nil {
		return nil, fmt.Errorf("layer %s: %w", b.aux.Name(), err)
	}
	return z, nil
}

// out is the activity of the block in the last pass.
func (b *block) out() []float32 { return b.stack.H[len(b.stack.H)-1] }

// normEpsilon keeps an example of equal activities from being divided by nothing.
const normEpsilon = 1e-5

// next is the output of the last pass as the next block sees it: of mean 0 and
// variance 1 over the units of every example.
func (b *block) next(batch int) []float32 {
	h := b.out()
	units := len(h) / batch
	to := learning.Fit(&b.passed, len(h))
	kernels.Parallel(b.stack.Workers, batch, max(1, grain/units), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			normalise(to[r*units:(r+1)*units], h[r*units:(r+1)*units])
		}
	})
	return to
}

// normalise writes (x - mean) / sqrt(variance + normEpsilon).
func normalise(to, x []float32) {
	sum := 0.0
	for _, v := range x {
		sum += float64(v)
	}
	mean := sum / float64(len(x))
	sum = 0
	for _, v := range x {
		away := float64(v) - mean
		sum += float64(away * away)
	}
	factor := 1 / math.Sqrt(sum/float64(len(x))+normEpsilon)
	for i, v := range x {
		to[i] = float32((float64(v) - mean) * factor)
	}
}

// learn takes a step after a pass: the goodness of the auxiliary layer, and
// backpropagation down to the first layer of the block.
func (b *block) learn(ctx context.Context, key sim.Key, number int, labels []uint8, rate float64) (loss float64, err error) {
	batch := len(labels)
	scale := 1 / float64(batch)
	d := learning.Fit(&b.dAux, len(b.z))
	loss = b.rule.Signal(learning.Own{Layer: number, Batch: batch, X: b.out(), H: b.z, Units: b.aux.Out().Units(), Labels: labels}, d)
	// What goes back has random keys apart from those of what went forward.
	key.Trial += uint32(batch)
	dh := learning.Fit(&b.dh, len(b.out()))
	if err := b.aux.Backward(ctx, key, batch, b.out(), d, dh); err != nil {
		return loss, fmt.Errorf("layer %s: %w", b.aux.Name(), err)
	}
	if err := b.auxBy.Learn(ctx, key, b.aux, batch, b.out(), d, scale, rate); err != nil {
		return loss, fmt.Errorf("layer %s: %w", b.aux.Name(), err)
	}
	for i := len(b.stack.Layers) - 1; i >= 0; i-- {
		l, x := b.stack.Layers[i], b.stack.X[i]
		dz := learning.Fit(&b.dz, len(dh))
		own := learning.Own{Layer: i, Batch: batch, X: x, H: b.stack.H[i], Units: l.Out().Units()}
		if err := b.gate.SignalBackward(own, dh, dz); err != nil {
			return loss, err
		}
		if i > 0 {
			dh = learning.Fit(&b.dh, batch*l.In().Units())
			if err := l.Backward(ctx, key, batch, x, dz, dh); err != nil {
				return loss, fmt.Errorf("layer %s: %w", l.Name(), err)
			}
		}
		if b.by[i] == nil {
			continue
		}
		if err := b.by[i].Learn(ctx, key, l, batch, x, dz, scale, rate); err != nil {
			return loss, fmt.Errorf("layer %s: %w", l.Name(), err)
		}
	}
	return loss, nil
}

// rectified is the rule of a layer within a block: the derivative from above,
// where the unit was active.
type rectified struct{ workers int }

var _ learning.Backward = rectified{}

// SignalBackward writes the derivative before the rectifier.
func (g rectified) SignalBackward(own learning.Own, above []float32, d []float32) error {
	kernels.Parallel(g.workers, len(d), grain, func(lo, hi int) {
		copy(d[lo:hi], above[lo:hi])
		kernels.MaskReLU(d[lo:hi], own.H[lo:hi])
	})
	return nil
}
