package converters_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices/converters"
)

func dac(t require.TestingT, span float64, change func(*converters.Input)) *converters.DAC {
	d, err := converters.NewDAC(input(change), span, 1)
	require.NoError(t, err)
	return d
}

// What a vector is divided by, and where its values then lie.
func TestNoiseManagement(t *testing.T) {
	x := []float32{-3, 1.5, 0.75}
	for _, c := range []struct {
		management string
		constant   float64
		span       float64
		scale      float64
		out        []float32
	}{
		{converters.AbsMax, 9, 1, 3, []float32{-1, 0.5, 0.25}},
		{converters.AbsMax, 9, 0.5, 1.5, []float32{-1, 1, 0.5}}, // a narrow range clips
		{converters.Constant, 6, 1, 6, []float32{-0.5, 0.25, 0.125}},
		{converters.Constant, 6, 2, 12, []float32{-0.25, 0.125, 0.0625}},
		{converters.None, 6, 1, 1, []float32{-1, 1, 0.75}},
	} {
		d := dac(t, c.span, func(in *converters.Input) { in.Management, in.Scale, in.Bits = c.management, c.constant, 0 })
		out := make([]float32, 3)
		scale, _, err := d.Convert(converters.Key{}, x, out)
		require.NoError(t, err)
		require.Equal(t, c.scale, scale, "%v", c)
		require.Equal(t, c.out, out, "%v", c)
	}
	d := dac(t, 1, func(in *converters.Input) { in.Management, in.Bits, in.Clip = converters.None, 3, false })
	out := make([]float32, 3)
	_, _, err := d.Convert(converters.Key{}, x, out) // thirds: 1.5 is a tie of 4.5, 0.75 is 2.25
	require.NoError(t, err)
	require.Equal(t, []float32{-3, 4. / 3, 2. / 3}, out)
}

// All codes of inputs, signed and not.
func TestInputCodes(t *testing.T) {
	for bits := 1; bits <= 10; bits++ {
		for _, signed := range []bool{true, false} {
			if signed && bits == 1 {
				continue
			}
			d := dac(t, 1, func(in *converters.Input) { in.Management, in.Bits, in.Signed = converters.None, bits, signed })
			low, high := 0, 1<<bits-1
			if signed {
				high = 1<<(bits-1) - 1
				low = -high
			}
			var x, want []float32
			for c := low; c <= high; c++ {
				for _, off := range []float64{0, 0.49, -0.49} {
					x = append(x, float32((float64(c)+off)/float64(high)))
					want = append(want, float32(float64(c)/float64(high)))
				}
			}
			out := make([]float32, len(x))
			_, _, err := d.Convert(converters.Key{}, x, out)
			require.NoError(t, err)
			require.Equal(t, want, out)
		}
	}
}

func TestInputNoise(t *testing.T) {
	const n = 20_000
	d := dac(t, 1, func(in *converters.Input) { in.Noise, in.Management = 0.05, converters.None })
	out := make([]float32, n)
	_, _, err := d.Convert(converters.Key{Step: 4}, make([]float32, n), out)
	require.NoError(t, err)
	x := make([]float64, n)
	for i, v := range out {
		x[i] = float64(v)
	}
	mean, dev := moments(x)
	require.InDelta(t, 0, mean, 5*0.05/math.Sqrt(n))
	require.InDelta(t, 0.05, dev, 5*0.05/math.Sqrt(2*n))
	other := make([]float32, n)
	_, _, err = d.Convert(converters.Key{Step: 5}, make([]float32, n), other)
	require.NoError(t, err)
	require.NotEqual(t, out, other)
}

// Figures by hand: 1 fJ times 2^bits a conversion.
func TestCostOfInputs(t *testing.T) {
	for _, c := range []struct {
		drive string
		reads int
		fixed bool
		cost  converters.Cost // of 10 inputs of 7 bits, once
	}{
		{converters.Amplitude, 1, false, converters.Cost{Conversions: 10, Attojoule: 10 * 128_000, Picoseconds: 1000}},
		{converters.Width, 1, true, converters.Cost{Conversions: 10, Attojoule: 10 * 128_000, Picoseconds: 63_000}},
		{converters.Serial, 3, false, converters.Cost{Conversions: 10, Attojoule: 10 * 4000, Picoseconds: 1000}},
	} {
		d := dac(t, 1, func(in *converters.Input) { in.Drive, in.Digit = c.drive, 2 })
		require.Equal(t, c.reads, d.Reads())
		require.Equal(t, c.fixed, d.FixedVoltage())
		_, cost, err := d.Convert(converters.Key{}, make([]float32, 10), make([]float32, 10))
		require.NoError(t, err)
		require.Equal(t, c.cost, cost, c.drive)
	}
	require.True(t, dac(t, 1, func(in *converters.Input) { in.Drive = converters.Serial }).FixedVoltage())
}

func TestInputsRefuse(t *testing.T) {
	for want, change := range map[string]func(*converters.Input){
		"bits: must be at least 2": func(in *converters.Input) { in.Bits = 1 },
		"as drive width counts":    func(in *converters.Input) { in.Bits, in.Drive = 0, converters.Width },
		"clip: must be true":       func(in *converters.Input) { in.Clip, in.Drive = false, converters.Serial },
		"digit: must be 1 to 8":    func(in *converters.Input) { in.Digit = 0 },
	} {
		_, err := converters.NewDAC(input(change), 1, 1)
		require.ErrorContains(t, err, want)
	}
	for _, span := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		_, err := converters.NewDAC(input(nil), span, 1)
		require.ErrorContains(t, err, fmt.Sprintf("full range of inputs is %g", span))
	}
	_, _, err := dac(t, 1, nil).Convert(converters.Key{}, []float32{1, float32(math.Inf(1))}, make([]float32, 2))
	require.ErrorContains(t, err, "input 1 is +Inf")
}
