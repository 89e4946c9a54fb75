package converters

import (
	"fmt"
	"math"
	"sort"

	"github.com/synohm/synohm/internal/philox"
)

// ADC converts outputs. It is not changed by use: safe for concurrent use.
type ADC struct {
	out  Output
	span float64
	seed uint64
	grid grid
	cols int

	gain, offset []float64 // of a column, nil without mismatch; offset in full ranges
	ramp         []float64 // thresholds, in steps from the lowest code
	caps         []float64 // [column][bit, the highest first], in steps

	attojoule uint64 // of one conversion
	cycle     uint64 // ps of one conversion
}

var (
	purposeGain   = philox.Purpose("devices.converters.gain")
	purposeOffset = philox.Purpose("devices.converters.offset")
	purposeRamp   = philox.Purpose("devices.converters.ramp")
	purposeCap    = philox.Purpose("devices.converters.capacitor")
	purposeOutput = philox.Purpose("devices.converters.output-noise")
)

// NewADC makes the converters of so many columns, of a full range as Span gives
// it, and draws their mismatch.
func NewADC(o Output, columns int, span float64, seed uint64) (*ADC, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if err := checkPlaces(columns, "columns"); err != nil {
		return nil, err
	}
	if !(span > 0) || math.IsInf(span, 0) {
		return nil, fmt.Errorf("full range of outputs is %g; it is a positive, finite number", span)
	}
	a := &ADC{out: o, span: span, seed: seed, cols: columns, grid: newGrid(o.Bits, o.Signed, o.Clip)}
	if o.Gain > 0 {
		a.gain = make([]float64, columns)
		normals(seed, purposeGain, Key{}, 0, a.gain)
		for i, x := range a.gain {
			a.gain[i] = 1 + float64(o.Gain*x)
		}
	}
	if o.Offset > 0 {
		a.offset = make([]float64, columns)
		normals(seed, purposeOffset, Key{}, 0, a.offset)
		for i := range a.offset {
			a.offset[i] *= o.Offset
		}
	}
	cycles := 1.0
	switch o.Kind {
	case Ramp:
		a.ramp = newRamp(int(a.grid.high-a.grid.low), o.Element, seed)
		cycles = math.Exp2(float64(o.Bits))
	case SAR:
		a.caps = newCapacitors(columns, o.Bits, o.Element, seed)
		cycles = float64(o.Bits)
	}
	if o.Bits > 0 {
		a.attojoule = whole(o.Step * 1000 * math.Exp2(float64(o.Bits)))
	}
	a.cycle = whole(o.Clock * 1000 * cycles)
	return a, nil
}

// newRamp gives where each of n steps of a ramp is passed: half a step below a
// level. Levels are sums of unequal steps; the last is trimmed to be right.
func newRamp(n int, std float64, seed uint64) []float64 {
	level := make([]float64, n)
	normals(seed, purposeRamp, Key{}, 0, level)
	sum := 0.0
	for i, x := range level {
		sum += max(0, 1+float64(std*x))
		level[i] = sum
	}
	for i := range level {
		level[i] = float64(level[i]/sum*float64(n)) - 0.5
	}
	return level
}

// newCapacitors gives the weight of each bit of each column: 2^k unit
// capacitors over the sum of all and of one more unit, in steps. The relative
// deviation of 2^k units is that of one over 2^(k/2).
func newCapacitors(columns, bits int, std float64, seed uint64) []float64 {
	caps := make([]float64, columns*bits)
	x := make([]float64, columns)
	total := make([]float64, columns)
	normals(seed, purposeCap, Key{Step: uint32(bits)}, 0, x)
	for c := range total {
		total[c] = max(0, 1+float64(std*x[c])) // the one more
	}
	for k := range bits {
		normals(seed, purposeCap, Key{Step: uint32(k)}, 0, x)
		units := math.Exp2(float64(k))
		for c := range columns {
			v := float64(units * max(0, 1+float64(std*x[c])/math.Sqrt(units)))
			caps[c*bits+bits-1-k] = v
			total[c] += v
		}
	}
	for i := range caps {
		caps[i] *= math.Exp2(float64(bits)) / total[i/bits]
	}
	return caps
}

// Span is the full range, in the unit of the outputs.
func (a *ADC) Span() float64 { return a.span }

// Convert adds the noise of a read to y, the outputs of the columns from first
// on, and writes what the converters make of them, in the unit of y. Raw codes
// are written beside, where codes is not nil and there are steps. over is how
// many outputs were beyond the range; of unsigned ones, those above it, as
// smaller inputs help no other.
func (a *ADC) Convert(key Key, first int, y []float32, codes []int32, out []float32) (over int, c Cost, err error) {
	if first < 0 || first+len(y) > a.cols || len(out) != len(y) || codes != nil && len(codes) != len(y) {
		return 0, Cost{}, fmt.Errorf("columns %d to %d into %d values, of %d columns", first, first+len(y)-1, len(out), a.cols)
	}
	if err := finite("output of column", first, y); err != nil {
		return 0, Cost{}, err
	}
	var room [someNormals]float64
	for lo := 0; lo < len(y); lo += someNormals {
		part := y[lo:min(lo+someNormals, len(y))]
		z := room[:len(part)]
		if a.out.Noise > 0 {
			normals(a.seed, purposeOutput, key, first+lo, z)
		}
		for i, v := range part {
			x := float64(v)/a.span + float64(a.out.Noise*z[i])
			col := first + lo + i
			if a.gain != nil {
				x = float64(x * a.gain[col])
			}
			if a.offset != nil {
				x += a.offset[col]
			}
			if a.grid.beyond(x) {
				over++
			}
			value, code := a.measure(col, x)
			if codes != nil {
				codes[lo+i] = code
			}
			out[lo+i] = float32(value * a.span)
		}
	}
	return over, a.Cost(len(y)), nil
}

// measure converts a value in full ranges.
func (a *ADC) measure(col int, x float64) (value float64, code int32) {
	g := &a.grid
	up := float64(x*g.levels) - float64(g.low) // steps from the lowest code
	switch {
	case a.ramp != nil:
		code = int32(sort.Search(len(a.ramp), func(k int) bool { return a.ramp[k] > up })) + g.low
	case a.caps != nil:
		code = min(approximate(a.caps[col*a.out.Bits:(col+1)*a.out.Bits], up)+g.low, g.high)
	default:
		return g.round(x)
	}
	return g.value(code), code
}

// approximate keeps each bit, the highest first, that the value is not below.
func approximate(caps []float64, up float64) (code int32) {
	sum := 0.0
	for _, c := range caps {
		code <<= 1
		if up+0.5 >= sum+c {
			sum += c
			code++
		}
	}
	return code
}

// Cost is that of converting n columns at the same time, or in turns.
func (a *ADC) Cost(n int) Cost {
	turns := min(n, a.out.Share)
	if a.out.Kind == Ramp {
		turns = min(n, 1)
	}
	return Cost{Conversions: uint64(n), Attojoule: uint64(n) * a.attojoule, Picoseconds: uint64(turns) * a.cycle}
}
