package array

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/synohm/synohm/devices/converters"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
)

// Multiply writes y = x W, for an input on every row: x is of the rows, y of the
// columns. An input of 1 is the read voltage. The noise depends on key alone.
func (m *Matrix) Multiply(key Key, x, y []float32) error { return m.product(key, x, y, false) }

// MultiplyT writes x = W y: the columns are driven and the rows are read, with
// ideal converters. By the reciprocity of ohmic networks the lines weaken what
// goes this way as they weaken what goes the other.
func (m *Matrix) MultiplyT(key Key, y, x []float32) error { return m.product(key, y, x, true) }

func (m *Matrix) product(key Key, in, out []float32, transposed bool) error {
	rows, cols := m.rows, m.cols
	if transposed {
		rows, cols = cols, rows
	}
	if len(in) != rows || len(out) != cols {
		panic("array: the vectors are not those of the matrix")
	}
	clear(out)
	for _, t := range m.tiles {
		if transposed {
			t.multiplyT(key, in[t.col0:t.col0+t.cols], out[t.row0:t.row0+t.rows])
			continue
		}
		if err := t.multiply(key, in[t.row0:t.row0+t.rows], out[t.col0:t.col0+t.cols]); err != nil {
			return err
		}
	}
	return nil
}

func vector(x []float32) blas32.Vector { return blas32.Vector{N: len(x), Inc: 1, Data: x} }

func (t *tile) matrix(data []float32) blas32.General {
	return blas32.General{Rows: t.rows, Cols: t.cols, Stride: t.cols, Data: data}
}

// weigh is the weight of a microsiemens in a column.
func (t *tile) weigh(j int) float32 {
	if t.comp != nil {
		return t.factor[j] * t.comp[j]
	}
	return t.factor[j]
}

// multiply adds a product to out.
func (t *tile) multiply(key Key, x, out []float32) error {
	y := make([]float32, len(t.digits)*t.cols) // uS, digit after digit
	exact := x                                 // as the rows are driven, without noise
	if t.dac == nil && t.adc == nil {
		t.flow(converters.Key{Trial: key.Trial, Step: key.Step}, x, y)
	} else {
		c, err := t.converters()
		if err != nil {
			return err
		}
		var w converters.Workspace
		keys := []converters.Key{{Trial: key.Trial, Step: key.Step}}
		outcome, err := c.Multiply(&w, keys, t.rows, x, y, func(keys []converters.Key, x, y []float32) error {
			for k := range keys {
				t.flow(keys[k], x[k*t.rows:(k+1)*t.rows], y[k*len(t.digits)*t.cols:][:len(t.digits)*t.cols])
			}
			return nil
		})
		if err != nil {
			return err
		}
		if t.dac != nil {
			t.spend(outcome.Input)
		}
		if t.adc != nil {
			t.spend(outcome.Output)
		}
		if t.dac != nil && t.offset != 0 {
			exact = make([]float32, len(x))
			c.DAC.Round(w.Scale(0), x, exact)
		}
	}
	t.finish(exact, y, out)
	return nil
}

// finish adds what the currents of all columns, digit after digit, come to; x
// is how the rows are driven, without noise.
func (t *tile) finish(x, y, out []float32) {
	var common float32
	if t.offset != 0 {
		for i, u := range x {
			if t.drive != nil {
				u *= t.drive[i]
			}
			common += float32(t.offset * u)
		}
	}
	for d := range t.digits {
		gain := float32(t.digits[d].gain)
		for j, v := range y[d*t.cols : (d+1)*t.cols] {
			out[j] += float32(gain * float32(t.weigh(j)*v))
		}
	}
	for j := range out {
		out[j] += float32(t.factor[j] * common) // a number, which does not drift
	}
}

// converters are those of the tile, ideal ones where it has none.
func (t *tile) converters() (*converters.Converters, error) {
	c := &converters.Converters{DAC: t.dac, ADC: t.adc}
	var err error
	if c.DAC == nil {
		if c.DAC, err = converters.NewDAC(converters.IdealInput(), 1, 0); err != nil {
			return nil, err
		}
	}
	if c.ADC == nil {
		c.ADC, err = converters.NewADC(converters.IdealOutput(), len(t.digits)*t.cols, 1, 0)
	}
	return c, err
}

// flow writes the currents of all columns, digit after digit, for rows driven
// with parts x of the read voltage, noise included.
func (t *tile) flow(key converters.Key, x, y []float32) {
	t.countProduct(x)
	var v, square []float32
	for d := range t.digits {
		digit, out := &t.digits[d], y[d*t.cols:(d+1)*t.cols]
		blas32.Gemv(blas.Trans, 1, t.matrix(digit.current), vector(x), 0, vector(out))
		if (digit.variance != nil || digit.shared != nil) && square == nil {
			v, square = make([]float32, t.cols), squares(x)
		}
		switch {
		case digit.variance == nil:
		case t.sigma != nil:
			for r, u := range x {
				if t.drive != nil {
					u *= t.drive[r]
				}
				if u != 0 {
					t.noiseOfRow(Key{key.Trial, key.Step}, key.Read, d, r, 0, t.cols, u, out)
				}
			}
		default:
			blas32.Gemv(blas.Trans, 1, t.matrix(digit.variance), vector(square), 0, vector(v))
			t.addNormals(key, d, v, out)
		}
		if digit.shared != nil {
			t.addCommon(key, d, square, out)
		}
	}
}

// addCommon adds the noise of the shared columns to all outputs.
func (t *tile) addCommon(key converters.Key, index int, square, out []float32) {
	common := float32(t.common(key, index, dot(t.digits[index].shared, square)))
	for j := range out {
		out[j] += common
	}
}

// multiplyT drives the columns. A column that all targets share is driven with
// the sum of what they are.
func (t *tile) multiplyT(key Key, in, out []float32) {
	x, y, v := make([]float32, t.cols), make([]float32, t.rows), make([]float32, t.rows)
	t.driveT(in, x)
	square := squares(x)
	t.countProductT()
	for d := range t.digits {
		digit := &t.digits[d]
		times(digit.current, x, y)
		if digit.variance != nil {
			times(digit.variance, square, v)
		}
		t.finishT(key, d, x, v, y, out)
	}
	t.offsetT(in, out)
}

// driveT is what columns are driven with for the numbers in.
func (t *tile) driveT(in, x []float32) {
	for j := range x {
		x[j] = t.weigh(j) * in[j]
	}
}

// finishT adds the currents y of rows, of a digit, with noise of variance v.
func (t *tile) finishT(key Key, index int, x, v, y, out []float32) {
	digit := &t.digits[index]
	if digit.variance != nil || digit.shared != nil {
		if digit.variance == nil {
			clear(v)
		}
		var sum float32
		if digit.shared != nil {
			for _, u := range x {
				sum += u
			}
		}
		for i, s := range digit.shared {
			v[i] += float32(s * float32(sum*sum))
		}
		// Other draws than those of the same key forward.
		t.addNormals(converters.Key{Trial: key.Trial ^ 1<<31, Step: key.Step}, index, v, y)
	}
	axpy(float32(digit.gain), y, out)
}

// offsetT adds what the mapping adds as a number.
func (t *tile) offsetT(in, out []float32) {
	if t.offset == 0 {
		return
	}
	var numbers float32
	for j, u := range in {
		numbers += float32(t.factor[j] * u)
	}
	for i := range out {
		o := float32(t.offset * numbers)
		if t.drive != nil {
			o *= t.drive[i]
		}
		out[i] += o
	}
}

// times writes y = a x, of a row-major matrix.
func times(a, x, y []float32) {
	for i := range y {
		y[i] = dot(a[i*len(x):(i+1)*len(x)], x)
	}
}

// dot is a sum of products in one order. That of gonum's kernels depends on
// where in memory the numbers lie, which no seed says.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += float32(a[i] * b[i])
		s1 += float32(a[i+1] * b[i+1])
		s2 += float32(a[i+2] * b[i+2])
		s3 += float32(a[i+3] * b[i+3])
	}
	for ; i < len(a); i++ {
		s0 += float32(a[i] * b[i])
	}
	return (s0 + s1) + (s2 + s3)
}

func squares(x []float32) []float32 {
	s := make([]float32, len(x))
	for i, u := range x {
		s[i] = u * u
	}
	return s
}

// addNormals adds a normal number of every variance, other ones for every read
// that a product takes.
func (t *tile) addNormals(key converters.Key, index int, variance, y []float32) {
	st := philox.Stream{Seed: t.digitSeed(index) ^ uint64(key.Read)<<16, Purpose: purposeRead, Trial: key.Trial}
	kernels.AddNoiseOfVariance(st, key.Step, 0, y, variance, 1)
}

// common is the noise that the outputs of a read share.
func (t *tile) common(key converters.Key, index int, variance float32) float64 {
	s := philox.Stream{Seed: t.digitSeed(index) ^ uint64(key.Read)<<16, Purpose: purposeReadShared, Trial: key.Trial}
	return math.Sqrt(float64(variance)) * philox.Normal(s.Block(0, key.Step)[0])
}

// countProduct adds up what a read takes: the energy of a row goes with the
// square of its voltage, or with the width of its pulse. Rows at 0 V are not
// read. The time of pulses of many widths is counted by the converters.
func (t *tile) countProduct(x []float32) {
	width := t.dac != nil && t.m.s.Input.Drive == converters.Width
	var aj float64
	driven := uint64(0)
	for r, u := range x {
		if u == 0 {
			continue
		}
		driven++
		part := math.Abs(float64(u))
		if !width {
			part *= part
		}
		aj += float64(part * float64(t.energy[r]))
		if t.rowReads != nil {
			t.rowReads[r].Add(1)
		}
	}
	t.attojoule.Add(uint64(math.Round(aj)))
	t.reads.Add(driven * t.cells() / uint64(t.rows))
	if !width {
		t.picoseconds.Add(t.readPicoseconds())
	}
}

// countProductT takes the energy of all rows, and reads of all of them, since
// that of a column is not kept.
func (t *tile) countProductT() {
	var aj uint64
	for r, e := range t.energy {
		aj += e
		if t.rowReads != nil {
			t.rowReads[r].Add(1)
		}
	}
	t.attojoule.Add(aj)
	t.reads.Add(t.cells())
	t.picoseconds.Add(t.readPicoseconds())
}

// cells is the number of cells of a tile.
func (t *tile) cells() (n uint64) {
	for _, b := range t.blocks {
		n += uint64(b.Len())
	}
	return n
}

func (t *tile) readPicoseconds() uint64 {
	return uint64(math.Round(t.m.s.Pulse.Second * 1e12))
}
