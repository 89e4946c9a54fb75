package drives_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/neurons/drives"
	"github.com/synohm/synohm/neurons/drives/drivestest"
	"github.com/synohm/synohm/sim"
)

// BenchmarkDrives gives the neurons that a drive serves in a second, each for a
// step of 0.1 ms.
func BenchmarkDrives(b *testing.B) {
	const size = 10_000
	for _, c := range []struct{ name, model, params string }{
		{"poisson", "poisson_generator", "rate: 20 kHz"},
		{"list", "inhomogeneous_poisson", "rate_times: [0 ms]\nrate_values: [20 kHz]"},
		{"sine", "inhomogeneous_poisson", "rate: 20 kHz\namplitude: 10 kHz\nfrequency: 10 Hz"},
		{"sine-dense", "inhomogeneous_poisson", "rate: 10 MHz\namplitude: 1 MHz\nfrequency: 10 Hz"},
		{"spikes", "spike_generator", "spike_times: [0.1 ms]"},
		{"dc", "dc_generator", "amplitude: 1 pA"},
		{"noise", "noise_generator", "std: 1 pA\ndt: 0.1 ms"},
		{"noise-held", "noise_generator", "std: 1 pA\ndt: 1 ms"},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, _ := drives.Find(c.model)
			d, err := m.New(drives.Setting{Size: size, StepMS: 0.1, Weight: 1, Delay: 1}, drivestest.Decode(b, m, c.params))
			require.NoError(b, err)
			in := sim.Input{Channels: [][]float32{make([]float32, size)}, Current: make([]float64, size)}
			for b.Loop() {
				in.Step++
				d.Add(sim.Part{Hi: size}, in)
			}
			b.ReportMetric(float64(size)*float64(b.N)/b.Elapsed().Seconds(), "neurons/s")
		})
	}
}
