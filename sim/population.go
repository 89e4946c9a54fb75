package sim

import "fmt"

// Input is what arrives at a block of neurons in one step.
//
// Step k goes from k h to (k+1) h, where h is the length of a step. Spikes that
// arrive at (k+1) h are in the input of step k, as in NEST; an injected current
// is that between the two times.
type Input struct {
	Step     int64       // k, the index of the step
	Channels [][]float32 // one slice an input of the model, one value a neuron, in the model's units
	Current  []float64   // injected current, pA, nil where there is none
}

// Population is the state of a block of spiking neurons.
type Population interface {
	Stateful
	Size() int
	// Reset returns every neuron to its initial state.
	Reset()
	// Advance goes one step on with the input that arrived, and appends the
	// indices of the neurons that spike, ascending.
	Advance(in Input, spikes []int32) []int32
}

// Variable is a named part of some state.
type Variable struct {
	Name string
	// Values is the live memory of the state, a slice of float64, float32,
	// int32, int64 or uint64. What changes its length while it runs gives a
	// pointer to the slice.
	Values any
}

// Stateful is what has state that a checkpoint keeps. The names are those of
// the catalogue for what can be recorded and set; others are internal.
type Stateful interface {
	State() []Variable
}

// Values returns the live values of a variable with one float64 a neuron.
func Values(s Stateful, name string) ([]float64, error) {
	for _, v := range s.State() {
		if f, ok := v.Values.([]float64); ok && v.Name == name {
			return f, nil
		}
	}
	return nil, fmt.Errorf("there is no variable %q", name)
}

// SnapshotOf copies a variable out, [size].
func SnapshotOf(s Stateful, name, unit string) (Snapshot, error) {
	v, err := Values(s, name)
	if err != nil {
		return Snapshot{}, err
	}
	return Snapshot{Name: name, Kind: KindVector, Shape: []int{len(v)}, Unit: unit, Values: append([]float64(nil), v...)}, nil
}
