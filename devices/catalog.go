package devices

import "github.com/synohm/synohm/internal/catalog"

// Cell is a resistive memory cell.
type Cell interface {
	// Form makes len(g) cells; entity is the index of the first, the draws
	// depend on (seed, entity) alone. Results in microsiemens.
	Form(g []float32, seed uint64, entity uint32)
	// Moments returns mean and standard deviation of a formed cell, uS.
	Moments() (mean, std float64)
	// ReadSigma is the standard deviation of one read of a cell, uS.
	ReadSigma(g float32) float32
}

// Model is a catalogue entry with the way to make the cell.
type Model struct {
	catalog.Entry
	New func(params any) Cell
}

// Builtin lists the cells that come with Synohm. A new cell is one line.
func Builtin() []Model {
	return []Model{
		FormedReRAMModel(),
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

// Find returns a cell model by its name.
func Find(name string) (Model, bool) {
	for _, m := range Builtin() {
		if m.Name == name {
			return m, true
		}
	}
	return Model{}, false
}
