// Package leastsquares fits the parameters of a curve to data.
package leastsquares

import (
	"context"
	"errors"
	"math"
)

// Settings of a fit; the zero value takes the defaults.
type Settings struct {
	Steps int     // at most so many steps, 200 by default
	Done  float64 // a step that lowers the sum of squares by less than this share ends the fit, 1e-10 by default
}

// Minimize changes x so that the sum of squares of what residuals writes becomes
// small, and returns that sum. It is the method of Levenberg and Marquardt with
// the damping in proportion to the diagonal (Marquardt, Journal of the Society
// for Industrial and Applied Mathematics 11 (1963)) and derivatives by forward
// differences. Residuals that are no numbers mean that x is not allowed; the
// start must be. Sums are made in one order, so that a fit has the same bits
// everywhere. A context that is cancelled ends it with its error.
func Minimize(ctx context.Context, x []float64, n int, residuals func(x, r []float64), s Settings) (float64, error) {
	if s.Steps == 0 {
		s.Steps = 200
	}
	if s.Done == 0 {
		s.Done = 1e-10
	}
	p := len(x)
	r, moved := make([]float64, n), make([]float64, n)
	residuals(x, r)
	sum := dot(r, r)
	if !finite(sum) {
		return sum, errors.New("the fit has no start: the curve is no number there")
	}
	jacobian := make([][]float64, p) // by parameter
	for k := range jacobian {
		jacobian[k] = make([]float64, n)
	}
	hessian, damped := square(p), square(p)
	gradient, step, trial := make([]float64, p), make([]float64, p), make([]float64, p)
	damping := 1e-3
	for range s.Steps {
		for k := range x {
			if err := ctx.Err(); err != nil {
				return sum, err
			}
			h := 1e-6 * max(math.Abs(x[k]), 1e-3)
			copy(trial, x)
			trial[k] = x[k] + h
			residuals(trial, moved)
			if !finite(dot(moved, moved)) { // an edge: look the other way
				h = -h
				trial[k] = x[k] + h
				residuals(trial, moved)
			}
			for i := range moved {
				jacobian[k][i] = (moved[i] - r[i]) / h
			}
		}
		for k := range p {
			gradient[k] = dot(jacobian[k], r)
			for l := range k + 1 {
				hessian[k][l] = dot(jacobian[k], jacobian[l])
			}
		}
		better := 0.0
		for better == 0 && damping < 1e12 {
			for k := range p {
				copy(damped[k], hessian[k])
				d := hessian[k][k]
				if d == 0 { // nothing depends on it, so it stays where it is
					d = 1
				}
				damped[k][k] += float64(damping * d)
			}
			if cholesky(damped, gradient, step) {
				for k := range x {
					trial[k] = x[k] - step[k]
				}
				residuals(trial, moved)
				if to := dot(moved, moved); to < sum {
					better = (sum - to) / sum
					copy(x, trial)
					copy(r, moved)
					sum = to
					damping = max(damping/5, 1e-12)
					continue
				}
			}
			damping *= 4
		}
		if better < s.Done {
			break
		}
	}
	return sum, nil
}

// cholesky solves a x = b, a given by its lower half, which is overwritten.
func cholesky(a [][]float64, b, x []float64) bool {
	for k := range a {
		d := a[k][k] - dot(a[k][:k], a[k][:k])
		if !(d > 0) || !finite(d) {
			return false
		}
		a[k][k] = math.Sqrt(d)
		for i := k + 1; i < len(a); i++ {
			a[i][k] = (a[i][k] - dot(a[i][:k], a[k][:k])) / a[k][k]
		}
	}
	for k := range a {
		x[k] = (b[k] - dot(a[k][:k], x[:k])) / a[k][k]
	}
	for k := len(a) - 1; k >= 0; k-- {
		for i := k + 1; i < len(a); i++ {
			x[k] -= float64(a[i][k] * x[i])
		}
		x[k] /= a[k][k]
	}
	return true
}

func square(n int) [][]float64 {
	m := make([][]float64, n)
	for k := range m {
		m[k] = make([]float64, n)
	}
	return m
}

func dot(a, b []float64) (sum float64) {
	for i, v := range a {
		sum += float64(v * b[i])
	}
	return sum
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
