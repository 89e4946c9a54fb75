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
	Reads     uint64 // cells read
	Pulses    uint64 // programming pulses
	Attojoule uint64 // energy of reads and pulses, 1e-18 J
}

// Add sums two costs.
func (c Cost) Add(d Cost) Cost {
	return Cost{c.Reads + d.Reads, c.Pulses + d.Pulses, c.Attojoule + d.Attojoule}
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

// SpikeWeights delivers spikes.
type SpikeWeights interface {
	Weights
	// Deliver adds, for every source in spikes (ascending), its weights to
	// the targets lo to hi-1 into the hi-lo values of input.
	Deliver(ctx context.Context, key Key, spikes []int32, lo, hi int, input []float32) error
}

// Population is the state of a block of spiking neurons.
type Population interface {
	Size() int
	// Reset returns every neuron to its initial state.
	Reset()
	// Advance goes one step on with the input that arrived, one value a
	// neuron, and appends the indices of the neurons that spike, ascending.
	Advance(input []float32, spikes []int32) []int32
	// Snapshot copies a recordable variable out, [size].
	Snapshot(variable string) (Snapshot, error)
}
