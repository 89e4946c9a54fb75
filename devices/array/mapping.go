package array

import (
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
)

// Mapping is how a weight u in [-1, 1] is split over several cells. With x the
// conductance of a cell as a fraction of its window,
//
//	u = offset + sum over digits of gain * sum over its planes of sign * x
type Mapping interface {
	Planes() []Plane
	// Gains is the gain of every digit, Offset what is added as a number.
	Gains() []float64
	Offset() float64
	// Encode writes the fractions of a weight's cells, one a plane.
	Encode(u float64, x []float64)
}

// Plane is one cell of every weight.
type Plane struct {
	Name   string
	Digit  int
	Sign   float64
	Shared bool // one column for all targets of a tile, whose cells have the fraction of u = 0
}

// MappingKind is a catalogue entry of a mapping.
type MappingKind struct {
	catalog.Entry
	New func(params any) Mapping
}

// Builtin lists the mappings. A new one is one line.
func Builtin() []MappingKind {
	return []MappingKind{differentialKind(), offsetKind(), referenceKind(), pairsKind(), slicesKind()}
}

// Mappings gives the entries alone.
func Mappings() catalog.Catalog {
	var c catalog.Catalog
	for _, k := range Builtin() {
		c = append(c, k.Entry)
	}
	return c
}

// NewMapping makes a mapping of a kind from its decoded settings.
func NewMapping(kind string, params any) (Mapping, error) {
	for _, k := range Builtin() {
		if k.Name == kind {
			return k.New(params), nil
		}
	}
	return nil, fmt.Errorf("no mapping %q", kind)
}
