package optimise_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
)

// behind is weights whose numbers nobody may write, as those of an array.
type behind struct{ sim.DenseWeights }

func (behind) Live() []float32 { return nil }

func uniform(n int, seed uint64) []float32 {
	s := philox.Stream{Seed: seed, Purpose: philox.Purpose("optimise.test")}
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(2*philox.Uniform(s.Word(uint32(i), 0)) - 1)
	}
	return out
}

func memory(t testing.TB, sources, targets int) sim.DenseWeights {
	ideal, err := synapses.New("ideal", nil)
	require.NoError(t, err)
	w, err := ideal.MakeDense(context.Background(), synapses.Dense{Sources: sources, Targets: targets, Values: uniform(sources*targets, 1), Trained: true}, 1, 1)
	require.NoError(t, err)
	return w
}

// Steps on numbers, and changes of weights behind a door, come to the same; a
// method whose state is saved and loaded goes on as one that was not.
func TestNumbersAndDoors(t *testing.T) {
	const sources, targets, batch = 7, 5, 4
	ctx := context.Background()
	for name, m := range map[string]optimise.Method{
		"plain": &optimise.SGD{}, "momentum": &optimise.SGD{Momentum: 0.9}, "nesterov": &optimise.SGD{Momentum: 0.9, Nesterov: true},
		"adam": &optimise.Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := memory(t, sources, targets), memory(t, sources, targets)
			p, q := &sim.Parameter{Name: "w", Weights: a}, &sim.Parameter{Name: "w", Weights: behind{b}}
			u, v := optimise.For(m, []*sim.Parameter{p}, 1), optimise.For(m, []*sim.Parameter{q}, 2)
			before := slices.Clone(a.Live())
			for k := range 6 {
				if k == 3 { // v goes on in another updater
					other := optimise.For(m, []*sim.Parameter{q}, 1)
					saved := v.State()
					require.NoError(t, sim.LoadState(other, func(name string) (any, error) {
						i := slices.IndexFunc(saved, func(s sim.Variable) bool { return s.Name == name })
						return sim.CopyValues(saved[i].Values), nil
					}))
					v = other
				}
				x, d := uniform(batch*sources, uint64(10+k)), uniform(batch*targets, uint64(20+k))
				u.Begin(0.25, 0.1)
				v.Begin(0.25, 0.1)
				require.NoError(t, u.Outer(ctx, sim.Key{Step: uint32(k)}, p, batch, x, d))
				require.NoError(t, v.Outer(ctx, sim.Key{Step: uint32(k)}, q, batch, x, d))
			}
			require.NotEqual(t, before, a.Live())
			require.InDeltaSlice(t, a.Live(), b.Live(), 1e-5)
		})
	}
}

// A decay needs the numbers.
func TestDecayBehindADoor(t *testing.T) {
	q := &sim.Parameter{Name: "w", Weights: behind{memory(t, 3, 2)}}
	u := optimise.For(&optimise.SGD{Decay: 0.1}, []*sim.Parameter{q}, 1)
	u.Begin(1, 0.1)
	require.ErrorContains(t, u.Outer(context.Background(), sim.Key{}, q, 1, uniform(3, 1), uniform(2, 2)), "decay needs the weights as numbers")
}
