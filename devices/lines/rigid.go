package lines

import "math"

// rigid is a network whose word lines have no resistance: each is one node.
// Its bit lines may have some. Where the word lines are held, by sources
// without resistance, every bit line is solved on its own; otherwise the word
// lines' voltages are found by conjugate gradients, preconditioned with what
// conducts from a word line in all.
type rigid struct {
	grid
	cells []float64 // in units of unit, on the grid
	unit  float64   // S; of a segment of a bit line, or 1 S where it has no resistance
	bits  *factors  // nil for bit lines without resistance

	fixed []bool    // word lines that are held
	end   []float64 // conductance from the others to their drivers, in units
	total []float64 // and that and their cells'

	bitFixed []bool // the same of the bit lines without resistance
	bitEnd   []float64
	bitTotal []float64
}

// newRigid makes a network ready for a pattern of driven and floating ends.
func (s *Solver) newRigid(c *crew, p *pattern) *rigid {
	w := s.n.Wires
	r := &rigid{grid: s.grid, cells: s.cells, unit: s.bitG}
	end := func(state byte, ohm float64) (fixed bool, g float64) {
		switch {
		case state == floating:
			return false, 0
		case state == loose || ohm == 0:
			return true, 0
		}
		return false, 1 / ohm / r.unit
	}
	for i := range s.rows {
		f, g := end(p.word(i), w.Source)
		r.fixed, r.end = append(r.fixed, f), append(r.end, g)
	}
	r.total = append(r.total, r.end...)
	if w.Bit > 0 {
		r.bitEnd = s.bitEnds(p)
		r.bits = &factors{bitEnd: r.bitEnd, bit: make([]float64, s.size())}
		c.each(s.grid.strips, func(k int, _ []float64) { r.factorStrip(r.bits, r.cells, 1, k) })
	} else {
		for j := range s.cols {
			f, g := end(p.bit(j), w.Sense)
			r.bitFixed, r.bitEnd = append(r.bitFixed, f), append(r.bitEnd, g)
		}
		r.bitTotal = append(r.bitTotal, r.bitEnd...)
	}
	for i := range s.rows {
		for j := range s.cols {
			g := r.cells[r.at(i, j)]
			r.total[i] += g
			if r.bits == nil {
				r.bitTotal[j] += g
			}
		}
	}
	return r
}

// state of one solution.
type rigidState struct {
	x       []float64   // of the word lines
	u       []float64   // of the bit lines' nodes, on the grid
	out     []float64   // in units
	cells   [][]float64 // by strips: current from every word line into its cells there
	sizes   [][]float64 // and the sum of what it is a difference of
	squares []float64   // by strips: of the residuals of the bit lines' nodes
	in      []float64   // cells, summed
	inSize  []float64
}

func (r *rigid) newState() *rigidState {
	st := &rigidState{
		x: make([]float64, r.rows), u: make([]float64, r.size()), out: make([]float64, r.cols), squares: make([]float64, r.strips),
		in: make([]float64, r.rows), inSize: make([]float64, r.rows),
	}
	for range r.strips {
		st.cells = append(st.cells, make([]float64, r.rows))
		st.sizes = append(st.sizes, make([]float64, r.rows))
	}
	return st
}

// across finds the bit lines' voltages and all currents for given voltages of
// the word lines and of the bit lines' ends.
func (r *rigid) across(c *crew, st *rigidState, l *load) {
	c.each(r.strips, func(k int, w []float64) {
		cells := r.strip(r.cells, k)
		u := r.strip(st.u, k)
		if r.bits != nil {
			for i, x := range st.x {
				for j := range stripCols {
					w[i*stripCols+j] = x
				}
			}
			clear(w[r.rows*stripCols : r.stride])
			st.squares[k] = r.finishStrip(r.bits, cells, 1, k, w[:r.stride], u, l, st.out)
		} else {
			r.lumped(st, k, l)
		}
		extra := l.extraStrip(&r.grid, k)
		for i, x := range st.x {
			var sum, size float64
			a, ui := row16(cells, i), row16(u, i)
			for j := range a {
				sum += float64(a[j] * (x - ui[j]))
				if extra != nil {
					sum += extra[i*stripCols+j]
				}
				size += float64(a[j] * (math.Abs(x) + math.Abs(ui[j])))
			}
			st.cells[k][i], st.sizes[k][i] = sum, size
		}
	})
	clear(st.in)
	clear(st.inSize)
	for k := range st.cells {
		for i := range st.in {
			st.in[i] += st.cells[k][i]
			st.inSize[i] += st.sizes[k][i]
		}
	}
}

// lumped is across for bit lines of a strip without resistance.
func (r *rigid) lumped(st *rigidState, k int, l *load) {
	volt, extra := l.bit, l.extraStrip(&r.grid, k)
	cells, u := r.strip(r.cells, k), r.strip(st.u, k)
	lo := k * stripCols
	st.squares[k] = 0
	for j := range min(stripCols, r.cols-lo) {
		v, end := volt[lo+j], r.bitEnd[lo+j]
		if !r.bitFixed[lo+j] {
			b := float64(end * v)
			for i, x := range st.x {
				b += float64(cells[i*stripCols+j] * x)
				if extra != nil {
					b += extra[i*stripCols+j]
				}
			}
			v = b / r.bitTotal[lo+j]
		}
		var sum, size float64
		for i, x := range st.x {
			a := cells[i*stripCols+j]
			u[i*stripCols+j] = v
			sum += float64(a * (x - v))
			if extra != nil {
				sum += extra[i*stripCols+j]
			}
			size += float64(a * (math.Abs(x) + math.Abs(v)))
		}
		if r.bitFixed[lo+j] {
			st.out[lo+j] = sum
			continue
		}
		through := float64(end * (v - volt[lo+j]))
		st.out[lo+j] = endCurrent(through, end*math.Abs(volt[lo+j]), sum, size, end)
		left := sum - through
		st.squares[k] += square(left)
	}
}
