package array

import (
	"math"
	"math/bits"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/synohm/synohm/devices/converters"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
)

// Key places the random draws of a read.
type Key struct {
	Trial, Step uint32
}

var (
	purposeRead       = philox.Purpose("devices.crossbar.read")
	purposeReadCell   = philox.Purpose("devices.crossbar.read-cell")
	purposeReadShared = philox.Purpose("devices.array.read-shared")
)

// Read drives the given rows (ascending) at once with the read voltage and adds
// the weights of columns lo to hi-1 to out, noise included. It is safe for
// concurrent use, and the noise of a column does not depend on lo and hi.
func (m *Matrix) Read(key Key, rows []int32, lo, hi int, out []float32) error {
	out = out[:hi-lo]
	for _, t := range m.tiles {
		for len(rows) > 0 && int(rows[0]) < t.row0 {
			rows = rows[1:]
		}
		n := 0
		for n < len(rows) && int(rows[n]) < t.row0+t.rows {
			n++
		}
		a, b := max(lo, t.col0), min(hi, t.col0+t.cols)
		if n > 0 && a < b {
			if err := t.read(key, rows[:n], a-t.col0, b-t.col0, out[a-lo:b-lo]); err != nil {
				return err
			}
		}
	}
	return nil
}

// read is Read of one tile, whose columns are numbered from 0.
func (t *tile) read(key Key, rows []int32, lo, hi int, out []float32) error {
	t.count(rows, lo, hi)
	n := hi - lo
	buf := t.scratch.Get().(*[]float32)
	defer t.scratch.Put(buf)
	if len(*buf) < 2*n {
		*buf = make([]float32, 2*n)
	}
	y, v := (*buf)[:n], (*buf)[n:2*n]
	if t.plain() {
		// The common case, added up where it is wanted.
		t.drain(&t.digits[0], rows, lo, hi, t.factor[0], out)
		t.noise(key, 0, rows, lo, hi, t.factor[0], v, out)
		return nil
	}
	for d := range t.digits {
		clear(y)
		t.drain(&t.digits[d], rows, lo, hi, 1, y)
		t.noise(key, d, rows, lo, hi, 1, v, y)
		if t.adc != nil {
			_, cost, err := t.adc.Convert(converters.Key{Trial: key.Trial, Step: key.Step}, d*t.cols+lo, y, nil, y)
			if err != nil {
				return err
			}
			// All columns of a read are converted at the same time, or take turns.
			cost.Picoseconds = 0
			if lo == 0 && d == 0 {
				cost.Picoseconds = t.adc.Cost(len(t.digits) * t.cols).Picoseconds
			}
			t.spend(cost)
		}
		gain := float32(t.digits[d].gain)
		var common float32
		if d == 0 && t.offset != 0 {
			common = float32(t.offset*t.drives(rows)) / gain
		}
		for j := range y {
			x := y[j]
			if t.comp != nil {
				x *= t.comp[lo+j] // the current alone; what is added as a number does not drift
			}
			out[j] += float32(float32(gain*t.factor[lo+j]) * float32(x+common))
		}
	}
	return nil
}

// spend counts conversions.
func (t *tile) spend(c converters.Cost) {
	t.conversions.Add(c.Conversions)
	t.convertAttojoule.Add(c.Attojoule)
	t.picoseconds.Add(c.Picoseconds)
}

// plain tells whether one factor makes weights of currents.
func (t *tile) plain() bool {
	s := t.m.s
	return len(t.digits) == 1 && t.comp == nil && t.offset == 0 && s.Scaling != "column" && !t.m.convert
}

// drives is the sum of the drives of rows.
func (t *tile) drives(rows []int32) float32 {
	if t.drive == nil {
		return float32(len(rows))
	}
	var sum float32
	for _, r := range rows {
		sum += t.drive[int(r)-t.row0]
	}
	return sum
}

// count adds up what a read of columns lo to hi-1 takes. Shares of columns add
// up to the whole.
func (t *tile) count(rows []int32, lo, hi int) {
	var aj uint64
	for _, r := range rows {
		aj += t.energy[int(r)-t.row0]
	}
	share := func(cols int) uint64 {
		high, low := bits.Mul64(aj, uint64(cols))
		q, _ := bits.Div64(high, low, uint64(t.cols))
		return q
	}
	if t.upTo != nil {
		t.attojoule.Add(t.upTo[hi] - t.upTo[lo])
	} else {
		t.attojoule.Add(share(hi) - share(lo))
	}
	cells := uint64(0)
	for _, p := range t.m.planes {
		if !p.Shared {
			cells += uint64(hi - lo)
		} else if lo == 0 {
			cells++
		}
	}
	t.reads.Add(uint64(len(rows)) * cells)
	switch {
	case t.rowReads == nil:
	case t.m.alone:
		for j := lo; j < hi; j++ {
			t.rowReads[j].Add(1)
		}
	case lo == 0:
		for _, r := range rows {
			t.rowReads[int(r)-t.row0].Add(1)
		}
	}
	if lo == 0 && !t.m.alone {
		t.picoseconds.Add(t.readPicoseconds())
	}
}

// drain adds the currents of driven rows, times a factor.
func (t *tile) drain(d *digit, rows []int32, lo, hi int, factor float32, out []float32) {
	for _, r := range rows {
		at := (int(r) - t.row0) * t.cols
		axpy(factor, d.current[at+lo:at+hi], out)
	}
}

// noise adds that of a read. The sum of the noise of a column's cells is normal
// with the sum of their variances, so it is drawn once an output, unless every
// cell is to have its own.
func (t *tile) noise(key Key, index int, rows []int32, lo, hi int, factor float32, v, out []float32) {
	d := &t.digits[index]
	if d.shared != nil {
		t.noiseShared(key, index, rows, factor, out)
	}
	if d.variance == nil {
		return
	}
	if t.sigma != nil {
		t.noisePerCell(key, index, rows, lo, hi, factor, out)
		return
	}
	clear(v)
	for _, r := range rows {
		at := (int(r) - t.row0) * t.cols
		axpy(1, d.variance[at+lo:at+hi], v)
	}
	st := philox.Stream{Seed: t.digitSeed(index), Purpose: purposeRead, Trial: key.Trial}
	kernels.AddNoiseOfVariance(st, key.Step, int(t.m.first)+lo, out, v, factor)
}

// digitSeed keeps the noise of digits apart.
func (t *tile) digitSeed(index int) uint64 {
	if index == 0 {
		return t.seed
	}
	return t.seed ^ uint64(index)<<48
}

// noiseShared is the noise of columns that all outputs share.
func (t *tile) noiseShared(key Key, index int, rows []int32, factor float32, out []float32) {
	var v float64
	for _, r := range rows {
		v += float64(t.digits[index].shared[int(r)-t.row0])
	}
	s := philox.Stream{Seed: t.digitSeed(index), Purpose: purposeReadShared, Trial: key.Trial}
	x := float32(math.Sqrt(v) * float64(factor) * philox.Normal(s.Block(0, key.Step)[0]))
	for i := range out {
		out[i] += x
	}
}

// noisePerCell draws for every cell of driven rows, of which only those in a
// digit's planes count.
func (t *tile) noisePerCell(key Key, index int, rows []int32, lo, hi int, factor float32, out []float32) {
	for _, row := range rows {
		r := int(row) - t.row0
		drive := factor
		if t.drive != nil {
			drive *= t.drive[r]
		}
		t.noiseOfRow(key, 0, index, r, lo, hi, drive, out)
	}
}

// noiseOfRow draws for the cells of one row, driven so much.
func (t *tile) noiseOfRow(key Key, read uint32, index, r, lo, hi int, drive float32, out []float32) {
	gains := t.m.gains
	from, to := r*t.cols+lo, r*t.cols+hi
	for i, p := range t.m.planes {
		if p.Shared || t.m.convert && p.Digit != index {
			continue
		}
		gain := p.Sign
		if !t.m.convert {
			gain *= gains[p.Digit]
		}
		st := philox.Stream{Seed: t.seed ^ uint64(i+1)<<40 ^ uint64(read)<<16, Purpose: purposeReadCell, Trial: key.Trial}
		kernels.AddNoise(st, key.Step, int(t.m.first)+from, out, t.sigma[i][from:to], float32(float64(drive)*gain))
	}
}

// axpy adds a*x to y. gonum's kernel neither fuses nor changes the order, so
// the bits are the same with its assembly and without.
func axpy(a float32, x, y []float32) {
	blas32.Axpy(a, blas32.Vector{N: len(x), Inc: 1, Data: x}, blas32.Vector{N: len(y), Inc: 1, Data: y})
}
