package synapses

import (
	"context"
	"errors"
	"math"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/array"
	"github.com/synohm/synohm/sim"
)

// CheckDense refuses weights that the cells cannot be, and to train those that
// cannot be changed.
func (c *Crossbar) CheckDense(w Dense) error {
	cell, err := c.cell()
	if err != nil {
		return err
	}
	errs := []error{w.Check(), w.checkScale(), array.Check(cell, &c.Settings, w.Sources, w.Targets)}
	if w.Trained {
		errs = append(errs, array.CheckTrain(cell, &c.Settings))
	}
	_, err = formedScale(cell, w.random())
	return errors.Join(append(errs, err)...)
}

// random is what formed cells, which cannot hold the values, are asked for:
// normal numbers of the same mean square. The mean is left out where it is
// within what that of random numbers of mean 0 may be.
func (w Dense) random() Want {
	want := w.want()
	if len(w.Values) == 0 {
		return want
	}
	var sum, square float64
	for _, x := range w.Values {
		sum += float64(x)
		square += float64(x) * float64(x)
	}
	n := float64(len(w.Values))
	want.Std = math.Sqrt(square / n)
	if mean := sum / n; math.Abs(mean) > 6*want.Std/math.Sqrt(n) {
		want.Mean = mean
	}
	return want
}

// DenseBytes is that of arrays, and of changes that are not yet written.
func (c *Crossbar) DenseBytes(w Dense) float64 {
	bytes := c.Bytes(w.want())
	if cell, err := c.cell(); err == nil && w.Trained {
		if _, ok := cell.Make(1, 0, 0).(devices.Programmable); ok {
			bytes += 4 * w.want().count()
		}
	}
	return bytes
}

// MakeDense programs the values onto arrays. Formed cells cannot hold them:
// they take random numbers of the same mean square in their place.
func (c *Crossbar) MakeDense(ctx context.Context, w Dense, seed uint64, workers int) (sim.DenseWeights, error) {
	if err := c.CheckDense(w); err != nil {
		return nil, err
	}
	cell, err := c.cell()
	if err != nil {
		return nil, err
	}
	var numbers []float32
	if _, ok := cell.(devices.Formed); !ok {
		numbers = w.copied()
	}
	m, err := c.matrix(ctx, cell, &c.Settings, w.random(), numbers, seed, workers)
	if err != nil {
		return nil, err
	}
	if w.Trained {
		m.Train()
	}
	return &denseArray{onCrossbar{want: w.want(), Matrix: m}}, nil
}

// denseArray is an array that is multiplied by batches, and changed.
type denseArray struct{ onCrossbar }

var (
	_ sim.DenseWeights = (*denseArray)(nil)
	_ sim.Stateful     = (*denseArray)(nil)
	_ sim.Restorer     = (*denseArray)(nil)
)

func (o *denseArray) Multiply(ctx context.Context, key sim.Key, batch int, x, y []float32) error {
	return o.MultiplyBatch(ctx, array.Key(key), batch, x, y)
}

func (o *denseArray) MultiplyT(ctx context.Context, key sim.Key, batch int, y, x []float32) error {
	return o.MultiplyBatchT(ctx, array.Key(key), batch, y, x)
}

func (o *denseArray) AddOuter(ctx context.Context, key sim.Key, batch int, rate float32, x, d []float32) error {
	return o.Matrix.AddOuter(ctx, array.Key(key), batch, rate, x, d)
}

func (o *denseArray) Add(ctx context.Context, key sim.Key, change []float32) error {
	return o.Matrix.Add(ctx, array.Key(key), change)
}

// Live is nil: weights are what cells conduct.
func (o *denseArray) Live() []float32 { return nil }
