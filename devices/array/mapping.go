package array

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
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

// Pairs is several differential pairs of growing significance.
type Pairs struct {
	N      int     `yaml:"n" default:"2" range:"[1, 8]" doc:"pairs a weight"`
	Factor float64 `yaml:"factor" default:"1" range:"[1, 16]" doc:"significance of a pair over that of the one before"`
}

func pairsKind() MappingKind {
	return MappingKind{
		Entry: catalog.Entry{
			Name: "pairs", Summary: "several differential pairs of growing significance, the least filled first",
			Equation:  "u = sum over k of factor^k (x_k+ - x_k-) / sum over k of factor^k",
			Reference: "Boybat et al., Neuromorphic computing with multi-memristive synapses, Nature Communications 9 (2018); Mackin et al., Nature Communications 13 (2022) for the factor",
			Params:    &Pairs{},
		},
		New: func(p any) Mapping { return p.(*Pairs) },
	}
}

// Planes are two a pair.
func (p *Pairs) Planes() []Plane {
	var planes []Plane
	for k := range p.N {
		planes = append(planes, pair(fmt.Sprintf("%d/", k), k)...)
	}
	return planes
}

// Gains are the significances, which sum to 1.
func (p *Pairs) Gains() []float64 {
	gains := make([]float64, p.N)
	sum := 0.0
	for k := range gains {
		gains[k] = math.Pow(p.Factor, float64(k))
		sum += gains[k]
	}
	for k := range gains {
		gains[k] /= sum
	}
	return gains
}

// Offset is 0.
func (*Pairs) Offset() float64 { return 0 }

// Encode fills pair after pair.
func (p *Pairs) Encode(u float64, x []float64) {
	rest, sum := math.Abs(u), 0.0
	for k := range p.N {
		sum += math.Pow(p.Factor, float64(k))
	}
	for k := range p.N {
		gain := math.Pow(p.Factor, float64(k)) / sum
		part := min(1, rest/gain)
		rest = max(0, rest-float64(part*gain))
		x[2*k], x[2*k+1] = part, 0
		if u < 0 {
			x[2*k], x[2*k+1] = 0, part
		}
	}
}

// Slices is a whole number, cut into digits of a few bits.
type Slices struct {
	Bits    int `yaml:"bits" default:"8" range:"[2, 16]" doc:"bits of a weight, the sign included"`
	PerCell int `yaml:"bits_per_cell" default:"2" range:"[1, 8]" doc:"bits of a digit, held by one differential pair"`
}

func slicesKind() MappingKind {
	return MappingKind{
		Entry: catalog.Entry{
			Name: "slices", Summary: "a whole number cut into digits of a few bits, a differential pair each",
			Equation:  "|u| (2^(bits-1) - 1) rounded to a whole number, its digits in base 2^bits_per_cell as fractions of their largest",
			Reference: "Shafiee et al., ISAAC, ISCA 2016, section 5; sign by pairs as in Xiao et al. (2022)",
			Params:    &Slices{},
		},
		New: func(p any) Mapping { return p.(*Slices) },
	}
}

// Validate refuses digits that no weight fills.
func (s *Slices) Validate() error {
	if s.PerCell > s.Bits-1 {
		return config.FieldError{Field: "bits_per_cell", Rule: fmt.Sprintf("must be at most %d, the bits of a weight without its sign", s.Bits-1)}
	}
	return nil
}

// digits is how many there are, their base, and the largest number.
func (s *Slices) digits() (n int, base, largest float64) {
	n = (s.Bits - 1 + s.PerCell - 1) / s.PerCell
	return n, math.Ldexp(1, s.PerCell), math.Ldexp(1, s.Bits-1) - 1
}

// Planes are two a digit.
func (s *Slices) Planes() []Plane {
	n, _, _ := s.digits()
	var planes []Plane
	for k := range n {
		planes = append(planes, pair(fmt.Sprintf("%d/", k), k)...)
	}
	return planes
}

// Gains are the places of the digits.
func (s *Slices) Gains() []float64 {
	n, base, largest := s.digits()
	gains := make([]float64, n)
	for k := range gains {
		gains[k] = math.Pow(base, float64(k)) * (base - 1) / largest
	}
	return gains
}

// Offset is 0.
func (*Slices) Offset() float64 { return 0 }

// Encode takes the digits of the rounded number, ties to even.
func (s *Slices) Encode(u float64, x []float64) {
	n, base, largest := s.digits()
	m := math.RoundToEven(math.Abs(u) * largest)
	for k := range n {
		next := math.Floor(m / base)
		part := (m - float64(next*base)) / (base - 1)
		m = next
		x[2*k], x[2*k+1] = part, 0
		if u < 0 {
			x[2*k], x[2*k+1] = 0, part
		}
	}
}
