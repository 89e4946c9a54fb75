package lines

import (
	"context"
	"fmt"
	"math"
)

// job is one drive, and what comes out.
type job struct {
	number int // in the batch
	drive  *Drive
	start  *Solution // voltages to begin with, nil for none
	extra  []float64 // A from word to bit line through each cell beside G times the voltage, [Rows][Cols], nil for none
	steps  int       // of an approximation, 0 for a solution to the tolerance
	to     *Solution
}

// Solve finds the state of the network under every drive of a batch. The
// numbers of a drive depend neither on the others of its batch nor on the
// number of workers.
func (s *Solver) Solve(ctx context.Context, batch []Drive) ([]Solution, error) {
	to := make([]Solution, len(batch))
	jobs := make([]job, len(batch))
	for k := range jobs {
		jobs[k] = job{number: k, drive: &batch[k], to: &to[k]}
	}
	if err := s.solve(ctx, jobs); err != nil {
		return nil, err
	}
	return to, nil
}

// SolveFrom is Solve for one drive, begun with the voltages of an earlier
// solution, which must have those of its nodes: of a drive or conductances that
// were little different.
func (s *Solver) SolveFrom(ctx context.Context, d Drive, start *Solution) (Solution, error) {
	if n := s.n.Rows * s.n.Cols; len(start.Word) != n || len(start.Bit) != n {
		return Solution{}, fmt.Errorf("a solution to start from has %d and %d voltages of nodes for %d x %d cells: it must be of this network, with Options.Nodes", len(start.Word), len(start.Bit), s.n.Rows, s.n.Cols)
	}
	var to Solution
	err := s.solve(ctx, []job{{drive: &d, start: start, to: &to}})
	return to, err
}

func (s *Solver) solve(ctx context.Context, jobs []job) error {
	for k := range jobs {
		if err := s.n.checkDrive(jobs[k].drive); err != nil {
			return fmt.Errorf("drive %d: %w", jobs[k].number, err)
		}
	}
	if s.n.Curve != nil {
		return s.solveCurves(ctx, jobs)
	}
	if s.flipped != nil {
		return s.solveFlipped(ctx, jobs)
	}
	for _, p := range s.n.patterns(jobs) {
		if err := s.solvePattern(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// solvePattern solves the drives of one pattern: as many at once as there are
// workers, or with all workers in each sweep where there are fewer drives. One
// solution after the other has its arrays in the cache; several side by side
// through the same sweeps took longer. Iterations in float32 inside residuals in
// float64 took as long where the cache holds the arrays (128 x 128), and 6 % less
// at 512 x 512: a step costs two thirds, but there is one more or two, and another
// residual. A start with the 16 slowest modes taken out saves 4 steps of 10 at
// 512 x 512; to find those modes takes more than a hundred.
func (s *Solver) solvePattern(ctx context.Context, p *pattern) error {
	workers := min(s.o.workers(), max(len(p.jobs), s.grid.strips, s.grid.bands)) // more would find nothing to do
	shared := newCrew(workers, max(s.stride, s.band()))
	var solve func(c *crew, j *job) error
	if s.rigidWords() {
		r := s.rigid(shared, p)
		solve = func(c *crew, j *job) error { return s.solveRigid(ctx, c, r, j) }
	} else {
		sys := s.system(shared, p)
		solve = func(c *crew, j *job) error { return s.solveLines(ctx, c, sys, j) }
	}
	if len(p.jobs) < workers {
		for k := range p.jobs {
			if err := solve(shared, &p.jobs[k]); err != nil {
				return err
			}
		}
		return nil
	}
	errs := make([]error, len(p.jobs))
	shared.each(len(p.jobs), func(k int, scratch []float64) {
		if errs[k] = ctx.Err(); errs[k] == nil {
			errs[k] = solve(&crew{scratch: [][]float64{scratch}}, &p.jobs[k])
		}
	})
	return first(errs)
}

// first is the first of some errors that is one.
func first(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func unreached(drive int, residual, tol float64) error {
	return fmt.Errorf("drive %d: rounding leaves a relative residual of %.2g, and the tolerance of %g is not reached: conductances and resistances are too far apart", drive, residual, tol)
}

// maxRounds bounds how often a solution is taken up again where it has not
// reached the tolerance.
const maxRounds = 8

// solveLines solves one drive.
func (s *Solver) solveLines(ctx context.Context, c *crew, sys *system, j *job) error {
	it := s.newIterate()
	defer s.release(it)
	l := s.loadOf(j)
	norm := s.norm(sys, l)
	goal := s.goal(sys, l, norm)
	it.target, it.shrink, it.most = goal, 1, s.maxIterations()
	if j.steps > 0 {
		it.most = j.steps
	}
	if j.start != nil {
		it.reached, it.sure = false, false
		for strip := range s.grid.strips {
			s.pack(it.w, j.start.Word, strip, 1/l.scale)
		}
	} else {
		clear(it.w)
		sys.reduced(c, l, it.v)
		if err := sys.round(ctx, c, it); err != nil {
			return err
		}
		if j.steps > 0 {
			// The preconditioned residual is there: a Gauss-Seidel step for
			// the price of an addition.
			for i, z := range it.z {
				it.w[i] += z
			}
		}
	}
	tol := s.o.tolerance()
	for round := 0; ; round++ {
		e := sys.finish(c, l, it, s.wordG, s.bitG)
		left := e.norm
		if norm > 0 {
			left /= norm
		}
		// The power that really flows may be far below what was thought.
		reached := it.reached
		if p := tol * tol * given(l, &e) / s.wordG; !reached || it.energy() > 4*p {
			goal = max(p, sys.noise(it))
			reached = it.sure && it.energy() <= 4*goal
		}
		good := left <= tol || round > 0 && sys.fine(it, &e, s.wordG, s.bitG, norm, tol)
		if good && (reached || left == 0) || j.steps > 0 && !math.IsNaN(left) {
			*j.to = s.solution(c, it, e, left)
			j.to.times(l.scale)
			return nil
		}
		if round == maxRounds || math.IsNaN(left) {
			if good {
				share := math.Sqrt(it.energy() * s.wordG / given(l, &e))
				return fmt.Errorf("drive %d: the relative residual is %.2g, but so little flows beside what the drivers could give that rounding leaves an error of about %.2g of the currents: conductances and resistances are too far apart", j.number, left, share)
			}
			return unreached(j.number, left, tol)
		}
		it.v, it.z = it.z, it.v // the residual
		it.target, it.shrink = goal, min(1, tol/left/2)
		if err := sys.round(ctx, c, it); err != nil {
			return err
		}
	}
}

// goal is the energy of the error that the first round may end at, in V^2 times
// a word segment's conductance.
func (s *Solver) goal(sys *system, l *load, norm float64) float64 {
	tol := s.o.tolerance()
	// |r|^2 is at most rho times the largest eigenvalue of A, which is below
	// 4 and the largest conductance of a cell.
	bound := tol * norm / s.wordG
	goal := bound * bound / (4 + s.biggest)
	// Currents through good wires are small beside what the drivers would send
	// into lines at 0 V; so the energy of the error is also held against the
	// power that the drivers give: what the cells would take without any loss
	// is an estimate, and the most that the bit lines let through.
	p := s.power(l)
	high := 0.0
	for _, v := range l.word {
		high = max(high, v*v)
	}
	for _, v := range l.bit {
		high = max(high, v*v)
	}
	if p = min(p, 4*high*s.bitG*sum(sys.bitEnd)) / s.wordG; p > 0 {
		goal = min(goal, tol*tol*p)
	}
	return goal
}

// noise is the energy of an error of a thousand roundings (1e-13) in all
// voltages; what is below is not worth another round.
func (s *system) noise(it *iterate) float64 {
	const roundings = 0x1p-43
	var energy float64
	for i, w := range it.w {
		u := it.v[i]
		w2, u2 := float64(w*w), float64(u*u)
		energy += w2 + u2/s.kappa + float64(s.cells[i]*(w2+u2))
	}
	return energy * roundings * roundings
}

// given is the power that the drivers give, in W.
func given(l *load, e *ends) (p float64) {
	for i, x := range e.in {
		p += float64(l.word[i] * x)
	}
	for j, x := range e.out {
		p -= float64(l.bit[j] * x)
	}
	return math.Abs(p)
}

// loadOf is a drive in a system's terms, times a power of two that brings the
// highest voltage near 1 V where its square might be no number; the powers of
// two change no bit of what comes out.
func (s *Solver) loadOf(j *job) *load {
	d := j.drive
	l := &load{word: make([]float64, s.rows), bit: make([]float64, s.cols), scale: 1}
	high := 0.0
	for i := range l.word {
		l.word[i] = voltOf(d.Word, i)
		high = max(high, math.Abs(l.word[i]))
	}
	for j := range l.bit {
		l.bit[j] = voltOf(d.Bit, j)
		high = max(high, math.Abs(l.bit[j]))
	}
	if _, e := math.Frexp(high); e < -64 || e > 64 {
		l.scale = math.Ldexp(1, e)
		times(1/l.scale, l.word, l.bit)
	}
	if j.extra != nil {
		l.extra = make([]float64, s.size())
		unit := s.wordG
		if s.rigidWords() {
			unit = s.bitG
		}
		for k := range s.grid.strips {
			s.pack(l.extra, j.extra, k, 1/unit/l.scale)
		}
	}
	return l
}

func (s *Solution) times(factor float64) { times(factor, s.In, s.Out, s.Word, s.Bit) }

// times multiplies all numbers with a factor.
func times(factor float64, arrays ...[]float64) {
	if factor == 1 {
		return
	}
	for _, a := range arrays {
		for i := range a {
			a[i] *= factor
		}
	}
}

// voltOf is the voltage of an end; 0 where it floats, and of nil.
func voltOf(volt []float64, k int) float64 {
	if volt == nil || math.IsNaN(volt[k]) {
		return 0
	}
	return volt[k]
}

// norm is the 2-norm of the currents that the drivers would send into lines
// held at 0 V, the right-hand side of the network's equations, in A.
func (s *Solver) norm(sys *system, l *load) float64 {
	var word, bit float64
	for i, v := range l.word {
		word += square(sys.wordEnd[i] * v)
	}
	for j, v := range l.bit {
		bit += square(sys.bitEnd[j] * v)
	}
	return math.Hypot(s.wordG*math.Sqrt(word), s.bitG*math.Sqrt(bit))
}

// power is what the cells between driven lines would take without any loss in
// the lines, in W.
func (s *Solver) power(l *load) (p float64) {
	grounded := true
	for _, v := range l.bit {
		grounded = grounded && v == 0
	}
	for i, v := range l.word {
		if grounded {
			p += float64(s.rowG[i] * v * v)
			continue
		}
		for j, g := range s.n.G[i*s.cols:][:s.cols] {
			d := v - l.bit[j]
			p += float64(g * d * d)
		}
	}
	return p
}

// solution copies the state of an iterate.
func (s *Solver) solution(c *crew, it *iterate, e ends, residual float64) Solution {
	sol := Solution{In: e.in, Out: e.out, Iterations: it.iterations, Residual: residual}
	if s.o.Nodes {
		sol.Word, sol.Bit = make([]float64, len(s.n.G)), make([]float64, len(s.n.G))
		c.each(s.grid.strips, func(k int, _ []float64) {
			s.unpack(sol.Word, it.w, k)
			s.unpack(sol.Bit, it.v, k)
		})
	}
	return sol
}
