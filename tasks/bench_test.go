package tasks_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
	"github.com/synohm/synohm/tasks/events"
	"github.com/synohm/synohm/tasks/images"
)

// BenchmarkLiquid presents recorded digits to the network of
// configs/lsm-digits.yaml, on one goroutine, without camera and read-out.
func BenchmarkLiquid(b *testing.B) {
	dir, err := images.Find("mnist")
	require.NoError(b, err)
	set, err := images.Load(dir, images.Classes)
	require.NoError(b, err)
	var camera events.Camera
	config.Defaults(&camera, nil)
	r := events.NewRecorder(camera, 1)
	var streams [][][]int32
	for i := range 100 {
		s, err := r.Record(set.Test.Images.At(i), 28, 28, uint32(i))
		require.NoError(b, err)
		f, err := events.Framing{Crop: 32, Pool: 2, Polarity: "on"}.Cut(s, 50, 6000)
		require.NoError(b, err)
		streams = append(streams, f.Spikes)
	}
	for _, kind := range []string{"ideal", "quantised", "crossbar"} {
		b.Run(kind, func(b *testing.B) {
			e, _ := synapses.Catalog().Find(kind)
			p := e.New()
			if p != nil {
				config.Defaults(p, synapses.Catalogs())
			}
			sub, err := synapses.New(kind, p)
			require.NoError(b, err)
			in, err := sub.Make(b.Context(), synapses.Want{Sources: 256, Targets: 1000, Std: 0.7}, 1)
			require.NoError(b, err)
			rec, err := sub.Make(b.Context(), synapses.Want{Sources: 1000, Targets: 1000, Std: 0.2}, 2)
			require.NoError(b, err)
			net := &sim.Network{
				Populations: []sim.PopulationSpec{{Name: "liquid", Size: 1000, Channels: 1, New: func(p sim.Part) (sim.Population, error) {
					return neurons.NewLIFDiscrete(1000, neurons.LIFDiscreteParams{Decay: 0.9, VTh: 5}), nil
				}}},
				Projections: []sim.Projection{{Name: "in", From: sim.External, Weights: in}, {Name: "rec", From: 0, Weights: rec}},
			}
			rep, err := net.NewReplica()
			require.NoError(b, err)
			n, spikes := 0, 0
			for b.Loop() {
				err := rep.Trial(context.Background(), uint32(n), streams[n%len(streams)], func(_ int, s [][]int32) { spikes += len(s[0]) })
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "trials/s")
			b.ReportMetric(float64(spikes)*1000/b.Elapsed().Seconds(), "recurrent-synaptic-events/s")
		})
	}
}
