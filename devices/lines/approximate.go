package lines

import (
	"context"
	"fmt"
	"math"
)

// Approximation is what a few steps give, and how far off they are.
type Approximation struct {
	Solutions []Solution // their Residual is measured, too

	// The error of the output currents, |out - exact| / |exact| in the 2-norm:
	// of the drives that were also solved exactly, in their order, and the
	// largest and mean of it.
	Errors      []float64
	Worst, Mean float64
}

// DefaultSteps is the number of steps of an approximation if none is given.
const DefaultSteps = 2

// Approximate finds the state of an ohmic network nearly: with a fixed number of
// steps of the method that Solve uses (DefaultSteps if 0) and no tolerance. Its
// cost is linear in the number of cells, and known beforehand. A step of
// conjugate gradients costs what a line Gauss-Seidel sweep does and is better:
// the error of the currents, for n x n cells of 1 to 100 uS with 1 ohm wires, at
// the same cost in a row (n steps end in a sweep of their own),
//
//	n    no lines  first order  1 step  2 sweeps  2 steps  3 sweeps  3 steps  4 sweeps
//	32   4e-2      1e-3         1e-7    1e-7      1e-12    6e-11     5e-14    7e-14
//	64   1e-1      2e-2         3e-5    3e-5      3e-9     2e-7      7e-14    1e-9
//	128  5e-1      3e-1         3e-3    3e-3      5e-6     2e-4      2e-9     1e-5
//	256  2         5            6e-2    6e-2      3e-3     2e-2      9e-6     7e-3
//
// First order are the drops that the ideal currents make, what a polynomial in
// the resistance begins with. aihwkit's polynomial for one line, which takes
// each cell's drop for a share of its own input, gives half of the drop.
//
// The first drives of the batch, check of them and at least one, are solved
// exactly as well, to tell the error; it is never left to belief. Networks of
// word or bit lines without resistance are solved exactly in any case.
func (s *Solver) Approximate(ctx context.Context, batch []Drive, steps, check int) (Approximation, error) {
	if s.n.Curve != nil {
		return Approximation{}, fmt.Errorf("the approximation is for ohmic cells")
	}
	if steps < 0 {
		return Approximation{}, fmt.Errorf("an approximation of %d steps: must not be negative", steps)
	}
	if steps == 0 {
		steps = DefaultSteps
	}
	a := Approximation{Solutions: make([]Solution, len(batch))}
	jobs := make([]job, len(batch))
	for k := range jobs {
		jobs[k] = job{number: k, drive: &batch[k], steps: steps, to: &a.Solutions[k]}
	}
	if err := s.solve(ctx, jobs); err != nil {
		return Approximation{}, err
	}
	exact, err := s.Solve(ctx, batch[:min(max(check, 1), len(batch))])
	if err != nil {
		return Approximation{}, err
	}
	for k := range exact {
		e := relativeError(a.Solutions[k].Out, exact[k].Out)
		a.Errors = append(a.Errors, e)
		a.Worst = max(a.Worst, e)
		a.Mean += e / float64(len(exact))
	}
	return a, nil
}

// relativeError is |x - exact| / |exact| in the 2-norm, 0 where both are 0.
func relativeError(x, exact []float64) float64 {
	var off, size float64
	for k, e := range exact {
		off += square(x[k] - e)
		size += square(e)
	}
	if off == 0 {
		return 0
	}
	return math.Sqrt(off / size)
}
