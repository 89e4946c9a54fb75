package lines

import (
	"context"
	"fmt"
	"math"
	"sync"
)

// Solver is a network made ready for many drives. It may be used by several
// goroutines at once, but for Update. The network must not change meanwhile.
type Solver struct {
	n *Network
	o Options

	wordG, bitG float64 // conductance of a segment, S
	grid
	cells []float64 // of the cells, in units of wordG, on the grid
	kappa float64   // wordG/bitG

	mu   sync.Mutex
	held string   // which ends are driven in last
	last *factors // of the last pattern of driven and floating ends
	free []*iterate
}

// Prepare checks a network and makes what every solution of it uses.
func (n *Network) Prepare(o Options) (*Solver, error) {
	if err := n.Check(); err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	s := &Solver{n: n, o: o, grid: newGrid(n.Rows, n.Cols)}
	w := n.Wires
	if w.Word > 0 && w.Bit > 0 {
		s.wordG, s.bitG, s.kappa = 1/w.Word, 1/w.Bit, w.Bit/w.Word
		s.cells = make([]float64, s.size())
		s.load(newCrew(o.workers(), 0))
	}
	return s, nil
}

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

// load puts the conductances on the grid.
func (s *Solver) load(c *crew) {
	c.each(s.grid.strips, func(k int, _ []float64) { s.pack(s.cells, s.n.G, k, s.n.Wires.Word) })
}

// system is the network with the lines' ends driven or floating as in d.
func (s *Solver) system(c *crew, d *pattern) *system {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil || s.held != d.key {
		w := s.n.Wires
		word, bit := make([]float64, s.rows), make([]float64, s.cols)
		for i := range word {
			if !d.wordFloats(i) {
				word[i] = w.Word / (w.Source + w.Word)
			}
		}
		for j := range bit {
			if !d.bitFloats(j) {
				bit[j] = w.Bit / (w.Sense + w.Bit)
			}
		}
		s.held, s.last = d.key, s.factor(c, s.cells, s.kappa, word, bit)
	}
	return &system{s.grid, s.cells, s.kappa, s.last}
}

// together is how many drives of a batch go through the sweeps together: a
// strip and its factors stay in the cache for all of them.
const together = 4

// Solve finds the state of the network under every drive of a batch.
func (s *Solver) Solve(ctx context.Context, batch []Drive) ([]Solution, error) {
	to := make([]Solution, len(batch))
	groups, err := s.patterns(batch)
	if err != nil {
		return nil, err
	}
	if s.cells == nil {
		return nil, fmt.Errorf("lines: ideal lines are not solved here")
	}
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
	scratch := max(s.stride, s.band())
	shared := newCrew(workers, scratch)
	sys := s.system(shared, g)
	var parts [][]int
	per := min(together, max(1, len(g.members)/workers))
	for m := g.members; len(m) > 0; {
		n := min(per, len(m))
		parts = append(parts, m[:n])
		m = m[n:]
	}
	if workers == 1 || len(parts) < workers {
		for _, p := range parts {
			if err := s.solvePart(ctx, shared, sys, batch, p, to); err != nil {
				return err
			}
		}
		return nil
	}
	errs := make([]error, len(parts))
	shared.each(len(parts), func(k int, scratch []float64) {
		if ctx.Err() == nil {
			errs[k] = s.solvePart(ctx, &crew{scratch: [][]float64{scratch}}, sys, batch, parts[k], to)
		}
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
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
	defer s.release(its)
	loads := make([]*load, len(members))
	norms := make([]float64, len(members))
	for k, m := range members {
		loads[k] = s.loadOf(&batch[m])
		norms[k] = s.norm(sys, loads[k])
		sys.reduced(c, loads[k], its[k].v)
	}
	tol := s.o.tolerance()
	biggest := 0.0
	for _, g := range s.cells {
		biggest = max(biggest, g)
	}
	first := func(k int, rho float64) float64 {
		// |r|^2 <= rho times the largest eigenvalue of A.
		bound := tol * norms[k] / s.wordG
		target := bound * bound / (4 + biggest)
		if p := s.power(loads[k]) / s.wordG; p > 0 {
			target = min(target, tol*tol*p)
		}
		return target
	}
	if err := sys.round(ctx, c, its, first); err != nil {
		return err
	}
	for round := 0; ; round++ {
		var again []*iterate
		var shrink []float64
		for k, m := range members {
			if loads[k] == nil {
				continue
			}
			e := sys.finish(c, loads[k], its[k], s.wordG, s.bitG)
			left := 0.0
			if norms[k] > 0 {
				left = e.norm / norms[k]
			}
			if left <= tol {
				to[m] = s.solution(c, its[k], e, left)
				loads[k] = nil
				continue
			}
			if round == 8 || math.IsNaN(left) {
				return fmt.Errorf("drive %d: rounding leaves a relative residual of %.2g; the tolerance of %g cannot be reached for conductances and resistances so far apart", m, left, tol)
			}
			again = append(again, its[k])
			shrink = append(shrink, tol/left)
		}
		if len(again) == 0 {
			return nil
		}
		for _, it := range again {
			it.v, it.z = it.z, it.v
		}
		if err := sys.round(ctx, c, again, func(k int, rho float64) float64 { return rho * shrink[k] * shrink[k] / 4 }); err != nil {
			return err
		}
	}
}

// loadOf is a drive in a system's terms.
func (s *Solver) loadOf(d *Drive) *load {
	l := &load{word: make([]float64, s.rows), bit: make([]float64, s.cols)}
	for i := range l.word {
		l.word[i] = voltOf(d.Word, i)
	}
	for j := range l.bit {
		l.bit[j] = voltOf(d.Bit, j)
	}
	return l
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
