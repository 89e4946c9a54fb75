package drives

import (
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/sim"
)

// Model is a catalogue entry with the ways to make it act.
type Model struct {
	catalog.Entry
	// Injects tells that it is a current; else it is spikes with a weight.
	Injects bool
	// New makes a drive of a population. Params is of the type of
	// Entry.Params, decoded and validated. What does not fit the setting is a
	// config.FieldError.
	New func(s Setting, params any) (sim.Drive, error)
	// Emit makes a part of a population that sends the spikes, a train once a
	// step at most; nil where the model cannot.
	Emit func(s Setting, part sim.Part, params any) (sim.Population, error)
}

// Setting is where a drive acts.
type Setting struct {
	Size    int     // neurons of the target, or of the population of senders
	StepMS  float64 // length of a step, ms
	Seed    uint64
	Channel int     // input of the target
	Weight  float32 // in the unit of that input
	Delay   int     // steps until what it sends arrives
}

// Builtin lists the models that come with Synohm. A new model is one line.
func Builtin() []Model {
	return []Model{
		PoissonGeneratorModel(),
		InhomogeneousPoissonModel(),
		SpikeGeneratorModel(),
		DCGeneratorModel(),
		StepCurrentGeneratorModel(),
		NoiseGeneratorModel(),
	}
}

// Catalog gives the entries alone.
func Catalog() catalog.Catalog {
	var c catalog.Catalog
	for _, m := range Builtin() {
		c = append(c, m.Entry)
	}
	return c
}

// Find returns a model by its name.
func Find(name string) (Model, bool) {
	for _, m := range Builtin() {
		if m.Name == name {
			return m, true
		}
	}
	return Model{}, false
}
