package synapses

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices/formats"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// fp8Numbers are the finite numbers of a format, by its codes.
func fp8Numbers(f *formats.Format) (n []float64) {
	for code := range uint16(256) {
		if x := f.Decode(code); math.Abs(x) <= f.Max() {
			n = append(n, x)
		}
	}
	return n
}

// Every weight is the number of the format next to what was wanted, of all that
// there are, and the largest weight is the largest number; in a matrix, of
// single synapses and in event mode.
func TestFP8WeightsAreTheNearestNumbers(t *testing.T) {
	for name, f := range map[string]*formats.Format{"e4m3": formats.E4M3(), "e5m2": formats.E5M2()} {
		for _, headroom := range []float64{1, 3} {
			sub := made(t, "quantised", fmt.Sprintf("{format: %s, headroom: %g}", name, headroom))
			check := func(t *testing.T, exact, got []float64) {
				largest := 0.0
				for _, x := range exact {
					largest = max(largest, math.Abs(x))
				}
				scale := largest * headroom / f.Max()
				all, distinct := fp8Numbers(f), map[float64]bool{}
				for i, x := range exact {
					best := math.Inf(1)
					for _, y := range all {
						best = min(best, math.Abs(x-scale*y))
					}
					// A stored float32 is off by 2^-24 of itself.
					require.LessOrEqual(t, math.Abs(got[i]-x), best+math.Abs(x)*0x1p-23)
					distinct[got[i]] = true
				}
				require.LessOrEqual(t, len(distinct), len(all))
				require.Greater(t, len(distinct), 50)
				if headroom == 1 {
					require.Contains(t, distinct, largest*math.Copysign(1, got[indexOfLargest(exact)]))
				}
			}
			t.Run(fmt.Sprint(name, " ", headroom, " matrix"), func(t *testing.T) {
				want := Want{Sources: 40, Targets: 50, Std: 0.3}
				exact, err := ideal{}.Make(t.Context(), want, 3)
				require.NoError(t, err)
				got, err := sub.Make(t.Context(), want, 3)
				require.NoError(t, err)
				check(t, exact.Snapshot("").Values, got.Snapshot("").Values)
			})
			t.Run(fmt.Sprint(name, " ", headroom, " synapses"), func(t *testing.T) {
				exact, err := ideal{}.MakeSparse(t.Context(), bernoulli(t, 1), 3)
				require.NoError(t, err)
				got, err := sub.MakeSparse(t.Context(), bernoulli(t, 1), 3)
				require.NoError(t, err)
				weights := func(s sim.SparseWeights) (w []float64) {
					v := s.Snapshot("").Values // source, target, weight
					for i := 2; i < len(v); i += 3 {
						w = append(w, v[i])
					}
					return w
				}
				check(t, weights(exact), weights(got))
			})
			t.Run(fmt.Sprint(name, " ", headroom, " events"), func(t *testing.T) {
				exact, err := MakeEvent(t.Context(), ideal{}, bernoulli(t, 1), 3)
				require.NoError(t, err)
				got, err := MakeEvent(t.Context(), sub, bernoulli(t, 1), 3)
				require.NoError(t, err)
				weights := func(s sim.EventWeights) (w []float64) {
					for _, x := range s.Rows().Weights {
						w = append(w, float64(x))
					}
					return w
				}
				check(t, weights(exact), weights(got))
			})
		}
	}
}

func indexOfLargest(x []float64) (k int) {
	for i := range x {
		if math.Abs(x[i]) > math.Abs(x[k]) {
			k = i
		}
	}
	return k
}

// plasticOnes are weights of 1 that a rule may change, and a change of all by
// the same size.
func plasticOnes(t *testing.T, settings string) (w sim.PlasticWeights, change func(key sim.Key, size float32) ([]float32, error)) {
	wiring := &Wiring{Sources: 1, Targets: 4000, Rule: &AllToAll{Selfs{true}}, Weight: philox.Fixed(1), Delay: philox.Fixed(1), StepMS: 1, Workers: 1, Plastic: true}
	s, err := made(t, "quantised", settings).MakeSparse(t.Context(), wiring, 1)
	require.NoError(t, err)
	p := s.(sim.PlasticWeights)
	ctx := context.Background()
	return p, func(key sim.Key, size float32) ([]float32, error) {
		changes := make([]float32, 4000)
		for i := range changes {
			changes[i] = size
		}
		err := p.Update(ctx, key, 0, 0, changes)
		row, _, rowErr := p.Row(ctx, key, 0, 0)
		require.NoError(t, rowErr)
		return row.Weights, err
	}
}

// Changed weights stay numbers of the format. With room for twice the weight,
// 1 is 224 of e4m3 (spacing 16) and 28672 of e5m2 (spacing 4096).
func TestFP8Updates(t *testing.T) {
	for name, spacing := range map[string]float64{"e4m3": 16.0 / 224, "e5m2": 4096.0 / 28672} {
		t.Run(name, func(t *testing.T) {
			settings := "{format: " + name + ", headroom: 2, rounding: "
			size := float32(0.3 * spacing)
			_, change := plasticOnes(t, settings+"nearest}")
			w, err := change(sim.Key{}, size)
			require.NoError(t, err)
			require.Equal(t, float32(1), w[17], "less than half the spacing is lost")
			w, err = change(sim.Key{}, 2*size)
			require.NoError(t, err)
			require.InDelta(t, 1+spacing, w[17], 1e-6)
			w, err = change(sim.Key{}, 50)
			require.NoError(t, err)
			require.InDelta(t, 2, w[0], 1e-6, "the largest number")

			_, change = plasticOnes(t, settings+"stochastic}")
			w, err = change(sim.Key{Step: 5}, size)
			require.NoError(t, err)
			up := 0.0
			for _, v := range w {
				level := (float64(v) - 1) / spacing
				require.InDelta(t, math.Round(level), level, 1e-5)
				up += level
			}
			require.InDelta(t, 0.3*4000, up, 5*math.Sqrt(4000*0.3*0.7))
			w, err = change(sim.Key{}, -50)
			require.NoError(t, err)
			require.InDelta(t, -2, w[0], 1e-6, "the smallest number")
		})
	}
}

func TestWeightsThatDoNotSaturateEndTheRun(t *testing.T) {
	for format, name := range map[string]string{"int": "int8", "e4m3": "e4m3", "e5m2": "e5m2"} {
		for _, rounding := range []string{"nearest", "stochastic"} {
			_, change := plasticOnes(t, "{saturate: false, headroom: 1.5, format: "+format+", rounding: "+rounding+"}")
			w, err := change(sim.Key{}, 0.4)
			require.NoError(t, err)
			before := w[0]
			w, err = change(sim.Key{}, 0.7)
			require.ErrorContains(t, err, "a rule takes a weight of source 0 to 2.")
			require.ErrorContains(t, err, "numbers of "+name+" reach 1.5 here; raise headroom, bound the weights by the rule, or set saturate: true")
			require.Equal(t, before, w[0], "it stays what it was")
			_, err = change(sim.Key{}, float32(math.Inf(-1)))
			require.ErrorContains(t, err, "to -Inf")
		}
	}
}

// Integers are what the formula in the catalogue says, bit by bit.
func TestIntegersAreTheFormula(t *testing.T) {
	ctx := context.Background()
	for _, rounding := range []string{"nearest", "stochastic"} {
		w := bernoulli(t, 1)
		w.Plastic = true
		exact, err := w.wire(4)
		require.NoError(t, err)
		s, err := made(t, "quantised", "{bits: 5, headroom: 1.2, rounding: "+rounding+"}").MakeSparse(t.Context(), w, 4)
		require.NoError(t, err)
		largest := 0.0
		for _, x := range exact.weights {
			largest = max(largest, math.Abs(float64(x)))
		}
		scale := largest * 1.2 / 15
		q := s.(*quantised)
		for i, x := range exact.weights {
			require.Equal(t, float32(scale*math.RoundToEven(float64(x)/scale)), q.weights[i])
		}
		key := sim.Key{Trial: 2, Step: 9}
		for source := range int32(90) {
			row, _, err := q.Row(ctx, key, source, 0)
			require.NoError(t, err)
			change := make([]float32, len(row.Weights))
			want := make([]float32, len(change))
			first, _ := q.span(source, 0)
			for i, x := range row.Weights {
				change[i] = float32(0.7 * math.Sin(float64(i)))
				u := philox.Uniform(philox.Stream{Seed: 4, Purpose: purposeRound, Trial: 2}.Word(first+uint32(i), 9))
				level := (float64(x) + float64(change[i])) / scale
				if rounding == "nearest" {
					level = math.RoundToEven(level)
				} else {
					level = math.Floor(level + u)
				}
				want[i] = float32(scale * min(max(level, -15), 15))
				if change[i] == 0 {
					want[i] = x
				}
			}
			require.NoError(t, q.Update(ctx, key, source, 0, change))
			row, _, err = q.Row(ctx, key, source, 0)
			require.NoError(t, err)
			require.Equal(t, want, row.Weights)
		}
	}
}

func TestBitsAreOfIntegers(t *testing.T) {
	for settings, want := range map[string]string{
		"{format: e4m3, bits: 8}":  "",
		"{format: int, bits: 4}":   "",
		"{format: e4m3, bits: 4}":  "test.yaml:1: bits: 4: is of integers; e4m3 has 8 bits: leave it out, or choose format: int",
		"{format: e5m2, bits: 16}": "bits: 16: is of integers; e5m2 has 8 bits: leave it out, or choose format: int",
		"{format: fp4}":            "format: fp4: ",
	} {
		tree, err := config.Parse("test.yaml", []byte(settings))
		require.NoError(t, err)
		problems := fmt.Sprint(tree.Decode(new(Quantised), Catalogs()))
		if want == "" {
			require.Empty(t, problems)
		} else {
			require.Contains(t, problems, want)
		}
	}
}
