package drives_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/neurons/drives"
	"github.com/synohm/synohm/neurons/drives/drivestest"
	"github.com/synohm/synohm/sim"
)

// settings of every model for the contract; emit where projections come from it.
var settings = map[string]struct{ params, emit string }{
	"poisson_generator":      {"rate: 5 kHz", "rate: 500 Hz"},
	"inhomogeneous_poisson":  {"rate: 4 kHz\namplitude: 3 kHz\nfrequency: 100 Hz", "rate_times: [0 ms, 6 ms]\nrate_values: [500 Hz, 1 kHz]"},
	"spike_generator":        {"spike_times: [0.1 ms, 3 ms, 3.1 ms, 5 ms, 5 ms, 9 ms, 9.1 ms]\nspike_weights: [1, 1, 1, 3, 0.5, 1, 1]", "spike_times: [0.1 ms, 3 ms, 3.1 ms, 5 ms, 9 ms, 9.1 ms]"},
	"dc_generator":           {"amplitude: 100 pA", ""},
	"step_current_generator": {"amplitude_times: [0 ms, 4 ms, 5.5 ms]\namplitude_values: [10 pA, -20 pA, 30 pA]", ""},
	"noise_generator":        {"mean: 10 pA\nstd: 20 pA\nstd_mod: 10 pA\nfrequency: 100 Hz\ndt: 0.7 ms", ""},
}

func TestContract(t *testing.T) {
	require.NoError(t, drives.Catalog().Check())
	for _, m := range drives.Builtin() {
		t.Run(m.Name, func(t *testing.T) {
			s, ok := settings[m.Name]
			require.True(t, ok, "a model without settings for the contract")
			drivestest.Check(t, m, s.params, s.emit)
		})
	}
}

// Models that can be set in another way keep the contract in that way too.
func TestContractOfOtherForms(t *testing.T) {
	lists := make([]string, drivestest.Size) // a time for each train, from 0.5 to 10.9 ms
	for i := range lists {
		lists[i] = fmt.Sprintf("[%g ms]", 0.5+0.2*float64(i))
	}
	trains := "spike_trains: [" + strings.Join(lists, ", ") + "]"
	t.Run("trains", func(t *testing.T) { drivestest.Check(t, model(t, "spike_generator"), trains, trains) })
	t.Run("rates", func(t *testing.T) {
		drivestest.Check(t, model(t, "inhomogeneous_poisson"), "rate_times: [0 ms, 6 ms]\nrate_values: [5 kHz, 9 kHz]", "rate: 500 Hz\namplitude: 400 Hz\nfrequency: 100 Hz")
	})
}

func model(t testing.TB, name string) drives.Model {
	m, ok := drives.Find(name)
	require.True(t, ok, name)
	return m
}

// drive makes a drive of parameters in YAML.
func drive(t *testing.T, name, params string, s drives.Setting) sim.Drive {
	m := model(t, name)
	d, err := m.New(s, drivestest.Decode(t, m, params))
	require.NoError(t, err)
	return d
}

// each calls f with what a drive brings to all neurons, step by step.
func each(d sim.Drive, size, from, to int, f func(step int, spikes []float32, current []float64)) {
	in := sim.Input{Channels: [][]float32{make([]float32, size)}, Current: make([]float64, size)}
	for k := from; k < to; k++ {
		clear(in.Channels[0])
		clear(in.Current)
		in.Step = int64(k)
		d.Add(sim.Part{Lo: 0, Hi: size}, in)
		f(k, in.Channels[0], in.Current)
	}
}

// moments gathers mean and variance.
type moments struct{ n, sum, squares float64 }

func (m *moments) add(x float64)     { m.n++; m.sum += x; m.squares += x * x }
func (m *moments) mean() float64     { return m.sum / m.n }
func (m *moments) variance() float64 { return (m.squares - m.sum*m.sum/m.n) / (m.n - 1) }
func (m *moments) error() float64    { return math.Sqrt(m.variance() / m.n) }
