package array

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/catalog"
)

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
