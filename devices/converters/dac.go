package converters

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/philox"
)

// DAC converts inputs. It is not changed by use: safe for concurrent use.
type DAC struct {
	in   Input
	span float64
	seed uint64
	grid grid

	attojoule   uint64 // of one conversion
	picoseconds uint64 // of one read
}

// NewDAC makes the converters of the rows of an array, of a full range as Span
// gives it. 1 is that of inputs divided by their largest.
func NewDAC(in Input, span float64, seed uint64) (*DAC, error) {
	if err := in.Validate(); err != nil {
		return nil, err
	}
	if !(span > 0) || math.IsInf(span, 0) {
		return nil, fmt.Errorf("full range of inputs is %g; it is a positive, finite number", span)
	}
	d := &DAC{in: in, span: span, seed: seed, grid: newGrid(in.Bits, in.Signed, in.Clip)}
	ticks, bits := 1.0, in.Bits
	switch in.Drive {
	case Width:
		ticks = d.grid.levels
	case Serial:
		bits = in.Digit
	}
	if in.Bits > 0 {
		d.attojoule = whole(in.Step * 1000 * math.Exp2(float64(bits)))
	}
	d.picoseconds = whole(in.Clock * 1000 * ticks)
	return d, nil
}

// Reads is how many reads of the array one vector takes.
func (d *DAC) Reads() int {
	if d.in.Drive != Serial {
		return 1
	}
	bits := d.in.Bits
	if d.in.Signed {
		bits--
	}
	return (bits + d.in.Digit - 1) / d.in.Digit
}

// FixedVoltage tells whether rows see their full voltage whatever the value, so
// that a cell whose current is not proportional to the voltage still gives a
// charge proportional to the input. A serial input does so where a digit is a
// single bit.
func (d *DAC) FixedVoltage() bool {
	return d.in.Drive == Width || d.in.Drive == Serial && d.in.Digit == 1
}

// Scale is what a vector is divided by to fit the full range. 0 stands for a
// vector of zeros that noise management finds.
func (d *DAC) Scale(x []float32) float64 {
	switch d.in.Management {
	case Constant:
		return d.in.Scale * d.span
	case None:
		return d.span
	}
	top := 0.0
	for _, v := range x {
		top = max(top, math.Abs(float64(v)))
	}
	return top * d.span
}

var purposeInput = philox.Purpose("devices.converters.input-noise")

// Convert writes what the rows are driven with, in [-1, 1] of the full range,
// and what x was divided by. A serial input is converted as a whole here; its
// digits are read one by one by Converters.
func (d *DAC) Convert(key Key, x, out []float32) (scale float64, c Cost, err error) {
	if err := finite("input", 0, x); err != nil {
		return 0, Cost{}, err
	}
	if scale = d.Scale(x); scale == 0 {
		scale = d.span
	}
	d.convert(key, x, scale, out)
	return scale, d.cost(len(x)), nil
}

// convert rounds, clips and adds noise.
func (d *DAC) convert(key Key, x []float32, scale float64, out []float32) {
	for i, v := range x {
		r, _ := d.grid.round(float64(v) / scale)
		out[i] = float32(r)
	}
	d.addNoise(key, out)
}

// codes rounds and clips.
func (d *DAC) codes(x []float32, scale float64, codes []int32) {
	for i, v := range x {
		codes[i] = d.grid.code(float64(v) / scale)
	}
}

// addNoise is the noise of one read.
func (d *DAC) addNoise(key Key, out []float32) {
	if d.in.Noise == 0 {
		return
	}
	var room [someNormals]float64
	for lo := 0; lo < len(out); lo += someNormals {
		part := out[lo:min(lo+someNormals, len(out))]
		z := room[:len(part)]
		normals(d.seed, purposeInput, key, lo, z)
		for i, x := range part {
			part[i] = float32(float64(x) + float64(d.in.Noise*z[i]))
		}
	}
}

// digit writes what the k-th digit of codes drives the rows with, the lowest
// digit first, and returns its weight in the sum.
func (d *DAC) digit(key Key, codes []int32, k int, out []float32) (weight float64) {
	shift := k * d.in.Digit
	top := int32(1)<<d.in.Digit - 1
	for i, c := range codes {
		size, sign := c, float32(1)
		if c < 0 {
			size, sign = -c, -1
		}
		out[i] = sign * float32(size>>shift&top) / float32(top)
	}
	d.addNoise(key, out)
	return math.Exp2(float64(shift)) * float64(top) / d.grid.levels
}

// cost is that of driving n rows once.
func (d *DAC) cost(n int) Cost {
	return Cost{Conversions: uint64(n), Attojoule: uint64(n) * d.attojoule, Picoseconds: d.picoseconds}
}
