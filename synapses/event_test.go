package synapses_test

import (
	"context"
	"fmt"
	"math"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
)

func normal(t testing.TB, mean, std float64) philox.Draw {
	d, err := philox.NewDraw(philox.NormalDraw, mean, std, math.Inf(-1), math.Inf(1))
	require.NoError(t, err)
	return d
}

func uniform(t testing.TB, low, high float64) philox.Draw {
	d, err := philox.NewDraw(philox.UniformDraw, low, high, math.Inf(-1), math.Inf(1))
	require.NoError(t, err)
	return d
}

// Event mode has the synapses of stepped mode, with the same weights and
// delays but for the rounding to the grid, in rows by ascending delay.
func TestEventSynapsesAreThoseOfSteppedMode(t *testing.T) {
	for kind, settings := range map[string]string{"ideal": "{}", "quantised": "{bits: 5}", "quantised fp8": "{format: e4m3}"} {
		for _, drawn := range []bool{false, true} {
			t.Run(fmt.Sprint(kind, " drawn ", drawn), func(t *testing.T) {
				w := &synapses.Wiring{
					Sources: 70, Targets: 90, Rule: &synapses.FixedIndegree{N: 11, Selfs: synapses.Selfs{Autapses: true}, Multiples: synapses.Multiples{Multapses: true}},
					Weight: philox.Fixed(2), Delay: philox.Fixed(1.5), StepMS: 0.01, Workers: 1,
				}
				if drawn {
					w.Weight, w.Delay = normal(t, 1, 0.3), uniform(t, 0.5, 3)
				}
				sub := substrate(t, kind, settings)
				stepped, err := sub.MakeSparse(t.Context(), w, 5)
				require.NoError(t, err)
				event, err := synapses.MakeEvent(t.Context(), sub, w, 5)
				require.NoError(t, err)
				require.Equal(t, 990, event.Synapses())
				require.InDelta(t, w.EventBytes(), event.Bytes(), 8)
				targets, sources := event.Shape()
				require.Equal(t, []int{90, 70}, []int{targets, sources})

				rows := event.Rows()
				type synapse struct {
					target int32
					weight float32
					steps  int
				}
				ring := sim.NewRing(90, 400, 1)
				for s := range sources {
					var got, want []synapse
					for i := rows.Start[s]; i < rows.Start[s+1]; i++ {
						if i > rows.Start[s] {
							a, b := rows.DelayOf(i-1), rows.DelayOf(i)
							require.True(t, a < b || a == b && rows.Targets[i-1] <= rows.Targets[i])
						}
						got = append(got, synapse{rows.Targets[i], 0, int(math.Round(rows.DelayOf(i) / 0.01))})
						got[len(got)-1].weight = rows.WeightOf(i)
					}
					// One spike in stepped mode shows weights and delays; sums of
					// multapses in one step are rare and made the same way.
					clear(ring.Data)
					_, err := stepped.Deliver(context.Background(), sim.Key{}, []int32{int32(s)}, nil, 0, ring)
					require.NoError(t, err)
					for step := range 400 {
						for target, x := range ring.Row(int64(step)) {
							if x != 0 {
								want = append(want, synapse{int32(target), x, step})
							}
						}
					}
					merged := map[[2]int]float32{}
					for _, y := range got {
						merged[[2]int{int(y.target), y.steps}] += y.weight
					}
					got = nil
					for k, x := range merged {
						if x != 0 {
							got = append(got, synapse{int32(k[0]), x, k[1]})
						}
					}
					for _, list := range [][]synapse{got, want} {
						sort.Slice(list, func(i, j int) bool {
							return list[i].steps < list[j].steps || list[i].steps == list[j].steps && list[i].target < list[j].target
						})
					}
					require.Equal(t, want, got)
				}
				snap := event.Snapshot("w")
				require.Equal(t, sim.KindSynapses, snap.Kind)
				require.Equal(t, []int{990, 3}, snap.Shape)
				require.Len(t, snap.Values, 3*990)
			})
		}
	}
}

func TestEventModeRefuses(t *testing.T) {
	base := func() *synapses.Wiring {
		return &synapses.Wiring{Sources: 3, Targets: 3, Rule: &synapses.AllToAll{}, Weight: philox.Fixed(1), Delay: philox.Fixed(1e-3), StepMS: 1, Workers: 1}
	}
	require.NoError(t, base().CheckEvent(), "a delay below the step is fine")
	for _, c := range []struct {
		name, want string
		change     func(w *synapses.Wiring)
	}{
		{"zero delay", "delay 0 ms; in event mode a delay is above 0", func(w *synapses.Wiring) { w.Delay = philox.Fixed(0) }},
		{"negative delay", "delay -1 ms", func(w *synapses.Wiring) { w.Delay = philox.Fixed(-1) }},
		{"delays that go below zero", "give a min", func(w *synapses.Wiring) { w.Delay = normal(t, 1, 1) }},
		{"no sources", "0 sources", func(w *synapses.Wiring) { w.Sources = 0 }},
		{"weights that change", "time.mode stepped", func(w *synapses.Wiring) { w.Plastic = true }},
		{"a rule that cannot be met", "multapses: true", func(w *synapses.Wiring) { w.Rule = &synapses.FixedIndegree{N: 9} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := base()
			c.change(w)
			_, err := synapses.MakeEvent(t.Context(), substrate(t, "ideal", "{}"), w, 1)
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := synapses.MakeEvent(t.Context(), substrate(t, "crossbar", "{}"), base(), 1)
	require.ErrorContains(t, err, "cannot be had from the difference of two formed cells")
	_, err = synapses.MakeEvent(t.Context(), substrate(t, "crossbar", "{cell: pcm, mapping: reference}"), base(), 1)
	require.ErrorContains(t, err, "share no reference column")
}

// Cells are read at the very times of spikes: without errors they give the
// weights, and those that drift have drifted by the closed form of that time.
func TestEventSynapsesOnCells(t *testing.T) {
	w := &synapses.Wiring{
		Sources: 7, Targets: 9, Rule: &synapses.FixedIndegree{N: 3, Selfs: synapses.Selfs{Autapses: true}},
		Weight: normal(t, 1, 0.3), Delay: uniform(t, 0.5, 3), StepMS: 0.01, Workers: 1,
	}
	want, err := synapses.MakeEvent(t.Context(), substrate(t, "ideal", "{}"), w, 5)
	require.NoError(t, err)
	for settings, factor := range map[string]func(ms float64) float64{
		"{cell: generic}": func(float64) float64 { return 1 },
		"{cell: generic, follow: 0, follow_every: 1 ns, cell_params: {g_min: 0.0001 uS, nu_mean: 0.1, t_0: 10 ms}}": func(ms float64) float64 { return math.Pow((ms+10)/10, -0.1) },
	} {
		got, err := synapses.MakeEvent(t.Context(), substrate(t, "crossbar", settings), w, 5)
		require.NoError(t, err)
		reader := got.(sim.EventReader)
		rows := want.Rows()
		for k, ms := range []float64{0.25, 3, 40, 1e6} {
			for i := range uint32(got.Synapses()) {
				x, err := reader.Read(t.Context(), ms, i, uint64(k))
				require.NoError(t, err)
				require.InDelta(t, float64(rows.WeightOf(i))*factor(ms), x, 2e-5, "%s at %g ms", settings, ms)
			}
		}
		require.Equal(t, uint64(4*2*got.Synapses()), got.Cost().Reads)
		require.Positive(t, got.Cost().Attojoule)
	}
	noisy, err := synapses.MakeEvent(t.Context(), substrate(t, "crossbar", "{cell: generic, cell_params: {read_rel: 0.1}}"), w, 5)
	require.NoError(t, err)
	read := func(sequence uint64) float32 {
		x, err := noisy.(sim.EventReader).Read(t.Context(), 1, 2, sequence)
		require.NoError(t, err)
		return x
	}
	require.Equal(t, read(7), read(7))
	require.NotEqual(t, read(7), read(8))
	require.NotEqual(t, read(7), read(7+1<<32))
}
