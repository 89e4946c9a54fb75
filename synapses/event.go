package synapses

import (
	"context"
	"fmt"
	"math"
	"sort"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// EventSubstrate is a substrate that can hold synapses of exact delays.
type EventSubstrate interface {
	// CheckEvent tells what MakeEvent would refuse.
	CheckEvent(w *Wiring) error
	// MakeEvent draws the synapses that MakeSparse draws, with the same
	// weights, and with delays as they are drawn, off any grid.
	MakeEvent(ctx context.Context, w *Wiring, seed uint64) (sim.EventWeights, error)
}

// CheckEvent tells what MakeEvent of a substrate would refuse.
func CheckEvent(sub Substrate, w *Wiring) error {
	e, ok := sub.(EventSubstrate)
	if !ok {
		return fmt.Errorf("this substrate cannot be used in event mode; those that can: ideal, quantised, crossbar")
	}
	return e.CheckEvent(w)
}

// MakeEvent makes the weights of a projection for event mode.
func MakeEvent(ctx context.Context, sub Substrate, w *Wiring, seed uint64) (sim.EventWeights, error) {
	if err := CheckEvent(sub, w); err != nil {
		return nil, err
	}
	return sub.(EventSubstrate).MakeEvent(ctx, w, seed)
}

// CheckEvent refuses what cannot be wired in event mode, where a delay may
// have any value above 0.
func (w *Wiring) CheckEvent() error {
	if w.Plastic {
		return fmt.Errorf("weights that change need time.mode stepped; event mode has none yet")
	}
	onGrid := *w // delays are another matter here
	onGrid.StepMS = max(1, w.maxLag())
	onGrid.Delay = philox.Fixed(onGrid.StepMS)
	if err := onGrid.Check(); err != nil {
		return err
	}
	low, high := w.Delay.Value(0), w.Delay.Value(math.MaxUint32)
	switch {
	case !w.Delay.Varies() && !(low > 0):
		return fmt.Errorf("delay %g ms; in event mode a delay is above 0", low)
	case !(low > 0):
		return fmt.Errorf("delays down to %.3g ms; in event mode a delay is above 0, so give a min", low)
	case math.IsInf(high, 1):
		return fmt.Errorf("delays without a bound; give a max")
	}
	return nil
}

// ownDelays tells whether every synapse has a delay of its own.
func (w *Wiring) ownDelays() bool { return w.Delay.Varies() || w.maxLag() > 0 }

// EventBytes estimates the memory of the synapses in event mode.
func (w *Wiring) EventBytes() float64 {
	per := 4.0
	if w.Weight.Varies() {
		per += 4
	}
	if w.ownDelays() {
		per += 8
	}
	return per*w.Rule.Expected(w) + 4*float64(w.Sources)
}

// wireEvent draws synapses and stores them on ideal memory. The rule is asked
// twice, first to count and then to fill.
func (w *Wiring) wireEvent(seed uint64) (*eventSparse, error) {
	s := &eventSparse{sources: w.Sources, targets: w.Targets}
	r := &s.rows
	r.Start = make([]uint32, w.Sources+1)
	r.Weight, r.Delay = float32(w.Weight.Value(0)), w.Delay.Value(0)
	total := uint64(0)
	var sources []int32
	next := w.Rule.Wire(w, seed)
	for t := range w.Targets {
		sources = next(t, sources[:0])
		for _, src := range sources {
			r.Start[src+1]++
		}
		total += uint64(len(sources))
	}
	if total > maxSynapses {
		return nil, fmt.Errorf("%d synapses; one projection can have %d", total, uint64(maxSynapses))
	}
	for i := 1; i < len(r.Start); i++ {
		r.Start[i] += r.Start[i-1]
	}
	r.Targets = make([]int32, total)
	if w.Weight.Varies() {
		r.Weights = make([]float32, total)
	}
	if w.ownDelays() {
		r.Delays = make([]float64, total)
	}
	w.fillEvent(r, seed)
	return s, nil
}

// fillEvent stores the synapses, by ascending target in every row.
func (w *Wiring) fillEvent(r *sim.EventRows, seed uint64) {
	at := append([]uint32(nil), r.Start[:w.Sources]...)
	next := w.Rule.Wire(w, seed)
	weight := philox.Stream{Seed: seed, Purpose: purposeSparse}
	delay := philox.Stream{Seed: seed, Purpose: purposeDelay}
	var lag func(source, target int) float64
	if w.maxLag() > 0 {
		lag = w.Rule.(Lagged).Lag(w)
	}
	var sources []int32
	var wb, db [4]uint32
	for t := range w.Targets {
		sources = next(t, sources[:0])
		for k, src := range sources {
			i := at[src]
			at[src]++
			r.Targets[i] = int32(t)
			if r.Weights != nil {
				if k%4 == 0 {
					wb = weight.Block(uint32(k/4), uint32(t))
				}
				r.Weights[i] = float32(w.Weight.Value(wb[k%4]))
			}
			if r.Delays != nil {
				if k%4 == 0 {
					db = delay.Block(uint32(k/4), uint32(t))
				}
				r.Delays[i] = w.Delay.Value(db[k%4])
				if lag != nil {
					r.Delays[i] += lag(int(src), t)
				}
			}
		}
	}
}

// order puts every row in the order of delays; targets are in order already,
// and stay so where delays are the same.
func (s *eventSparse) order() {
	if s.rows.Delays == nil {
		return
	}
	for src := range s.sources {
		sort.Stable(&eventRow{&s.rows, s.rows.Start[src], s.rows.Start[src+1]})
	}
}

// eventRow sorts the synapses of one source.
type eventRow struct {
	rows   *sim.EventRows
	lo, hi uint32
}

func (r *eventRow) Len() int { return int(r.hi - r.lo) }
func (r *eventRow) Less(i, j int) bool {
	return r.rows.Delays[r.lo+uint32(i)] < r.rows.Delays[r.lo+uint32(j)]
}
func (r *eventRow) Swap(i, j int) {
	a, b := r.lo+uint32(i), r.lo+uint32(j)
	r.rows.Targets[a], r.rows.Targets[b] = r.rows.Targets[b], r.rows.Targets[a]
	r.rows.Delays[a], r.rows.Delays[b] = r.rows.Delays[b], r.rows.Delays[a]
	if w := r.rows.Weights; w != nil {
		w[a], w[b] = w[b], w[a]
	}
}

// eventSparse is synapses of exact delays.
type eventSparse struct {
	sources, targets int
	rows             sim.EventRows
}

var _ sim.EventWeights = (*eventSparse)(nil)

func (s *eventSparse) Shape() (int, int)                        { return s.targets, s.sources }
func (s *eventSparse) AdvanceTo(context.Context, float64) error { return nil }
func (s *eventSparse) Cost() sim.Cost                           { return sim.Cost{} }
func (s *eventSparse) Rows() sim.EventRows                      { return s.rows }
func (s *eventSparse) Synapses() int                            { return len(s.rows.Targets) }

func (s *eventSparse) Bytes() int {
	return 4*len(s.rows.Start) + 4*len(s.rows.Targets) + 4*len(s.rows.Weights) + 8*len(s.rows.Delays)
}

// Snapshot lists the weights, [synapses, 3]: source, target, weight.
func (s *eventSparse) Snapshot(name string) sim.Snapshot {
	out := sim.Snapshot{Name: name, Kind: sim.KindSynapses, Shape: []int{s.Synapses(), 3}, Values: make([]float64, 0, 3*s.Synapses())}
	for src := range s.sources {
		for i := s.rows.Start[src]; i < s.rows.Start[src+1]; i++ {
			out.Values = append(out.Values, float64(src), float64(s.rows.Targets[i]), float64(s.rows.WeightOf(i)))
		}
	}
	return out
}

// CheckEvent takes all that can be wired.
func (ideal) CheckEvent(w *Wiring) error { return w.CheckEvent() }

// CheckEvent takes all that can be wired.
func (q *Quantised) CheckEvent(w *Wiring) error { return w.CheckEvent() }

// MakeEvent keeps the weights as they are drawn.
func (ideal) MakeEvent(_ context.Context, w *Wiring, seed uint64) (sim.EventWeights, error) {
	s, err := w.wireEvent(seed)
	if err != nil {
		return nil, err
	}
	s.order()
	return s, nil
}

// MakeEvent rounds the weights to their levels.
func (q *Quantised) MakeEvent(_ context.Context, w *Wiring, seed uint64) (sim.EventWeights, error) {
	s, err := w.wireEvent(seed)
	if err != nil {
		return nil, err
	}
	if s.rows.Weights != nil {
		q.quantise(s.rows.Weights)
	} else {
		one := []float32{s.rows.Weight}
		q.quantise(one)
		s.rows.Weight = one[0]
	}
	s.order()
	return s, nil
}
