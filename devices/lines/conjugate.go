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
// with v = G B^-1 G p. Its scalars are rho = z A z and sums of p v and
// v A^-1 v, both without cancellation.
type iterate struct {
	w, z, p, v []float64
	strips     []float64 // sum of p v of each strip
	bands      []float64 // v A^-1 v of each band

	rho, pAp, pv, alpha, beta float64
	target, shrink            float64 // the energy to end a round at, or by which factor of its root
	stretch                   float64 // largest alpha of all rounds
	iterations, most          int     // in all rounds; that a round may have
	done, reached             bool    // of this round
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
	clear(it.z)
	clear(it.p)
	it.alpha, it.beta, it.pAp = 1, 0, 0
	s.along(c, it)
	it.rho = sum(it.bands)
	if it.shrink < 1 {
		it.target = min(it.target, it.energy()*it.shrink*it.shrink)
	}
	it.reached = it.energy() <= it.target
	for n := 0; !it.reached && n < it.most; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.down(c, it)
		if !it.step() {
			break
		}
		s.along(c, it)
		if !it.turn() {
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

// along finds v A^-1 v and the next z and w.
func (s *system) along(c *crew, it *iterate) {
	c.each(s.grid.bands, func(k int, scratch []float64) {
		y, word := scratch[:s.band()], s.bandOf(s.word, k)
		var dot [bandRows]float64
		kernels.LineRight(s.stride, s.from(it.v, k), word, y, &dot)
		kernels.LineLeft(it.alpha, s.stride, word, y, s.from(it.p, k), s.from(it.z, k), s.from(it.w, k))
		it.bands[k] = sum(dot[:])
	})
}

// step finds how far to go along p. It is false where rounding has taken the
// direction's meaning away.
func (it *iterate) step() bool {
	it.pv = sum(it.strips)
	it.pAp = it.rho + float64(float64(it.beta*it.beta)*it.pAp) // r and the last p are orthogonal
	pSp := it.pAp - it.pv
	if !(pSp > 1e-14*it.pAp) {
		return false
	}
	it.alpha = it.rho / pSp
	it.stretch = max(it.stretch, it.alpha)
	it.iterations++
	return true
}

// turn finds rho and the next direction; false ends the round: the target is
// reached, or what is left is too small beside what was for its difference to
// have a digit.
func (it *iterate) turn() bool {
	dSp := it.pAp - 2*it.pv + sum(it.bands)
	gone := float64(float64(it.alpha*it.alpha) * dSp)
	rho := gone - it.rho // z and the last S p are conjugate
	reliable := rho > 1e-13*it.rho
	it.beta = rho / it.rho
	it.rho = rho
	it.reached = reliable && it.energy() <= it.target
	return reliable && !it.reached && !math.IsInf(rho, 0)
}
