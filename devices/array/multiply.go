package array

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/synohm/synohm/internal/philox"
)

// Multiply writes y = x W, for an input on every row: x is of the rows, y of the
// columns. An input of 1 is the read voltage. The noise depends on key alone.
func (m *Matrix) Multiply(key Key, x, y []float32) {
	m.product(key, x, y, false)
}

// MultiplyT writes x = W y: the columns are driven and the rows are read. By
// the reciprocity of ohmic networks the lines weaken what goes this way as they
// weaken what goes the other.
func (m *Matrix) MultiplyT(key Key, y, x []float32) {
	m.product(key, y, x, true)
}

func (m *Matrix) product(key Key, in, out []float32, transposed bool) {
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
		} else {
			t.multiply(key, in[t.row0:t.row0+t.rows], out[t.col0:t.col0+t.cols])
		}
	}
}

func (d *digit) matrix(rows, cols int, data []float32) blas32.General {
	return blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: data}
}

func vector(x []float32) blas32.Vector { return blas32.Vector{N: len(x), Inc: 1, Data: x} }

// weigh is the weight of a microsiemens in a column.
func (t *tile) weigh(j int) float32 {
	if t.comp != nil {
		return t.factor[j] * t.comp[j]
	}
	return t.factor[j]
}

func (t *tile) multiply(key Key, x, out []float32) {
	t.countProduct(x)
	y, v, square := make([]float32, t.cols), make([]float32, t.cols), squares(x)
	for d := range t.digits {
		digit := &t.digits[d]
		blas32.Gemv(blas.Trans, 1, digit.matrix(t.rows, t.cols, digit.current), vector(x), 0, vector(y))
		if d == 0 && t.offset != 0 {
			var sum float32
			for i, u := range x {
				if t.drive != nil {
					u *= t.drive[i]
				}
				sum += u
			}
			for j := range y {
				y[j] += float32(t.offset*sum) / float32(digit.gain)
			}
		}
		if digit.variance != nil {
			blas32.Gemv(blas.Trans, 1, digit.matrix(t.rows, t.cols, digit.variance), vector(square), 0, vector(v))
			t.addNormals(key, d, purposeRead, v, y)
		}
		if digit.shared != nil {
			common := float32(t.common(key, d, blas32.Dot(vector(digit.shared), vector(square))))
			for j := range y {
				y[j] += common
			}
		}
		for j := range y {
			out[j] += float32(float32(digit.gain) * float32(t.weigh(j)*y[j]))
		}
	}
}

// multiplyT drives the columns. A column that all targets share is driven with
// the sum of what they are.
func (t *tile) multiplyT(key Key, in, out []float32) {
	key.Trial ^= 1 << 31 // other draws than those of the same key forward
	x := make([]float32, t.cols)
	var sum float32
	for j := range x {
		x[j] = t.weigh(j) * in[j]
		sum += x[j]
	}
	t.countProductT()
	y, v, square := make([]float32, t.rows), make([]float32, t.rows), squares(x)
	for d := range t.digits {
		digit := &t.digits[d]
		blas32.Gemv(blas.NoTrans, 1, digit.matrix(t.rows, t.cols, digit.current), vector(x), 0, vector(y))
		if d == 0 && t.offset != 0 {
			for i := range y {
				o := float32(t.offset*sum) / float32(digit.gain)
				if t.drive != nil {
					o *= t.drive[i]
				}
				y[i] += o
			}
		}
		if digit.variance != nil || digit.shared != nil {
			clear(v)
			if digit.variance != nil {
				blas32.Gemv(blas.NoTrans, 1, digit.matrix(t.rows, t.cols, digit.variance), vector(square), 0, vector(v))
			}
			for i, s := range digit.shared {
				v[i] += float32(s * float32(sum*sum))
			}
			t.addNormals(key, d, purposeRead, v, y)
		}
		blas32.Axpy(float32(digit.gain), vector(y), vector(out))
	}
}

func squares(x []float32) []float32 {
	s := make([]float32, len(x))
	for i, u := range x {
		s[i] = u * u
	}
	return s
}

// addNormals adds a normal number of every variance.
func (t *tile) addNormals(key Key, index int, purpose uint32, variance, y []float32) {
	s := philox.Stream{Seed: t.digitSeed(index), Purpose: purpose, Trial: key.Trial}
	var b [4]uint32
	for i, v := range variance {
		if i%4 == 0 {
			b = s.Block(uint32(i/4), key.Step)
		}
		y[i] += float32(math.Sqrt(float64(v)) * philox.Normal(b[i%4]))
	}
}

// common is the noise that the outputs of a read share.
func (t *tile) common(key Key, index int, variance float32) float64 {
	s := philox.Stream{Seed: t.digitSeed(index), Purpose: purposeReadShared, Trial: key.Trial}
	return math.Sqrt(float64(variance)) * philox.Normal(s.Block(0, key.Step)[0])
}

// countProduct adds up what a product takes: the energy of a row goes with the
// square of its input.
func (t *tile) countProduct(x []float32) {
	var aj float64
	for r, u := range x {
		aj += float64(float64(u) * float64(u) * float64(t.energy[r]))
	}
	t.attojoule.Add(uint64(math.Round(aj)))
	t.reads.Add(t.cells())
	t.picoseconds.Add(t.readPicoseconds())
}

// countProductT takes the energy of all rows, since that of a column is not
// kept.
func (t *tile) countProductT() {
	var aj uint64
	for _, e := range t.energy {
		aj += e
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
