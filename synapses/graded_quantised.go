package synapses

import (
	"context"
	"fmt"
	"sync"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// CheckDense takes all that can be stored, and refuses to train what has no
// scale.
func (q *Quantised) CheckDense(w Dense) error {
	if err := w.Check(); err != nil {
		return err
	}
	return w.checkScale()
}

// DenseBytes is a number a weight, and another one of what AddOuter adds.
func (q *Quantised) DenseBytes(w Dense) float64 {
	per := 4.0
	if w.Trained {
		per = 8
	}
	return per * w.want().count()
}

// MakeDense rounds the values. Their scale stays while they are trained: the
// largest number of the format is the largest value at the start times
// headroom.
func (q *Quantised) MakeDense(_ context.Context, w Dense, seed uint64, workers int) (sim.DenseWeights, error) {
	if err := q.CheckDense(w); err != nil {
		return nil, err
	}
	g := newGraded(w, workers)
	return &gradedOnGrid{graded: g, grid: q.grid(q.quantise(g.w), seed)}, nil
}

// gradedOnGrid is a matrix of numbers of a few bits, which stay so: a sum of a
// weight and its change is rounded. To the nearest number, a change of less
// than half a distance is lost; stochastic rounding keeps it on the average
// (Gupta et al., ICML 2015, section 3).
type gradedOnGrid struct {
	*graded
	grid   grid
	change []float32 // of AddOuter
}

var _ sim.DenseWeights = (*gradedOnGrid)(nil)

// AddOuter adds up what a batch changes, and rounds once.
func (g *gradedOnGrid) AddOuter(ctx context.Context, key sim.Key, batch int, rate float32, x, d []float32) error {
	g.want.checkBatch(batch, x, d)
	s, t := g.want.Sources, g.want.Targets
	g.change = sized(g.change, len(g.w))
	kernels.Gemm(g.workers, true, false, s, t, batch, rate, x, s, d, t, 0, g.change, t)
	return g.Add(ctx, key, g.change)
}

// Add rounds the sums.
func (g *gradedOnGrid) Add(ctx context.Context, key sim.Key, change []float32) error {
	g.want.checkMatrix(change)
	var one sync.Mutex
	first, wrong := len(g.w), error(nil)
	kernels.Parallel(g.workers, len(g.w), 1<<14, func(lo, hi int) {
		at, err := g.grid.add(key, uint32(lo), g.w[lo:hi], change[lo:hi])
		one.Lock()
		defer one.Unlock()
		if err != nil && lo+at < first {
			first, wrong = lo+at, err
		}
	})
	if wrong != nil {
		return fmt.Errorf("training takes the weight of source %d, target %d %w", first/g.want.Targets, first%g.want.Targets, wrong)
	}
	return ctx.Err()
}

// Live is nil: an optimiser that wrote them would write numbers between those
// that can be stored.
func (g *gradedOnGrid) Live() []float32 { return nil }

// Bytes is the numbers and a change of each.
func (g *gradedOnGrid) Bytes() int { return g.graded.Bytes() + 4*cap(g.change) }
