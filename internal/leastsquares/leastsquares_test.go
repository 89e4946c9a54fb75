package leastsquares_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/leastsquares"
)

// Rosenbrock's valley (1960), as residuals: the smallest sum is 0 at (1, 1).
func TestRosenbrock(t *testing.T) {
	x := []float64{-1.2, 1}
	sum, err := leastsquares.Minimize(context.Background(), x, 2, func(x, r []float64) {
		r[0], r[1] = 10*(x[1]-x[0]*x[0]), 1-x[0]
	}, leastsquares.Settings{})
	require.NoError(t, err)
	require.InDelta(t, 0, sum, 1e-12)
	require.InDeltaSlice(t, []float64{1, 1}, x, 1e-6)
}

// Misra1a of the NIST reference data sets for non-linear regression (StRD),
// certified: b1 = 238.94212918, b2 = 5.5015643181e-4, residual sum 0.12455138894.
func TestMisra1a(t *testing.T) {
	at := []float64{77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0}
	y := []float64{10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78}
	for _, start := range [][]float64{{500, 0.0001}, {250, 0.0005}} {
		sum, err := leastsquares.Minimize(context.Background(), start, len(y), func(b, r []float64) {
			for i := range r {
				r[i] = b[0]*(1-math.Exp(-b[1]*at[i])) - y[i]
			}
		}, leastsquares.Settings{Done: 1e-15})
		require.NoError(t, err)
		require.InEpsilon(t, 0.12455138894, sum, 1e-8)
		require.InEpsilon(t, 238.94212918, start[0], 1e-5)
		require.InEpsilon(t, 5.5015643181e-4, start[1], 1e-5)
	}
}

// A straight line is found exactly, beside a parameter that means nothing.
func TestLineBesideAnIdleParameter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64Range(-10, 10).Draw(t, "a"), rapid.Float64Range(-10, 10).Draw(t, "b")
		x := []float64{1, 1, 7}
		_, err := leastsquares.Minimize(context.Background(), x, 9, func(x, r []float64) {
			for i := range r {
				r[i] = x[0] + x[1]*float64(i) - a - b*float64(i)
			}
		}, leastsquares.Settings{})
		require.NoError(t, err)
		require.InDeltaSlice(t, []float64{a, b, 7}, x, 1e-5)
	})
}

func TestNoStart(t *testing.T) {
	_, err := leastsquares.Minimize(context.Background(), []float64{-1}, 1, func(x, r []float64) { r[0] = math.Sqrt(x[0]) }, leastsquares.Settings{})
	require.Error(t, err)
	// Walks away from where the curve ends, and does not step over it.
	x := []float64{1e-9}
	_, err = leastsquares.Minimize(context.Background(), x, 1, func(x, r []float64) { r[0] = math.Sqrt(x[0]) - 2 }, leastsquares.Settings{})
	require.NoError(t, err)
	require.InDelta(t, 4, x[0], 1e-3)
}
