package converters_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices/converters"
	"github.com/synohm/synohm/internal/config"
)

// input and output are the default settings with changes.
func input(change func(*converters.Input)) converters.Input {
	var in converters.Input
	config.Defaults(&in, nil)
	if change != nil {
		change(&in)
	}
	return in
}

func output(change func(*converters.Output)) converters.Output {
	var o converters.Output
	config.Defaults(&o, nil)
	if change != nil {
		change(&o)
	}
	return o
}

// matrix reads an array of weights [row][column], without noise.
func matrix(rows, cols int, w []float32) converters.Read {
	return func(keys []converters.Key, x, y []float32) error {
		for k := range keys {
			for j := range cols {
				sum := 0.0
				for i := range rows {
					sum += float64(float64(x[k*rows+i]) * float64(w[i*cols+j]))
				}
				y[k*cols+j] = float32(sum)
			}
		}
		return nil
	}
}

// aihwkit's default converters: 7 bits with a step of 1/126 of the range of 2,
// 9 bits with 1/510 of it.
func TestStepsOfTheDefaults(t *testing.T) {
	d, err := converters.NewDAC(input(nil), 1, 1)
	require.NoError(t, err)
	out := make([]float32, 4)
	scale, _, err := d.Convert(converters.Key{}, []float32{2, 1, 0.5 / 63, 1.1 / 63 * 2}, out)
	require.NoError(t, err)
	require.Equal(t, 2.0, scale)
	require.Equal(t, []float32{1, 32. / 63, 0, 1. / 63}, out)
	const bound = 12
	a, err := converters.NewADC(output(nil), 3, bound, 1)
	require.NoError(t, err)
	codes := make([]int32, 3)
	over, _, err := a.Convert(converters.Key{}, 0, []float32{-20, 12, 24. / 510 * 3.4}, codes, out[:3])
	require.NoError(t, err)
	require.Equal(t, 1, over)
	require.Equal(t, []int32{-255, 255, 3}, codes)
	require.Equal(t, []float32{-12, 12, 24. / 510 * 3}, out[:3])
}
