package synapses

import (
	"fmt"
	"math"
	"sync"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// Wiring is what a projection asks of sparse weights: who is joined with whom,
// how strongly and how late.
type Wiring struct {
	Sources, Targets int
	Same             bool // both are one population, so a neuron can meet itself
	Rule             Rule
	Weight           philox.Draw // in the unit of the target's input
	Delay            philox.Draw // ms
	StepMS           float64
	Workers          int
	Plastic          bool // a rule will change the weights, so each needs its own
}

// Rule chooses who is joined with whom.
type Rule interface {
	// Check tells what cannot be met.
	Check(w *Wiring) error
	// Expected is the number of synapses to expect.
	Expected(w *Wiring) float64
	// Scaled is the rule of a network with all populations and in-degrees
	// smaller by a factor.
	Scaled(factor float64) Rule
	// Wire returns a function that appends the sources of a target. Its
	// result depends on the target and the seed alone. It is called for
	// several targets at the same time only on functions of separate Wire
	// calls.
	Wire(w *Wiring, seed uint64) func(target int, into []int32) []int32
}

// maxSynapses bounds one projection: positions have 32 bits.
const maxSynapses = 1<<32 - 1

// Check refuses what cannot be wired, before anything is allocated.
func (w *Wiring) Check() error {
	if w.Sources < 1 || w.Targets < 1 {
		return fmt.Errorf("%d sources and %d targets: there must be at least one of each", w.Sources, w.Targets)
	}
	if err := w.Rule.Check(w); err != nil {
		return err
	}
	if n := w.Rule.Expected(w); n*1.01 > maxSynapses {
		return fmt.Errorf("about %.3g synapses; one projection can have %.3g", n, float64(maxSynapses))
	}
	_, _, err := w.delays()
	return err
}

// delays are the bounds of the delay in steps. A constant delay must lie on
// the grid; one that is drawn is rounded to it.
func (w *Wiring) delays() (low, high int, err error) {
	d := w.Delay
	steps := func(ms float64) float64 { return ms / w.StepMS }
	if !d.Varies() {
		k := steps(d.Value(0))
		if k < 1-1e-9 {
			return 0, 0, fmt.Errorf("delay %g ms is below the step of %g ms", d.A, w.StepMS)
		}
		if math.Abs(k-math.Round(k)) > 1e-9*k {
			return 0, 0, fmt.Errorf("delay %g ms is off the grid of %g ms; the next ones on it are %g and %g ms", d.A, w.StepMS, math.Floor(k)*w.StepMS, math.Ceil(k)*w.StepMS)
		}
		low, high = int(math.Round(k)), int(math.Round(k))
	} else {
		lo, hi := d.Value(0), d.Value(math.MaxUint32)
		if lo < w.StepMS*(1-1e-9) {
			return 0, 0, fmt.Errorf("delays down to %.3g ms are below the step of %g ms; give a min of at least the step", lo, w.StepMS)
		}
		low, high = max(1, int(math.Round(steps(lo)))), int(math.Round(min(steps(hi), 1e9)))
	}
	if high > sim.MaxDelay {
		return 0, 0, fmt.Errorf("delay %.6g ms is %d steps; at most %d are possible", float64(high)*w.StepMS, high, sim.MaxDelay)
	}
	return low, high, nil
}

// Bytes estimates the memory of the synapses.
func (w *Wiring) Bytes() float64 {
	per := 2.0
	if w.Weight.Varies() {
		per += 4
	}
	if low, high, _ := w.delays(); low != high {
		per += 1
		if high > math.MaxUint8 {
			per += 1
		}
	}
	return per*w.Rule.Expected(w) + 4*float64(w.Sources)*float64(len(sim.Parts(w.Targets, w.Workers)))
}

var (
	purposeSparse = philox.Purpose("synapses.sparse.weight")
	purposeDelay  = philox.Purpose("synapses.sparse.delay")
)

// wire draws synapses and stores them on ideal memory. Every part of the
// targets is drawn twice, first to count and then to fill, so that nothing but
// the result takes memory; parts are drawn at the same time.
func (w *Wiring) wire(seed uint64) (*sparse, error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	low, high, err := w.delays()
	if err != nil {
		return nil, err
	}
	parts := sim.Parts(w.Targets, w.Workers)
	s := &sparse{
		sources: w.Sources, size: w.Targets, parts: parts, low: low, high: high,
		start:  make([]uint32, w.Sources*len(parts)+1),
		weight: float32(w.Weight.Value(0)),
	}
	n := len(parts)
	counts := s.start[1:]
	total := make([]uint64, n)
	each(n, w.Workers, func(q int) {
		next := w.Rule.Wire(w, seed)
		var sources []int32
		for t := parts[q].Lo; t < parts[q].Hi; t++ {
			sources = next(t, sources[:0])
			for _, src := range sources {
				counts[int(src)*n+q]++
			}
			total[q] += uint64(len(sources))
		}
	})
	all := uint64(0)
	for _, t := range total {
		all += t
	}
	if all > maxSynapses {
		return nil, fmt.Errorf("%d synapses; one projection can have %d", all, uint64(maxSynapses))
	}
	for i := 1; i < len(s.start); i++ {
		s.start[i] += s.start[i-1]
	}
	s.targets = make([]uint16, all)
	if w.Weight.Varies() {
		s.weights = make([]float32, all)
	}
	switch {
	case low == high:
	case high <= math.MaxUint8:
		s.delays8 = make([]uint8, all)
	default:
		s.delays16 = make([]uint16, all)
	}
	each(n, w.Workers, func(q int) { w.fill(s, q, seed) })
	return s, nil
}

// fill stores the synapses of one part.
func (w *Wiring) fill(s *sparse, q int, seed uint64) {
	n := len(s.parts)
	at := make([]uint32, w.Sources)
	for src := range at {
		at[src] = s.start[src*n+q]
	}
	next := w.Rule.Wire(w, seed)
	weight := philox.Stream{Seed: seed, Purpose: purposeSparse}
	delay := philox.Stream{Seed: seed, Purpose: purposeDelay}
	var sources []int32
	var wb, db [4]uint32
	for t := s.parts[q].Lo; t < s.parts[q].Hi; t++ {
		sources = next(t, sources[:0])
		for k, src := range sources {
			i := at[src]
			at[src]++
			s.targets[i] = uint16(t - s.parts[q].Lo)
			if s.weights != nil {
				if k%4 == 0 {
					wb = weight.Block(uint32(k/4), uint32(t))
				}
				s.weights[i] = float32(w.Weight.Value(wb[k%4]))
			}
			if s.low != s.high {
				if k%4 == 0 {
					db = delay.Block(uint32(k/4), uint32(t))
				}
				d := min(max(int(math.Round(w.Delay.Value(db[k%4])/w.StepMS)), s.low), s.high)
				if s.delays8 != nil {
					s.delays8[i] = uint8(d)
				} else {
					s.delays16[i] = uint16(d)
				}
			}
		}
	}
}

// each calls f for 0 to n-1 on several workers.
func each(n, workers int, f func(i int)) {
	var wg sync.WaitGroup
	for w := range min(n, workers) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := w; i < n; i += workers {
				f(i)
			}
		}()
	}
	wg.Wait()
}
