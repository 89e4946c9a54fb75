package devices

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// counted is a flow and how often it was asked.
func counted(f flow) (flow, *int) {
	n := new(int)
	return func(t, x float64) float64 { *n++; return f(t, x) }, n
}

func TestIntegrateKnownSolutions(t *testing.T) {
	wide := integrator{low: -10, high: 10, tolerance: 1e-11}
	for _, c := range []struct {
		name        string
		f           flow
		x, end      float64
		want, delta float64
	}{
		{"decay", func(_, x float64) float64 { return -x }, 1, 3, math.Exp(-3), 1e-9},
		{"growth", func(_, x float64) float64 { return x }, 1e-3, 5, 1e-3 * math.Exp(5), 1e-8},
		{"sine", func(t, _ float64) float64 { return math.Cos(t) }, 0, 20, math.Sin(20), 1e-9},
		{"logistic", func(_, x float64) float64 { return x * (1 - x) }, 0.01, 10, 1 / (1 + 99*math.Exp(-10)), 1e-9},
		{"polynomial of order 5", func(t, _ float64) float64 { return 5 * t * t * t * t }, 0, 1.2, math.Pow(1.2, 5), 1e-12},
		{"a jump of the flow", func(t, _ float64) float64 {
			if t < 0.7 {
				return 1
			}
			return -2
		}, 0, 2, 0.7 - 2.6, 5e-8},
		{"nothing", func(_, _ float64) float64 { return 0 }, 0.3, 2, 0.3, 0},
		{"no time", func(_, _ float64) float64 { return 1 }, 0.3, 0, 0.3, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := wide.run(c.f, c.x, c.end)
			require.NoError(t, err)
			require.InDelta(t, c.want, got, c.delta)
		})
	}
}

// The error falls with the tolerance, and steps grow as its fifth root.
func TestIntegrateConverges(t *testing.T) {
	before, calls := math.Inf(1), 0
	for _, tol := range []float64{1e-4, 1e-6, 1e-8, 1e-10} {
		f, n := counted(func(t, x float64) float64 { return math.Sin(3*t) * (2 - x) })
		got, err := integrator{low: -10, high: 10, tolerance: tol}.run(f, 0, 5)
		require.NoError(t, err)
		want := 2 - 2*math.Exp((math.Cos(15)-1)/3)
		wrong := math.Abs(got - want)
		require.Less(t, wrong, before/10, "tolerance %g", tol)
		require.Less(t, wrong, 200*tol)
		if calls > 0 {
			require.Less(t, *n, 4*calls, "100 times the accuracy for 100^(1/5) = 2.5 times the work")
		}
		before, calls = wrong, *n
	}
}

func TestIntegrateAtBounds(t *testing.T) {
	unit := integrator{low: 0, high: 1, tolerance: 1e-10}
	// Pressed against the bound until the flow turns at t = 1, then back.
	got, err := unit.run(func(t, _ float64) float64 { return 2 * (1 - t) }, 0.5, 1.5)
	require.NoError(t, err)
	require.InDelta(t, 1-0.25, got, 1e-8)
	// sin from 0.9: at the bound from asin-like times on, leaves at pi.
	got, err = unit.run(func(t, _ float64) float64 { return math.Sin(t) }, 0.9, 4)
	require.NoError(t, err)
	require.InDelta(t, 1-(math.Cos(4)+1), got, 1e-8)
	// A flow that is the same at all times ends as it arrives.
	unit.constant = true
	f, n := counted(func(_, _ float64) float64 { return -1e6 })
	got, err = unit.run(f, 0.4, 1)
	require.NoError(t, err)
	require.Zero(t, got)
	require.Less(t, *n, 100)
}

// A bound where the flow vanishes is never reached, so the way back is that
// long again: x = logistic, which a push of equal size in the other direction
// undoes, however near to 1 the state came.
func TestIntegrateComesBackFromABoundOfRest(t *testing.T) {
	unit := integrator{low: 0, high: 1, tolerance: 1e-9}
	for _, push := range []float64{5, 15, 30} {
		x, err := unit.run(func(t, x float64) float64 { return push * math.Pi / 2 * math.Sin(math.Pi*t) * 4 * x * (1 - x) }, 0.4, 1)
		require.NoError(t, err)
		require.Less(t, x, 1.0)
		x, err = unit.run(func(t, x float64) float64 { return -push * math.Pi / 2 * math.Sin(math.Pi*t) * 4 * x * (1 - x) }, x, 1)
		require.NoError(t, err)
		if 4*push < 30 { // e^-30 of the way is some digits of a number near 1
			require.InDelta(t, 0.4, x, 1e-4, "push %g", push)
		}
		require.Greater(t, x, 0.0)
	}
}

func TestIntegrateStiffAndAbsurd(t *testing.T) {
	unit := integrator{low: 0, high: 1, tolerance: 1e-9, constant: true}
	// A point of rest amid the range, a million times faster than the pulse.
	f, n := counted(func(_, x float64) float64 { return 1e6 * (0.5 - x) })
	got, err := unit.run(f, 0, 1)
	require.NoError(t, err)
	require.InDelta(t, 0.5, got, 1e-9)
	require.Less(t, *n, 10_000)
	// The same at a bound.
	f, n = counted(func(_, x float64) float64 { return 1e9 * (1 - x) })
	got, err = unit.run(f, 0.2, 1)
	require.NoError(t, err)
	require.InDelta(t, 1, got, 1e-12)
	require.Less(t, *n, 20_000)

	_, err = unit.run(func(_, _ float64) float64 { return math.Inf(1) }, 0.2, 1)
	require.ErrorContains(t, err, "lower the voltage")
	_, err = unit.run(func(_, _ float64) float64 { return math.NaN() }, 0.2, 1)
	require.ErrorContains(t, err, "lower the voltage")
	// A flow that cannot be followed ends after a bounded number of steps.
	unit.constant = false
	f, n = counted(func(t, x float64) float64 { return 1e12 * math.Sin(1e12*t+1e3*x) })
	_, err = unit.run(f, 0.2, 1)
	require.ErrorContains(t, err, "raise tolerance")
	require.Less(t, *n, 8*maxSteps)
}

// Whatever the flow, the state is within its bounds, or there is an error.
func TestIntegrateStaysInBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := math.Pow(10, rapid.Float64Range(-3, 6).Draw(t, "size"))
		turn := rapid.Float64Range(0, 30).Draw(t, "turn")
		zero := rapid.Float64Range(-0.5, 1.5).Draw(t, "zero")
		in := integrator{low: 0, high: 1, tolerance: 1e-6, constant: turn < 1}
		if in.constant {
			turn = 0
		}
		x, err := in.run(func(t, x float64) float64 { return size * math.Cos(turn*t) * (zero - x) },
			rapid.Float64Range(0, 1).Draw(t, "x"), rapid.Float64Range(0, 2).Draw(t, "end"))
		if err == nil && !(x >= 0 && x <= 1) {
			t.Fatalf("x is %g", x)
		}
	})
}

// Values at the ends and in the middle, for p = 1, 2 and both directions, by
// the formulas of the papers.
func TestWindows(t *testing.T) {
	for _, c := range []struct {
		w            EdgeWindow
		x            float64
		rises, falls float64
	}{
		{EdgeWindow{Shape: "none", P: 1, J: 1}, 0, 1, 1},
		{EdgeWindow{Shape: "none", P: 1, J: 1}, 1, 1, 1},
		{EdgeWindow{Shape: "joglekar", P: 1, J: 1}, 0, 0, 0},
		{EdgeWindow{Shape: "joglekar", P: 1, J: 1}, 0.5, 1, 1},
		{EdgeWindow{Shape: "joglekar", P: 1, J: 1}, 1, 0, 0},
		{EdgeWindow{Shape: "joglekar", P: 2, J: 1}, 0.25, 1 - 1.0/16, 1 - 1.0/16},
		{EdgeWindow{Shape: "biolek", P: 1, J: 1}, 0, 1, 0},
		{EdgeWindow{Shape: "biolek", P: 1, J: 1}, 0.5, 0.75, 0.75},
		{EdgeWindow{Shape: "biolek", P: 1, J: 1}, 1, 0, 1},
		{EdgeWindow{Shape: "biolek", P: 2, J: 1}, 0.25, 1 - 1.0/256, 1 - 81.0/256},
		{EdgeWindow{Shape: "prodromakis", P: 1, J: 1}, 0, 0, 0},
		{EdgeWindow{Shape: "prodromakis", P: 1, J: 1}, 0.5, 0.25, 0.25},
		{EdgeWindow{Shape: "prodromakis", P: 1, J: 1}, 1, 0, 0},
		{EdgeWindow{Shape: "prodromakis", P: 10, J: 2}, 0.5, 2 * (1 - math.Pow(0.75, 10)), 2 * (1 - math.Pow(0.75, 10))},
		{EdgeWindow{Shape: "benderli-wey", P: 1, J: 1}, 0, 0, 0},
		{EdgeWindow{Shape: "benderli-wey", P: 1, J: 1}, 0.5, 0.25, 0.25},
		{EdgeWindow{Shape: "benderli-wey", P: 1, J: 1}, 1, 0, 0},
	} {
		require.InDelta(t, c.rises, c.w.at(c.x, true), 1e-15, "%+v at %g, rising", c.w, c.x)
		require.InDelta(t, c.falls, c.w.at(c.x, false), 1e-15, "%+v at %g, falling", c.w, c.x)
	}
}
