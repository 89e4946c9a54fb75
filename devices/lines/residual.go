package lines

import (
	"math"

	"github.com/synohm/synohm/internal/kernels"
)

// load is what drives a system, in units of a word segment's conductance for
// the word lines and of a bit segment's for the bit lines.
type load struct {
	word, bit []float64 // V at the driven ends; 0 where they float
	scale     float64   // what these voltages are to be multiplied with
	extra     []float64 // currents from word to bit line beside those of the cells' conductances, on the grid, nil for none
}

// ends are the currents of the lines of a solution, and how good it is.
type ends struct {
	in, out []float64
	norm    float64 // 2-norm of what Kirchhoff's current law leaves over, A
}

// reduced writes the right-hand side of the reduced system, a + G B^-1 b, to v.
func (s *system) reduced(c *crew, l *load, v []float64) {
	driven := l.extra != nil
	for _, x := range l.bit {
		driven = driven || x != 0
	}
	c.each(s.grid.strips, func(k int, scratch []float64) {
		to, cells := s.strip(v, k), s.strip(s.cells, k)
		clear(to)
		if driven {
			for i, x := range l.extraStrip(&s.grid, k) {
				to[i] = float64(s.kappa * x)
			}
			s.loadEnds(s.factors, l.bit, k, to)
			s.solveStrip(s.factors, k, to)
			for i, x := range to {
				to[i] = float64(cells[i] * x)
			}
			for i, x := range l.extraStrip(&s.grid, k) {
				to[i] -= x
			}
		}
		if k == 0 {
			for i, volt := range l.word {
				to[i*stripCols] += float64(s.wordEnd[i] * volt)
			}
		}
	})
}

// extraStrip is strip k of the extra currents, nil for none.
func (l *load) extraStrip(g *grid, k int) []float64 {
	if l.extra == nil {
		return nil
	}
	return g.strip(l.extra, k)
}

// loadEnds adds what the drivers send into the bit lines of a strip.
func (g *grid) loadEnds(f *factors, volt []float64, k int, b []float64) {
	last := row16(b, g.rows-1)
	lo := k * stripCols
	for j := lo; j < min(lo+stripCols, g.cols); j++ {
		last[j-lo] += float64(f.bitEnd[j] * volt[j])
	}
}

// finish finds the bit lines' voltages for w, which it leaves in v, and the
// residual of the word lines, which it leaves in z, and the currents at the
// ends.
func (s *system) finish(c *crew, l *load, it *iterate, wordG, bitG float64) ends {
	e := ends{in: make([]float64, s.rows), out: make([]float64, s.cols)}
	c.each(s.grid.strips, func(k int, _ []float64) {
		it.strips[k] = s.finishStrip(s.factors, s.strip(s.cells, k), s.kappa, k, s.strip(it.w, k), s.strip(it.v, k), l, e.out)
	})
	c.each(s.grid.bands, func(k int, _ []float64) {
		it.bands[k] = s.finishBand(l, it, k, e.in)
	})
	for i := range e.in {
		e.in[i] *= wordG
	}
	for j := range e.out {
		e.out[j] *= bitG
	}
	e.norm = math.Hypot(bitG*math.Sqrt(sum(it.strips)), wordG*math.Sqrt(sum(it.bands)))
	return e
}

// finishStrip finds the bit lines' voltages u of strip k for the word lines' w,
// and the currents out of their ends. It returns the sum of squares of the
// nodes' residuals.
func (g *grid) finishStrip(f *factors, cells []float64, kappa float64, k int, w, u []float64, l *load, out []float64) (squares float64) {
	volt, extra := l.bit, l.extraStrip(g, k)
	g.bitVolts(f, cells, kappa, k, w, u, l)

	lo, end := k*stripCols, (g.rows-1)*stripCols // the last row has the ends
	n := min(stripCols, g.cols-lo)
	var law kernels.LineLaw
	first := 0
	if extra == nil {
		kernels.LineLawDown(kappa, w[:end], u[:end+stripCols], cells[:end], &law)
		first = g.rows - 1
	}
	for i := first; i < g.rows; i++ {
		here, wi, a := row16(u, i), row16(w, i), row16(cells, i)
		var down [stripCols]float64
		if i+1 < g.rows {
			below := row16(u, i+1)
			for j := range down {
				down[j] = here[j] - below[j]
			}
		} else {
			for j := range n {
				down[j] = float64(f.bitEnd[lo+j] * (here[j] - volt[lo+j]))
			}
		}
		for j := range here {
			cell := float64(kappa * float64(a[j]*(wi[j]-here[j])))
			if extra != nil {
				cell += float64(kappa * extra[i*stripCols+j])
			}
			law.Left[j] += square(law.Before[j] - down[j] + cell)
			law.Through[j] += cell
			law.Size[j] += float64(kappa * float64(a[j]*(math.Abs(wi[j])+math.Abs(here[j]))))
		}
		law.Before = down
	}
	for j := range n {
		end := f.bitEnd[lo+j]
		out[lo+j] = endCurrent(law.Before[j], end*math.Abs(volt[lo+j]), law.Through[j], law.Size[j], end)
	}
	return sum(law.Left[:])
}

// bitVolts finds the bit lines' voltages u of strip k for the word lines' w.
func (g *grid) bitVolts(f *factors, cells []float64, kappa float64, k int, w, u []float64, l *load) {
	extra := l.extraStrip(g, k)
	if extra != nil {
		for i, x := range w {
			u[i] = float64(kappa*float64(cells[i]*x)) + float64(kappa*extra[i])
		}
		g.loadEnds(f, l.bit, k, u)
		g.solveStrip(f, k, u)
		return
	}
	c := g.strip(f.bit, k)
	end := (g.rows - 1) * stripCols
	kernels.LineFill(kappa, w[:end], cells[:end], c[:end], u[:end])
	for j := end; j < len(u); j++ { // the last row, and what fills the strip up
		u[j] = float64(kappa * float64(cells[j]*w[j]))
	}
	g.loadEnds(f, l.bit, k, u)
	if end > 0 {
		for j := end; j < end+stripCols; j++ {
			u[j] += float64(c[j-stripCols] * u[j-stripCols])
		}
	}
	kernels.LineBack(c[:end+stripCols], u[:end+stripCols])
}

// finishBand does the same along the rows of a band.
func (s *system) finishBand(l *load, it *iterate, band int, in []float64) float64 {
	first := band * bandRows
	rows := min(bandRows, s.rows-first)
	var law kernels.LineBandLaw
	for r := range rows {
		i := first + r
		law.Before[r] = float64(s.wordEnd[i] * (l.word[i] - it.w[i*stripCols]))
	}
	ends := law.Before
	strip := 0
	if l.extra == nil {
		strip = s.grid.strips - 1 // the last one has the ends
		kernels.LineLawRight(strip, s.stride, s.from(it.w, band), s.from(it.v, band), s.from(s.cells, band), s.from(it.z, band), &law)
	}
	for ; strip < s.grid.strips; strip++ {
		n := min(stripCols, s.cols-strip*stripCols)
		for r := range rows {
			at := strip*s.stride + (first+r)*stripCols
			row := at / stripCols
			w, u, a, z := row16(it.w, row), row16(it.v, row), row16(s.cells, row), row16(it.z, row)
			// Currents to the right of each node; the last node of the line has
			// none, and behind it is nothing but zeros.
			var after [stripCols]float64
			for j := range stripCols - 1 {
				after[j] = w[j] - w[j+1]
			}
			if strip+1 < s.grid.strips {
				after[stripCols-1] = w[stripCols-1] - it.w[at+s.stride]
			} else {
				clear(after[n-1:])
			}
			var extra [stripCols]float64
			if l.extra != nil {
				extra = *row16(l.extra, row)
			}
			before := law.Before[r]
			through, size := &law.Through[r], &law.Size[r]
			for j := range stripCols {
				cell := float64(a[j]*(w[j]-u[j])) + extra[j]
				rest := before - after[j] - cell
				before = after[j]
				z[j] = rest
				law.Left[j] += square(rest)
				through[j] += cell
				size[j] += float64(a[j] * (math.Abs(w[j]) + math.Abs(u[j])))
			}
			law.Before[r] = before
		}
	}
	for r := range rows {
		i := first + r
		in[i] = endCurrent(ends[r], s.wordEnd[i]*math.Abs(l.word[i]), sum(law.Through[r][:]), sum(law.Size[r][:]), s.wordEnd[i])
	}
	return sum(law.Left[:])
}

// endCurrent is the current through a line's end: of its segment there, or the
// sum over its cells, whichever the rounding of voltages spoils less. The
// current of the segment is a difference of voltages, one of them given; at a
// grounded end nothing is subtracted.
func endCurrent(segment, segmentSize, cells, cellsSize, end float64) float64 {
	if end == 0 {
		return 0
	}
	if cellsSize < segmentSize {
		return cells
	}
	return segment
}

// fine tells whether a residual above the tolerance is nothing but the rounding
// of voltages to 53 bits, and harmless.
func (s *system) fine(it *iterate, e *ends, wordG, bitG, norm, tol float64) bool {
	var w2, u2, cells float64
	for i, w := range it.w {
		u := it.v[i]
		w2 += square(w)
		u2 += square(u)
		cells += float64(s.cells[i] * (math.Abs(w) + math.Abs(u)))
	}
	return harmless(e.norm, math.Hypot(wordG*math.Sqrt(w2), bitG*math.Sqrt(u2)), wordG*cells, norm, tol)
}

// harmless tells whether a residual comes from lines so good, or floating lines
// so weakly held, that differences from node to node are lost in the rounding of
// the voltages, while what that does to the currents through the cells is below
// the tolerance. segments is the 2-norm of what the residual is a difference of
// in the lines, cells the sum of it over the cells, norm the right-hand side's.
func harmless(residual, segments, cells, norm, tol float64) bool {
	const half = 0x1p-53
	return residual <= 16*half*segments && half*cells <= tol*norm
}
