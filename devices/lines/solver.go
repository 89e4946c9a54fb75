package lines

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
)

// Solver is a network made ready for many drives. It may be used by several
// goroutines at once, but for Update. The network must not change meanwhile.
type Solver struct {
	n *Network
	o Options

	// Bit lines without resistance, word lines with some: the network with
	// word and bit lines exchanged is solved.
	flipped *Solver

	wordG, bitG float64 // conductance of a segment, S
	grid
	cells   []float64 // on the grid, in units of wordG; of bitG where word lines have no resistance
	kappa   float64   // wordG/bitG
	biggest float64   // of cells

	mu        sync.Mutex
	held      string // which ends were driven in the last batch
	last      *factors
	lastRigid *rigid
	free      []*iterate
}

// Prepare checks a network and makes what every solution of it uses.
func (n *Network) Prepare(o Options) (*Solver, error) {
	if err := n.Check(); err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	s := &Solver{n: n, o: o}
	w := n.Wires
	if w.Bit == 0 && w.Word > 0 {
		f, err := n.flip().Prepare(o)
		s.flipped = f
		return s, err
	}
	s.grid = newGrid(n.Rows, n.Cols)
	s.wordG, s.bitG, s.kappa = 1, 1, 1
	if w.Bit > 0 {
		s.bitG = 1 / w.Bit
	}
	if w.Word > 0 {
		s.wordG, s.kappa = 1/w.Word, w.Bit/w.Word
	}
	s.cells = make([]float64, s.size())
	s.pour()
	return s, nil
}

// rigidWords tells whether the word lines have no resistance.
func (s *Solver) rigidWords() bool { return s.n.Wires.Word == 0 }

func (o *Options) check() error {
	if !(o.Tolerance >= 0) || o.Tolerance >= 1 {
		return fmt.Errorf("a tolerance of %g: must be from 0 (for %g) to below 1", o.Tolerance, defaultTolerance)
	}
	if o.Workers < 0 {
		return fmt.Errorf("%d workers: must not be negative", o.Workers)
	}
	return nil
}

const defaultTolerance = 1e-10

func (o *Options) tolerance() float64 {
	if o.Tolerance == 0 {
		return defaultTolerance
	}
	return o.Tolerance
}

func (o *Options) workers() int { return max(o.Workers, 1) }

// pour puts the conductances on the grid.
func (s *Solver) pour() {
	unit := s.wordG
	if s.rigidWords() {
		unit = s.bitG
	}
	newCrew(s.o.workers(), 0).each(s.grid.strips, func(k int, _ []float64) { s.pack(s.cells, s.n.G, k, 1/unit) })
	s.biggest = slices.Max(s.n.G) / unit
}

// bitEnds are the conductances to the drivers of bit lines of some resistance,
// in units of a segment's.
func (s *Solver) bitEnds(p *pattern) []float64 {
	w := s.n.Wires
	return endsOf(s.cols, p.bit, w.Bit, w.Sense)
}

func endsOf(n int, state func(int) byte, segment, driver float64) []float64 {
	g := make([]float64, n)
	for k := range g {
		if state(k) != floating {
			g[k] = segment / (driver + segment)
		}
	}
	return g
}

// system is the network with the lines' ends driven or floating as in p.
func (s *Solver) system(c *crew, p *pattern) *system {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil || s.held != p.key {
		w := s.n.Wires
		s.held, s.last = p.key, s.factor(c, s.cells, s.kappa, endsOf(s.rows, p.word, w.Word, w.Source), s.bitEnds(p))
	}
	return &system{s.grid, s.cells, s.kappa, s.last}
}

// rigid is the same for word lines without resistance.
func (s *Solver) rigid(c *crew, p *pattern) *rigid {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lastRigid == nil || s.held != p.key {
		s.held, s.lastRigid = p.key, s.newRigid(c, p)
	}
	return s.lastRigid
}

// together is how many drives of a batch go through the sweeps together: a
// strip and its factors stay in the cache for all of them.
const together = 4

// Solve finds the state of the network under every drive of a batch.
func (s *Solver) Solve(ctx context.Context, batch []Drive) ([]Solution, error) {
	groups, err := s.n.patterns(batch)
	if err != nil {
		return nil, err
	}
	if s.flipped != nil {
		turned := make([]Drive, len(batch))
		for k := range batch {
			turned[k] = batch[k].flip(s.n.Cols)
		}
		to, err := s.flipped.Solve(ctx, turned)
		for k := range to {
			to[k].flip(s.n.Rows, s.n.Cols)
		}
		return to, err
	}
	to := make([]Solution, len(batch))
	for _, g := range groups {
		if err := s.solveGroup(ctx, batch, g, to); err != nil {
			return nil, err
		}
	}
	return to, nil
}

// solveGroup solves the drives of one pattern. Many go to the workers one by
// one; for few of them the workers share each sweep. The numbers are the same.
func (s *Solver) solveGroup(ctx context.Context, batch []Drive, g *pattern, to []Solution) error {
	workers := s.o.workers()
	shared := newCrew(workers, max(s.stride, s.band()))
	solve := s.solvePart
	var sys *system
	if s.rigidWords() {
		r := s.rigid(shared, g)
		solve = func(ctx context.Context, c *crew, _ *system, batch []Drive, members []int, to []Solution) error {
			return s.solveRigid(ctx, c, r, batch, members, to)
		}
	} else {
		sys = s.system(shared, g)
	}
	var parts [][]int
	per := min(together, max(1, len(g.members)/workers))
	for m := g.members; len(m) > 0; {
		n := min(per, len(m))
		parts = append(parts, m[:n])
		m = m[n:]
	}
	if workers == 1 || len(parts) < workers {
		for _, p := range parts {
			if err := solve(ctx, shared, sys, batch, p, to); err != nil {
				return err
			}
		}
		return nil
	}
	errs := make([]error, len(parts))
	shared.each(len(parts), func(k int, scratch []float64) {
		if ctx.Err() == nil {
			errs[k] = solve(ctx, &crew{scratch: [][]float64{scratch}}, sys, batch, parts[k], to)
		}
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// solveRigid solves drives of a network with word lines without resistance.
func (s *Solver) solveRigid(ctx context.Context, c *crew, r *rigid, batch []Drive, members []int, to []Solution) error {
	for _, m := range members {
		l := s.loadOf(&batch[m])
		st := r.newState()
		tol := s.o.tolerance()
		n, residual, reached, err := r.solve(ctx, c, st, l.word, l.bit, tol)
		if err != nil {
			return err
		}
		if !reached {
			return unreached(m, residual, tol)
		}
		sol := Solution{In: st.in, Out: st.out, Iterations: n, Residual: residual}
		for i := range sol.In {
			end := r.end[i]
			if !r.fixed[i] {
				sol.In[i] = endCurrent(end*(l.word[i]-st.x[i]), end*math.Abs(l.word[i]), sol.In[i], st.inSize[i], end)
			}
			sol.In[i] *= r.unit
		}
		for j := range sol.Out {
			sol.Out[j] *= r.unit
		}
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
		to[m] = sol
	}
	return nil
}

func unreached(drive int, residual, tol float64) error {
	return fmt.Errorf("drive %d: rounding leaves a relative residual of %.2g, so the tolerance of %g cannot be reached: conductances and resistances are too far apart", drive, residual, tol)
}

func (s *Solver) iterates(n int) (its []*iterate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(its) < n {
		if k := len(s.free); k > 0 {
			it := s.free[k-1]
			s.free = s.free[:k-1]
			clear(it.w)
			it.iterations = 0
			its = append(its, it)
		} else {
			its = append(its, (&system{grid: s.grid}).newIterate())
		}
	}
	return its
}

func (s *Solver) release(its []*iterate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, its...)
}

// solvePart solves a few drives together.
func (s *Solver) solvePart(ctx context.Context, c *crew, sys *system, batch []Drive, members []int, to []Solution) error {
	its := s.iterates(len(members))
	defer s.release(slices.Clone(its))
	loads := make([]*load, len(members))
	norms := make([]float64, len(members))
	for k, m := range members {
		loads[k] = s.loadOf(&batch[m])
		norms[k] = s.norm(sys, loads[k])
		sys.reduced(c, loads[k], its[k].v)
	}
	if err := sys.round(ctx, c, its, func(k int, _ float64) float64 {
		its[k].goal = s.goal(loads[k], norms[k])
		return its[k].goal
	}); err != nil {
		return err
	}
	tol := s.o.tolerance()
	work := slices.Clone(members) // those that are not solved yet
	for round := 0; ; round++ {
		var open []int
		var again []*iterate
		var shrink []float64
		for k, m := range work {
			it, l := its[k], loads[k]
			e := sys.finish(c, l, it, s.wordG, s.bitG)
			left := 0.0
			if norms[k] > 0 {
				left = e.norm / norms[k]
			}
			good := left <= tol || round > 0 && sys.fine(it, &e, s.wordG, s.bitG, norms[k], tol)
			stuck := round == maxRounds || round > 0 && !(it.start < it.before/4)
			if good && (it.reached || stuck) {
				to[m] = s.solution(c, it, e, left)
				to[m].times(l.scale)
				continue
			}
			if round == maxRounds || math.IsNaN(left) {
				return unreached(m, left, tol)
			}
			it.before = it.start
			it.v, it.z = it.z, it.v
			its[len(open)], loads[len(open)], norms[len(open)] = it, l, norms[k]
			open = append(open, m)
			again = append(again, it)
			shrink = append(shrink, min(1, tol/left/2))
		}
		if len(open) == 0 {
			return nil
		}
		work = open
		if err := sys.round(ctx, c, again, func(k int, rho float64) float64 {
			if shrink[k] == 1 {
				return again[k].goal
			}
			return min(again[k].goal, rho*shrink[k]*shrink[k])
		}); err != nil {
			return err
		}
	}
}

// maxRounds bounds how often a solution is taken up again where it has not
// reached the tolerance.
const maxRounds = 8

// goal is where a round may end: the measure rho = r A^-1 r of the residual r
// is about the energy of the error, in V^2 times a word segment's conductance.
func (s *Solver) goal(l *load, norm float64) float64 {
	tol := s.o.tolerance()
	// |r|^2 <= rho times the largest eigenvalue of A.
	bound := tol * norm / s.wordG
	goal := bound * bound / (4 + s.biggest)
	// Currents through good wires are small beside what the drivers would send
	// into lines at 0 V; so the energy of the error is also held against the
	// power in the cells.
	if p := s.power(l) / s.wordG; p > 0 {
		goal = min(goal, tol*tol*p)
	}
	return goal
}

// loadOf is a drive in a system's terms, times a power of two that brings the
// highest voltage near 1 V where its square might be no number; the powers of
// two change no bit of what comes out.
func (s *Solver) loadOf(d *Drive) *load {
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
		word += (sys.wordEnd[i] * v) * (sys.wordEnd[i] * v)
	}
	for j, v := range l.bit {
		bit += (sys.bitEnd[j] * v) * (sys.bitEnd[j] * v)
	}
	return math.Hypot(s.wordG*math.Sqrt(word), s.bitG*math.Sqrt(bit))
}

// power is what the cells between driven lines would take without any loss in
// the lines, in W.
func (s *Solver) power(l *load) (p float64) {
	for i, v := range l.word {
		row := s.n.G[i*s.cols:][:s.cols]
		sum := 0.0
		for j, g := range row {
			d := v - l.bit[j]
			sum += g * d * d
		}
		p += sum
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
