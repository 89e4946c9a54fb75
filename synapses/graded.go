package synapses

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// Dense is what a graded layer asks of its weights: all of a matrix,
// [sources][targets], that starts with the given values.
type Dense struct {
	Sources, Targets int
	Values           []float32 // [sources][targets]; nil where only a check is wanted
	Trained          bool      // the weights are to be changed
}

// Check refuses what cannot be stored.
func (w Dense) Check() error {
	if err := w.want().Check(); err != nil {
		return err
	}
	if w.Values != nil && len(w.Values) != w.Sources*w.Targets {
		return fmt.Errorf("%d values are not those of %d x %d weights", len(w.Values), w.Sources, w.Targets)
	}
	for i, x := range w.Values {
		if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("weight %d, %d is %g; weights are finite", i/w.Targets, i%w.Targets, x)
		}
	}
	return nil
}

// want is the shape of the matrix.
func (w Dense) want() Want { return Want{Sources: w.Sources, Targets: w.Targets} }

// copied are the values, or zeros where there are none.
func (w Dense) copied() []float32 {
	v := make([]float32, w.Sources*w.Targets)
	copy(v, w.Values)
	return v
}

// checkScale refuses to train weights whose numbers or cells take their scale
// from values that are all 0.
func (w Dense) checkScale() error {
	if !w.Trained || w.Values == nil || slices.ContainsFunc(w.Values, func(x float32) bool { return x != 0 }) {
		return nil
	}
	return fmt.Errorf("weights that are trained get their scale from those at the start, which are all 0; start with random ones, or train them as ideal numbers")
}

// CheckDense takes all that can be stored.
func (ideal) CheckDense(w Dense) error { return w.Check() }

// DenseBytes is a number a weight.
func (ideal) DenseBytes(w Dense) float64 { return 4 * w.want().count() }

// MakeDense copies the values.
func (ideal) MakeDense(_ context.Context, w Dense, _ uint64, workers int) (sim.DenseWeights, error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	return newGraded(w, workers), nil
}

// graded is a matrix of numbers that is multiplied by batches, and changed.
type graded struct {
	dense
	workers int
}

func newGraded(w Dense, workers int) *graded {
	return &graded{dense{w.want(), w.copied()}, max(1, workers)}
}

var (
	_ sim.DenseWeights = (*graded)(nil)
	_ sim.Stateful     = (*graded)(nil)
)

// checkBatch panics where vectors are not those of a batch.
func (w Want) checkBatch(batch int, x, y []float32) {
	if batch < 0 || len(x) != batch*w.Sources || len(y) != batch*w.Targets {
		panic(fmt.Sprintf("synapses: a batch of %d of %d and %d numbers is not one of %d x %d weights", batch, len(x), len(y), w.Sources, w.Targets))
	}
}

// checkMatrix panics where changes are not those of the matrix.
func (w Want) checkMatrix(change []float32) {
	if len(change) != w.Sources*w.Targets {
		panic(fmt.Sprintf("synapses: %d changes are not those of %d x %d weights", len(change), w.Sources, w.Targets))
	}
}

// Multiply is a product with the numbers.
func (g *graded) Multiply(ctx context.Context, _ sim.Key, batch int, x, y []float32) error {
	g.want.checkBatch(batch, x, y)
	s, t := g.want.Sources, g.want.Targets
	kernels.Gemm(g.workers, false, false, batch, t, s, 1, x, s, g.w, t, 0, y, t)
	return ctx.Err()
}

// MultiplyT is a product with the transposed matrix.
func (g *graded) MultiplyT(ctx context.Context, _ sim.Key, batch int, y, x []float32) error {
	g.want.checkBatch(batch, x, y)
	s, t := g.want.Sources, g.want.Targets
	kernels.Gemm(g.workers, false, true, batch, s, t, 1, y, t, g.w, t, 0, x, s)
	return ctx.Err()
}

// AddOuter adds rate x^T d.
func (g *graded) AddOuter(ctx context.Context, _ sim.Key, batch int, rate float32, x, d []float32) error {
	g.want.checkBatch(batch, x, d)
	s, t := g.want.Sources, g.want.Targets
	kernels.Gemm(g.workers, true, false, s, t, batch, rate, x, s, d, t, 1, g.w, t)
	return ctx.Err()
}

// Add adds a number to every weight.
func (g *graded) Add(ctx context.Context, _ sim.Key, change []float32) error {
	g.want.checkMatrix(change)
	for i, c := range change {
		g.w[i] += c
	}
	return ctx.Err()
}

// Live is the numbers themselves.
func (g *graded) Live() []float32 { return g.w }

// State is the numbers.
func (g *graded) State() []sim.Variable { return []sim.Variable{{Name: "weights", Values: g.w}} }
