package drives_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/neurons/drives"
	"github.com/synohm/synohm/neurons/drives/drivestest"
	"github.com/synohm/synohm/sim"
)

// R2 (NEST's test_iaf_psc_alpha_basic): 1000 pA that start at 0.1 ms with a
// delay of 0.1 ms change the potential first at 0.3 ms; the cell of that test
// with no synaptic input is the one here.
func TestDCReachesTheMembrane(t *testing.T) {
	d := drive(t, "dc_generator", "amplitude: 1 nA\nstart: 0.1 ms", drives.Setting{Size: 1, StepMS: 0.1, Delay: 1})
	m := neurons.IAFPscDeltaModel()
	p := m.Entry.New()
	config.Defaults(p, nil)
	cell, err := m.New(neurons.Block{Part: sim.Part{Hi: 1}, StepMS: 0.1}, p)
	require.NoError(t, err)
	v, err := sim.Values(cell, "v_m")
	require.NoError(t, err)
	want := map[int]float64{ // by steps of 0.1 ms
		0: -70, 1: -70, 2: -70, 3: -69.602, 4: -69.2079, 5: -68.8178, 6: -68.4316, 7: -68.0492,
		45: -56.0204, 46: -55.7615, 47: -55.5051, 48: -55.2513, 49: -55.0001, 50: -70, 60: -70, 70: -70, 71: -69.602,
	}
	in := sim.Input{Channels: [][]float32{{0}}, Current: []float64{0}}
	for at := 0; at <= 80; at++ {
		if x, ok := want[at]; ok {
			require.InDelta(t, x, v[0], 5.1e-5, "%g ms", float64(at)/10) // four decimals are given
		}
		in.Step, in.Current[0] = int64(at), 0
		d.Add(sim.Part{Hi: 1}, in)
		spikes := cell.Advance(in, nil)
		require.Equal(t, at+1 == 50, len(spikes) == 1, "a spike at 5.0 ms alone")
	}
}

func TestStepCurrent(t *testing.T) {
	d := drive(t, "step_current_generator", "amplitude_times: [0.3 ms, 0.55 ms, 0.9 ms]\namplitude_values: [1 pA, -2 pA, 3 pA]\nallow_offgrid: true\nstart: 0.4 ms\nstop: 1.1 ms",
		drives.Setting{Size: 2, StepMS: 0.1, Delay: 3})
	var got []float64
	each(d, 2, 0, 16, func(_ int, _ []float32, current []float64) {
		require.Equal(t, current[0], current[1])
		got = append(got, current[0])
	})
	// Sent 0.4 to 1.1 ms, three steps later: from step 7 to 13.
	require.Equal(t, []float64{0, 0, 0, 0, 0, 0, 0, 1, 1, -2, -2, -2, 3, 3, 0, 0}, got)

	m := model(t, "step_current_generator")
	for text, want := range map[string]string{
		"amplitude_times: [2 ms, 1 ms]\namplitude_values: [1 pA, 2 pA]": "amplitude_times: a list: must ascend",
		"amplitude_times: [2 ms]":                            "amplitude_values: has 0 values, amplitude_times has 1",
		"amplitude_times: [-2 ms]\namplitude_values: [1 pA]": "amplitude_times[0]: -2 ms: must be in [0, inf) ms",
	} {
		tree, err := config.Parse("f.yaml", []byte(text))
		require.NoError(t, err)
		require.ErrorContains(t, tree.Decode(m.Entry.New(), nil).Err(), want, text)
	}
	_, err := m.New(drives.Setting{Size: 1, StepMS: 0.1}, drivestest.Decode(t, m, "amplitude_times: [0.25 ms]\namplitude_values: [1 pA]"))
	require.ErrorContains(t, err, "amplitude_times: 0.25 ms is off the grid of 0.1 ms")
}

// Every drawn current holds for dt; values are normal and have no correlation
// over neurons and intervals.
func TestNoiseMoments(t *testing.T) {
	const size, intervals, per = 200, 500, 5
	d := drive(t, "noise_generator", "mean: 50 pA\nstd: 20 pA\ndt: 0.5 ms\nstart: 0.2 ms", drives.Setting{Size: size, StepMS: 0.1, Seed: 8, Delay: 1})
	var rows [][]float64
	each(d, size, 3, 3+intervals*per, func(step int, _ []float32, current []float64) {
		if (step-3)%per == 0 {
			rows = append(rows, append([]float64(nil), current...))
			return
		}
		require.Equal(t, rows[len(rows)-1], current, "a current holds for dt from start")
	})
	const n = size * intervals
	var m moments
	third, fourth := 0.0, 0.0
	for _, row := range rows {
		for _, x := range row {
			m.add(x)
			z := (x - 50) / 20
			third, fourth = third+z*z*z/n, fourth+z*z*z*z/n
		}
	}
	require.InDelta(t, 50, m.mean(), 5*20/math.Sqrt(n))
	require.InDelta(t, 400, m.variance(), 5*400*math.Sqrt(2.0/n))
	require.InDelta(t, 0, third, 5*math.Sqrt(15.0/n)) // variances of z^3 and z^4: 15 and 96
	require.InDelta(t, 3, fourth, 5*math.Sqrt(96.0/n))
	for _, lag := range [][2]int{{1, 0}, {2, 0}, {3, 0}, {0, 1}, {1, 1}} {
		sum, pairs := 0.0, 0.0
		for k := range intervals - lag[1] {
			for i := range size - lag[0] {
				sum += (rows[k][i] - 50) * (rows[k+lag[1]][i+lag[0]] - 50) / 400
				pairs++
			}
		}
		require.InDelta(t, 0, sum/pairs, 5/math.Sqrt(pairs))
	}
}

// The power of the noise: the charge over a time T has the variance std^2 dt T,
// which is the spectral density at zero, and a membrane sees
// (R std)^2 (1-x)/(1+x), x = exp(-dt/tau), at the ends of intervals.
func TestNoisePower(t *testing.T) {
	const size, std, dt, h, tau, c, end = 2000, 30.0, 0.4, 0.1, 10.0, 250.0, 1000
	d := drive(t, "noise_generator", "std: 30 pA\ndt: 0.4 ms", drives.Setting{Size: size, StepMS: h, Seed: 8, Delay: 1})
	charge, v := make([]float64, size), make([]float64, size)
	decay, gain := math.Exp(-h/tau), tau/c*(1-math.Exp(-h/tau))
	each(d, size, 1, end+1, func(_ int, _ []float32, current []float64) {
		for i, x := range current {
			charge[i] += x * h
			v[i] = v[i]*decay + gain*x
		}
	})
	var q, p moments
	for i := range size {
		q.add(charge[i])
		p.add(v[i])
	}
	want := std * std * dt * end * h
	require.InDelta(t, want, q.variance(), 5*want*math.Sqrt(2.0/size))
	x := math.Exp(-dt / tau)
	want = math.Pow(std*tau/c, 2) * (1 - x) / (1 + x) // 100 ms are ten time constants
	require.InDelta(t, want, p.variance(), 5*want*math.Sqrt(2.0/size))
}

// The variance is std^2 + std_mod^2 sin(2 pi f t + phase), taken where an
// interval begins.
func TestNoiseModulation(t *testing.T) {
	const size = 5000
	d := drive(t, "noise_generator", "mean: 1 pA\nstd: 20 pA\nstd_mod: 15 pA\nfrequency: 50 Hz\nphase: 30\ndt: 1 ms\nstart: 2 ms", drives.Setting{Size: size, StepMS: 0.5, Seed: 6, Delay: 1})
	each(d, size, 5, 45, func(step int, _ []float32, current []float64) {
		begin := math.Floor(float64(step-1) * 0.5) // ms
		want := 400 + 225*math.Sin(2*math.Pi*50e-3*begin+math.Pi/6)
		var m moments
		for _, x := range current {
			m.add(x)
		}
		require.InDelta(t, 1, m.mean(), 5*math.Sqrt(want/size))
		require.InDelta(t, want, m.variance(), 5*want*math.Sqrt(2.0/size), "step %d", step)
	})
}

func TestNoiseRefuses(t *testing.T) {
	m := model(t, "noise_generator")
	for text, want := range map[string]string{
		"std: 1 pA\nstd_mod: 2 pA": "std_mod: 2 pA: must not be above std",
		"std: -1 pA":               "std: -1 pA: must be in [0, inf) pA",
		"dt: 0 ms":                 "dt: 0 ms: must be in (0, 1000000000] ms",
	} {
		tree, err := config.Parse("f.yaml", []byte(text))
		require.NoError(t, err)
		require.ErrorContains(t, tree.Decode(m.Entry.New(), nil).Err(), want, text)
	}
	for _, dt := range []string{"0.25 ms", "0.05 ms", "1e-12 ms"} {
		_, err := m.New(drives.Setting{Size: 1, StepMS: 0.1}, drivestest.Decode(t, m, "dt: "+dt))
		require.ErrorContains(t, err, "dt: ")
		require.ErrorContains(t, err, "is off the grid of 0.1 ms")
	}
}
