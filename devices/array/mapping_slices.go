package array

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
)

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
