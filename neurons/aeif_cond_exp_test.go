package neurons

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/sim"
)

// nestAEIF is the cell of NEST's page on its implementation of AdEx.
const nestAEIF = "v_reset: -58 mV, v_peak: 0 mV, v_th: -50 mV, i_e: 420 pA, g_l: 11 nS, tau_w: 300 ms, e_l: -70 mV, delta_t: 2 mV, a: 3 nS, b: 0 pA, c_m: 200 pF"

// Spikes, and the state at 100 ms, of the cell from w = 5 pA by DOP853 at
// tolerances of 1e-12.
func TestAEIFCondExpReference(t *testing.T) {
	times := []float64{18.716048, 30.561900, 42.497086, 54.520117, 66.629454, 78.823515, 91.100673}
	start := func(h, tolerance float64) sim.Population {
		p := cells(t, AEIFCondExpModel(), 1, h, fmt.Sprintf("{%s, tolerance: %g}", nestAEIF, tolerance))
		value(t, p, "w")[0] = 5
		return p
	}
	for _, h := range []float64{1, 0.1, 0.01} {
		t.Run(fmt.Sprint(h), func(t *testing.T) {
			p := start(h, 1e-6)
			require.Equal(t, grid(times, h), stamps(p, int(math.Round(100/h))))
			require.InEpsilon(t, -48.01457, value(t, p, "v_m")[0], 1e-5)
			require.InEpsilon(t, 19.23575, value(t, p, "w")[0], 1e-5)
			require.Zero(t, value(t, p, "unresolved")[0])
		})
	}
	t.Run("fine", func(t *testing.T) {
		const h = 0.001
		p := start(h, 1e-11)
		got := stamps(p, 100000)
		require.Len(t, got, len(times))
		for i, k := range got {
			require.InDelta(t, times[i]+h/2, float64(k)*h, h/2+1e-5)
		}
		require.InDelta(t, -48.01457, value(t, p, "v_m")[0], 1e-5)
		require.InDelta(t, 19.23573, value(t, p, "w")[0], 2e-5)
	})
}

// The default cell under 1 nA from g_ex 20 nS and g_in 10 nS: conductances,
// and adaptation to its spikes. By SciPy 1.10 (DOP853, tolerances 1e-12, from
// -20 mV to the peak in closed form).
func TestAEIFCondExpAdaptation(t *testing.T) {
	times := []float64{12.03862199, 21.66702445, 33.19390139, 47.31580008, 64.96858857, 87.15915414}
	p := cells(t, AEIFCondExpModel(), 1, 0.1, "i_e: 1000 pA")
	value(t, p, "g_ex")[0], value(t, p, "g_in")[0] = 20, 10
	require.Equal(t, grid(times, 0.1), stamps(p, 1000))
	require.InEpsilon(t, -52.227779867, value(t, p, "v_m")[0], 1e-5)
	require.InEpsilon(t, 369.189505241, value(t, p, "w")[0], 1e-5)
}

// Without exponential and adaptation it is the leaky integrate-and-fire cell,
// whose spikes come at t1 + k T in closed form. It is reset where it meets the
// threshold, so not even 100 intervals on a coarse grid drift.
func TestAEIFCondExpSharpThreshold(t *testing.T) {
	const tau, end, rest, reset, th = 10.0, -40.0, -70.0, -60.0, -50.0
	for _, h := range []float64{0.7, 0.1} {
		p := cells(t, AEIFCondExpModel(), 1, h, "{delta_t: 0 mV, a: 0 nS, b: 0 pA, c_m: 250 pF, g_l: 25 nS, e_l: -70 mV, v_reset: -60 mV, v_th: -50 mV, v_peak: -80 mV, i_e: 750 pA, tolerance: 1e-9}")
		var times []float64
		for at := tau * math.Log((end-rest)/(end-th)); len(times) < 100; at += tau * math.Log((end-reset)/(end-th)) {
			times = append(times, at)
		}
		require.Equal(t, grid(times, h), stamps(p, grid(times, h)[99]))
	}
}

// The first spike tends to that of the sharp threshold.
func TestAEIFCondExpSharpens(t *testing.T) {
	first := func(deltaT string) float64 {
		p := cells(t, AEIFCondExpModel(), 1, 0.01, "{i_e: 1000 pA, delta_t: "+deltaT+" mV}")
		return float64(stamps(p, 5000)[0]) * 0.01
	}
	limit, before := first("0"), math.Inf(1)
	for _, deltaT := range []string{"2", "0.5", "0.1"} {
		gap := first(deltaT) - limit
		require.Greater(t, gap, 0.0)
		require.Less(t, gap, before/2)
		before = gap
	}
}

// After a spike the cell stays at the reset until t_ref after the stamp.
func TestAEIFCondExpRefractory(t *testing.T) {
	p := cells(t, AEIFCondExpModel(), 1, 0.1, "{i_e: 1000 pA, t_ref: 2 ms}")
	for len(p.Advance(quiet(1), nil)) == 0 {
		require.Less(t, value(t, p, "v_m")[0], 0.0)
	}
	for range 20 {
		require.Equal(t, -60.0, value(t, p, "v_m")[0])
		require.Empty(t, p.Advance(quiet(1), nil))
	}
	require.Equal(t, -60.0, value(t, p, "v_m")[0])
	p.Advance(quiet(1), nil)
	require.Greater(t, value(t, p, "v_m")[0], -60.0)
}

// A cell that reaches its peak many times in a step sends one spike, and
// adapts to each.
func TestAEIFCondExpManySpikesInAStep(t *testing.T) {
	p := cells(t, AEIFCondExpModel(), 1, 1, "{i_e: 50000 pA, tau_w: 1e9 ms}")
	require.Equal(t, []int32{0}, p.Advance(quiet(1), nil))
	w := value(t, p, "w")[0] / 80.5
	require.Greater(t, w, 2.5)
	require.InDelta(t, math.Round(w), w, 1e-3)
}

func TestAEIFCondExpRefuses(t *testing.T) {
	for yaml, rule := range map[string]string{
		"v_reset: 0 mV":                    "must be below v_peak",
		"v_peak: -51 mV":                   "must not be below v_th",
		"delta_t: 0.05 mV":                 "at least 0.0760181 mV",
		"{delta_t: 0 mV, v_reset: -50 mV}": "must be below v_th",
		"delta_t: -1 mV":                   "must be in [0, inf) mV",
		"tau_w: 0 ms":                      "must be in (0, inf) ms",
	} {
		require.Contains(t, refused(t, AEIFCondExpModel(), yaml), rule, yaml)
	}
}
