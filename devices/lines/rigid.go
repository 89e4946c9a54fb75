package lines

import (
	"context"
	"math"
)

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
func (r *rigid) across(c *crew, st *rigidState, volt []float64) {
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
			st.squares[k] = r.finishStrip(r.bits, cells, 1, k, w[:r.stride], u, nil, volt, st.out)
		} else {
			r.lumped(st, k, volt)
		}
		for i, x := range st.x {
			var sum, size float64
			a, ui := row16(cells, i), row16(u, i)
			for j := range a {
				sum += float64(a[j] * (x - ui[j]))
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
func (r *rigid) lumped(st *rigidState, k int, volt []float64) {
	cells, u := r.strip(r.cells, k), r.strip(st.u, k)
	lo := k * stripCols
	st.squares[k] = 0
	for j := range min(stripCols, r.cols-lo) {
		v, end := volt[lo+j], r.bitEnd[lo+j]
		if !r.bitFixed[lo+j] {
			b := end * v
			for i, x := range st.x {
				b += float64(cells[i*stripCols+j] * x)
			}
			v = b / r.bitTotal[lo+j]
		}
		var sum, size float64
		for i, x := range st.x {
			a := cells[i*stripCols+j]
			u[i*stripCols+j] = v
			sum += float64(a * (x - v))
			size += float64(a * (math.Abs(x) + math.Abs(v)))
		}
		if r.bitFixed[lo+j] {
			st.out[lo+j] = sum
			continue
		}
		through := end * (v - volt[lo+j])
		st.out[lo+j] = endCurrent(through, end*math.Abs(volt[lo+j]), sum, size, end)
		left := sum - through
		st.squares[k] += left * left
	}
}

// solve finds the state under one drive. The residual is relative to norm, what
// the drivers and the held lines would send into the others at 0 V. Where all
// word lines are held the solution is direct, and accurate to the rounding of
// every voltage; then the residual is that rounding and reached whatever it is.
func (r *rigid) solve(ctx context.Context, c *crew, st *rigidState, word, bit []float64, tol float64) (iterations int, residual float64, reached bool, err error) {
	norm := r.norm(word, bit)
	anyFree := false
	for i, v := range word {
		st.x[i] = 0
		if r.fixed[i] {
			st.x[i] = v
		} else {
			anyFree = true
		}
	}
	left := make([]float64, r.rows)
	best := math.Inf(1)
	for round := 0; ; round++ {
		r.across(c, st, bit)
		squares := sum(st.squares)
		for i := range left {
			left[i] = 0
			if !r.fixed[i] {
				left[i] = r.end[i]*(word[i]-st.x[i]) - st.in[i]
			}
			squares += left[i] * left[i]
		}
		residual = math.Sqrt(squares)
		if norm > 0 {
			residual /= norm
		}
		// A residual that is small beside the drivers' currents into the lines may
		// be large beside those through the cells, so it goes down to rounding.
		if residual == 0 || !anyFree || round == 9 || !(residual < best/2) {
			fine := residual <= tol || !anyFree && !math.IsNaN(residual) || r.fine(st, residual, norm, tol)
			return iterations, residual, fine, nil
		}
		best = residual
		n, err := r.improve(ctx, c, st.x, left, 1e-8)
		iterations += n
		if err != nil {
			return iterations, residual, false, err
		}
	}
}

// fine tells whether a residual is rounding and harmless.
func (r *rigid) fine(st *rigidState, residual, norm, tol float64) bool {
	var u2 float64
	for _, u := range st.u {
		u2 += u * u
	}
	cells := sum(st.inSize)
	return harmless(residual*norm, math.Sqrt(u2)+cells, cells, norm, tol)
}

// improve adds to x the solution for the residual, which it is to shrink by a
// factor.
func (r *rigid) improve(ctx context.Context, c *crew, x, left []float64, shrink float64) (iterations int, err error) {
	st := r.newState()
	ground := make([]float64, r.cols)
	p := st.x
	z := make([]float64, r.rows)
	add := make([]float64, r.rows)
	var rho, start float64
	for n := range 1000 + 4*r.rows {
		last := rho
		rho = 0
		for i := range z {
			if !r.fixed[i] {
				z[i] = left[i] / r.total[i]
				rho += z[i] * left[i]
			}
		}
		if n == 0 {
			start = rho
		}
		if !(rho > max(1e-26, 1e-4*shrink*shrink)*start) {
			break
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
		beta := 0.0
		if n > 0 {
			beta = rho / last
		}
		for i := range p {
			p[i] = z[i] + float64(beta*p[i])
		}
		r.across(c, st, ground)
		pSp := 0.0
		for i := range p {
			if !r.fixed[i] {
				st.in[i] += r.end[i] * p[i]
				pSp += p[i] * st.in[i]
			}
		}
		if !(pSp > 0) {
			break
		}
		alpha := rho / pSp
		for i := range p {
			if !r.fixed[i] {
				add[i] += alpha * p[i]
				left[i] -= alpha * st.in[i]
			}
		}
		iterations++
	}
	for i := range x {
		x[i] += add[i]
	}
	return iterations, nil
}

// norm is the 2-norm of the currents into the lines that are not held, if those
// were at 0 V.
func (r *rigid) norm(word, bit []float64) float64 {
	var s float64
	for i, v := range word {
		if !r.fixed[i] {
			s += (r.end[i] * v) * (r.end[i] * v)
		}
	}
	for j, v := range bit {
		held := r.bitFixed != nil && r.bitFixed[j]
		if !held {
			s += (r.bitEnd[j] * v) * (r.bitEnd[j] * v)
		}
		for i, w := range word {
			g := r.cells[r.at(i, j)]
			if r.fixed[i] && !held {
				s += (g * w) * (g * w)
			} else if held && !r.fixed[i] {
				s += (g * v) * (g * v)
			}
		}
	}
	return math.Sqrt(s)
}
