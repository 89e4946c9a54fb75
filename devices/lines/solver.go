package lines

import (
	"fmt"
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
	rowG    []float64 // S, of all cells of each row

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
	if n.Curve != nil {
		return s, nil // every drive has a linear network of its own
	}
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

// Update puts other conductances in place of the network's, which keeps its own.
// Solutions of before are good starts for SolveFrom where little has changed.
// No other goroutine may use the solver meanwhile.
func (s *Solver) Update(g []float64) error {
	n := *s.n
	n.G = g
	if err := n.Check(); err != nil {
		return err
	}
	s.update(g)
	return nil
}

// update is Update without a check: Newton's method may ask for slopes below 0.
func (s *Solver) update(g []float64) {
	n := *s.n
	n.G = g
	s.n = &n
	if n.Curve != nil {
		return
	}
	if s.flipped != nil {
		turned := make([]float64, len(g))
		turn(turned, g, n.Rows, n.Cols)
		s.flipped.update(turned)
		return
	}
	s.last, s.lastRigid = nil, nil
	s.pour()
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
	s.rowG = make([]float64, s.rows)
	for i := range s.rowG {
		s.rowG[i] = sum(s.n.G[i*s.cols : (i+1)*s.cols])
	}
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

// newIterate is memory for a solution: some of before, or new.
func (s *Solver) newIterate() *iterate {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := len(s.free); k > 0 {
		it := s.free[k-1]
		s.free = s.free[:k-1]
		it.iterations, it.stretch = 0, 1
		return it
	}
	it := s.grid.newIterate()
	it.stretch = 1
	return it
}

func (s *Solver) release(it *iterate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, it)
}
