package synapses

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// changed runs a made-up rule over all rows a few times, with time passing.
func changed(t testing.TB, s sim.SparseWeights, workers int, from, to uint32) {
	p := s.(sim.PlasticWeights)
	_, sources := p.Shape()
	for step := from; step < to; step++ {
		require.NoError(t, p.AdvanceTo(t.Context(), float64(step)*10))
		for source := range int32(sources) {
			if (source+int32(step))%7 != 0 {
				continue
			}
			for q := range sim.Parts(150, workers) {
				row, live, err := p.Row(t.Context(), sim.Key{Step: step}, source, q)
				require.NoError(t, err)
				require.False(t, live)
				change := make([]float32, len(row.Weights))
				for i, target := range row.Targets {
					if at := row.Base + int32(target); (at+source)%3 != 0 {
						change[i] = float32(math.Sin(float64(at)+float64(step)))*0.1 - 0.1*row.Weights[i]
					}
				}
				require.NoError(t, p.Update(t.Context(), sim.Key{Step: step}, source, q, change))
			}
		}
	}
}

var plasticCrossbars = map[string]string{
	"generic":  "{cell: generic, headroom: 2, cell_params: {program_abs: 1 uS, read_rel: 0.02, nu_mean: 0.05, nu_std: 0.01}}",
	"pcm":      "{cell: pcm, headroom: 3, mapping: pairs, follow: 0, effects: {telegraph: {fraction: 0.2}, spread: {device: 0.05}}}",
	"ecram":    "{cell: ecram, headroom: 2, mapping: {kind: differential, sides: both}, programming: {kind: write-verify, tolerance: 1 uS, writes: 1000}}",
	"reram-sb": "{cell: reram-sb, headroom: 2, programming: {kind: write-verify, tolerance: 5 uS, writes: 300}}",
}

// Weights that a rule changes are the same for any number of workers, and go on
// from a saved state as if they had never stopped.
func TestPlasticCrossbar(t *testing.T) {
	for name, settings := range plasticCrossbars {
		t.Run(name, func(t *testing.T) {
			build := func(workers int) sim.SparseWeights {
				w := bernoulli(t, workers)
				w.Plastic = true
				s, err := made(t, "crossbar", settings).MakeSparse(t.Context(), w, 5)
				require.NoError(t, err)
				return s
			}
			want := build(1)
			start := want.Snapshot("w")
			changed(t, want, 1, 1, 5)
			require.NotEqual(t, start, want.Snapshot("w"))
			half := build(3)
			require.Equal(t, start, half.Snapshot("w"))
			changed(t, half, 3, 1, 3)
			again := build(2)
			saved := half.(sim.Stateful).State()
			for i, v := range again.(sim.Stateful).State() {
				require.Equal(t, saved[i].Name, v.Name)
				copyAny(t, v.Values, saved[i].Values)
			}
			require.NoError(t, again.(sim.Restorer).Restored())
			changed(t, again, 2, 3, 5)
			requireSame(t, want.Snapshot("w").Values, again.Snapshot("w").Values)
			require.Equal(t, delivered(t, want, 1, nil), delivered(t, again, 2, nil))
			cost, other := want.Cost(), again.Cost()
			require.Equal(t, cost, other)
			require.InEpsilon(t, float64(want.Bytes()), made(t, "crossbar", settings).SparseBytes(plastic(t)), 0.5)
		})
	}
}

// requireSame tells the first difference alone: the lists are long.
func requireSame(t testing.TB, want, got []float64) {
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i], got[i], "value %d of %d", i, len(want))
	}
}

func plastic(t testing.TB) *Wiring {
	w := bernoulli(t, 1)
	w.Plastic = true
	return w
}

func copyAny(t testing.TB, to, from any) {
	switch to := to.(type) {
	case []float64:
		copy(to, from.([]float64))
	case []float32:
		copy(to, from.([]float32))
	case []uint32:
		copy(to, from.([]uint32))
	case []uint64:
		copy(to, from.([]uint64))
	default:
		require.Fail(t, fmt.Sprintf("%T", to))
	}
}

// On cells without errors a change is what was asked for; pulses reach it on
// average, in steps.
func TestChangesOnCrossbars(t *testing.T) {
	for _, c := range []struct {
		settings string
		off      float64 // root mean square, over the weights' 0.5
	}{
		{"{cell: generic, headroom: 4}", 1e-4},
		{"{cell: generic, headroom: 4, mapping: offset}", 1e-4},
		{"{cell: generic, headroom: 4, mapping: {kind: pairs, n: 2, factor: 3}}", 1e-4},
		{"{cell: idealized, headroom: 4, cell_params: {dw_min_dtod: 0, dw_min_std: 0, w_max_dtod: 0, w_min_dtod: 0}, mapping: {kind: differential, sides: both}, programming: {kind: write-verify, tolerance: 0.1 uS, writes: 20000}, limits: {max_pulses: 20000}}", 0.02},
		{"{cell: idealized, headroom: 4, cell_params: {dw_min_dtod: 0, dw_min_std: 0, w_max_dtod: 0, w_min_dtod: 0}, programming: {kind: write-verify, tolerance: 0.1 uS, writes: 20000}, limits: {max_pulses: 20000}}", 0.02},
	} {
		t.Run(c.settings, func(t *testing.T) {
			w := plastic(t)
			w.Sources, w.Targets = 4, 20
			w.Rule = &AllToAll{}
			w.Delay = philox.Fixed(1)
			w.Weight = normal(t, 0, 0.5)
			s, err := made(t, "crossbar", c.settings).MakeSparse(t.Context(), w, 5)
			require.NoError(t, err)
			p := s.(sim.PlasticWeights)
			row, _, err := p.Row(t.Context(), sim.Key{}, 2, 0)
			require.NoError(t, err)
			before := append([]float32(nil), row.Weights...)
			change := make([]float32, len(before))
			for i := range change {
				change[i] = float32(i%5-2) * 0.2
			}
			require.NoError(t, p.Update(t.Context(), sim.Key{}, 2, 0, change))
			row, _, err = p.Row(t.Context(), sim.Key{}, 2, 0)
			require.NoError(t, err)
			sum := 0.0
			for i := range change {
				d := float64(row.Weights[i]) - float64(before[i]+change[i])
				sum += d * d
			}
			require.Less(t, math.Sqrt(sum/float64(len(change))), c.off)
		})
	}
	for settings, says := range map[string]string{
		"{}":                                "no rule can change weights",
		"{cell: vteam, programming: ispp}":  "follow a voltage",
		"{cell: pcm, compensation: global}": "not compensated",
		"{cell: pcm, saturate: 2}":          "leave saturate out",
		"{cell: pcm, scaling: tile}":        "set scaling to matrix",
		"{cell: pcm, noise_draw: cell}":     "noise_draw",
		"{cell: pcm, output: {}}":           "share no converters",
		"{cell: ecram, mapping: pairs, programming: write-verify}": "mapping differential or offset",
	} {
		require.ErrorContains(t, made(t, "crossbar", settings).CheckSparse(plastic(t)), says)
	}
}
