package neurons_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/sim"
)

// BenchmarkAdvance is the step of a block of cells that fits into the cache.
// Driven cells get a weight in a tenth of the steps; silent ones got their last
// input a long time ago.
func BenchmarkAdvance(b *testing.B) {
	const size, rows = 1000, 64
	for _, m := range neurons.Builtin() {
		for _, drive := range []string{"driven", "silent"} {
			b.Run(m.Name+"/"+drive, func(b *testing.B) {
				p, err := m.New(neurons.Block{Part: sim.Part{Hi: size}, StepMS: 0.1}, decoded(b, m))
				require.NoError(b, err)
				s := philox.Stream{Seed: 1}
				inputs := make([]sim.Input, rows)
				for k := range inputs {
					for c := range m.Inputs {
						row := make([]float32, size)
						for i := range row {
							if s.Word(uint32(i), uint32(k*2+c))%10 == 0 {
								row[i] = 5 - 10*float32(c)
							}
						}
						inputs[k].Channels = append(inputs[k].Channels, row)
					}
				}
				spikes := make([]int32, 0, size)
				if drive == "silent" {
					for k := range 100_000 {
						inputs[k%rows].Step = int64(k)
						if k == rows {
							for _, in := range inputs {
								for _, row := range in.Channels {
									clear(row)
								}
							}
						}
						spikes = p.Advance(inputs[k%rows], spikes[:0])
					}
				}
				k := 0
				for b.Loop() {
					inputs[k%rows].Step = int64(k)
					spikes = p.Advance(inputs[k%rows], spikes[:0])
					k++
				}
				b.ReportMetric(float64(size)*float64(k)/b.Elapsed().Seconds(), "cell-steps/s")
			})
		}
	}
}
