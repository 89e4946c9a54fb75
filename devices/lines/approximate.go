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
// conjugate gradients costs what a line Gauss-Seidel sweep does and is better;
// the test that compares the approximations has figures.
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
		off += (x[k] - e) * (x[k] - e)
		size += e * e
	}
	if off == 0 {
		return 0
	}
	return math.Sqrt(off / size)
}
