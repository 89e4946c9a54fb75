package neurons

import (
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/sim"
)

// Model is a catalogue entry with the way to make a population of it.
type Model struct {
	catalog.Entry
	// Inputs are the kinds of input that the model tells apart, with the unit
	// of a weight onto them. A model with two of them takes excitatory input,
	// of positive weight, on the first and inhibitory input on the second;
	// one without only sends.
	Inputs []catalog.Variable
	// Current tells that the model uses an injected current (Input.Current).
	Current bool
	// Conductance tells that input is stored as a magnitude: a negative
	// weight chooses the second input and adds its absolute value.
	Conductance bool
	// New makes the state of a block. Params is of the type of Entry.Params,
	// decoded and validated.
	New func(block Block, params any) (sim.Population, error)
	// NewEvent makes the state for exact times; nil where the equations have
	// no closed form between events.
	NewEvent func(size int, params any) (sim.EventPopulation, error)
}

// Block is the part of a population that some state is for.
type Block struct {
	sim.Part
	StepMS float64 // length of a step, ms
}

// Builtin lists the models that come with Synohm. A new model is one line.
func Builtin() []Model {
	return []Model{
		LIFDiscreteModel(),
		IAFPscDeltaModel(),
		IntFire1Model(),
	}
}

// Catalog gives the entries alone, for configuration and documentation.
func Catalog() catalog.Catalog {
	var c catalog.Catalog
	for _, m := range Builtin() {
		c = append(c, m.Entry)
	}
	return c
}

// Find returns a model by its name.
func Find(name string) (Model, error) {
	for _, m := range Builtin() {
		if m.Name == name {
			return m, nil
		}
	}
	return Model{}, fmt.Errorf("no neuron model %q", name)
}
