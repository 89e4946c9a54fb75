package lines

import (
	"context"
	"fmt"
	"math"
)

// Cells that are not ohmic are solved by Newton's method: with the slopes of the
// cells' curves as conductances, and what is left of their currents as extra
// currents, the network is linear (the companion model of circuit simulators,
// Nagel 1975, section 2.4). Its solution is taken as a whole or, where the
// curves bend too much for that, in part: where the curves rise, the currents
// are the gradient of a convex function of all voltages (the co-content, Millar
// 1951), and a step is halved until that falls along all of it.
//
// It begins with the voltages of the linear network of the conductances at 0 V,
// or those that are given. It ends when the linear network at the voltages
// reached is already solved by them.

const (
	maxNewton = 100
	// Steps below this share of the largest voltage end it: the error of such a
	// step is of the order of its square.
	smallStep = 1e-8
	// Steps below this share are taken as a whole: curves are straight over
	// them, and what is left of the slope of the co-content is rounding.
	straightStep = 1e-3
)

// solveCurves solves the drives one by one, as many at once as there are
// workers, or with all workers for each where there are fewer drives.
func (s *Solver) solveCurves(ctx context.Context, jobs []job) error {
	workers := min(s.o.workers(), max(len(jobs), s.n.Rows, s.n.Cols))
	each := s.o
	each.Nodes = true
	if len(jobs) >= workers {
		each.Workers = 1
	} else {
		workers = 1
	}
	errs := make([]error, len(jobs))
	newCrew(workers, 0).each(len(jobs), func(k int, _ []float64) {
		if errs[k] = ctx.Err(); errs[k] == nil {
			errs[k] = s.newton(ctx, &jobs[k], each)
		}
	})
	return first(errs)
}

// newton solves one drive.
func (s *Solver) newton(ctx context.Context, j *job, o Options) error {
	ohmic := *s.n
	ohmic.Curve = nil
	linear, err := ohmic.Prepare(o)
	if err != nil {
		return err
	}
	at := Solution{}
	inner := job{number: j.number, drive: j.drive, to: &at}
	if j.start != nil {
		at = Solution{Word: j.start.Word, Bit: j.start.Bit}
	} else if err := linear.solve(ctx, []job{inner}); err != nil {
		return err
	}
	high := 0.0
	for _, ends := range [][]float64{j.drive.Word, j.drive.Bit} {
		for k := range ends {
			high = max(high, math.Abs(voltOf(ends, k)))
		}
	}
	slopes, extra := make([]float64, len(s.n.G)), make([]float64, len(s.n.G))
	iterations := at.Iterations
	largest := math.Inf(1)
	for step := 1; step <= maxNewton; step++ {
		falling, err := s.companion(&at, slopes, extra)
		if err != nil {
			return fmt.Errorf("drive %d: step %d of Newton's method: %w", j.number, step, err)
		}
		linear.update(slopes)
		next := Solution{}
		inner.start, inner.extra, inner.to = &at, extra, &next
		if err := linear.solve(ctx, []job{inner}); err != nil {
			if falling != nil && ctx.Err() == nil {
				return fmt.Errorf("drive %d: step %d of Newton's method: %w, and the lines do not hold the network to one solution (%w)", j.number, step, falling, err)
			}
			return fmt.Errorf("step %d of Newton's method: %w", step, err)
		}
		iterations += next.Iterations
		largest = 0
		for k := range next.Word {
			largest = max(largest, math.Abs(next.Word[k]-at.Word[k]), math.Abs(next.Bit[k]-at.Bit[k]))
		}
		if largest <= smallStep*high {
			next.Newton, next.Iterations = step, iterations
			if !s.o.Nodes {
				next.Word, next.Bit = nil, nil
			}
			*j.to = next
			return nil
		}
		if largest > straightStep*high {
			if err := s.shorten(&at, &next, j.drive); err != nil {
				return fmt.Errorf("drive %d: step %d of Newton's method: %w", j.number, step, err)
			}
		}
		at = next
	}
	return fmt.Errorf("drive %d: Newton's method has not converged in %d steps: the last one still moves a node by %.2g V; lower the voltages, or the curve's bend at them", j.number, maxNewton, largest)
}

// companion writes the linear network at the voltages of a solution. falling
// tells of a cell whose curve falls there.
func (s *Solver) companion(at *Solution, slopes, extra []float64) (falling, err error) {
	for k, g := range s.n.G {
		if g == 0 {
			slopes[k], extra[k] = 0, 0 // open
			continue
		}
		v := at.Word[k] - at.Bit[k]
		i, slope := s.n.Curve.Current(g, v)
		if math.IsNaN(i) || math.IsInf(i, 0) || math.IsNaN(slope) || math.IsInf(slope, 0) {
			return nil, fmt.Errorf("cell (%d, %d): a current of %g A with a slope of %g S at %g V; lower the voltages", k/s.n.Cols, k%s.n.Cols, i, slope, v)
		}
		if slope < 0 && falling == nil {
			falling = fmt.Errorf("the curve of cell (%d, %d) falls at %g V", k/s.n.Cols, k%s.n.Cols, v)
		}
		slopes[k], extra[k] = slope, i-float64(slope*v)
	}
	return falling, nil
}

// shorten takes back the part of a step from at to next that goes too far: the
// slope of the co-content along the step, which begins negative, must not end
// above half of what it was.
func (s *Solver) shorten(at, next *Solution, d *Drive) error {
	lines0, lines1 := s.slopeOfLines(at, next, d)
	slope := func(t float64) (sum, size float64) {
		sum = float64((1-t)*lines0) + float64(t*lines1)
		size = math.Abs(lines0) + math.Abs(lines1)
		for k, g := range s.n.G {
			if g == 0 {
				continue
			}
			v0 := at.Word[k] - at.Bit[k]
			dv := next.Word[k] - next.Bit[k] - v0
			i, _ := s.n.Curve.Current(g, v0+float64(t*dv))
			sum += float64(i * dv)
			size += math.Abs(float64(i * dv))
		}
		return sum, size
	}
	begin, _ := slope(0)
	t := 1.0
	for ; t > 1e-6; t /= 2 {
		// False for NaN. Near the solution what is left of a sum is rounding.
		if end, size := slope(t); end <= math.Abs(begin)/2+1e-9*size {
			break
		}
	}
	if t <= 1e-6 {
		return fmt.Errorf("no part of the step comes nearer to a solution; lower the voltages")
	}
	if t < 1 {
		for k := range next.Word {
			next.Word[k] = at.Word[k] + float64(t*(next.Word[k]-at.Word[k]))
			next.Bit[k] = at.Bit[k] + float64(t*(next.Bit[k]-at.Bit[k]))
		}
	}
	return nil
}

// slopeOfLines is the lines' part of the co-content's slope along a step, at its
// beginning and at its end.
func (s *Solver) slopeOfLines(at, next *Solution, d *Drive) (begin, end float64) {
	n := s.n
	add := func(ohm, a, b, na, nb float64) {
		if ohm > 0 {
			step := (na - nb) - (a - b)
			begin += float64((a - b) / ohm * step)
			end += float64((na - nb) / ohm * step)
		}
	}
	for i := range n.Rows {
		w, nw := at.Word[i*n.Cols:], next.Word[i*n.Cols:]
		if v := d.Word[i]; !math.IsNaN(v) {
			add(n.Wires.Source+n.Wires.Word, v, w[0], v, nw[0])
		}
		for j := range n.Cols - 1 {
			add(n.Wires.Word, w[j], w[j+1], nw[j], nw[j+1])
		}
	}
	for j := range n.Cols {
		for i := range n.Rows - 1 {
			k := i*n.Cols + j
			add(n.Wires.Bit, at.Bit[k], at.Bit[k+n.Cols], next.Bit[k], next.Bit[k+n.Cols])
		}
		k := (n.Rows-1)*n.Cols + j
		if d.Bit == nil {
			add(n.Wires.Sense+n.Wires.Bit, at.Bit[k], 0, next.Bit[k], 0)
		} else if v := d.Bit[j]; !math.IsNaN(v) {
			add(n.Wires.Sense+n.Wires.Bit, at.Bit[k], v, next.Bit[k], v)
		}
	}
	return begin, end
}
