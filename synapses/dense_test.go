package synapses

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// exactSteps are pulsed cells without spread or noise: 10,000 equal steps.
const exactSteps = "cell: idealized, headroom: 4, cell_params: {dw_min_dtod: 0, dw_min_std: 0, w_max_dtod: 0, w_min_dtod: 0}, " +
	"programming: {kind: write-verify, tolerance: 0.1 uS, writes: 20000}, limits: {max_pulses: 20000}"

// denseKinds are substrates whose weights are trained.
var denseKinds = []struct{ name, kind, settings string }{
	{"ideal", "ideal", "{}"},
	{"nearest", "quantised", "{headroom: 2}"},
	{"stochastic", "quantised", "{headroom: 2, rounding: stochastic}"},
	{"e4m3", "quantised", "{format: e4m3, headroom: 2, rounding: stochastic}"},
	{"ecram", "crossbar", ecram},
	{"ecram, one side, tiles", "crossbar", "{cell: ecram, headroom: 3, scaling: tile, tile: {rows: 9, cols: 6}, programming: {kind: write-verify, tolerance: 1 uS, writes: 1000}}"},
	{"offset, rows", "crossbar", "{cell: ecram, headroom: 3, mapping: offset, scaling: row, update: {manage: none, slots: 7}, programming: {kind: write-verify, tolerance: 1 uS, writes: 1000}}"},
	{"pcm", "crossbar", "{cell: pcm, headroom: 2, scaling: column, tile: {rows: 8, cols: 5}}"},
	{"disturbed", "crossbar", "{cell: pcm, headroom: 2, tile: {rows: 8}, update: {granularity: 0.2}, effects: {read_disturb: {per_read: 1e-3}, telegraph: {fraction: 0.2}}}"},
	{"reference", "crossbar", "{cell: pcm, headroom: 2, mapping: reference}"},
	{"pairs", "crossbar", "{cell: generic, headroom: 2, mapping: pairs, noise_draw: cell, cell_params: {read_rel: 0.02}, update: {granularity: 0}}"},
	{"converters", "crossbar", "{cell: pcm, headroom: 2, input: {bits: 8}, output: {bits: 8}, tile: {rows: 16, cols: 16}}"},
	{"lines", "crossbar", "{cell: pcm, headroom: 2, tile: {rows: 16, cols: 16}, lines: {r_word: 2 ohm, r_bit: 2 ohm}}"},
}

const denseSources, denseTargets = 21, 13

// denseOf makes trained weights, which start with the same numbers.
func denseOf(t testing.TB, kind, settings string, workers int) sim.DenseWeights {
	w := Dense{Sources: denseSources, Targets: denseTargets, Values: normals(denseSources*denseTargets, 0.3, 3), Trained: true}
	o, err := made(t, kind, settings).MakeDense(t.Context(), w, 5, workers)
	require.NoError(t, err)
	targets, sources := o.Shape()
	require.Equal(t, [2]int{denseTargets, denseSources}, [2]int{targets, sources})
	return o
}

// trained changes weights for some steps, time passing, and returns what all of
// the last products gave.
func trained(t testing.TB, o sim.DenseWeights, from, to uint32) (out []float32) {
	const batch = 6
	x, d := images(batch, denseSources), normals(batch*denseTargets, 0.5, 4)
	change := normals(denseSources*denseTargets, 0.02, 8)
	for step := from; step < to; step++ {
		key := sim.Key{Trial: step * batch, Step: step}
		require.NoError(t, o.AdvanceTo(t.Context(), float64(step)))
		y, back := make([]float32, batch*denseTargets), make([]float32, batch*denseSources)
		require.NoError(t, o.Multiply(t.Context(), key, batch, x, y))
		require.NoError(t, o.MultiplyT(t.Context(), key, batch, d, back))
		out = append(y, back...)
		require.NoError(t, o.AddOuter(t.Context(), key, batch, -0.02, x, y))
		require.NoError(t, o.AddOuter(t.Context(), key, batch, 0.02, x, d))
		require.NoError(t, o.Add(t.Context(), key, change))
	}
	return out
}

// Products and changes are the same for any number of workers, and go on from a
// saved state as if they had never stopped.
func TestDenseWeightsAreReproducible(t *testing.T) {
	for _, k := range denseKinds {
		t.Run(k.name, func(t *testing.T) {
			one := denseOf(t, k.kind, k.settings, 1)
			start := one.Snapshot("w").Values
			want := trained(t, one, 0, 6)
			require.NotEqual(t, start, one.Snapshot("w").Values)

			half := denseOf(t, k.kind, k.settings, 3)
			require.Equal(t, start, half.Snapshot("w").Values)
			trained(t, half, 0, 3)
			again := denseOf(t, k.kind, k.settings, 2)
			saved := half.(sim.Stateful).State()
			into := again.(sim.Stateful).State()
			require.Len(t, into, len(saved))
			for i, v := range into {
				require.Equal(t, saved[i].Name, v.Name)
				copyAny(t, v.Values, saved[i].Values)
			}
			if r, ok := again.(sim.Restorer); ok {
				require.NoError(t, r.Restored())
			}
			require.Equal(t, half.Snapshot("w").Values, again.Snapshot("w").Values)
			require.Equal(t, want, trained(t, again, 3, 6))
			require.Equal(t, one.Snapshot("w").Values, again.Snapshot("w").Values)
			require.Equal(t, one.Cost(), again.Cost())
			if k.kind == "crossbar" {
				require.NotZero(t, one.Cost().Pulses)
				require.Nil(t, one.Live())
			}
		})
	}
}

// requireClose requires numbers to agree within what single precision rounds away.
func requireClose(t testing.TB, want, got []float32, relative float64) {
	require.Len(t, got, len(want))
	most := 0.0
	for _, x := range want {
		most = math.Max(most, math.Abs(float64(x)))
	}
	for i := range want {
		require.InDelta(t, want[i], got[i], relative*most, "value %d of %d", i, len(want))
	}
}

// A batch gives what its vectors give one by one, the noise of each included.
func TestDenseBatchIsItsVectors(t *testing.T) {
	const batch = 5
	x, d := images(batch, denseSources), normals(batch*denseTargets, 0.5, 4)
	for _, k := range denseKinds {
		t.Run(k.name, func(t *testing.T) {
			all, single := denseOf(t, k.kind, k.settings, 2), denseOf(t, k.kind, k.settings, 2)
			y, back := make([]float32, batch*denseTargets), make([]float32, batch*denseSources)
			key := sim.Key{Trial: 40, Step: 3}
			require.NoError(t, all.Multiply(t.Context(), key, batch, x, y))
			require.NoError(t, all.MultiplyT(t.Context(), key, batch, d, back))
			ones, backs := make([]float32, len(y)), make([]float32, len(back))
			for i := range batch {
				s, u := i*denseSources, i*denseTargets
				key := sim.Key{Trial: 40 + uint32(i), Step: 3}
				require.NoError(t, single.Multiply(t.Context(), key, 1, x[s:s+denseSources], ones[u:u+denseTargets]))
				require.NoError(t, single.MultiplyT(t.Context(), key, 1, d[u:u+denseTargets], backs[s:s+denseSources]))
			}
			require.Equal(t, ones, y)
			require.Equal(t, backs, back)
			require.Equal(t, single.Cost(), all.Cost())
		})
	}
}

// Pulses of a batch come in the order of its vectors.
func TestDenseOuterOfABatch(t *testing.T) {
	const batch = 5
	x, d := images(batch, denseSources), normals(batch*denseTargets, 0.5, 4)
	for _, k := range denseKinds {
		if !strings.Contains(k.settings, "ecram") || strings.Contains(k.name, "one side") {
			continue // others take a batch as a whole
		}
		all, single := denseOf(t, k.kind, k.settings, 2), denseOf(t, k.kind, k.settings, 2)
		start := all.Snapshot("w").Values
		require.NoError(t, all.AddOuter(t.Context(), sim.Key{Trial: 40, Step: 3}, batch, 0.05, x, d))
		for i := range batch {
			key := sim.Key{Trial: 40 + uint32(i), Step: 3}
			require.NoError(t, single.AddOuter(t.Context(), key, 1, 0.05, x[i*denseSources:][:denseSources], d[i*denseTargets:][:denseTargets]))
		}
		require.NotEqual(t, start, all.Snapshot("w").Values)
		require.Equal(t, single.Snapshot("w").Values, all.Snapshot("w").Values)
		require.Equal(t, single.Cost(), all.Cost())
	}
}

// <y, x W> is <y W^T, x>, and both are the products with the weights as shown.
func TestDenseProductsAreAdjoint(t *testing.T) {
	const batch = 3
	x, d := images(batch, denseSources), normals(batch*denseTargets, 0.5, 4)
	for _, k := range []struct{ kind, settings string }{
		{"ideal", "{}"}, {"quantised", "{}"}, {"crossbar", "{cell: generic}"},
		{"crossbar", "{cell: generic, tile: {rows: 9, cols: 6}, scaling: tile}"},
		{"crossbar", "{cell: generic, mapping: offset, scaling: row}"},
		{"crossbar", "{cell: generic, mapping: reference, scaling: column}"},
		{"crossbar", "{cell: generic, mapping: slices}"},
		{"crossbar", "{" + exactSteps + "}"},
		{"crossbar", "{cell: generic, tile: {rows: 9, cols: 6}, lines: {r_word: 2 ohm, r_bit: 2 ohm}}"},
	} {
		t.Run(k.kind+k.settings, func(t *testing.T) {
			o := denseOf(t, k.kind, k.settings, 2)
			w := o.Snapshot("w").Values
			y, back := make([]float32, batch*denseTargets), make([]float32, batch*denseSources)
			require.NoError(t, o.Multiply(t.Context(), sim.Key{}, batch, x, y))
			require.NoError(t, o.MultiplyT(t.Context(), sim.Key{}, batch, d, back))
			wantY, wantBack := make([]float32, len(y)), make([]float32, len(back))
			for i := range batch {
				for s := range denseSources {
					var sum float64
					for u := range denseTargets {
						sum += w[s*denseTargets+u] * float64(d[i*denseTargets+u])
					}
					wantBack[i*denseSources+s] = float32(sum)
				}
				for u := range denseTargets {
					var sum float64
					for s := range denseSources {
						sum += w[s*denseTargets+u] * float64(x[i*denseSources+s])
					}
					wantY[i*denseTargets+u] = float32(sum)
				}
			}
			requireClose(t, wantY, y, 1e-5)
			requireClose(t, wantBack, back, 1e-5)
		})
	}
}

// requireMean changes weights by f for many trials and compares what every
// weight changed by in the mean with what it should: by the error of the mean as
// measured, or that of independent steps where few happened.
func requireMean(t testing.TB, o sim.DenseWeights, trials int, step float64, want []float64, f func(key sim.Key) error) {
	sum, square := make([]float64, len(want)), make([]float64, len(want))
	before := o.Snapshot("w").Values
	for k := range trials {
		require.NoError(t, f(sim.Key{Trial: uint32(1000 * k), Step: uint32(k)}))
		after := o.Snapshot("w").Values
		for i := range want {
			x := after[i] - before[i]
			sum[i] += x
			square[i] += x * x
		}
		before = after
	}
	n := float64(trials)
	chi2, of := 0.0, 0.0
	for i := range want {
		mean := sum[i] / n
		variance := math.Max(square[i]/n-mean*mean, math.Abs(want[i])*step)
		if want[i] == 0 {
			require.InDelta(t, 0, mean, 1e-7, "weight %d", i)
			continue
		}
		z := (mean - want[i]) / math.Sqrt(variance/n)
		require.Less(t, math.Abs(z), 5.0, "weight %d: %g, want %g", i, mean, want[i])
		chi2, of = chi2+z*z, of+1
	}
	require.Less(t, chi2, of+5*math.Sqrt(2*of))
}

// end is the weight at the end of the window with headroom 4.
func end() (most float64) {
	for _, x := range normals(denseSources*denseTargets, 0.3, 3) {
		most = math.Max(most, 4*math.Abs(float64(x)))
	}
	return most
}

// outer is rate x^T d.
func outer(batch int, rate float64, x, d []float32) []float64 {
	out := make([]float64, denseSources*denseTargets)
	for i := range batch {
		for s := range denseSources {
			for u := range denseTargets {
				out[s*denseTargets+u] += rate * float64(x[i*denseSources+s]) * float64(d[i*denseTargets+u])
			}
		}
	}
	return out
}

// On cells of equal steps both changes are right in the mean, however small
// beside a step; so they are on numbers of few bits with stochastic rounding.
func TestDenseChangesAreRightInTheMean(t *testing.T) {
	const trials, batch = 1500, 2
	x, d := images(batch, denseSources), normals(batch*denseTargets, 0.5, 4)
	for _, k := range []struct {
		name, kind, settings string
		step                 float64 // largest of a weight
	}{
		{"stochastic", "quantised", "{headroom: 4, rounding: stochastic, bits: 12}", end() / 2047},
		{"both sides", "crossbar", "{mapping: {kind: differential, sides: both}, " + exactSteps + "}", 2e-4 * end()},
		{"one side", "crossbar", "{" + exactSteps + "}", 1e-4 * end()},
		{"offset, tiles", "crossbar", "{mapping: offset, scaling: tile, tile: {rows: 9, cols: 6}, " + exactSteps + "}", 2e-4 * end()},
		{"columns", "crossbar", "{mapping: offset, scaling: column, update: {manage: probability}, " + exactSteps + "}", 2e-4 * end()},
		{"rows", "crossbar", "{mapping: offset, scaling: row, update: {manage: none, slots: 64}, " + exactSteps + "}", 2e-4 * end()},
	} {
		t.Run(k.name, func(t *testing.T) {
			o := denseOf(t, k.kind, k.settings, 2)
			const rate = 1e-4
			requireMean(t, o, trials, k.step, outer(batch, -rate, x, d), func(key sim.Key) error {
				return o.AddOuter(t.Context(), key, batch, -rate, x, d)
			})
			change := normals(denseSources*denseTargets, 1e-4, 8)
			want := make([]float64, len(change))
			for i, c := range change {
				want[i] = float64(c)
			}
			requireMean(t, o, trials, k.step, want, func(key sim.Key) error { return o.Add(t.Context(), key, change) })
		})
	}
}

// A change of several steps is met to within one.
func TestDenseAddIsMetWithinAStep(t *testing.T) {
	const step = 2e-4 // over the window's half of the nominal cell
	for _, mapping := range []string{"{kind: differential, sides: both}", "offset"} {
		o := denseOf(t, "crossbar", "{mapping: "+mapping+", "+exactSteps+"}", 2)
		before := o.Snapshot("w").Values
		change := normals(denseSources*denseTargets, 0.02, 8)
		require.NoError(t, o.Add(t.Context(), sim.Key{}, change))
		for i, x := range o.Snapshot("w").Values {
			require.InDelta(t, float64(change[i]), x-before[i], 1.01*step*end(), "%s, weight %d", mapping, i)
		}
	}
}

// Small changes to cells that are programmed wait until they have added up to
// the granularity, and none is lost.
func TestDenseMixedPrecision(t *testing.T) {
	o := denseOf(t, "crossbar", "{cell: generic, headroom: 4, update: {granularity: 0.01}}", 2)
	start := o.Snapshot("w").Values
	granularity := 0.01 * end()
	change := make([]float32, denseSources*denseTargets)
	change[7], change[8] = float32(0.3*granularity), float32(-2.5*granularity)
	made := o.Cost().Pulses
	want := []float64{0, 0, 0, 1, 1, 1, 2}
	for k := range want {
		require.NoError(t, o.Add(t.Context(), sim.Key{Step: uint32(k)}, change))
		if k == 0 {
			change[8] = 0
		}
		w := o.Snapshot("w").Values
		require.InDelta(t, want[k]*granularity, w[7]-start[7], 1e-6, "change %d", k)
		require.InDelta(t, -2*granularity, w[8]-start[8], 1e-6)
		require.Equal(t, start[9], w[9])
	}
	require.LessOrEqual(t, o.Cost().Pulses-made, uint64(2*3)) // three writes of at most two cells
	// An outer product adds up with what is kept: 2.1 granularities are, 0.1 of them not written.
	x, d := make([]float32, denseSources), make([]float32, denseTargets)
	x[0], d[7] = 1, 1
	require.NoError(t, o.AddOuter(t.Context(), sim.Key{}, 1, float32(0.95*granularity), x, d))
	require.InDelta(t, 3*granularity, o.Snapshot("w").Values[7]-start[7], 1e-6)
}

// Rounding to the nearest number loses small changes, which is why there is the
// other one.
func TestDenseNearestLosesSmallChanges(t *testing.T) {
	o := denseOf(t, "quantised", "{bits: 4}", 1)
	before := o.Snapshot("w").Values
	change := normals(denseSources*denseTargets, 1e-3, 8)
	for k := range 20 {
		require.NoError(t, o.Add(t.Context(), sim.Key{Step: uint32(k)}, change))
	}
	require.Equal(t, before, o.Snapshot("w").Values)
}

// Weights that are not trained may stand on any cells; formed ones take random
// numbers of the same spread in their place.
func TestDenseWeightsThatStay(t *testing.T) {
	const n = 60
	w := Dense{Sources: n, Targets: n, Values: normals(n*n, 0.3, 3)}
	o, err := made(t, "crossbar", "{}").MakeDense(t.Context(), w, 5, 2)
	require.NoError(t, err)
	sum := 0.0
	for _, x := range o.Snapshot("w").Values {
		sum += x * x
	}
	require.InDelta(t, 0.3, math.Sqrt(sum/(n*n)), 5*0.3/math.Sqrt(2*n*n))
	o, err = made(t, "crossbar", "{cell: vteam, programming: ispp, mapping: {kind: differential, sides: both}}").MakeDense(t.Context(), Dense{Sources: 2, Targets: 2, Values: w.Values[:4]}, 5, 2)
	require.NoError(t, err)
	require.NotNil(t, o)
	w.Values = normals(n*n, 0.3, 3)
	for i := range w.Values {
		w.Values[i] += 0.3
	}
	_, err = made(t, "crossbar", "{}").MakeDense(t.Context(), w, 5, 2)
	require.ErrorContains(t, err, "whose mean is 0")
}

func TestDenseWeightsRefuse(t *testing.T) {
	for settings, says := range map[string]string{
		"{}":                                "no rule can change weights",
		"{cell: vteam, programming: ispp}":  "follow a voltage",
		"{cell: pcm, compensation: global}": "leave compensation",
		"{cell: pcm, refresh_every: 1 s}":   "leave compensation",
		"{cell: ecram, mapping: pairs, programming: write-verify}": "mapping differential or offset",
	} {
		err := made(t, "crossbar", settings).CheckDense(Dense{Sources: 3, Targets: 4, Trained: true})
		require.ErrorContains(t, err, says)
		_, err = made(t, "crossbar", settings).MakeDense(t.Context(), Dense{Sources: 1, Targets: 2, Trained: true, Values: []float32{1, -1}}, 1, 1)
		require.ErrorContains(t, err, says)
	}
	for _, k := range denseKinds {
		s := made(t, k.kind, k.settings)
		require.ErrorContains(t, s.CheckDense(Dense{Sources: 0, Targets: 4}), "at least one")
		require.ErrorContains(t, s.CheckDense(Dense{Sources: 1, Targets: 2, Values: []float32{1}}), "1 values")
		_, err := s.MakeDense(t.Context(), Dense{Sources: 1, Targets: 2, Values: []float32{1, float32(math.NaN())}}, 1, 1)
		require.ErrorContains(t, err, "weights are finite")
		zeros := Dense{Sources: 1, Targets: 2, Values: []float32{0, 0}, Trained: true}
		if k.kind == "ideal" {
			require.NoError(t, s.CheckDense(zeros))
			continue
		}
		require.ErrorContains(t, s.CheckDense(zeros), "all 0")
		o := denseOf(t, k.kind, k.settings, 1)
		change := make([]float32, denseSources*denseTargets)
		change[denseTargets+2] = float32(math.Inf(1))
		if k.kind == "crossbar" {
			require.ErrorContains(t, o.Add(t.Context(), sim.Key{}, change), "row 1, column 2")
		}
		x, d := make([]float32, denseSources), make([]float32, denseTargets)
		x[0], d[0] = 1, float32(math.NaN())
		require.Error(t, o.AddOuter(t.Context(), sim.Key{}, 1, 1, x, d))
	}
	o := denseOf(t, "quantised", "{saturate: false}", 1)
	change := make([]float32, denseSources*denseTargets)
	change[denseTargets] = 100
	require.ErrorContains(t, o.Add(t.Context(), sim.Key{}, change), "source 1, target 0")
}

// A linear classifier learns which of three prototypes a noisy vector is, by
// the delta rule in place, on all kinds of weights.
func TestDenseClassifierLearns(t *testing.T) {
	const classes, batch, steps = 3, 20, 60
	s := philox.Stream{Seed: 3, Purpose: philox.Purpose("test.prototypes")}
	prototype := func(class, i int) float32 { return float32(s.Block(uint32(i), uint32(class))[0] & 1) }
	sample := func(step, batch int) (x []float32, label []int) {
		noise := normals(batch*denseSources, 0.3, uint64(step)+100)
		for b := range batch {
			label = append(label, b%classes)
			for i := range denseSources {
				x = append(x, prototype(label[b], i)+noise[b*denseSources+i])
			}
		}
		return x, label
	}
	for _, k := range denseKinds {
		if k.name == "nearest" {
			continue // loses small changes
		}
		t.Run(k.name, func(t *testing.T) {
			w := Dense{Sources: denseSources, Targets: classes, Values: normals(denseSources*classes, 0.1, 3), Trained: true}
			o, err := made(t, k.kind, k.settings).MakeDense(t.Context(), w, 5, 2)
			require.NoError(t, err)
			right := func(step int, train bool) (share float64) {
				n := batch
				if !train {
					n = 300
				}
				x, label := sample(step, n)
				y := make([]float32, n*classes)
				key := sim.Key{Trial: uint32(step * 1000), Step: uint32(step)}
				require.NoError(t, o.Multiply(t.Context(), key, n, x, y))
				for b, c := range label {
					best := 0
					for j := range classes {
						if y[b*classes+j] > y[b*classes+best] {
							best = j
						}
					}
					if best == c {
						share += 1 / float64(n)
					}
					for j := range classes {
						target := float32(0)
						if j == c {
							target = 1
						}
						y[b*classes+j] -= target
					}
				}
				if train {
					require.NoError(t, o.AddOuter(t.Context(), key, n, -0.05/batch, x, y))
				}
				return share
			}
			before := right(999, false)
			for step := range steps {
				right(step, true)
			}
			after := right(999, false)
			require.Less(t, before, 0.7)
			require.Greater(t, after, 0.95, fmt.Sprintf("%g before", before))
		})
	}
}

// What weights take is what was estimated.
func TestDenseBytes(t *testing.T) {
	for _, k := range denseKinds {
		w := Dense{Sources: denseSources, Targets: denseTargets, Trained: true}
		o := denseOf(t, k.kind, k.settings, 2)
		trained(t, o, 0, 1)
		require.InEpsilon(t, float64(o.Bytes()), made(t, k.kind, k.settings).DenseBytes(w), 1e-3, k.name)
	}
}
