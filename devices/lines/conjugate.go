package lines

import (
	"context"
	"math"

	"github.com/synohm/synohm/internal/kernels"
)

// system is the linear network of lines of resistance above 0, after the
// voltages of the bit lines are eliminated.
//
// With the word lines' voltages w, the bit lines' u, the tridiagonal matrices A
// of the word lines and B of the bit lines (cells included) and the diagonal
// matrix G of the cells, Kirchhoff's laws are A w - G u = a, B u - G w = b, so
//
//	S w = a + G B^-1 b,   S = A - G B^-1 G,   u = B^-1 (b + G w)
//
// S is symmetric and positive definite, and close to A where the lines conduct
// better than the cells. It is solved by the method of conjugate gradients
// (Hestenes, Stiefel 1952) preconditioned with A. These are the iterates of
// conjugate gradients with a symmetric line Gauss-Seidel preconditioner on the
// whole network (Concus, Golub, O'Leary 1976; Reid 1972), at two line solves
// for each instead of three.
//
// Equations are in units of a word segment's conductance: cells are G/g_word,
// and kappa = g_word/g_bit.
type system struct {
	grid
	cells []float64
	kappa float64
	*factors
}

// iterate is one solution on its way.
//
// The method is written for z = A^-1 r, r the residual: the search directions p
// need z alone, and so does z itself, z -= alpha A^-1 S p = alpha (p - A^-1 v)
// with v = G B^-1 G p. Of its scalars
//
//	p A p = rho + beta^2 (last p A p)   since r and the last p are orthogonal,
//	p S p = p A p - p v
//	rho = z r = alpha z v               since z is conjugate to the last r and p,
//
// only p v and z v take sums. (rho also follows from the last one and v A^-1 v,
// but errors of that recurrence grow from step to step.)
type iterate struct {
	w, z, p, v []float64
	strips     []float64 // sum of p v of each strip
	bands      []float64 // sum of z v of each band

	rho, pAp, pv, alpha, beta float64
	peak                      float64 // largest rho of a round
	target, shrink            float64 // the energy to end a round at, or by which factor of its root
	stretch                   float64 // largest alpha of all rounds
	iterations, most          int     // in all rounds; that a round may have
	sure                      bool    // rho is more than rounding
	reached                   bool    // the target, in the last round
}

func (g *grid) newIterate() *iterate {
	n := g.size()
	all := make([]float64, 4*n)
	return &iterate{
		w: all[:n:n], z: all[n : 2*n : 2*n], p: all[2*n : 3*n : 3*n], v: all[3*n:],
		strips: make([]float64, g.strips), bands: make([]float64, g.bands),
	}
}

// maxIterations of one round; the method ends by itself long before where
// rounding leaves it a chance.
func (g *grid) maxIterations() int { return 1000 + 4*(g.rows+g.cols) }

// energy is an estimate of the error's energy e S e = r S^-1 r. It is at least
// rho = r A^-1 r, and more by the inverse of the smallest eigenvalue of A^-1 S;
// the largest alpha is an estimate of that inverse, from below.
func (it *iterate) energy() float64 { return it.rho * it.stretch }

// round improves w, given the residual in v, until the error's energy is at most
// the target, and has shrunk if it is to.
func (s *system) round(ctx context.Context, c *crew, it *iterate) error {
	clear(it.p)
	it.beta, it.pAp = 0, 0
	s.start(c, it)
	it.rho, it.sure = sum(it.bands), true
	it.peak = it.rho
	if it.shrink < 1 {
		it.target = min(it.target, it.energy()*it.shrink*it.shrink)
	}
	it.reached = it.energy() <= it.target
	for n := 0; !it.reached && n < it.most; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.down(c, it)
		it.pv = sum(it.strips)
		it.pAp = it.rho + float64(float64(it.beta*it.beta)*it.pAp)
		if n >= manySteps || it.stretch > longStep {
			it.pAp = s.quadratic(c, it, it.p)
		}
		if !it.step() {
			break
		}
		s.along(c, it)
		rho := it.alpha * sum(it.bands)
		// z has the rounding of its largest values and of the step.
		step := it.alpha * math.Sqrt(it.pAp)
		noise := rounding * step * (math.Sqrt(it.peak) + step)
		hard := n >= manySteps || it.stretch > longStep
		if hard {
			rho, noise = s.quadratic(c, it, it.z), rounding*rounding*(it.peak+square(step))
		}
		it.sure = rho > noise
		if !it.sure && !hard && rho >= -noise {
			// It is somewhere below its rounding, and that may be enough.
			it.rho = 2 * noise
			it.reached = it.energy() <= it.target
			break
		}
		if !it.turn(rho) {
			break
		}
	}
	return ctx.Err()
}

// down finds p and v.
func (s *system) down(c *crew, it *iterate) {
	c.each(s.grid.strips, func(k int, scratch []float64) {
		y := scratch[:s.stride]
		cells, bit, p := s.strip(s.cells, k), s.strip(s.bit, k), s.strip(it.p, k)
		var dot [stripCols]float64
		kernels.LineDown(it.beta, s.strip(it.z, k), p, cells, bit, y)
		kernels.LineUp(s.kappa, y, bit, cells, p, s.strip(it.v, k), &dot)
		it.strips[k] = sum(dot[:])
	})
}

// start finds z for the residual in v, and z v.
func (s *system) start(c *crew, it *iterate) {
	c.each(s.grid.bands, func(k int, scratch []float64) {
		y, word := scratch[:s.band()], s.bandOf(s.word, k)
		var dot [bandRows]float64
		v := s.from(it.v, k)
		kernels.LineRight(s.stride, v, word, y)
		kernels.LineReturn(s.stride, word, y, v, s.from(it.z, k), &dot)
		it.bands[k] = sum(dot[:])
	})
}

// along finds the next z and w, and z v.
func (s *system) along(c *crew, it *iterate) {
	c.each(s.grid.bands, func(k int, scratch []float64) {
		y, word := scratch[:s.band()], s.bandOf(s.word, k)
		var dot [bandRows]float64
		v := s.from(it.v, k)
		kernels.LineRight(s.stride, v, word, y)
		kernels.LineLeft(it.alpha, s.stride, word, y, v, s.from(it.p, k), s.from(it.z, k), s.from(it.w, k), &dot)
		it.bands[k] = sum(dot[:])
	})
}

// From so many steps of a round on, or so long a step, the quadratic forms are
// computed by themselves: what follows from the others loses digits with both.
const (
	manySteps = 30
	longStep  = 100

	rounding = 1e-14 // of a few operations
)

// quadratic is x A x, a sum of squares.
func (s *system) quadratic(c *crew, it *iterate, x []float64) float64 {
	c.each(s.grid.bands, func(band int, _ []float64) {
		var parts [stripCols]float64
		for i := band * bandRows; i < min((band+1)*bandRows, s.rows); i++ {
			last := (1 - math.Sqrt(s.wordEnd[i])) * x[i*stripCols] // the end's step is sqrt(end) x
			for k := range s.grid.strips {
				row := (k*s.stride + i*stripCols) / stripCols
				y, a := row16(x, row), row16(s.cells, row)
				for j := range min(stripCols, s.cols-k*stripCols) {
					parts[j] += square(y[j]-last) + float64(a[j]*square(y[j]))
					last = y[j]
				}
			}
		}
		it.bands[band] = sum(parts[:])
	})
	return sum(it.bands)
}

// step finds how far to go along p. It is false where rounding has taken the
// direction's meaning away.
func (it *iterate) step() bool {
	pSp := it.pAp - it.pv
	if !(pSp > 1e-14*it.pAp) || it.pAp < it.rho/2 {
		it.sure = false
		return false
	}
	it.alpha = it.rho / pSp
	it.stretch = max(it.stretch, it.alpha)
	it.iterations++
	return true
}

// turn takes the next direction; false ends the round: the target is reached, or
// what is left is too small beside what was for its difference to have a digit.
func (it *iterate) turn(rho float64) bool {
	it.beta = rho / it.rho
	it.rho = rho
	it.peak = max(it.peak, rho)
	it.reached = it.sure && it.energy() <= it.target
	return it.sure && !it.reached && !math.IsInf(rho, 0) && !math.IsNaN(rho)
}
