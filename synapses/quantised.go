package synapses

import (
	"context"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// Quantised stores weights as signed integers of a few bits.
type Quantised struct {
	Bits     int     `yaml:"bits" default:"8" range:"[2, 16]" doc:"bits of a weight, the sign included"`
	Headroom float64 `yaml:"headroom" default:"1" range:"[1, 1000000]" doc:"largest weight that can be stored over the largest that is wanted, for rules that make weights grow"`
	Rounding string  `yaml:"rounding" default:"nearest" enum:"nearest|stochastic" doc:"of changed weights: to the nearest level, ties to even; or up with the probability of the distance from the level below"`
}

func quantisedKind() Kind {
	return Kind{
		Entry: catalog.Entry{
			Name: "quantised", Summary: "signed integers of a few bits, one scale a projection",
			Equation: "w = scale * round_half_even(w_wanted / scale), scale = headroom * max|w_wanted| / (2^(bits-1) - 1)\n" +
				"a change: w = scale * round((w + change) / scale), within the levels; stochastic rounding is floor(x + u), u uniform in (0, 1)",
			Reference: "symmetric per-tensor quantisation, Jacob et al., CVPR 2018, section 2.1 with zero point 0; stochastic rounding, Gupta et al., ICML 2015, section 3",
			Params:    &Quantised{},
		},
		New: func(p any) Substrate { return p.(*Quantised) },
	}
}

// levels is the largest integer.
func (q *Quantised) levels() float64 { return float64(int(1)<<(q.Bits-1) - 1) }

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
	scale = largest * max(1, q.Headroom) / q.levels()
	if scale > 0 {
		for i, x := range w {
			w[i] = float32(scale * math.RoundToEven(float64(x)/scale))
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

// SparseBytes is that of ideal memory: integers are stored multiplied out.
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
	o := &quantised{sparse: s, levels: q.levels(), seed: seed, stochastic: q.Rounding == "stochastic"}
	o.scale = q.quantise(s.weights)
	o.copies = make([][]float32, len(s.parts))
	return o, nil
}

// quantised is synapses whose weights stay on levels when they are changed.
type quantised struct {
	*sparse
	scale, levels float64
	stochastic    bool
	seed          uint64
	copies        [][]float32 // of the last row, by part
}

var _ sim.PlasticWeights = (*quantised)(nil)

// Row gives a copy, so that nothing gets past the rounding.
func (o *quantised) Row(_ context.Context, _ sim.Key, source int32, part int) (sim.Row, bool, error) {
	r, lo, hi := o.row(source, part)
	o.copies[part] = append(o.copies[part][:0], o.weights[lo:hi]...)
	r.Weights = o.copies[part]
	return r, false, nil
}

var purposeRound = philox.Purpose("synapses.quantised.round")

// Update changes the weights of a row and rounds them. The numbers of
// stochastic rounding depend on the synapse and the step.
func (o *quantised) Update(_ context.Context, key sim.Key, source int32, part int, change []float32) error {
	lo, hi := o.span(source, part)
	if len(change) != int(hi-lo) {
		panic("synapses: the changes are not those of the row")
	}
	if o.scale == 0 {
		return nil // all levels are 0
	}
	st := philox.Stream{Seed: o.seed, Purpose: purposeRound, Trial: key.Trial}
	var b [4]uint32
	for i, c := range change {
		k := lo + uint32(i)
		if o.stochastic && (i == 0 || k%4 == 0) {
			b = st.Block(k/4, key.Step)
		}
		if c == 0 {
			continue
		}
		x := (float64(o.weights[k]) + float64(c)) / o.scale
		if o.stochastic {
			x = math.Floor(x + philox.Uniform(b[k%4]))
		} else {
			x = math.RoundToEven(x)
		}
		o.weights[k] = float32(o.scale * min(max(x, -o.levels), o.levels))
	}
	return nil
}
