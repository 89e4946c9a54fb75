package neurons

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The cell under 500 pA: upward crossings of -20 mV, and the state at 60 ms, by
// SciPy 1.10 (DOP853, tolerances 1e-12).
func TestHHCondExpTraubReference(t *testing.T) {
	times := []float64{2.4469755, 14.5298724, 26.6102133, 38.6905457, 50.7708780}
	end := map[string]float64{"v_m": -61.0940980, "act_m": 2.06796522e-2, "inact_h": 0.992786514, "act_n": 3.14257289e-2}
	for _, h := range []float64{0.1, 0.01} {
		p := cells(t, HHCondExpTraubModel(), 1, h, "{i_e: 500 pA, detection: crossing, v_detect: 43 mV, t_ref: 3 ms}")
		require.Equal(t, grid(times, h), stamps(p, int(math.Round(60/h))))
		for name, want := range end {
			require.InEpsilon(t, want, value(t, p, name)[0], 2e-5, "%s, h = %g", name, h)
		}
		require.Zero(t, value(t, p, "unresolved")[0])
	}
}

// exp_euler does the steps of Brian2's exponential_euler: the cell under
// 500 pA from g_ex 30 nS, g_in 20 nS and gates at 0, 1, 0, in Brian2 2.5.1 at
// 0.1 ms; detection as in Brian2's version of the benchmark COBAHH.
func TestHHCondExpTraubAsBrian2(t *testing.T) {
	p := cells(t, HHCondExpTraubModel(), 1, 0.1, "{i_e: 500 pA, integrator: exp_euler, detection: crossing, v_detect: 43 mV, t_ref: 3 ms}")
	for name, x := range map[string]float64{"g_ex": 30, "g_in": 20, "act_m": 0, "inact_h": 1, "act_n": 0} {
		value(t, p, name)[0] = x
	}
	// Brian2 names the beginning of a step, 1.5 and 9.6 ms.
	require.Equal(t, []int{16, 97}, stamps(p, 100))
	for name, want := range map[string]float64{
		"v_m": 46.06472806852947, "act_m": 0.9995239269791747, "inact_h": 0.27589263988516743, "act_n": 0.585664035882947,
		"g_ex": 4.060058497098403, "g_in": 7.357588823428892,
	} {
		require.InEpsilon(t, want, value(t, p, name)[0], 1e-10, name)
	}
	require.Equal(t, []int{218 + 1 - 100, 350 + 1 - 100, 483 + 1 - 100}, stamps(p, 500))
}

// A spike is stamped at the first grid point below the one before it that is
// at the level, and not again within t_ref.
func TestHHCondExpTraubDetectsPeaks(t *testing.T) {
	for _, integrator := range []string{"rkf45", "exp_euler"} {
		p := cells(t, HHCondExpTraubModel(), 1, 0.05, "{i_e: 500 pA, integrator: "+integrator+"}")
		spikes := 0
		old, rising, quietUntil := -60.0, true, 0
		for k := range 1200 {
			spiked := len(p.Advance(quiet(1), nil)) > 0
			v := value(t, p, "v_m")[0]
			falling := v < old && v >= -33
			require.Equal(t, falling && k >= quietUntil, spiked, "step %d", k)
			if spiked {
				require.True(t, rising, "at the first step down")
				spikes++
				quietUntil = k + 41
			}
			rising, old = v >= old, v
		}
		require.Equal(t, 5, spikes)
	}
}

// The error at 1.5 ms, on the way to the first spike, halves with the step.
func TestHHCondExpTraubEulerOrder(t *testing.T) {
	v := func(h float64, integrator string) float64 {
		p := cells(t, HHCondExpTraubModel(), 1, h, "{i_e: 500 pA, tolerance: 1e-11, integrator: "+integrator+"}")
		value(t, p, "g_in")[0] = 10
		require.Empty(t, stamps(p, int(math.Round(1.5/h))))
		return value(t, p, "v_m")[0]
	}
	exact := v(0.01, "rkf45")
	require.InDelta(t, exact, v(0.1, "rkf45"), 1e-8)
	require.InDelta(t, 2, (v(0.01, "exp_euler")-exact)/(v(0.005, "exp_euler")-exact), 0.05)
}

// The rates as the paper writes them, by exact differences; at the points where
// they are 0/0 they take their limits 1.28, 1.4 and 0.16.
func TestTraubRates(t *testing.T) {
	check := func(u float64) {
		lin := func(x, s float64) float64 {
			if x == 0 {
				return s
			}
			return x / math.Expm1(x/s)
		}
		alpha, beta := traubRates(u)
		wantA := [3]float64{0.32 * lin(13-u, 4), 0.128 * math.Exp((17-u)/18), 0.032 * lin(15-u, 5)}
		wantB := [3]float64{0.28 * lin(u-40, 5), 4 / (1 + math.Exp((40-u)/5)), 0.5 * math.Exp((10-u)/40)}
		for i := range 3 {
			require.InEpsilon(t, wantA[i], alpha[i], 1e-13, "alpha %d at %g", i, u)
			require.InEpsilon(t, wantB[i], beta[i], 1e-13, "beta %d at %g", i, u)
		}
	}
	for _, u := range []float64{13, 15, 40} {
		for _, d := range []float64{0, 1e-15, 1e-9, 1e-3, 0.0699, 0.0701, 0.0874, 0.0876, 1} {
			check(u + d)
			check(u - d)
		}
	}
	alpha, _ := traubRates(13)
	require.Equal(t, 1.28, alpha[0])
	_, beta := traubRates(40)
	require.InDelta(t, 1.4, beta[0], 1e-15)
	rapid.Check(t, func(rt *rapid.T) { check(rapid.Float64Range(-150, 250).Draw(rt, "u")) })
	for _, u := range []float64{-1e300, -1e4, 1e4, 1e300} {
		alpha, beta := traubRates(u)
		for i := range 3 {
			sum := alpha[i] + beta[i]
			require.True(t, sum > 0 && !math.IsInf(sum, 0), fmt.Sprint(u))
		}
	}
}
