package drives

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/sim"
)

// Active is when a drive acts, the same for all models.
type Active struct {
	Start float64 `yaml:"start" unit:"ms" default:"0 ms" range:"[0, inf)" doc:"when it begins, on the grid"`
	Stop  float64 `yaml:"stop" unit:"ms" default:"1e12 ms" range:"[0, inf)" doc:"when it ends, on the grid; spikes are stamped after start and up to stop"`
}

// order wants the end after the beginning.
func (a *Active) order() error {
	if a.Stop < a.Start {
		return config.FieldError{Field: "stop", Rule: "must not be before start"}
	}
	return nil
}

// window is the steps in which a drive acts: from first to last-1.
type window struct{ first, last int64 }

func (w window) has(step int64) bool { return step >= w.first && step < w.last }

// window puts the times on the grid.
func (a *Active) window(step float64) (w window, err error) {
	if w.first, err = onGrid("start", a.Start, step); err == nil {
		w.last, err = onGrid("stop", a.Stop, step)
	}
	return w, err
}

// maxStep bounds steps far above those of any run, where a float64 still
// counts them one by one.
const maxStep = 1e15

// onGrid is the step of a time that must lie on the grid.
func onGrid(field string, ms, step float64) (int64, error) {
	k := ms / step
	if math.Abs(k-math.Round(k)) > 1e-9*k {
		return 0, config.FieldError{Field: field, Rule: offGrid(ms, step)}
	}
	return int64(math.Round(min(k, maxStep))), nil
}

func offGrid(ms, step float64) string {
	k := math.Floor(ms / step)
	return fmt.Sprintf("is off the grid of %g ms; the next ones on it are %.10g and %.10g ms", step, k*step, (k+1)*step)
}

// nearGrid is how far from a point of the grid a time still is that point, in
// ms: half of NEST's tic of 1 us, less where steps are short.
func nearGrid(step float64) float64 { return min(0.0005, step/10) }

// gridTimes puts times that ascend on the grid, as NEST does: one that is near
// a point is on it, another is an error or, where that is allowed, at the end
// of the step that it lies in.
func gridTimes(field string, times []float64, step float64, allowOffgrid bool) ([]int64, error) {
	out := make([]int64, len(times))
	for i, ms := range times {
		k := min(ms/step, maxStep)
		at := math.Round(k)
		if math.Abs(k-at)*step > nearGrid(step) {
			if !allowOffgrid {
				return nil, config.FieldError{Field: field, Rule: fmt.Sprintf("%g ms %s, or set allow_offgrid to move it to the second", ms, offGrid(ms, step))}
			}
			at = math.Ceil(k)
		}
		out[i] = int64(at)
	}
	return out, nil
}

// ascending refuses times that go back; strict ones also refuses equal times.
func ascending(field string, times []float64, strict bool) error {
	for i := 1; i < len(times); i++ {
		if times[i] < times[i-1] || strict && times[i] == times[i-1] {
			return config.FieldError{Field: field, Rule: fmt.Sprintf("must ascend; %g ms comes after %g ms", times[i], times[i-1])}
		}
	}
	return nil
}

// pieces are values that each hold from a step on, and zero before the first.
type pieces struct {
	from   []int64
	values []float64
}

// at is the value in a step.
func (p *pieces) at(step int64) float64 {
	// Steps come in order mostly, lists are short mostly: halving is enough.
	lo, hi := 0, len(p.from)
	for lo < hi {
		if mid := (lo + hi) / 2; p.from[mid] <= step {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return 0
	}
	return p.values[lo-1]
}

// newPieces puts the times of values on the grid.
func newPieces(field string, times, values []float64, step float64, allowOffgrid bool) (pieces, error) {
	from, err := gridTimes(field, times, step, allowOffgrid)
	if err != nil {
		return pieces{}, err
	}
	for i := 1; i < len(from); i++ {
		if from[i] == from[i-1] {
			return pieces{}, config.FieldError{Field: field, Rule: fmt.Sprintf("%g and %g ms fall on one point of the grid of %g ms", times[i-1], times[i], step)}
		}
	}
	return pieces{from: from, values: values}, nil
}

// sameLength wants a value for every time.
func sameLength(field string, values, times int, ofTimes string) error {
	if values != times {
		return config.FieldError{Field: field, Rule: fmt.Sprintf("has %d values, %s has %d; there must be as many", values, ofTimes, times)}
	}
	return nil
}

// senders is a part of a population of trains. What it sends is a function of
// the step, so it has no state.
type senders struct {
	size int
	send func(step int64, spikes []int32) []int32 // indices within the part, ascending
}

var _ sim.Population = (*senders)(nil)

// Size returns the number of trains.
func (p *senders) Size() int { return p.size }

// Reset has nothing to do.
func (p *senders) Reset() {}

// State is none.
func (p *senders) State() []sim.Variable { return nil }

// Advance sends the spikes of a step.
func (p *senders) Advance(in sim.Input, spikes []int32) []int32 { return p.send(in.Step, spikes) }
