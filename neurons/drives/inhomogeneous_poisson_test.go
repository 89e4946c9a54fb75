package drives_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/neurons/drives"
	"github.com/synohm/synohm/neurons/drives/drivestest"
	"github.com/synohm/synohm/sim"
)

// With a delay of two steps, what arrives in step k was sent in step k-2: the
// rate there is that of the list at the step's beginning.
func TestRatesOfAList(t *testing.T) {
	const size = 2000
	d := drive(t, "inhomogeneous_poisson", "rate_times: [1 ms, 1.5 ms, 2.03 ms]\nrate_values: [5 kHz, 0 Hz, 200 kHz]\nallow_offgrid: true\nstop: 3 ms",
		drives.Setting{Size: size, StepMS: 0.1, Seed: 4, Weight: 1, Delay: 2})
	each(d, size, 0, 50, func(step int, spikes []float32, _ []float64) {
		want := 0.0
		switch sent := step - 2; {
		case sent >= 10 && sent < 15:
			want = 0.5
		case sent >= 21 && sent < 30: // 2.03 ms is moved to 2.1 ms
			want = 20
		}
		var m moments
		for _, n := range spikes {
			m.add(float64(n))
		}
		require.InDelta(t, want, m.mean(), 5*math.Sqrt(want/size), "step %d", step)
	})
}

// The number of spikes in a step is Poisson of the integral of the rate over
// the step, here by Simpson's rule, even where the sine turns a third within.
func TestRatesOfASine(t *testing.T) {
	const size, h, freq, rate, amp, phase = 4000, 1.0, 330.0, 3000.0, 2500.0, 40.0
	d := drive(t, "inhomogeneous_poisson", "rate: 3 kHz\namplitude: 2.5 kHz\nfrequency: 330 Hz\nphase: 40", drives.Setting{Size: size, StepMS: h, Seed: 4, Weight: 1, Delay: 1})
	at := func(ms float64) float64 { return rate + amp*math.Sin(2*math.Pi*freq*ms/1000+phase*math.Pi/180) }
	each(d, size, 1, 60, func(step int, spikes []float32, _ []float64) {
		want, parts := 0.0, 100
		for i := range parts {
			a, w := float64(step-1)*h+float64(i)*h/float64(parts), h/float64(parts)
			want += (at(a) + 4*at(a+w/2) + at(a+w)) * w / 6 * 1e-3
		}
		var m moments
		counts := map[int]int{}
		for _, n := range spikes {
			m.add(float64(n))
			counts[int(n)]++
		}
		require.InDelta(t, want, m.mean(), 5*math.Sqrt(want/size), "step %d", step)
		require.Greater(t, chiSquared(counts, want), 1e-5, "step %d", step)
	})
}

// Trains at the head of projections follow the same rate.
func TestSineOfSenders(t *testing.T) {
	const size, periods = 1000, 20
	m := model(t, "inhomogeneous_poisson")
	p, err := m.Emit(drives.Setting{Size: size, StepMS: 0.1, Seed: 1}, sim.Part{Hi: size}, drivestest.Decode(t, m, "rate: 300 Hz\namplitude: 300 Hz\nfrequency: 100 Hz"))
	require.NoError(t, err)
	rise, fall := 0.0, 0.0 // halves of the period
	for k := range periods * 100 {
		n := float64(len(p.Advance(sim.Input{Step: int64(k)}, nil)))
		if k%100 < 50 {
			rise += n
		} else {
			fall += n
		}
	}
	// A half has 300 (1 ± 2/pi) / 200 spikes.
	half := size * periods * 300.0 / 200
	require.InDelta(t, half*(1+2/math.Pi), rise, 5*math.Sqrt(half*(1+2/math.Pi)))
	require.InDelta(t, half*(1-2/math.Pi), fall, 5*math.Sqrt(half*(1-2/math.Pi)))
}

func TestInhomogeneousRefuses(t *testing.T) {
	m := model(t, "inhomogeneous_poisson")
	for text, want := range map[string]string{
		"rate: 1 Hz\namplitude: 2 Hz":                                   "amplitude: 2 Hz: must not be above rate",
		"rate: 1 Hz\nrate_times: [1 ms]\nrate_values: [1 Hz]":           "rate_times: a list: has no meaning beside rate and amplitude",
		"rate_times: [1 ms, 2 ms]\nrate_values: [1 Hz]":                 "rate_values: a list: has 1 values, rate_times has 2",
		"rate_values: [1 Hz]":                                           "rate_values: a list: has 1 values, rate_times has 0",
		"rate_times: [2 ms, 2 ms]\nrate_values: [1 Hz, 2 Hz]":           "rate_times: a list: must ascend; 2 ms comes after 2 ms",
		"rate_times: [-1 ms]\nrate_values: [1 Hz]":                      "rate_times[0]: -1 ms: must be in [0, inf) ms",
		"rate_times: [1]\nrate_values: [1 Hz]":                          `rate_times[0]: 1: "1" has no unit; units that fit: us, ms, s`,
		"rate_times: 1 ms\nrate_values: [1 Hz]":                         "rate_times: 1 ms: expected a list",
		"rate_times: [1 ms]\nrate_values: [-1 Hz]":                      "rate_values[0]: -1 Hz: must be in [0, 10000000] Hz",
		"start: 2 ms\nstop: 1 ms\nrate_times: [1 ms]\nrate_values: [1]": "rate_values[0]: 1:",
	} {
		tree, err := config.Parse("f.yaml", []byte(text))
		require.NoError(t, err)
		require.ErrorContains(t, tree.Decode(m.Entry.New(), nil).Err(), want, text)
	}
	s := drives.Setting{Size: 1, StepMS: 0.1}
	for text, want := range map[string]string{
		"rate_times: [1.05 ms]\nrate_values: [1 Hz]":                                    "rate_times: 1.05 ms is off the grid of 0.1 ms; the next ones on it are 1 and 1.1 ms, or set allow_offgrid",
		"rate_times: [1.05 ms, 1.1 ms]\nrate_values: [1 Hz, 2 Hz]\nallow_offgrid: true": "rate_times: 1.05 and 1.1 ms fall on one point of the grid",
	} {
		_, err := m.New(s, drivestest.Decode(t, m, text))
		require.ErrorContains(t, err, want, text)
	}
	_, err := m.Emit(s, sim.Part{}, drivestest.Decode(t, m, "rate: 600 Hz\namplitude: 600 Hz\nfrequency: 1 Hz"))
	require.ErrorContains(t, err, "rate: makes 0.12 spikes in a step")
	_, err = m.Emit(s, sim.Part{}, drivestest.Decode(t, m, "rate_times: [0 ms, 1 ms]\nrate_values: [600 Hz, 2 kHz]"))
	require.ErrorContains(t, err, "rate_values: makes 0.2 spikes in a step")
	s.StepMS = 10
	_, err = m.New(s, drivestest.Decode(t, m, "rate: 1 MHz\namplitude: 900 kHz\nfrequency: 1 Hz"))
	require.ErrorContains(t, err, "rate: makes 1.9e+04 spikes in a step of 10 ms, at most 10000")
}
