package zeroth

import (
	"context"

	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/sim"
)

// learner trains a network by estimates of its gradient.
type learner struct {
	*Settings
	*network
	by []*optimise.Updater

	// estimate writes the estimate of a step to g and returns the loss.
	estimate func(ctx context.Context, at learning.Step, b learning.Batch) (float64, error)
	// shape, if there is one, changes g before the optimiser sees it.
	shape func(g vector)
	// gain, if there is one, multiplies the rate of a step.
	gain func(at learning.Step) float64
	// conserve takes a step only if the loss of the batch falls by it.
	conserve bool

	g, direction vector
}

var (
	_ learning.Learner  = (*learner)(nil)
	_ learning.Measurer = (*learner)(nil)
)

func (l *learner) Layers() []sim.Layer { return l.layers }

// State is weights, what the optimisers keep, and the count of passes.
func (l *learner) State() []sim.Variable {
	out := append(learning.StateOf(l.layers), sim.Variable{Name: "passes", Values: l.passes})
	for i, u := range l.by {
		out = append(out, learning.Prefixed(l.layers[i].Name()+"/optimiser", u.State())...)
	}
	return out
}

// Scores runs a batch.
func (l *learner) Scores(ctx context.Context, key sim.Key, b learning.Batch, scores []float32) error {
	return l.run(ctx, key, b, scores)
}

// Results counts what the training took.
func (l *learner) Results(context.Context, *learning.Training) (map[string]float64, error) {
	return map[string]float64{"forward_passes": float64(l.passes[0]), "parameters": float64(l.size)}, nil
}

// Learn takes a step.
func (l *learner) Learn(ctx context.Context, at learning.Step, b learning.Batch) (r learning.Report, err error) {
	l.begin(at)
	if r.Loss, err = l.estimate(ctx, at, b); err != nil {
		return r, err
	}
	if l.shape != nil {
		l.shape(l.g)
	}
	rate := l.Rate * at.Rate
	if l.gain != nil {
		rate *= l.gain(at)
	}
	change := l.direction
	k := 0
	for i, u := range l.by {
		n := len(l.layers[i].Parameters())
		if err := u.Changes(change[k:k+n], l.g[k:k+n], 1, rate); err != nil {
			return r, err
		}
		k += n
	}
	if !l.conserve {
		return r, l.move(ctx, 1, change)
	}
	taken := 0.0
	r.Loss, taken, err = l.best(ctx, b, change)
	r.Values = []learning.Value{{Name: "steps_taken", Value: taken}}
	return r, err
}

// best takes a change, or goes as far the other way, or stays, whichever has
// the lowest loss; staying wins ties.
func (l *learner) best(ctx context.Context, b learning.Batch, change vector) (loss, taken float64, err error) {
	to := float32(0)
	for _, way := range []float32{0, 1, -1} {
		if err := l.move(ctx, way, change); err != nil {
			return 0, 0, err
		}
		at, err := l.loss(ctx, b)
		if err != nil {
			return 0, 0, err
		}
		if way == 0 || at < loss {
			loss, to = at, way
		}
	}
	if to != 0 {
		taken = 1
	}
	return loss, taken, l.move(ctx, to, change)
}

// differences estimates the gradient by the loss on both sides of where the
// parameters are:
//
//	g = mean over queries of (L(w + eps u) - L(w - eps u)) / (2 eps) u
func (l *learner) differences(ctx context.Context, at learning.Step, b learning.Batch, law string, eps float64) (float64, error) {
	l.clear()
	sum := 0.0
	for q := range l.Queries {
		l.draw(law, at.Number, q, l.direction)
		var loss [2]float64
		for side, factor := range []float64{eps, -eps} {
			if err := l.move(ctx, float32(factor), l.direction); err != nil {
				return 0, err
			}
			var err error
			if loss[side], err = l.loss(ctx, b); err != nil {
				return 0, err
			}
		}
		if err := l.move(ctx, 0, l.direction); err != nil {
			return 0, err
		}
		l.add((loss[0] - loss[1]) / (2 * eps))
		sum += (loss[0] + loss[1]) / 2
	}
	return sum / float64(l.Queries), nil
}

func (l *learner) clear() {
	for _, g := range l.g {
		clear(g)
	}
}

// add lets a query's derivative along the direction count among those of all.
func (l *learner) add(derivative float64) {
	c := float32(derivative / float64(l.Queries))
	for i, g := range l.g {
		for k, x := range l.direction[i] {
			g[k] += float32(c * x)
		}
	}
}
