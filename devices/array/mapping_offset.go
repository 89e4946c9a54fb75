package array

import (
	"github.com/synohm/synohm/internal/catalog"
)

// Offset is one cell a weight; what the middle of its window makes of the
// inputs is taken off as a number.
type Offset struct{}

func offsetKind() MappingKind {
	return MappingKind{
		Entry: catalog.Entry{
			Name: "offset", Summary: "one cell a weight, zero in the middle of its window, taken off as a number",
			Equation:  "u = 2 x - 1; the -1 is minus the sum of the inputs, computed beside the array",
			Reference: "Xiao et al., On the accuracy of analog neural network inference accelerators, IEEE Circuits and Systems Magazine 22 (2022), offset subtraction",
			Params:    &Offset{},
		},
		New: func(p any) Mapping { return p.(*Offset) },
	}
}

// Planes is one.
func (*Offset) Planes() []Plane { return []Plane{{Name: "cell", Sign: 1}} }

// Gains is 2, since u spans twice the window.
func (*Offset) Gains() []float64 { return []float64{2} }

// Offset is -1.
func (*Offset) Offset() float64 { return -1 }

// Encode places 0 in the middle.
func (*Offset) Encode(u float64, x []float64) { x[0] = (1 + u) / 2 }
