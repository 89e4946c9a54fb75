package neurons_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/integrate/quad"
	"pgregory.net/rapid"
)

// pspExp is the potential at t after an exponential current of amplitude w has
// begun, for time constants that differ, mV.
func pspExp(w, t, tauM, tauSyn, c float64) float64 {
	return w * tauM * tauSyn / (c * (tauM - tauSyn)) * (math.Exp(-t/tauM) - math.Exp(-t/tauSyn))
}

// pspAlpha is that of an alpha current of peak w.
func pspAlpha(w, t, tauM, tauSyn, c float64) float64 {
	b := 1/tauSyn - 1/tauM
	return w * math.E / (tauSyn * c) * ((math.Exp(-t/tauM)-math.Exp(-t/tauSyn))/(b*b) - t*math.Exp(-t/tauSyn)/b)
}

// Values of NEST's test_iaf_psp and test_iaf_psc_alpha_1to1: the potential after
// one spike of 100 pA that arrives at 3 or 4 ms.
func TestAlphaPotentialOfOneSpike(t *testing.T) {
	for _, arrival := range []int{30, 40} {
		c := newCell(t, "iaf_psc_alpha", 0.1)
		for k := range arrival {
			w := float32(0)
			if k == arrival-1 {
				w = 100
			}
			c.step(0, w)
		}
		require.Equal(t, -70.0, c.get("v_m"), "the current is zero as it begins")
		at := c.now()
		follow(t, c, []point{
			{at + 0.1, -69.9974}, {at + 0.2, -69.9899}, {at + 0.5, -69.9434}, {at + 1, -69.8108},
			{at + 1.7, -69.5732}, {at + 2.7, -69.2383},
		}, 1e-6, func(int64) float64 { return 0 })
	}
}

// The potential after one spike has a closed form, which every step meets.
func TestPotentialOfOneSpikeForAnyStep(t *testing.T) {
	for _, m := range []struct {
		model string
		psp   func(w, t, tauM, tauSyn, c float64) float64
	}{{"iaf_psc_exp", pspExp}, {"iaf_psc_alpha", pspAlpha}} {
		for _, h := range []float64{1.0 / 1024, 0.01, 0.1, 0.25, 0.5, 1, 2, 7} {
			t.Run(fmt.Sprintf("%s, step %g ms", m.model, h), func(t *testing.T) {
				atRest := newCell(t, m.model, h)
				atZero := newCell(t, m.model, h, "e_l: 0 mV", "v_reset: 0 mV", "v_th: 15 mV")
				inhibited := newCell(t, m.model, h, "e_l: 0 mV", "v_reset: 0 mV", "v_th: 15 mV", "tau_syn_ex: 9 ms")
				atRest.step(0, 100)
				atZero.step(0, 100)
				inhibited.step(0, 0, -100)
				for range int(min(60/h, 15000)) {
					atRest.step(0)
					atZero.step(0)
					inhibited.step(0)
					want := m.psp(100, atRest.now()-h, 10, 2, 250)
					require.InEpsilon(t, -70+want, atRest.get("v_m"), 1e-12)
					require.InDelta(t, want, atZero.get("v_m"), 1e-12)
					require.InDelta(t, -want, inhibited.get("v_m"), 1e-12)
				}
			})
		}
	}
}

// Values of NEST's test of the factor from mV to pA: for tau_m 20 ms, tau_syn
// 0.5 ms and 250 pF a spike of 1 pA lifts the membrane to 0.004835553641724627 mV,
// 2.7565854767698394 ms after it arrives.
func TestWeightOfAMillivolt(t *testing.T) {
	const peak, at = 0.004835553641724627, 2.7565854767698394
	require.InEpsilon(t, peak, pspAlpha(1, at, 20, 0.5, 250), 1e-13)
	for _, x := range []struct{ c, h, within float64 }{{250, 0.1, 1e-4}, {250, 0.001, 1e-6}, {1, 0.1, 1e-4}, {1, 0.001, 1e-6}} {
		c := newCell(t, "iaf_psc_alpha", x.h, "tau_m: 20 ms", "tau_syn_ex: 0.5 ms", "tau_syn_in: 0.5 ms",
			fmt.Sprintf("c_m: %g pF", x.c), "e_l: 0 mV", "v_reset: 0 mV", "v_th: 15 mV")
		c.step(0, float32(x.c/250/peak))
		highest, when := 0.0, 0.0
		for c.now() < 10 {
			c.step(0)
			if v := c.get("v_m"); v > highest {
				highest, when = v, c.now()-x.h
			}
		}
		require.InDelta(t, 1, highest, x.within, "c_m %g pF, step %g ms", x.c, x.h)
		require.InDelta(t, at, when, x.h)
	}
}

// pscShapes are the currents of a spike of weight 1 pA, a time s after it, pA.
var pscShapes = map[string]func(s, tau float64) float64{
	"iaf_psc_exp":   func(s, tau float64) float64 { return math.Exp(-s / tau) },
	"iaf_psc_alpha": func(s, tau float64) float64 { return s / tau * math.Exp(1-s/tau) },
}

// Any train of spikes on both inputs sums up, for any time constants, equal
// ones too. The oracle integrates the current over the membrane's response.
func TestPotentialOfAnyTrain(t *testing.T) {
	for _, model := range []string{"iaf_psc_exp", "iaf_psc_alpha"} {
		t.Run(model, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				h := rapid.SampledFrom([]float64{0.05, 0.1, 0.5, 1}).Draw(t, "step")
				tauM := rapid.Float64Range(2, 30).Draw(t, "tau_m")
				tau := []float64{rapid.Float64Range(1, 30).Draw(t, "tau_syn_ex"), tauM}
				if rapid.Bool().Draw(t, "close") {
					tau[1] = tauM * (1 + rapid.Float64Range(-1e-7, 1e-7).Draw(t, "away"))
				}
				c := rapid.Float64Range(50, 500).Draw(t, "c_m")
				ie := rapid.Float64Range(-500, 500).Draw(t, "i_e")
				p := newCell(t, model, h, fmt.Sprintf("tau_m: %v ms", tauM), fmt.Sprintf("tau_syn_ex: %v ms", tau[0]),
					fmt.Sprintf("tau_syn_in: %v ms", tau[1]), fmt.Sprintf("c_m: %v pF", c), fmt.Sprintf("i_e: %v pA", ie), "v_th: 1000000 mV")
				train := rapid.SliceOfN(rapid.SampledFrom([]float32{0, 0, 0, 100, -35.5}), 1, 40).Draw(t, "train")
				for _, w := range train {
					p.step(0, max(w, 0), min(w, 0))
				}
				end := p.now()
				want := -70 - ie*tauM/c*math.Expm1(-end/tauM)
				largest := math.Abs(want)
				for k, w := range train {
					channel := 0
					if w < 0 {
						channel = 1
					}
					age := end - float64(k+1)*h
					if w == 0 || age <= 0 {
						continue
					}
					psp := float64(w) / c * quad.Fixed(func(s float64) float64 {
						return math.Exp(-(age-s)/tauM) * pscShapes[model](s, tau[channel])
					}, 0, age, 80, quad.Legendre{}, 0)
					want += psp
					largest += math.Abs(psp)
				}
				require.InDelta(t, want, p.get("v_m"), 1e-12*largest+1e-12)
			})
		})
	}
}

// While a cell is refractory its current goes on, and moves the membrane again
// from what is left of it.
func TestCurrentsGoOnWhileRefractory(t *testing.T) {
	const h, w = 0.1, 5000
	c := newCell(t, "iaf_psc_exp", h, "v_reset: -65 mV", "t_ref: 3 ms")
	c.step(0, w)
	arrival := c.now()
	for !c.step(0) {
	}
	spike := c.now()
	require.Less(t, spike-arrival, 2.0)
	for range 30 {
		require.Equal(t, -65.0, c.get("v_m"))
		require.False(t, c.step(0))
		require.InEpsilon(t, w*math.Exp(-(c.now()-arrival)/2), c.get("i_syn_ex"), 1e-12)
	}
	require.Equal(t, -65.0, c.get("v_m"))
	left := c.get("i_syn_ex")
	for k := 1; k <= 20; k++ {
		c.step(0)
		since := float64(k) * h
		require.InEpsilon(t, -70+5*math.Exp(-since/10)+pspExp(left, since, 10, 2, 250), c.get("v_m"), 1e-12)
	}
}

// The spikes that any train makes: from the end of a refractory time on the
// membrane integrates the currents of all spikes that have ever arrived, and it
// spikes at the first time on the grid where it is at the threshold.
func TestSpikesOfAnyTrain(t *testing.T) {
	const h, tauM, tauEx, tauIn, c, tRef = 0.5, 10, 2, 6, 250, 3
	for _, model := range []string{"iaf_psc_exp", "iaf_psc_alpha"} {
		t.Run(model, func(t *testing.T) {
			spikes := 0
			rapid.Check(t, func(t *rapid.T) {
				p := newCell(t, model, h, "tau_syn_in: 6 ms", "t_ref: 3 ms", "v_reset: -65 mV", "i_e: 200 pA")
				train := rapid.SliceOfN(rapid.SampledFrom([]float32{0, 0, 400, 800, -150}), 30, 60).Draw(t, "train")
				free, start := 0.0, -70.0 // when the membrane last began to move, and from where
				for k, w := range train {
					now := float64(k+1) * h
					v := start
					if now > free {
						age := now - free
						v = -70 + (start+70)*math.Exp(-age/tauM) - 200*tauM/c*math.Expm1(-age/tauM)
						for j, x := range train[:k] {
							tau, arrival := float64(tauEx), float64(j+1)*h
							if x < 0 {
								tau = tauIn
							}
							if x != 0 {
								v += float64(x) / c * quad.Fixed(func(s float64) float64 {
									return math.Exp(-(now-s)/tauM) * pscShapes[model](s-arrival, tau)
								}, max(free, arrival), now, 30, quad.Legendre{}, 0)
							}
						}
					}
					fired := p.step(0, max(w, 0), min(w, 0))
					if math.Abs(v+55) > 1e-9 {
						require.Equal(t, v > -55, fired, "at %g ms, where V is %g mV", now, v)
					}
					if fired {
						spikes++
						v, start, free = -65, -65, now+tRef
					}
					require.InDelta(t, v, p.get("v_m"), 1e-9, "at %g ms", now)
				}
			})
			require.Greater(t, spikes, 100)
		})
	}
}

// What arrives at the end of a step does not move the membrane within it, but
// is in the current at once.
func TestOrderOfAStep(t *testing.T) {
	for model, first := range map[string]float64{"iaf_psc_exp": 10, "iaf_psc_alpha": 0, "alif": 10} {
		c := newCell(t, model, 0.5)
		c.step(0, 10, -10)
		require.Equal(t, -70.0, c.get("v_m"), model)
		require.Equal(t, first, c.get("i_syn_ex"), model)
		require.Equal(t, -first, c.get("i_syn_in"), model)
		c.step(0)
		require.InDelta(t, -70, c.get("v_m"), 1e-12, "equal currents of both signs cancel")
		require.Positive(t, c.get("i_syn_ex"), model)
	}
}

// A cell that hears nothing for long holds no subnormal numbers, which would
// slow its steps down for ever.
func TestSilenceEndsInZero(t *testing.T) {
	for _, model := range []string{"iaf_psc_exp", "iaf_psc_alpha", "alif"} {
		c := newCell(t, model, 1, "e_l: 0 mV", "v_reset: 0 mV", "v_th: 1 mV")
		c.step(0, 1000, -10)
		smallest := math.Inf(1)
		for range 10_000 { // ms; exp(-10000/10) is zero
			c.step(0)
			for _, v := range c.State() {
				if f, ok := v.Values.([]float64); ok && f[0] != 0 {
					smallest = min(smallest, math.Abs(f[0]))
				}
			}
		}
		require.Greater(t, smallest, 0x1p-1022, model)
		for _, v := range c.State() {
			if f, ok := v.Values.([]float64); ok && v.Name != "a_th" { // it decays over 200 ms, by now to 1e-22
				require.Zero(t, f[0], "%s of %s", v.Name, model)
			}
		}
	}
}
