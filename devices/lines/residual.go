package lines

import "math"

// load is what drives a system, in units of a word segment's conductance for
// the word lines and of a bit segment's for the bit lines.
type load struct {
	word, bit   []float64 // V at the driven ends; 0 where they float
	words, bits []float64 // further currents into the nodes, nil for none; in volts
}

// ends are the currents of the lines of a solution, and how good it is.
type ends struct {
	in, out []float64
	norm    float64 // 2-norm of what Kirchhoff's current law leaves over, A
}

// reduced writes the right-hand side of the reduced system, a + G B^-1 b, to v.
func (s *system) reduced(c *crew, l *load, v []float64) {
	driven := l.bits != nil
	for _, x := range l.bit {
		driven = driven || x != 0
	}
	c.each(s.grid.strips, func(k int, scratch []float64) {
		to, cells := s.strip(v, k), s.strip(s.cells, k)
		clear(to)
		if driven {
			s.loadBits(l, k, to)
			s.solveStrip(s.factors, k, to)
			for i, x := range to {
				to[i] = float64(cells[i] * x)
			}
		}
		if l.words != nil {
			for i, x := range s.strip(l.words, k) {
				to[i] += x
			}
		}
		if k == 0 {
			for i, volt := range l.word {
				to[i*stripCols] += s.wordEnd[i] * volt
			}
		}
	})
}

// loadBits adds the currents into the bit lines of a strip.
func (s *system) loadBits(l *load, k int, b []float64) {
	if l.bits != nil {
		for i, x := range s.strip(l.bits, k) {
			b[i] += x
		}
	}
	last := row16(b, s.rows-1)
	lo := k * stripCols
	for j := lo; j < min(lo+stripCols, s.cols); j++ {
		last[j-lo] += s.bitEnd[j] * l.bit[j]
	}
}

// finish finds the bit lines' voltages for w, which it leaves in v, and the
// residual of the word lines, which it leaves in z, and the currents at the
// ends.
func (s *system) finish(c *crew, l *load, it *iterate, wordG, bitG float64) ends {
	e := ends{in: make([]float64, s.rows), out: make([]float64, s.cols)}
	c.each(s.grid.strips, func(k int, _ []float64) {
		it.strips[k] = s.finishStrip(l, it, k, e.out)
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

// finishStrip returns the sum of squares of the residuals of a strip's nodes.
func (s *system) finishStrip(l *load, it *iterate, k int, out []float64) (squares float64) {
	u, w, cells := s.strip(it.v, k), s.strip(it.w, k), s.strip(s.cells, k)
	for i, x := range w {
		u[i] = s.kappa * float64(cells[i]*x)
	}
	s.loadBits(l, k, u)
	s.solveStrip(s.factors, k, u)

	lo := k * stripCols
	var above, left, through, size [stripCols]float64 // current from the node above; residuals squared; sums over the cells
	for i := range s.rows {
		here, wi, a := row16(u, i), row16(w, i), row16(cells, i)
		below := row16(u, min(i+1, s.rows-1))
		for j := range here {
			cell := s.kappa * float64(a[j]*(wi[j]-here[j]))
			down := here[j] - below[j]
			if i == s.rows-1 && lo+j < s.cols {
				down = s.bitEnd[lo+j] * (here[j] - l.bit[lo+j])
			}
			r := above[j] - down + cell
			if l.bits != nil {
				r += l.bits[k*s.stride+i*stripCols+j]
			}
			left[j] += float64(r * r)
			above[j] = down
			through[j] += cell
			size[j] += s.kappa * float64(a[j]*(math.Abs(wi[j])+math.Abs(here[j])))
		}
	}
	for j := range min(stripCols, s.cols-lo) {
		out[lo+j] = endCurrent(above[j], s.bitEnd[lo+j]*math.Abs(l.bit[lo+j]), through[j], size[j], s.bitEnd[lo+j])
	}
	return sum(left[:])
}

// finishBand does the same along the rows of a band.
func (s *system) finishBand(l *load, it *iterate, band int, in []float64) (squares float64) {
	for i := band * bandRows; i < min((band+1)*bandRows, s.rows); i++ {
		var through, size float64
		before := s.wordEnd[i] * (l.word[i] - it.w[i*stripCols])
		first := before
		for k := range s.grid.strips {
			at := k*s.stride + i*stripCols
			w, u, a, z := (*[stripCols]float64)(it.w[at:]), (*[stripCols]float64)(it.v[at:]), (*[stripCols]float64)(s.cells[at:]), (*[stripCols]float64)(it.z[at:])
			n := min(stripCols, s.cols-k*stripCols)
			for j := range n {
				var after float64
				switch {
				case j+1 < n:
					after = w[j] - w[j+1]
				case k+1 < s.grid.strips:
					after = w[j] - it.w[at+s.stride]
				}
				cell := float64(a[j] * (w[j] - u[j]))
				r := before - after - cell
				if l.words != nil {
					r += l.words[at+j]
				}
				z[j] = r
				squares += float64(r * r)
				before = after
				through += cell
				size += float64(a[j] * (math.Abs(w[j]) + math.Abs(u[j])))
			}
			clear(z[n:])
		}
		in[i] = endCurrent(first, s.wordEnd[i]*math.Abs(l.word[i]), through, size, s.wordEnd[i])
	}
	return squares
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
