package synapses

import (
	"fmt"
	"math"

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
	Plastic          bool      // a rule will change the weights, so that every synapse has its own
	Gains            bool      // spikes of single sources will be scaled, which a whole array cannot do
	Places           [2]uint64 // seeds of the places of sources and targets, where a rule places them at random
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

// Lagged is a Rule that can make delays longer, such as by distance.
type Lagged interface {
	// MaxLag bounds what is added to delays, ms; 0 for nothing.
	MaxLag(w *Wiring) float64
	// Lag returns a function that gives what is added to the delay of a pair.
	Lag(w *Wiring) func(source, target int) float64
}

// maxNeurons bounds a population.
const maxNeurons = 1 << 24

// maxSynapses bounds one projection: positions have 32 bits.
const maxSynapses = 1<<32 - 1

// Check refuses what cannot be wired, before anything is allocated.
func (w *Wiring) Check() error {
	if w.Sources < 1 || w.Targets < 1 {
		return fmt.Errorf("%d sources and %d targets: there must be at least one of each", w.Sources, w.Targets)
	}
	if n := maxNeurons; w.Sources > n || w.Targets > n {
		return fmt.Errorf("%d sources and %d targets: a population can have %d neurons", w.Sources, w.Targets, n)
	}
	if err := w.Rule.Check(w); err != nil {
		return err
	}
	if n := w.Rule.Expected(w); n*1.01 > maxSynapses {
		return fmt.Errorf("about %.3g synapses; one projection can have %.3g: have fewer, or several projections", n, float64(maxSynapses))
	}
	if a := max(math.Abs(w.Weight.Value(0)), math.Abs(w.Weight.Value(math.MaxUint32))); !(a <= math.MaxFloat32) {
		return fmt.Errorf("weights of up to %g cannot be stored; at most %.3g are possible", a, math.MaxFloat32)
	}
	_, _, err := w.delays()
	return err
}

// steps is a time in steps, rounded to the grid.
func (w *Wiring) steps(ms float64) int { return int(math.Round(min(ms/w.StepMS, 1e9))) }

// CheckDelay tells what is wrong with the delays alone.
func (w *Wiring) CheckDelay() error {
	_, _, err := w.delays()
	return err
}

// LongestDelay is the largest delay, in steps; 0 where delays are wrong.
func (w *Wiring) LongestDelay() int {
	_, high, err := w.delays()
	if err != nil {
		return 0
	}
	return high
}

// maxLag is what the rule adds to delays at most, ms.
func (w *Wiring) maxLag() float64 {
	if l, ok := w.Rule.(Lagged); ok {
		return l.MaxLag(w)
	}
	return 0
}

// delays are the bounds of the delay in steps. A constant delay must lie on
// the grid; one that is drawn or grows is rounded to it.
func (w *Wiring) delays() (low, high int, err error) {
	d, lag := w.Delay, w.maxLag()
	lo, hi := d.Value(0), d.Value(math.MaxUint32)
	switch k := lo / w.StepMS; {
	case k < 1-1e-9 && !d.Varies():
		return 0, 0, fmt.Errorf("delay %g ms is below the step of %g ms; have a delay of at least a step, or a smaller step", lo, w.StepMS)
	case k < 1-1e-9:
		return 0, 0, fmt.Errorf("delays down to %.3g ms are below the step of %g ms; give a min of at least the step", lo, w.StepMS)
	case !d.Varies() && lag == 0 && math.Abs(k-math.Round(k)) > 1e-9*k:
		return 0, 0, fmt.Errorf("delay %g ms is off the grid of %g ms; the next ones on it are %g and %g ms", lo, w.StepMS, math.Floor(k)*w.StepMS, math.Ceil(k)*w.StepMS)
	}
	low, high = max(1, w.steps(lo)), max(1, w.steps(hi+lag))
	if high > sim.MaxDelay {
		return 0, 0, fmt.Errorf("delay %.6g ms is %.6g steps; at most %d are possible: give a max, or a longer step", hi+lag, (hi+lag)/w.StepMS, sim.MaxDelay)
	}
	return low, high, nil
}

// Bytes estimates the memory of the synapses on ideal memory.
func (w *Wiring) Bytes() float64 {
	per := 0.0
	if w.ownWeights() {
		per = 4
	}
	return w.bytes(per)
}

// bytes estimates the memory of who is joined with whom and how late, and of
// so many bytes for the weight of a synapse.
func (w *Wiring) bytes(weight float64) float64 {
	per := 2 + weight
	if low, high, _ := w.delays(); low != high {
		per += 1
		if high > math.MaxUint8 {
			per += 1
		}
	}
	return per*w.Rule.Expected(w) + 4*float64(w.Sources)*float64(len(sim.Parts(w.Targets, w.Workers)))
}

// ownWeights tells whether every synapse has a weight of its own.
func (w *Wiring) ownWeights() bool { return w.Plastic || w.Weight.Varies() }
