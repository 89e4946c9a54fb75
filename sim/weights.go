package sim

import "context"

// Key places a random draw of a read or an update: which trial, which step.
// What else a draw depends on (seed, purpose, entity) the weights know.
type Key struct {
	Trial, Step uint32
}

// Cost is what the physics of a run took. All counts are whole numbers, so
// their sum depends on no order of additions.
type Cost struct {
	Reads       uint64 // cells read
	Pulses      uint64 // programmings and pulses of single cells
	Conversions uint64 // of numbers into voltages and of currents into numbers

	Attojoule        uint64 // energy of reads, 1e-18 J
	WriteAttojoule   uint64 // of programming
	ConvertAttojoule uint64 // of conversions
	Picoseconds      uint64 // in which arrays were busy, summed over them
}

// Add sums two costs.
func (c Cost) Add(d Cost) Cost {
	return Cost{
		c.Reads + d.Reads, c.Pulses + d.Pulses, c.Conversions + d.Conversions,
		c.Attojoule + d.Attojoule, c.WriteAttojoule + d.WriteAttojoule, c.ConvertAttojoule + d.ConvertAttojoule,
		c.Picoseconds + d.Picoseconds,
	}
}

// Weights is what every kind of weights can do. Methods are safe for
// concurrent use unless they change the weights.
type Weights interface {
	// Shape returns the numbers of targets and sources.
	Shape() (targets, sources int)
	// AdvanceTo lets time pass for what the weights are made of, to t in s.
	AdvanceTo(ctx context.Context, t float64) error
	// Cost returns what reads and updates have taken so far.
	Cost() Cost
	// Snapshot copies the stored values out, [sources, targets].
	Snapshot(name string) Snapshot
}

// Aging is weights that change as time passes, whether they are used or not.
type Aging interface {
	Weights
	// Ages tells whether AdvanceTo does anything.
	Ages() bool
}

// As finds a T in weights, or in what they wrap: a rule, short-term dynamics.
func As[T any](w Weights) (found T, ok bool) {
	for w != nil {
		if t, ok := w.(T); ok {
			return t, true
		}
		u, ok := w.(interface{ Unwrap() Weights })
		if !ok {
			break
		}
		w = u.Unwrap()
	}
	return found, false
}

// SpikeWeights delivers spikes.
type SpikeWeights interface {
	Weights
	// Deliver adds, for every source in spikes (ascending), its weights to
	// the targets lo to hi-1 into the hi-lo values of input.
	Deliver(ctx context.Context, key Key, spikes []int32, lo, hi int, input []float32) error
}

// SparseWeights deliver spikes over synapses that each have a delay. The
// targets are cut into parts, one a worker, when the weights are made; a call
// touches the targets of its part alone, so parts may be delivered at the same
// time and the sums at every target are the same for any number of them.
type SparseWeights interface {
	Weights
	// Deliver adds what all the spikes of a step (sources, ascending) bring to
	// the targets of a part: weight times gain of the spike, into the ring's
	// row of key.Step plus delay. A nil gain is 1 for every spike. It returns
	// the number of synapses that a spike went over.
	Deliver(ctx context.Context, key Key, spikes []int32, gain []float32, part int, ring *Ring) (events int, err error)
	// Delays returns the smallest and the largest delay, in steps.
	Delays() (low, high int)
	// Synapses is the number of synapses, Bytes the memory that they take.
	Synapses() int
	Bytes() int
}

// Row is the synapses of one source to the targets of one part, by ascending
// target.
type Row struct {
	Base     int32     // first target of the part
	Targets  []uint16  // less Base
	Delay    int       // of all synapses, in steps, where they share one
	Delays8  []uint8   // of every synapse, in steps, where they fit
	Delays16 []uint16  // of every synapse, in steps, where they do not
	Weights  []float32 // as stored
}

// DelayOf is the delay of a synapse, in steps.
func (r *Row) DelayOf(i int) int {
	switch {
	case r.Delays8 != nil:
		return int(r.Delays8[i])
	case r.Delays16 != nil:
		return int(r.Delays16[i])
	}
	return r.Delay
}

// PlasticWeights are sparse weights that a rule may change. Rules see rows of
// numbers and never what they are stored in.
type PlasticWeights interface {
	SparseWeights
	// Row reads the synapses of a source within a part. Where live is true
	// the weights are the memory itself: a rule may write them, and calls no
	// Update. Else they are a copy that is valid until the next call for the
	// same part.
	Row(ctx context.Context, key Key, source int32, part int) (row Row, live bool, err error)
	// Update changes the weights of a row by the values of change.
	Update(ctx context.Context, key Key, source int32, part int, change []float32) error
}

// Starts numbers the synapses by source and target, whatever the parts are:
// the first one of every row, [source*parts+part], and at the end their number.
func Starts(ctx context.Context, w PlasticWeights, parts int) ([]uint32, error) {
	_, sources := w.Shape()
	at := make([]uint32, 1, sources*parts+1)
	for s := range sources {
		for q := range parts {
			r, _, err := w.Row(ctx, Key{}, int32(s), q)
			if err != nil {
				return nil, err
			}
			at = append(at, at[len(at)-1]+uint32(len(r.Targets)))
		}
	}
	return at, nil
}

// Learner is what a plastic projection needs of its rule beside delivery: the
// spikes of its targets. The engine calls Post for all steps of an epoch, in
// order, before it delivers that epoch's spikes of the sources. An epoch is no
// longer than the smallest delay, so what a spike of a target does at a synapse
// a delay later is never late for a spike of the source.
type Learner interface {
	SparseWeights
	Stateful
	// Post tells which targets within a part have spiked in a step. It is
	// called for every step, also where none has.
	Post(ctx context.Context, step int64, spikes []int32, part int) error
}

// Modulated is a Learner that also hears a third population, such as
// dopaminergic neurons.
type Modulated interface {
	Learner
	// Modulate tells which neurons of the modulating population have spiked
	// in a step; every part hears all of them.
	Modulate(step int64, spikes []int32, part int)
}
