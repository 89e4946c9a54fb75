package lines

import (
	"context"
	"math"
)

// solveRigid solves a drive of a network with word lines without resistance.
func (s *Solver) solveRigid(ctx context.Context, c *crew, r *rigid, j *job) error {
	l := s.loadOf(j)
	st := r.newState()
	tol := s.o.tolerance()
	n, residual, reached, err := r.solve(ctx, c, st, l, j.start, tol)
	if err != nil {
		return err
	}
	if !reached {
		return unreached(j.number, residual, tol)
	}
	sol := Solution{In: st.in, Out: st.out, Iterations: n, Residual: residual}
	for i := range sol.In {
		end := r.end[i]
		if !r.fixed[i] {
			sol.In[i] = endCurrent(end*(l.word[i]-st.x[i]), end*math.Abs(l.word[i]), sol.In[i], st.inSize[i], end)
		}
	}
	times(r.unit, sol.In, sol.Out)
	if s.o.Nodes {
		sol.Word, sol.Bit = make([]float64, len(s.n.G)), make([]float64, len(s.n.G))
		for i, x := range st.x {
			for j := range s.cols {
				sol.Word[i*s.cols+j] = x
			}
		}
		for k := range s.grid.strips {
			s.unpack(sol.Bit, st.u, k)
		}
	}
	sol.times(l.scale)
	*j.to = sol
	return nil
}

// solve finds the state under one drive. The residual is relative to norm, what
// the drivers and the held lines would send into the others at 0 V. Where all
// word lines are held the solution is direct, and accurate to the rounding of
// every voltage; then the residual is that rounding and reached whatever it is.
func (r *rigid) solve(ctx context.Context, c *crew, st *rigidState, l *load, start *Solution, tol float64) (iterations int, residual float64, reached bool, err error) {
	norm := r.norm(l.word, l.bit)
	anyFree := false
	for i, v := range l.word {
		switch {
		case r.fixed[i]:
			st.x[i] = v
		case start != nil:
			st.x[i] = start.Word[i*r.cols] / l.scale
		}
		anyFree = anyFree || !r.fixed[i]
	}
	left := make([]float64, r.rows)
	best := math.Inf(1)
	for round := 0; ; round++ {
		r.across(c, st, l)
		squares := sum(st.squares)
		for i := range left {
			left[i] = 0
			if !r.fixed[i] {
				left[i] = float64(r.end[i]*(l.word[i]-st.x[i])) - st.in[i]
			}
			squares += square(left[i])
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
		u2 += square(u)
	}
	cells := sum(st.inSize)
	return harmless(residual*norm, math.Sqrt(u2)+cells, cells, norm, tol)
}

// improve adds to x the solution for the residual, which it is to shrink by a
// factor.
func (r *rigid) improve(ctx context.Context, c *crew, x, left []float64, shrink float64) (iterations int, err error) {
	st := r.newState()
	ground := &load{bit: make([]float64, r.cols)}
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
				rho += float64(z[i] * left[i])
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
				st.in[i] += float64(r.end[i] * p[i])
				pSp += float64(p[i] * st.in[i])
			}
		}
		if !(pSp > 0) {
			break
		}
		alpha := rho / pSp
		for i := range p {
			if !r.fixed[i] {
				add[i] += float64(alpha * p[i])
				left[i] -= float64(alpha * st.in[i])
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
			s += square(r.end[i] * v)
		}
	}
	for j, v := range bit {
		held := r.bitFixed != nil && r.bitFixed[j]
		if !held {
			s += square(r.bitEnd[j] * v)
		}
		for i, w := range word {
			g := r.cells[r.at(i, j)]
			if r.fixed[i] && !held {
				s += square(g * w)
			} else if held && !r.fixed[i] {
				s += square(g * v)
			}
		}
	}
	return math.Sqrt(s)
}
