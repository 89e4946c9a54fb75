package synapses_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
)

// substrate makes a kind with its defaults, changed by a line of YAML.
func substrate(t testing.TB, kind, settings string) synapses.Substrate {
	kind, _, _ = strings.Cut(kind, " ")
	e, ok := synapses.Catalog().Find(kind)
	require.True(t, ok)
	p := e.New()
	if p != nil {
		tree, err := config.Parse("test.yaml", []byte(settings))
		require.NoError(t, err)
		require.Empty(t, tree.Decode(p, synapses.Catalogs()))
	}
	s, err := synapses.New(kind, p)
	require.NoError(t, err)
	return s
}

// kinds have settings; a second word tells two of one kind apart.
var kinds = map[string]string{"ideal": "{}", "quantised": "{bits: 6}", "quantised fp8": "{format: e4m3}", "crossbar": "{cell_params: {read_noise: 0.03}}"}

// What holds for weights on any substrate.
func TestContract(t *testing.T) {
	require.NoError(t, synapses.Catalog().Check())
	want := synapses.Want{Sources: 30, Targets: 101, Std: 0.46}
	ctx := context.Background()
	for kind, settings := range kinds {
		t.Run(kind, func(t *testing.T) {
			sub := substrate(t, kind, settings)
			w, err := sub.Make(t.Context(), want, 8)
			require.NoError(t, err)
			targets, sources := w.Shape()
			require.Equal(t, []int{101, 30}, []int{targets, sources})
			require.NoError(t, w.AdvanceTo(ctx, 1))

			t.Run("moments", func(t *testing.T) {
				// One source at a time, averaged over steps, shows its weights.
				var sum, sum2 float64
				for s := range int32(30) {
					in := make([]float32, 101)
					require.NoError(t, w.Deliver(ctx, sim.Key{}, []int32{s}, 0, 101, in))
					for _, x := range in {
						sum += float64(x)
						sum2 += float64(x) * float64(x)
					}
				}
				n := 3030.0
				require.InDelta(t, 0, sum/n, 4*0.46/math.Sqrt(n))
				// Read noise adds to the spread of the weights.
				require.InDelta(t, 0.46, math.Sqrt(sum2/n), 0.46*(4/math.Sqrt(2*n)+0.03))
			})
			t.Run("adds, in any split", func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					cut := rapid.IntRange(0, 101).Draw(t, "cut")
					key := sim.Key{Trial: rapid.Uint32().Draw(t, "trial"), Step: rapid.Uint32().Draw(t, "step")}
					whole, parts := make([]float32, 101), make([]float32, 101)
					for j := range whole {
						whole[j], parts[j] = 1, 1
					}
					spikes := []int32{0, 7, 29}
					require.NoError(t, w.Deliver(ctx, key, spikes, 0, 101, whole))
					require.NoError(t, w.Deliver(ctx, key, spikes, 0, cut, parts[:cut]))
					require.NoError(t, w.Deliver(ctx, key, spikes, cut, 101, parts[cut:]))
					require.Equal(t, whole, parts)
				})
			})
			t.Run("same seed, same weights", func(t *testing.T) {
				again, err := sub.Make(t.Context(), want, 8)
				require.NoError(t, err)
				require.Equal(t, w.Snapshot("w"), again.Snapshot("w"))
				other, err := sub.Make(t.Context(), want, 9)
				require.NoError(t, err)
				require.NotEqual(t, w.Snapshot("w"), other.Snapshot("w"))
			})
			t.Run("snapshot", func(t *testing.T) {
				s := w.Snapshot("in")
				require.Equal(t, "in", s.Name)
				require.Equal(t, sim.KindMatrix, s.Kind)
				require.Equal(t, []int{30, 101}, s.Shape)
				require.Len(t, s.Values, 3030)
			})
			t.Run("refuses", func(t *testing.T) {
				for _, bad := range []synapses.Want{{Sources: 0, Targets: 1}, {Sources: 1, Targets: -1}, {Sources: 1 << 20, Targets: 1 << 20}, {Sources: math.MaxInt, Targets: 2}} {
					_, err := sub.Make(t.Context(), bad, 1)
					require.Error(t, err, fmt.Sprint(bad))
				}
			})
		})
	}
	_, err := synapses.New("paper", nil)
	require.Error(t, err)
}

func TestCrossbarDeliversItsConductances(t *testing.T) {
	ctx := context.Background()
	want := synapses.Want{Sources: 4, Targets: 50, Std: 0.5}
	w, err := substrate(t, "crossbar", "{cell_params: {read_noise: 0}}").Make(t.Context(), want, 1)
	require.NoError(t, err)
	snap := w.Snapshot("w")
	in := make([]float32, 50)
	require.NoError(t, w.Deliver(ctx, sim.Key{}, []int32{2}, 0, 50, in))
	for j := range in {
		require.InDelta(t, snap.Values[2*50+j], in[j], 1e-5)
	}
	require.Equal(t, uint64(100), w.Cost().Reads)
	require.Positive(t, w.Cost().Attojoule)
}

func TestCrossbarRefusesWhatFormedCellsCannotGive(t *testing.T) {
	_, err := substrate(t, "crossbar", "{}").Make(t.Context(), synapses.Want{Sources: 1, Targets: 1, Mean: 1, Std: 1}, 1)
	require.ErrorContains(t, err, "mean 1")
	_, err = substrate(t, "crossbar", "{cell_params: {g_std: 0 uS}}").Make(t.Context(), synapses.Want{Sources: 1, Targets: 1, Std: 1}, 1)
	require.ErrorContains(t, err, "g_std 0")
}

// Quantised weights lie on the grid of their largest, at most half a level
// from what was wanted.
func TestQuantisedRoundsToItsLevels(t *testing.T) {
	want := synapses.Want{Sources: 20, Targets: 20, Std: 1}
	exact, err := substrate(t, "ideal", "{}").Make(t.Context(), want, 3)
	require.NoError(t, err)
	for bits := 2; bits <= 16; bits++ {
		t.Run(fmt.Sprint(bits), func(t *testing.T) {
			w, err := substrate(t, "quantised", fmt.Sprintf("{bits: %d}", bits)).Make(t.Context(), want, 3)
			require.NoError(t, err)
			x, q := exact.Snapshot("").Values, w.Snapshot("").Values
			largest := 0.0
			for _, v := range x {
				largest = math.Max(largest, math.Abs(v))
			}
			levels := math.Exp2(float64(bits-1)) - 1
			step := largest / levels
			distinct := map[float64]bool{}
			for i := range x {
				require.LessOrEqual(t, math.Abs(q[i]-x[i]), step/2*(1+1e-5))
				k := q[i] / step
				require.InDelta(t, math.Round(k), k, math.Abs(k)*0x1p-23) // stored as float32
				distinct[math.Round(k)] = true
			}
			require.LessOrEqual(t, len(distinct), int(2*levels)+1)
		})
	}
}

func BenchmarkDeliver(b *testing.B) {
	for kind, settings := range kinds {
		b.Run(kind, func(b *testing.B) {
			w, err := substrate(b, kind, settings).Make(b.Context(), synapses.Want{Sources: 1000, Targets: 1000, Std: 1}, 1)
			require.NoError(b, err)
			var spikes []int32
			for s := int32(0); s < 1000; s += 8 {
				spikes = append(spikes, s)
			}
			in := make([]float32, 1000)
			var step uint32
			for b.Loop() {
				_ = w.Deliver(context.Background(), sim.Key{Step: step}, spikes, 0, 1000, in)
				step++
			}
			b.ReportMetric(float64(b.N)*float64(len(spikes))*1000/b.Elapsed().Seconds(), "synaptic-events/s")
		})
	}
}
