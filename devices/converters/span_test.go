package converters_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices/converters"
	"github.com/synohm/synohm/internal/philox"
)

// normal draws n standard normal values.
func normal(n int) []float32 {
	x := make([]float32, n)
	s := philox.Stream{Seed: 9, Purpose: philox.Purpose("test.samples")}
	for i := range x {
		x[i] = float32(philox.Normal(s.Word(uint32(i), 0)))
	}
	return x
}

// The best steps of a uniform quantiser of a normal variable are in table II of
// Max, Quantizing for minimum distortion, IRE Trans. Inf. Theory 6 (1960): 1.224
// for 3 levels, 0.6508 for 7, 0.3534 for 15.
func TestCalibrationFindsTheBestRange(t *testing.T) {
	x := normal(50_000)
	for bits, step := range map[int]float64{2: 1.224, 3: 0.6508, 4: 0.3534} {
		o := output(func(o *converters.Output) { o.Bits, o.Range = bits, converters.Calibrated })
		span, err := o.Span(0, x)
		require.NoError(t, err)
		want := step * float64(int(1)<<(bits-1)-1)
		require.InDelta(t, want, span, 0.05, "%d bits", bits)
	}
	// Without steps there is nothing to gain by cutting.
	o := output(func(o *converters.Output) { o.Bits, o.Range = 0, converters.Calibrated })
	span, err := o.Span(0, []float32{1, -4, 2})
	require.NoError(t, err)
	require.Equal(t, 4.0, span)
	// Codes that are exact stay so.
	o.Bits = 4
	span, err = o.Span(0, []float32{-7, 3, 1, 6})
	require.NoError(t, err)
	require.Equal(t, 7.0, span)
}

func TestOtherRanges(t *testing.T) {
	in := input(nil)
	span, err := in.Span(3.5, nil)
	require.NoError(t, err)
	require.Equal(t, 3.5, span)
	in.Range = converters.Percentile
	x := make([]float32, 1000)
	for i := range x {
		x[i] = float32(1+(i*7)%1000) * float32(1-2*(i%2)) // magnitudes 1 to 1000
	}
	for p, want := range map[float64]float64{100: 1000, 99: 990, 50: 500, 0.01: 1} {
		in.Percentile = p
		span, err = in.Span(0, x)
		require.NoError(t, err)
		require.InDelta(t, want, span, 1e-9, "%g %%", p)
	}
}

func TestRangesRefuse(t *testing.T) {
	o := output(nil)
	for _, m := range []float64{0, -1, math.Inf(1), math.NaN()} {
		_, err := o.Span(m, nil)
		require.ErrorContains(t, err, "range of outputs: ")
	}
	for _, kind := range []string{converters.Calibrated, converters.Percentile} {
		o.Range = kind
		for want, x := range map[string][]float32{
			"there is none":       nil,
			"other than 0":        {0, 0},
			"value 1 is NaN":      {1, float32(math.NaN())},
			"range of outputs: v": {float32(math.Inf(-1))},
		} {
			_, err := o.Span(1, x)
			require.ErrorContains(t, err, want)
		}
	}
	o.Percentile = 50
	_, err := o.Span(1, []float32{0, 0, 0, 5})
	require.ErrorContains(t, err, "50 % percentile of the sample is 0; choose a higher one")
}
