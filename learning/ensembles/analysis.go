package ensembles

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/sim"
)

// Analysis is what was seen of a network.
type Analysis struct{ Layers []*Layer }

// step keeps the random keys of what is looked at apart from those of a
// training and of its evaluations.
const step = 3 << 30

// Of looks at the examples whose class the network names.
func Of(ctx context.Context, s Settings, t *learning.Training, examples learning.Examples) (*Analysis, error) {
	network, ok := t.Learner.(learning.Observed)
	if !ok {
		return nil, fmt.Errorf("the rule does not show the activities of its layers")
	}
	a := &Analysis{}
	var failed error
	first := 0
	err := t.Scores(ctx, examples, func(b learning.Batch, scores []float32) {
		if failed == nil {
			failed = a.add(ctx, s, sim.Key{Trial: uint32(first), Step: step}, network, t.Classes, b, scores)
		}
		first += b.N
	})
	if err == nil {
		err = failed
	}
	return a, err
}

// add takes a batch with its scores.
func (a *Analysis) add(ctx context.Context, s Settings, key sim.Key, network learning.Observed, classes int, b learning.Batch, scores []float32) error {
	all, err := network.Activities(ctx, key, b)
	if err != nil {
		return err
	}
	for i, h := range all {
		units := len(h) / b.N
		if len(a.Layers) == i {
			a.Layers = append(a.Layers, NewLayer(s, units, classes))
		}
		for r, y := range b.Y {
			row := scores[r*classes : (r+1)*classes]
			if slices.Index(row, slices.Max(row)) == int(y) {
				a.Layers[i].Add(int(y), h[r*units:(r+1)*units])
			}
		}
	}
	return nil
}

// Results are the figures of all layers; one that there is not is NaN.
func (a *Analysis) Results() map[string]float64 {
	m := map[string]float64{}
	for i, l := range a.Layers {
		put := func(name string, v float64) { m[fmt.Sprintf("%s_%d", name, i+1)] = v }
		put("sparsity", l.Sparsity())
		put("silent", float64(l.Silent))
		put("ensemble_units", l.Size())
		put("ensemble_overlap", l.MeanOverlap())
	}
	return m
}

// Figures are the mean activity of every unit for every class, the overlap of
// ensembles, their sizes, and the sparsity of the layers. A network that names
// no example has none.
func (a *Analysis) Figures() []learning.Figure {
	if len(a.Layers) == 0 || a.Layers[0].Examples() == 0 {
		return nil
	}
	activity := learning.Figure{Name: "ensembles", Title: "mean activity of units for classes", X: "unit, by the class it prefers", Y: "class"}
	overlap := learning.Figure{Name: "ensembles_overlap", Title: "overlap of the ensembles of classes", X: "class", Y: "class"}
	sizes := learning.Figure{Name: "ensembles_units", Title: "units of the ensembles of classes", X: "class", Y: "units"}
	sparsity := learning.Figure{Name: "sparsity", Title: "sparsity of activity (Hoyer)", X: "layer", Y: "sparsity"}
	curve := sim.Snapshot{Name: "mean over examples", Kind: sim.KindSeries}
	for i, l := range a.Layers {
		name := fmt.Sprintf("layer %d", i+1)
		activity.Snapshots = append(activity.Snapshots, l.activity(name))
		overlap.Snapshots = append(overlap.Snapshots, l.overlaps(name))
		size := sim.Snapshot{Name: name, Kind: sim.KindSeries}
		for c := range l.Classes {
			if l.Seen(c) {
				size.Values = append(size.Values, float64(c), float64(len(l.Ensemble(c))))
			}
		}
		size.Shape = []int{len(size.Values) / 2, 2}
		sizes.Snapshots = append(sizes.Snapshots, size)
		if l.measured > 0 {
			curve.Values = append(curve.Values, float64(i+1), l.Sparsity())
		}
	}
	figures := []learning.Figure{activity, overlap, sizes}
	if curve.Shape = []int{len(curve.Values) / 2, 2}; len(curve.Values) > 0 {
		sparsity.Snapshots = []sim.Snapshot{curve}
		figures = append(figures, sparsity)
	}
	return figures
}

// activity is the means, units in the order of the class they prefer and, within
// a class, the most active first.
func (l *Layer) activity(name string) sim.Snapshot {
	order, prefers := make([]int, l.Units), make([]int, l.Units)
	for j := range order {
		order[j] = j
		for c := range l.Classes {
			if l.Mean(c, j) > l.Mean(prefers[j], j) {
				prefers[j] = c
			}
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if prefers[a] != prefers[b] {
			return prefers[a] - prefers[b]
		}
		switch x, y := l.Mean(prefers[a], a), l.Mean(prefers[b], b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	s := sim.Snapshot{Name: name, Kind: sim.KindMatrix, Shape: []int{l.Classes, l.Units}}
	for c := range l.Classes {
		for _, j := range order {
			s.Values = append(s.Values, l.Mean(c, j))
		}
	}
	return s
}

// overlaps is the overlap of all pairs, 0 where neither class has a unit.
func (l *Layer) overlaps(name string) sim.Snapshot {
	s := sim.Snapshot{Name: name, Kind: sim.KindMatrix, Shape: []int{l.Classes, l.Classes}}
	for a := range l.Classes {
		for b := range l.Classes {
			x := l.Overlap(a, b)
			if math.IsNaN(x) {
				x = 0
			}
			s.Values = append(s.Values, x)
		}
	}
	return s
}
