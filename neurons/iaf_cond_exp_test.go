package neurons

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/sim"
)

// The step as the equation and the order in the model's comment write it.
func TestIAFCondExpExponentialEuler(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const h = 0.1
		p := IAFCondExpParams{
			EL: -70, CM: rapid.Float64Range(50, 500).Draw(rt, "c_m"), GL: rapid.Float64Range(0.1, 50).Draw(rt, "g_l"),
			EEx: 0, EIn: -85, TauSynEx: rapid.Float64Range(0.1, 20).Draw(rt, "tau_syn_ex"), TauSynIn: 3,
			TRef: 0.3, VTh: -55, VReset: -60, IE: rapid.Float64Range(-500, 1500).Draw(rt, "i_e"), Integrator: "exp_euler",
		}
		cell, err := IAFCondExpModel().New(Block{Part: sim.Part{Hi: 1}, StepMS: h}, &p)
		require.NoError(rt, err)
		arrive := rapid.SliceOfN(rapid.Float32Range(0, 100), 1, 80).Draw(rt, "ex")
		v, e, m, hold := p.EL, 0.0, 0.0, 0
		for k, w := range arrive {
			in := quiet(1)
			in.Channels[0][0], in.Channels[1][0], in.Current = w, w/2, []float64{float64(k)}
			spiked := len(cell.Advance(in, nil)) == 1
			g := p.GL + e + m
			end := (p.GL*p.EL + e*p.EEx + m*p.EIn + p.IE + float64(k)) / g
			v = end + (v-end)*math.Exp(-h*g/p.CM)
			e = e*math.Exp(-h/p.TauSynEx) + float64(w)
			m = m*math.Exp(-h/p.TauSynIn) + float64(w/2)
			if hold > 0 {
				hold--
				v = p.VReset
				require.False(rt, spiked)
			} else if math.Abs(v-p.VTh) > 1e-9 { // a tie may go either way
				require.Equal(rt, v >= p.VTh, spiked, "step %d", k)
			}
			if spiked {
				v, hold = p.VReset, 3
			}
			require.InDelta(rt, v, value(t, cell, "v_m")[0], 1e-9)
			require.InDelta(rt, e, value(t, cell, "g_ex")[0], 1e-9)
			require.InDelta(rt, m, value(t, cell, "g_in")[0], 1e-9)
		}
	})
}

// exp_euler does the steps of Brian2's exponential_euler: a cell with the
// parameters of the COBA benchmark under 150 pA from g_ex 30 nS and g_in 20 nS,
// reset to -60 mV without refractory time, in Brian2 2.5.1 at 0.1 ms.
func TestIAFCondExpAsBrian2(t *testing.T) {
	coba := "{integrator: exp_euler, c_m: 200 pF, g_l: 10 nS, e_l: -60 mV, v_th: -50 mV, v_reset: -60 mV, t_ref: 0 ms, e_ex: 0 mV, e_in: -80 mV, tau_syn_ex: 5 ms, tau_syn_in: 10 ms, i_e: 150 pA}"
	start := func() (p sim.Population) {
		p = cells(t, IAFCondExpModel(), 1, 0.1, coba)
		value(t, p, "g_ex")[0], value(t, p, "g_in")[0] = 30, 20
		return p
	}
	p := start()
	for range 100 {
		p.Advance(quiet(1), nil)
	}
	require.InDelta(t, -55.37113838165519, value(t, p, "v_m")[0], 1e-10)
	// Brian2 names the beginning of a step, 2, 6.4, 35.3 and 58.6 ms.
	require.Equal(t, []int{21, 65, 354, 587}, stamps(start(), 600))
}

// The membrane 5 ms after the conductances start at 30 and 5 nS under 100 pA,
// by SciPy 1.10 (DOP853, tolerances 1e-13).
func TestIAFCondExpAccuracy(t *testing.T) {
	const want, wantGIn = -67.582457527689, 0.410424993119
	errorAt := func(h float64, yaml string) float64 {
		p := cells(t, IAFCondExpModel(), 1, h, yaml)
		value(t, p, "g_ex")[0], value(t, p, "g_in")[0] = 30, 5
		for range int(math.Round(5 / h)) {
			p.Advance(quiet(1), nil)
		}
		require.InDelta(t, wantGIn, value(t, p, "g_in")[0], 1e-5)
		return math.Abs(value(t, p, "v_m")[0] - want)
	}
	for _, h := range []float64{1, 0.1, 0.01} {
		t.Run(fmt.Sprint("rkf45 ", h), func(t *testing.T) {
			require.Less(t, errorAt(h, "{integrator: rkf45, i_e: 100 pA}"), 1e-5)
			require.Less(t, errorAt(h, "{integrator: rkf45, i_e: 100 pA, tolerance: 1e-12}"), 1e-10)
		})
	}
	t.Run("exp_euler is of first order", func(t *testing.T) {
		const euler = "{integrator: exp_euler, i_e: 100 pA}"
		require.InDelta(t, 2, errorAt(0.01, euler)/errorAt(0.005, euler), 0.1)
	})
}

// Under constant current the cell is linear: it reaches the threshold at
// -tau ln(1 - (v_th - e_l) g_l/I) = 4.700036 ms (the value of NEST's tests of
// iaf_psc_alpha), is at rest for t_ref, and goes the same way again.
func TestIAFCondExpConstantCurrent(t *testing.T) {
	for _, integrator := range []string{"rkf45", "exp_euler"} {
		p := cells(t, IAFCondExpModel(), 1, 0.1, "{integrator: "+integrator+", g_l: 25 nS, v_reset: -70 mV, i_e: 1000 pA}")
		require.Equal(t, []int{48, 48 + 20 + 48, 48 + 20 + 48 + 20 + 48}, stamps(p, 200))
	}
}

// Without a leak the potential is the integral of the current; a weak one
// hardly changes it.
func TestIAFCondExpWithoutLeak(t *testing.T) {
	for _, leak := range []string{"0", "1e-15", "1e-6", "1e-4"} {
		for _, integrator := range []string{"rkf45", "exp_euler"} {
			p := cells(t, IAFCondExpModel(), 1, 0.1, "{i_e: 250 pA, g_l: "+leak+" nS, integrator: "+integrator+"}")
			require.Empty(t, stamps(p, 100))
			require.InDelta(t, -60, value(t, p, "v_m")[0], 1e-4, "g_l %s nS, %s", leak, integrator)
		}
	}
}

// While the cell is refractory conductances go on.
func TestIAFCondExpRefractory(t *testing.T) {
	for _, integrator := range []string{"rkf45", "exp_euler"} {
		p := cells(t, IAFCondExpModel(), 1, 0.1, "{t_ref: 1 ms, tau_syn_ex: 5 ms, integrator: "+integrator+"}")
		in := quiet(1)
		in.Channels[0][0] = 1000
		require.Empty(t, p.Advance(in, nil), "what arrives at the end of a step acts from there")
		require.Equal(t, []int32{0}, p.Advance(quiet(1), nil))
		for range 10 {
			require.Empty(t, p.Advance(quiet(1), nil))
			require.Equal(t, -60.0, value(t, p, "v_m")[0])
		}
		require.InDelta(t, 1000*math.Exp(-11*0.1/5), value(t, p, "g_ex")[0], 1e-4)
		require.Equal(t, []int32{0}, p.Advance(quiet(1), nil))
	}
}

func TestIAFCondExpRefuses(t *testing.T) {
	for yaml, rule := range map[string]string{
		"v_reset: -55 mV":     "must be below v_th",
		"c_m: 0 pF":           "must be in (0, inf) pF",
		"g_l: -1 nS":          "must be in [0, inf) nS",
		"tau_syn_ex: 0 ms":    "must be in (0, inf) ms",
		"integrator: euler":   "must be one of rkf45, exp_euler",
		"tolerance: 0":        "must be in [1e-12, 1]",
		"tau_syn_in: 2 mV":    "does not fit",
		"g_l: 16.6667":        "unit",
		"t_ref: -0.1 ms":      "must be in [0, inf) ms",
		"tolerance: 1e-6 mV":  "without a unit",
		"integrator: [rkf45]": "single value",
	} {
		require.Contains(t, refused(t, IAFCondExpModel(), yaml), rule, yaml)
	}
}
