package tasks

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/sim"
)

// weightRecorder reads the weights of some synapses of a projection, evenly
// spaced by source and target, which is the same choice for any number of
// workers. It reads rows, so no copy of all weights is made. It must not be
// used while an engine runs: rules change weights as they deliver.
type weightRecorder struct {
	weights sim.PlasticWeights
	picks   []pick
	values  []float32
}

// pick is a synapse: its place in a row.
type pick struct {
	source, target int32
	part, at       int
}

// newWeightRecorder chooses n synapses, or all where there are fewer, of
// weights that were made for a number of workers.
func newWeightRecorder(ctx context.Context, w sim.PlasticWeights, workers, n int) (*weightRecorder, error) {
	targets, _ := w.Shape()
	parts := len(sim.Parts(targets, workers))
	starts, err := sim.Starts(ctx, w, parts)
	if err != nil {
		return nil, fmt.Errorf("weights of single synapses: %w", err)
	}
	all := int(starts[len(starts)-1])
	r := &weightRecorder{weights: w}
	row := 0
	for i := range min(n, all) {
		k := uint32(uint64(i) * uint64(all) / uint64(min(n, all)))
		for starts[row+1] <= k {
			row++
		}
		r.picks = append(r.picks, pick{source: int32(row / parts), part: row % parts, at: int(k - starts[row])})
	}
	err = r.each(ctx, func(p *pick, row *sim.Row) { p.target = row.Base + int32(row.Targets[p.at]) })
	return r, err
}

// each calls f with the chosen synapses and their rows, which are read once.
func (r *weightRecorder) each(ctx context.Context, f func(*pick, *sim.Row)) error {
	var row sim.Row
	for i := range r.picks {
		p := &r.picks[i]
		if i == 0 || p.source != r.picks[i-1].source || p.part != r.picks[i-1].part {
			var err error
			if row, _, err = r.weights.Row(ctx, sim.Key{}, p.source, p.part); err != nil {
				return err
			}
		}
		f(p, &row)
	}
	return nil
}

// sample returns the weights, valid until the next call.
func (r *weightRecorder) sample() ([]float32, error) {
	r.values = r.values[:0]
	err := r.each(context.Background(), func(p *pick, row *sim.Row) { r.values = append(r.values, row.Weights[p.at]) })
	return r.values, err
}

// ids are the ends of the synapses.
func (r *weightRecorder) ids() (sources, targets []int32) {
	for _, p := range r.picks {
		sources, targets = append(sources, p.source), append(targets, p.target)
	}
	return sources, targets
}
