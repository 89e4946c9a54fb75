package devices_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
)

// Gaps of 542 and 218586 ohm at 0.1 V and the current of the smaller one, from
// gap = g_0 ln(i_0 sinh(V/v_0) R/V).
func TestStanfordPKUGapsAndCurrent(t *testing.T) {
	at := func(ohm float64) devices.Traced {
		return oneOf(t, devices.StanfordPKUModel(), func(p *devices.StanfordPKU) { p.RStart = ohm })
	}
	require.InDelta(t, 0.20008274, state(at(542)), 5.1e-9)
	require.InDelta(t, 1.69999994, state(at(218586)), 5.1e-9)
	require.InEpsilon(t, 1.845018e-4, at(542).Current(0, 0.1), 3e-7)
	g := make([]float32, 1)
	at(542).Conductance(0, g, nil)
	require.InEpsilon(t, 1e6/542, g[0], 1e-6)
}

// speed is dgap/dt in m/s as the paper writes it, all in SI.
func stanfordSpeed(gap, volt, rth float64) float64 {
	const k, q = 1.380649e-23, 1.602176634e-19
	i := 1e-3 * math.Exp(-gap/0.25e-9) * math.Sinh(volt/0.25)
	temp := 298 + math.Abs(volt*i)*rth
	gamma := 16 - 0.8*math.Pow(gap/1e-9, 3)
	if gamma*math.Abs(volt)/12e-9 < 1.4e9 {
		gamma = 0
	}
	return -10 * math.Exp(-0.6*q/(k*temp)) * math.Sinh(gamma*0.25e-9*q*volt/(12e-9*k*temp))
}

// Against the simplest integration of all, with a million steps.
func TestStanfordPKUAgainstSmallSteps(t *testing.T) {
	for _, c := range []struct{ ohm, volt, seconds float64 }{
		{218586, 1.6, 3e-8}, // setting, before it runs away
		{218586, 1.8, 2e-7}, // to the smallest gap
		{542, -1.4, 1e-7},   // resetting
		{542, -1.6, 1e-6},   // until the field no longer does
		{20000, 1.0, 1e-5},  // below the smallest field
	} {
		cell := oneOf(t, devices.StanfordPKUModel(), func(p *devices.StanfordPKU) { p.RStart = c.ohm })
		gap, low, high := state(cell)*1e-9, 0.20008274e-9, 1.69999994e-9
		const n = 1_000_000
		for range n {
			gap = min(max(gap+stanfordSpeed(gap, c.volt, 2100)*c.seconds/n, low), high)
		}
		apply(t, cell, c.volt, c.seconds)
		require.InDelta(t, gap*1e9, state(cell), 2e-6, "%+v", c)
	}
}

// Without heat and with the same field at every gap, the speed is constant; heat
// makes it faster.
func TestStanfordPKUWithoutHeat(t *testing.T) {
	cold := func(rth float64) float64 {
		c := oneOf(t, devices.StanfordPKUModel(), func(p *devices.StanfordPKU) { p.RTh, p.Beta = rth, 0 })
		apply(t, c, 1.3, 1e-7)
		return state(c)
	}
	const k, q = 1.380649e-23, 1.602176634e-19
	speed := 1e10 * math.Exp(-0.6*q/(k*298)) * math.Sinh(16*0.25*q*1.3/(12*k*298)) // nm/s
	require.InDelta(t, 1.69999994-speed*1e-7, cold(0), 1e-8)
	require.Less(t, cold(2100), cold(0))
}

// At 0 V noise alone moves the gap: normal, of standard deviation
// noise_rate/(1 + exp((t_crit - T)/t_smooth)) sqrt(noise_time t).
func TestStanfordPKUCycleNoise(t *testing.T) {
	cell := drivenCell(t, devices.StanfordPKUModel(), func(p *devices.StanfordPKU) { p.CycleNoise, p.RStart = true, 20000 })
	const n, seconds = 20_000, 1e-7
	zero := make([]float64, n)
	moved := func(c devices.Driven, times int) (d []float64) {
		x := c.State()[0].Values.([]float64)
		start := x[0]
		for range times {
			require.NoError(t, c.Apply(0, nil, zero, seconds/float64(times)))
		}
		for _, v := range x {
			d = append(d, v-start)
		}
		return d
	}
	moments := func(d []float64) (mean, std float64) {
		for _, v := range d {
			mean += v / n
		}
		for _, v := range d {
			std += (v - mean) * (v - mean) / n
		}
		return mean, math.Sqrt(std)
	}
	want := 0.02e9 / (1 + math.Exp((450-298)/500.0)) * math.Sqrt(1e-12*seconds) // nm
	for _, times := range []int{1, 4} {                                         // in parts it is the same in law
		d := moved(cell.Make(n, 5, 0).(devices.Driven), times)
		mean, std := moments(d)
		require.InDelta(t, 0, mean, 5*want/math.Sqrt(n))
		require.InDelta(t, want, std, 5*want/math.Sqrt(2*n))
	}
	// Of the cell's number and its operations alone.
	whole, part := moved(cell.Make(n, 5, 0).(devices.Driven), 2), cell.Make(n-77, 5, 77).(devices.Driven)
	zero = zero[:n-77]
	require.Equal(t, whole[77:], moved(part, 2))
	require.NotEqual(t, whole[0], whole[1])
	// Without the switch nothing moves.
	still := made(t, devices.StanfordPKUModel(), 1)
	zero = zero[:1]
	require.Equal(t, []float64{0}, moved(still, 1))
	// A trace that fails does not use up draws.
	c := cell.Make(1, 5, 0).(devices.Traced)
	_, err := c.Trace(context.Background(), 0, func(t float64) float64 { return 1e6 * t }, 1, 10)
	require.Error(t, err)
	require.Equal(t, []uint32{0}, c.State()[1].Values)
}
