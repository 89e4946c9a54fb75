package array

import (
	"github.com/synohm/synohm/internal/catalog"
)

// Differential is a pair of cells, one for either sign.
type Differential struct {
	Sides string `yaml:"sides" default:"one" enum:"one|both" doc:"one: the other cell of a pair stays at the low end; both: the cells move against each other about the middle"`
}

func differentialKind() MappingKind {
	return MappingKind{
		Entry: catalog.Entry{
			Name: "differential", Summary: "a pair of cells, the difference of their currents",
			Equation:  "u = x+ - x-; one side: x+ = max(u, 0), x- = max(-u, 0); both sides: x+ = (1 + u)/2, x- = (1 - u)/2",
			Reference: "Burr et al., Neuromorphic computing using non-volatile memory, Advances in Physics X 2 (2017), section 3",
			Params:    &Differential{},
		},
		New: func(p any) Mapping { return p.(*Differential) },
	}
}

// pair is the planes of a differential pair.
func pair(name string, digit int) []Plane {
	return []Plane{{Name: name + "plus", Digit: digit, Sign: 1}, {Name: name + "minus", Digit: digit, Sign: -1}}
}

// Planes are those of one pair.
func (*Differential) Planes() []Plane { return pair("", 0) }

// Gains is 1.
func (*Differential) Gains() []float64 { return []float64{1} }

// Offset is 0.
func (*Differential) Offset() float64 { return 0 }

// Encode splits by sign, or about the middle.
func (d *Differential) Encode(u float64, x []float64) {
	if d.Sides == "both" {
		x[0], x[1] = (1+u)/2, (1-u)/2
		return
	}
	x[0], x[1] = max(u, 0), max(-u, 0)
}
