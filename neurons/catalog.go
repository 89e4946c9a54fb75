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
	// Discrete tells that the model counts steps and knows no time, so that a
	// shorter step is another model and not a better approximation.
	Discrete bool
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

// Scalable are the parameters of a model whose network can be made smaller
// without its working point moving: fewer inputs of larger weights keep the
// variance of what arrives, and a constant current makes up for the mean that
// is lost (van Albada, Helias, Diesmann, PLoS Comput. Biol. 11, 2015). The
// pointer to the model's Params implements it.
type Scalable interface {
	// Charge is the integral over time of the current that one spike of weight
	// 1 pA makes, ms (1 ms of it is 1 fC/pA), on the first and the second input.
	Charge() (ex, in float64)
	// WithCurrent returns a pointer to a copy of the parameters with a constant
	// current added, pA.
	WithCurrent(pA float64) any
}

// Builtin lists the models that come with Synohm. A new model is one line.
func Builtin() []Model {
	return []Model{
		LIFDiscreteModel(),
		IAFPscDeltaModel(),
		IntFire1Model(),
		IAFPscExpModel(),
		IAFPscAlphaModel(),
		ALIFModel(),
		IzhikevichModel(),
		ParrotModel(),
		IAFCondExpModel(),
		AEIFCondExpModel(),
		HHCondExpTraubModel(),
	}
}

// Catalog gives the entries alone, for configuration and documentation.
func Catalog() catalog.Catalog {
	var c catalog.Catalog
	for _, m := range Builtin() {
		m.Entry.Inputs = m.Inputs
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
