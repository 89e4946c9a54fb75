package array

import (
	"github.com/synohm/synohm/internal/catalog"
)

// Reference is one cell a weight and a column of cells in the middle of the
// window, whose current is taken off that of every other column.
type Reference struct{}

func referenceKind() MappingKind {
	return MappingKind{
		Entry: catalog.Entry{
			Name: "reference", Summary: "one cell a weight, less the current of a reference column that a tile has once",
			Equation:  "u = 2 (x - x_ref), x_ref = 1/2; the noise of the reference column is the same in all outputs of a read",
			Reference: "Xiao et al., IEEE Circuits and Systems Magazine 22 (2022), unit column",
			Params:    &Reference{},
		},
		New: func(p any) Mapping { return p.(*Reference) },
	}
}

// Planes are the cells and the shared column.
func (*Reference) Planes() []Plane {
	return []Plane{{Name: "cell", Sign: 1}, {Name: "reference", Sign: -1, Shared: true}}
}

// Gains is 2.
func (*Reference) Gains() []float64 { return []float64{2} }

// Offset is 0.
func (*Reference) Offset() float64 { return 0 }

// Encode places 0 in the middle.
func (*Reference) Encode(u float64, x []float64) { x[0], x[1] = (1+u)/2, 0.5 }
