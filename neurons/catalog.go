package neurons

import (
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/sim"
)

// Model is a catalogue entry with the way to make a population of it.
type Model struct {
	catalog.Entry
	// New makes the state of size neurons. Params is of the type of
	// Entry.Params, decoded and validated.
	New func(size int, params any) sim.Population
}

// Builtin lists the models that come with Synohm. A new model is one line.
func Builtin() []Model {
	return []Model{
		LIFDiscreteModel(),
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
