package converters_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices/converters"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
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

// pair makes converters of an array of so many columns, and a range of outputs.
func pair(t require.TestingT, cols int, span float64, in func(*converters.Input), out func(*converters.Output)) *converters.Converters {
	d, err := converters.NewDAC(input(in), 1, 1)
	require.NoError(t, err)
	a, err := converters.NewADC(output(out), cols, span, 1)
	require.NoError(t, err)
	return &converters.Converters{DAC: d, ADC: a}
}

// values are n numbers in [-1, 1].
func values(seed uint64, n int) []float32 {
	words := philox.Stream{Seed: seed, Purpose: philox.Purpose("test.values")}.Words(0)
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(2*words.Uniform() - 1)
	}
	return x
}

// product is x W in float64.
func product(rows, cols int, w, x []float32) []float64 {
	y := make([]float64, cols)
	for i := range rows {
		for j := range cols {
			y[j] += float64(w[i*cols+j]) * float64(x[i])
		}
	}
	return y
}

// The whole order on one vector, by hand: 3 bits in (thirds), 4 bits out
// (sevenths of 7, so whole numbers).
func TestOrderByHand(t *testing.T) {
	c := pair(t, 2, 7, func(in *converters.Input) { in.Bits = 3 }, func(o *converters.Output) { o.Bits = 4 })
	w := []float32{
		3, 6,
		3, -3,
		9, 30,
	}
	// alpha = 2; x/alpha = 1, -0.45, 0.2; in thirds 3, -1.35, 0.6: so 1, -1/3, 1/3.
	x := []float32{2, -0.9, 0.4}
	// y = 3 - 1 + 3 = 5; 6 + 1 + 10 = 17, clipped to 7; times alpha.
	y := make([]float32, 2)
	var ws converters.Workspace
	o, err := c.Multiply(&ws, make([]converters.Key, 1), 3, x, y, matrix(3, 2, w))
	require.NoError(t, err)
	require.Equal(t, []float32{10, 14}, y)
	require.Equal(t, converters.Outcome{
		Input:  converters.Cost{Conversions: 3, Attojoule: 3 * 8_000, Picoseconds: 1000},
		Output: converters.Cost{Conversions: 2, Attojoule: 2 * 800_000, Picoseconds: 1000},
		Reads:  1, Over: 1,
	}, o)
	// With bounds managed: inputs halved are 1/2, -0.225, 0.1 of alpha, in thirds
	// 1.5 (a tie), -0.675, 0.3: so 2/3, -1/3, 0; y = 2 - 1 = 1 and 4 + 1 = 5.
	c = pair(t, 2, 7, func(in *converters.Input) { in.Bits = 3 }, func(o *converters.Output) { o.Bits, o.Bounds = 4, converters.Iterative })
	o, err = c.Multiply(&ws, make([]converters.Key, 1), 3, x, y, matrix(3, 2, w))
	require.NoError(t, err)
	require.Equal(t, []float32{4, 20}, y)
	require.Equal(t, 4.0, ws.Scale(0), "the largest input, halved once")
	require.Equal(t, 2, o.Reads)
	require.Equal(t, 1, o.Halvings)
	require.Zero(t, o.Over)
}

// Outputs far beyond the range come back by halving the inputs; without it they
// are cut.
func TestBoundManagementRecoversLargeOutputs(t *testing.T) {
	const rows, cols = 64, 8
	w, x := values(1, rows*cols), values(2, rows)
	want := product(rows, cols, w, x)
	largest := 0.0
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	top := 0.0
	for _, v := range x {
		top = max(top, math.Abs(float64(v)))
	}
	span := largest / top / 30 // 30 times too narrow: five halvings
	for bounds, halvings := range map[string]int{converters.None: 0, converters.Iterative: 5} {
		c := pair(t, cols, span, func(in *converters.Input) { in.Bits = 14 }, func(o *converters.Output) { o.Bits, o.Bounds = 12, bounds })
		y := make([]float32, cols)
		o, err := c.Multiply(&converters.Workspace{}, make([]converters.Key, 1), rows, x, y, matrix(rows, cols, w))
		require.NoError(t, err)
		require.Equal(t, halvings, o.Halvings)
		if halvings == 0 {
			require.Positive(t, o.Over)
			continue
		}
		require.Zero(t, o.Over)
		// Half a step out, and half a step of each input times its weight.
		half := span * 32 * top * (0.5/2047 + 1e-6)
		for j := range y {
			slack := 0.0
			for i := range rows {
				slack += math.Abs(float64(w[i*cols+j])) * 32 * top * 0.5 / 8191
			}
			require.InDelta(t, want[j], y[j], half+slack)
		}
	}
}

// Where it does not help, bound management ends at its limits: with 7 bits of
// inputs after division by 32 (the first above 0.25/(1/126) = 31.5), with ideal
// ones after 1024 (the first above 1000).
func TestBoundManagementEnds(t *testing.T) {
	hopeless := func(keys []converters.Key, x, y []float32) error {
		for i := range y {
			y[i] = 5
		}
		return nil
	}
	for bits, reads := range map[int]int{7: 6, 0: 11, 2: 1} {
		c := pair(t, 3, 1, func(in *converters.Input) { in.Bits = bits }, func(o *converters.Output) { o.Bounds = converters.Iterative })
		y := make([]float32, 3)
		o, err := c.Multiply(&converters.Workspace{}, make([]converters.Key, 1), 1, []float32{1}, y, hopeless)
		require.NoError(t, err)
		require.Equal(t, reads, o.Reads, "%d bits", bits)
		require.Equal(t, 3, o.Over)
		require.Equal(t, float32(math.Exp2(float64(reads-1))), y[0])
	}
}

// Inputs in digits, shifted and added, are the inputs at once where outputs are
// ideal, for any size of digit.
func TestSerialIsParallel(t *testing.T) {
	const rows, cols = 40, 9
	w, x := values(3, rows*cols), values(4, rows)
	for _, signed := range []bool{true, false} {
		at := func(change func(*converters.Input)) ([]float32, converters.Outcome) {
			c := pair(t, cols, rows, func(in *converters.Input) { in.Bits, in.Signed = 8, signed; change(in) }, func(o *converters.Output) { o.Bits = 0 })
			y := make([]float32, cols)
			o, err := c.Multiply(&converters.Workspace{}, make([]converters.Key, 1), rows, x, y, matrix(rows, cols, w))
			require.NoError(t, err)
			return y, o
		}
		want, _ := at(func(*converters.Input) {})
		width, _ := at(func(in *converters.Input) { in.Drive = converters.Width })
		require.Equal(t, want, width, "the width of a pulse is the same number")
		for digit := 1; digit <= 8; digit++ {
			got, o := at(func(in *converters.Input) { in.Drive, in.Digit = converters.Serial, digit })
			for j := range want {
				require.InDelta(t, want[j], got[j], 1e-5, "digits of %d bits", digit)
			}
			bits := 8
			if signed {
				bits = 7
			}
			reads := (bits + digit - 1) / digit
			require.Equal(t, reads, o.Reads)
			require.Equal(t, uint64(reads*cols), o.Output.Conversions)
			require.Equal(t, uint64(reads*rows), o.Input.Conversions)
		}
	}
}

// A batch gives what its vectors give one by one, with all noise on, and with
// some vectors halved and some of zeros among them.
func TestBatchIsItsVectors(t *testing.T) {
	const rows, cols, n = 20, 7, 12
	w := values(5, rows*cols)
	for _, drive := range []string{converters.Amplitude, converters.Serial} {
		c := pair(t, cols, 2.5, func(in *converters.Input) { in.Drive, in.Noise = drive, 0.01 }, func(o *converters.Output) {
			o.Kind, o.Noise, o.Gain, o.Offset, o.Element, o.Bounds = converters.SAR, 0.02, 0.01, 0.01, 0.02, converters.Iterative
		})
		x := values(6, n*rows)
		clear(x[2*rows : 3*rows])
		keys := make([]converters.Key, n)
		for k := range keys {
			keys[k] = converters.Key{Trial: uint32(k / 3), Step: uint32(k % 3)}
		}
		batch := make([]float32, n*cols)
		var ws converters.Workspace
		total, err := c.Multiply(&ws, keys, rows, x, batch, matrix(rows, cols, w))
		require.NoError(t, err)
		require.Positive(t, total.Halvings)
		var sum converters.Outcome
		for k := n - 1; k >= 0; k-- {
			y := make([]float32, cols)
			o, err := c.Multiply(&ws, keys[k:k+1], rows, x[k*rows:(k+1)*rows], y, matrix(rows, cols, w))
			require.NoError(t, err)
			require.Equal(t, batch[k*cols:(k+1)*cols], y)
			sum.Input, sum.Output = sum.Input.Then(o.Input), sum.Output.Then(o.Output)
			sum.Reads += o.Reads
			sum.Halvings += o.Halvings
			sum.Over += o.Over
		}
		require.Equal(t, total, sum)
	}
}

// Each read of a product has a key of its own.
func TestReadsHaveKeys(t *testing.T) {
	c := pair(t, 1, 1, func(in *converters.Input) { in.Drive, in.Bits = converters.Serial, 5 }, func(o *converters.Output) { o.Bounds = converters.Iterative })
	var seen []converters.Key
	_, err := c.Multiply(&converters.Workspace{}, []converters.Key{{Trial: 7, Step: 8}}, 1, []float32{1}, make([]float32, 1), func(keys []converters.Key, x, y []float32) error {
		seen = append(seen, keys...)
		y[0] = 2
		return nil
	})
	require.NoError(t, err)
	require.Len(t, seen, 4*4) // 4 digits; divided by 1, 2, 4, 8 (above 0.25 * 30)
	for k, key := range seen {
		require.Equal(t, converters.Key{Trial: 7, Step: 8, Read: uint32(k)}, key)
	}
}

// A vector of zeros is not sent where noise management finds it and rows are
// quiet.
func TestVectorsOfZeros(t *testing.T) {
	for _, noise := range []float64{0, 0.1} {
		c := pair(t, 2, 1, func(in *converters.Input) { in.Noise = noise }, nil)
		y := []float32{9, 9}
		var ws converters.Workspace
		o, err := c.Multiply(&ws, make([]converters.Key, 1), 3, make([]float32, 3), y, matrix(3, 2, values(7, 6)))
		require.NoError(t, err)
		if noise == 0 {
			require.Equal(t, []float32{0, 0}, y)
			require.Zero(t, o)
			require.Zero(t, ws.Scale(0))
		} else {
			require.NotEqual(t, []float32{0, 0}, y)
			require.Equal(t, 1, o.Reads)
		}
	}
}

func TestProductsRefuse(t *testing.T) {
	c := pair(t, 2, 1, nil, nil)
	var ws converters.Workspace
	read := matrix(3, 2, values(7, 6))
	keys := make([]converters.Key, 2)
	_, err := c.Multiply(&ws, keys, 3, make([]float32, 5), make([]float32, 4), read)
	require.ErrorContains(t, err, "2 vectors of 3 rows and 2 columns do not fit 5 inputs and 4 outputs")
	_, err = c.Multiply(&ws, keys, 0, nil, make([]float32, 4), read)
	require.ErrorContains(t, err, "0 rows")
	x := []float32{1, 1, 1, 1, 1, float32(math.NaN())}
	_, err = c.Multiply(&ws, keys, 3, x, make([]float32, 4), read)
	require.ErrorContains(t, err, "vector 1: input 2 is NaN")
	lost := errors.New("the line is dead")
	_, err = c.Multiply(&ws, keys, 3, values(1, 6), make([]float32, 4), func([]converters.Key, []float32, []float32) error { return lost })
	require.ErrorIs(t, err, lost)
	_, err = c.Multiply(&ws, keys, 3, values(1, 6), make([]float32, 4), func(_ []converters.Key, _, y []float32) error {
		y[3] = float32(math.Inf(1))
		return nil
	})
	require.ErrorContains(t, err, "output of column 1 is +Inf")
}

func ExampleConverters_Multiply() {
	var in converters.Input
	var out converters.Output
	config.Defaults(&in, nil)
	config.Defaults(&out, nil)
	weights := []float32{0.5, -1, 0.25, 1} // two rows of two columns
	dac, _ := converters.NewDAC(in, 1, 1)
	adc, _ := converters.NewADC(out, 2, 2, 1) // no output is beyond 2
	c := converters.Converters{DAC: dac, ADC: adc}
	y := make([]float32, 2)
	o, _ := c.Multiply(new(converters.Workspace), make([]converters.Key, 1), 2, []float32{4, 1}, y,
		func(_ []converters.Key, x, y []float32) error {
			for j := range y {
				y[j] = x[0]*weights[j] + x[1]*weights[2+j]
			}
			return nil
		})
	fmt.Printf("%.3f %.3f, %d conversions\n", y[0], y[1], o.Output.Conversions)
	// Output: 2.259 -2.980, 2 conversions
}

func BenchmarkMultiply(b *testing.B) {
	const rows, cols = 512, 512
	for _, kind := range kinds {
		b.Run(kind, func(b *testing.B) {
			c := pair(b, cols, 100, nil, func(o *converters.Output) { o.Kind, o.Noise = kind, 0.005 })
			x, y := values(1, rows), make([]float32, cols)
			var ws converters.Workspace
			nothing := func([]converters.Key, []float32, []float32) error { return nil }
			for b.Loop() {
				if _, err := c.Multiply(&ws, make([]converters.Key, 1), rows, x, y, nothing); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*(rows+cols)/b.Elapsed().Seconds(), "conversions/s")
		})
	}
}

// The settings that the guide shows are legal.
func TestGuide(t *testing.T) {
	page, err := os.ReadFile("../../docs/converters.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(page)
	require.NotNil(t, block)
	tree, err := config.Parse("guide.yaml", block[1])
	require.NoError(t, err)
	var f struct {
		Input  converters.Input  `yaml:"input"`
		Output converters.Output `yaml:"output"`
	}
	require.Empty(t, tree.Decode(&f, nil))
	require.Equal(t, converters.SAR, f.Output.Kind)
}

// Round is what Convert drives, as numbers; ideal converters change nothing.
func TestRoundIsWhatIsDriven(t *testing.T) {
	x := values(11, 50)
	d := dac(t, 1, func(in *converters.Input) { in.Bits, in.Noise = 4, 0.1 })
	quiet := dac(t, 1, func(in *converters.Input) { in.Bits = 4 })
	rounded, driven := make([]float32, 50), make([]float32, 50)
	scale, _, err := quiet.Convert(converters.Key{}, x, driven)
	require.NoError(t, err)
	d.Round(scale, x, rounded)
	for i := range x {
		require.InDelta(t, float64(driven[i])*scale, rounded[i], 1e-6)
	}
	d.Round(0, x, rounded)
	require.Equal(t, make([]float32, 50), rounded)

	in, err := converters.NewDAC(converters.IdealInput(), 1, 0)
	require.NoError(t, err)
	out, err := converters.NewADC(converters.IdealOutput(), 3, 1, 0)
	require.NoError(t, err)
	big := []float32{-70, 0.3, 5}
	y := make([]float32, 3)
	_, err = (&converters.Converters{DAC: in, ADC: out}).Multiply(&converters.Workspace{}, make([]converters.Key, 1), 3, big, y, func(_ []converters.Key, x, y []float32) error {
		copy(y, x)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, big, y)
}
