package synapses

import (
	"context"
	"fmt"
	"math"

	"github.com/synohm/synohm/devices/formats"
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// Quantised stores weights as numbers of a few bits: integers or 8-bit
// floating-point numbers.
type Quantised struct {
	Format   string  `yaml:"format" default:"int" enum:"int|e4m3|e5m2" doc:"integers; or FP8 with 4 bits of exponent and 3 of mantissa, or 5 and 2 (OCP OFP8)"`
	Bits     int     `yaml:"bits" default:"8" range:"[2, 16]" doc:"bits of an integer, the sign included"`
	Headroom float64 `yaml:"headroom" default:"1" range:"[1, 1000000]" doc:"largest weight that can be stored over the largest that is wanted, for rules that make weights grow"`
	Rounding string  `yaml:"rounding" default:"nearest" enum:"nearest|stochastic" doc:"of changed weights: to the nearest number, ties to even; or up with the probability of the distance from the number below"`
	Saturate bool    `yaml:"saturate" default:"true" doc:"a weight that a rule makes too large becomes the largest that can be stored; else the run ends with an error"`
}

func quantisedKind() Kind {
	return Kind{
		Entry: catalog.Entry{
			Name: "quantised", Summary: "integers of a few bits or 8-bit floating-point numbers, one scale a projection",
			Equation: "w = scale * round_half_even(w_wanted / scale), scale = headroom * max|w_wanted| / largest\n" +
				"largest = 2^(bits-1) - 1 of integers, 448 of e4m3, 57344 of e5m2: the largest weight is the largest number\n" +
				"round to the numbers of the format: whole ones; of FP8 those at a distance of 2^(max(e, e_min) - m), 2^e <= |x| < 2^(e+1), m = 3, e_min = -6 (e4m3), m = 2, e_min = -14 (e5m2)\n" +
				"a change: w = scale * round((w + change) / scale), within the largest; stochastic rounding is floor(x / d + u) d at a distance of d, u uniform in (0, 1)",
			Reference: "symmetric per-tensor quantisation, Jacob et al., CVPR 2018, section 2.1 with zero point 0; FP8: OCP 8-bit Floating Point Specification (OFP8), revision 1.0; stochastic rounding, Gupta et al., ICML 2015, section 3",
			Params:    &Quantised{},
		},
		New: func(p any) Substrate { return p.(*Quantised) },
	}
}

// fp8Bits is the number of bits of the 8-bit formats, and the default.
const fp8Bits = 8

// Validate refuses a number of bits where the format has its own.
func (q *Quantised) Validate() error {
	if (q.Format == "e4m3" || q.Format == "e5m2") && q.Bits != fp8Bits {
		return config.FieldError{Field: "bits", Rule: fmt.Sprintf("is of integers; %s has %d bits: leave it out, or choose format: int", q.Format, fp8Bits)}
	}
	return nil
}

// format is that of the settings, which were checked.
func (q *Quantised) format() *formats.Format {
	switch q.Format {
	case "e4m3":
		return formats.E4M3()
	case "e5m2":
		return formats.E5M2()
	}
	f, err := formats.Int(q.Bits)
	if err != nil {
		panic("synapses: " + err.Error())
	}
	return f
}

// Check bounds the number of weights.
func (q *Quantised) Check(want Want) error { return want.Check() }

// Bytes is a number a weight.
func (q *Quantised) Bytes(want Want) float64 { return 4 * want.count() }

// quantise rounds weights and returns the scale, 0 where all are 0.
func (q *Quantised) quantise(w []float32) (scale float64) {
	var largest float64
	for _, x := range w {
		largest = math.Max(largest, math.Abs(float64(x)))
	}
	f := q.format()
	scale = largest * max(1, q.Headroom) / f.Max()
	if scale > 0 {
		for i, x := range w {
			w[i] = float32(scale * f.Nearest(float64(x)/scale, true))
		}
	}
	return scale
}

// Make draws the wanted weights and rounds them.
func (q *Quantised) Make(_ context.Context, want Want, seed uint64) (sim.SpikeWeights, error) {
	if err := want.Check(); err != nil {
		return nil, err
	}
	w := want.draw(seed)
	q.quantise(w)
	return &dense{want, w}, nil
}

// CheckSparse takes all that can be wired.
func (q *Quantised) CheckSparse(w *Wiring) error { return w.Check() }

// SparseBytes is that of ideal memory: numbers are stored multiplied out.
func (q *Quantised) SparseBytes(w *Wiring) float64 { return w.Bytes() }

// MakeSparse draws the wanted weights and rounds them.
func (q *Quantised) MakeSparse(_ context.Context, w *Wiring, seed uint64) (sim.SparseWeights, error) {
	s, err := w.wire(seed)
	if err != nil {
		return nil, err
	}
	if s.weights == nil { // the one weight of all is the largest, on a level but for headroom
		one := []float32{s.weight}
		q.quantise(one)
		s.weight = one[0]
		return s, nil
	}
	return &quantised{sparse: s, grid: q.grid(q.quantise(s.weights), seed), copies: make([][]float32, len(s.parts))}, nil
}

// quantised is synapses whose weights stay numbers of the format when they are
// changed.
type quantised struct {
	*sparse
	grid   grid
	copies [][]float32 // of the last row, by part
}

var _ sim.PlasticWeights = (*quantised)(nil)

// Row gives a copy, so that nothing gets past the rounding.
func (o *quantised) Row(_ context.Context, _ sim.Key, source int32, part int) (sim.Row, bool, error) {
	r, lo, hi := o.row(source, part)
	o.copies[part] = append(o.copies[part][:0], o.weights[lo:hi]...)
	r.Weights = o.copies[part]
	return r, false, nil
}

// Update changes the weights of a row and rounds them.
func (o *quantised) Update(_ context.Context, key sim.Key, source int32, part int, change []float32) error {
	lo, hi := o.span(source, part)
	if len(change) != int(hi-lo) {
		panic("synapses: the changes are not those of the row")
	}
	if _, err := o.grid.add(key, lo, o.weights[lo:hi], change); err != nil {
		return fmt.Errorf("a rule takes a weight of source %d %w", source, err)
	}
	return nil
}

// grid is the numbers that weights can be.
type grid struct {
	format     *formats.Format
	scale      float64
	stochastic bool
	saturate   bool
	seed       uint64
}

func (q *Quantised) grid(scale float64, seed uint64) grid {
	return grid{format: q.format(), scale: scale, stochastic: q.Rounding == "stochastic", saturate: q.Saturate, seed: seed}
}

var purposeRound = philox.Purpose("synapses.quantised.round")

// add changes weights, the first of which has number first, and rounds them.
// The numbers of stochastic rounding depend on the number of the weight, the
// trial and the step. It stops at the first weight that cannot be stored.
func (g *grid) add(key sim.Key, first uint32, weights, change []float32) (at int, err error) {
	if g.scale == 0 {
		return 0, nil // all numbers are 0
	}
	st := philox.Stream{Seed: g.seed, Purpose: purposeRound, Trial: key.Trial}
	var b [4]uint32
	drawn := uint32(math.MaxUint32) // the block in b
	for i, c := range change {
		if c == 0 {
			continue
		}
		k := first + uint32(i)
		x := (float64(weights[i]) + float64(c)) / g.scale
		y := 0.0
		if g.stochastic {
			if k/4 != drawn {
				drawn = k / 4
				b = st.Block(drawn, key.Step)
			}
			y = g.format.Stochastic(x, b[k%4], g.saturate)
		} else {
			y = g.format.Nearest(x, g.saturate)
		}
		if !(math.Abs(y) <= g.format.Max()) {
			if math.IsNaN(x) {
				return i, fmt.Errorf("to what is not a number")
			}
			return i, fmt.Errorf("to %g, and numbers of %s reach %g here; raise headroom, bound the weights by the rule, or set saturate: true",
				x*g.scale, g.format.Name(), g.format.Max()*g.scale)
		}
		weights[i] = float32(g.scale * y)
	}
	return 0, nil
}
