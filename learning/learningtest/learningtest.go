// Package learningtest holds every rule of learning to its contract.
package learningtest

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/neurons/layers"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
)

// Side and Classes are those of the images that the contract trains on: one
// quadrant of an image is bright, and names its class.
const (
	Side    = 8
	Classes = 4
)

// Quadrants is a data set of such images with noise.
type Quadrants struct {
	N    int
	Seed uint64
}

// Len is the number of images.
func (q Quadrants) Len() int { return q.N }

// Fill draws images of the given numbers.
func (q Quadrants) Fill(_ int, index []int32, b *learning.Batch) {
	b.Resize(len(index), Side*Side)
	s := philox.Stream{Seed: q.Seed, Purpose: philox.Purpose("learningtest.quadrants")}
	for i, n := range index {
		class := int(n) % Classes
		b.Y[i], b.Index[i] = uint8(class), n
		x := b.X[i*Side*Side:][:Side*Side]
		for k := range x {
			x[k] = float32(0.3 * philox.Uniform(s.Word(uint32(k), uint32(n))))
			if k/Side/(Side/2)*2+k%Side/(Side/2) == class {
				x[k] += 0.6
			}
		}
	}
}

// Maker makes layers of given kinds on ideal memory, or on another substrate.
type Maker struct {
	Specs     []layers.Spec
	Substrate synapses.Substrate
	Seed_     uint64
	Workers_  int
}

type door struct {
	*Maker
	seed uint64
}

func (d door) Seed() uint64 { return d.seed }
func (d door) Workers() int { return d.Workers_ }
func (d door) Weights(ctx context.Context, name string, sources, targets int, values []float32) (sim.DenseWeights, error) {
	return d.Substrate.MakeDense(ctx, synapses.Dense{Sources: sources, Targets: targets, Values: values, Trained: true}, philox.Fork(d.seed, name), d.Workers_)
}

// Hidden makes a layer of the list.
func (m *Maker) Hidden(ctx context.Context, i int, in sim.Extent) (sim.Layer, error) {
	name := string(rune('a' + i))
	return m.Specs[i].New(ctx, name, in, door{m, philox.Fork(m.Seed_, name)})
}

// Dense makes a layer that a rule adds.
func (m *Maker) Dense(ctx context.Context, name string, in sim.Extent, units int, gain float64) (sim.Layer, error) {
	return m.Extra(ctx, name, in, &layers.Dense{Size: units, Init: layers.Init{Draw: "normal", Gain: gain}})
}

// Extra makes a layer of any kind that a rule adds.
func (m *Maker) Extra(ctx context.Context, name string, in sim.Extent, spec layers.Spec) (sim.Layer, error) {
	return spec.New(ctx, name, in, door{m, philox.Fork(m.Seed_, name)})
}

// Setting is one for a stack of layers on ideal memory.
func Setting(t testing.TB, specs []layers.Spec, seed uint64, workers int) learning.Setting {
	ideal, err := synapses.New("ideal", nil)
	require.NoError(t, err)
	in := sim.Extent{Rows: Side, Cols: Side, Channels: 1}
	hidden, err := layers.Chain(in, specs)
	require.NoError(t, err)
	var fixed []bool
	for i, spec := range specs {
		fixed = append(fixed, len(spec.Matrices(append([]sim.Extent{in}, hidden...)[i])) == 0)
	}
	return learning.Setting{
		In: in, Classes: Classes, Hidden: hidden, Fixed: fixed, Numbers: true, Seed: seed, Workers: workers, Batch: 20, Steps: 10, Epochs: 8,
		Make: &Maker{Specs: specs, Substrate: ideal, Seed_: seed, Workers_: workers},
	}
}

// Dense is a stack of dense layers.
func Dense(sizes ...int) (specs []layers.Spec) {
	for _, n := range sizes {
		specs = append(specs, &layers.Dense{Size: n, Init: layers.Init{Draw: "normal", Gain: 1}})
	}
	return specs
}

// Rule makes the settings of an entry, all at their defaults.
func Rule(entry catalog.Entry) learning.Rule {
	return config.EntryDefaultsIn(entry, config.Catalogs{"optimisers": optimise.Catalog()}).(learning.Rule)
}

// Training makes a training of a rule.
func Training(t testing.TB, rule learning.Rule, s learning.Setting, n int) *learning.Training {
	require.NoError(t, rule.Check(s))
	l, err := rule.New(context.Background(), s)
	require.NoError(t, err)
	tr := &learning.Training{
		Trainer: learning.Trainer{Epochs: s.Epochs, Batch: s.Batch, Schedule: learning.Schedule{Kind: "constant"}, Evaluate: 0},
		Learner: l, Classes: Classes, Seed: s.Seed, Workers: s.Workers,
		Train: Quadrants{n, s.Seed}, Test: Quadrants{100, s.Seed + 1000},
	}
	require.NoError(t, tr.Begin())
	return tr
}

// Options are what differs from rule to rule.
type Options struct {
	Specs  []layers.Spec // of the hidden layers; two dense ones if nil
	Error  float64       // that the rule reaches on the quadrants; chance is 0.75
	Epochs int           // that it takes to; 8 if 0
}

// Contract holds a rule to: the same bits for any number of workers, a training
// cut by save and load that equals the uncut one, scores that change nothing and
// are the same twice, reports that keep their form, and that it learns.
func Contract(t *testing.T, rule learning.Rule, o Options) {
	if o.Specs == nil {
		o.Specs = Dense(24, 20)
	}
	ctx := context.Background()
	setting := func(workers int) learning.Setting {
		s := Setting(t, o.Specs, 5, workers)
		if o.Epochs > 0 {
			s.Epochs = o.Epochs
		}
		return s
	}
	whole := map[int][]sim.Variable{}
	for _, workers := range []int{1, 2, 3, 8} {
		tr := Training(t, rule, setting(workers), 200)
		var last learning.Epoch
		tr.After = func(_ context.Context, e learning.Epoch) error { last = e; return nil }
		require.NoError(t, tr.Run(ctx))
		require.Less(t, last.Test, o.Error, "it learns")
		whole[workers] = copies(tr)
		same(t, whole[1], whole[workers], "%d workers", workers)
	}
	t.Run("cut", func(t *testing.T) {
		s := setting(2)
		first := Training(t, rule, s, 200)
		var saved []sim.Variable
		first.After = func(context.Context, learning.Epoch) error {
			if first.Done() == 3 {
				saved = copies(first)
			}
			return nil
		}
		require.NoError(t, first.Run(ctx))
		second := Training(t, rule, setting(2), 200)
		require.NoError(t, second.Restore(func(name string) (any, error) {
			i := slices.IndexFunc(saved, func(v sim.Variable) bool { return v.Name == name })
			require.GreaterOrEqual(t, i, 0, name)
			return saved[i].Values, nil
		}))
		require.NoError(t, second.Run(ctx))
		same(t, whole[1], copies(second), "a cut training")
	})
	t.Run("scores", func(t *testing.T) {
		tr := Training(t, rule, setting(2), 200)
		before := copies(tr)
		var b learning.Batch
		Quadrants{200, 1}.Fill(-1, []int32{0, 1, 2, 3, 4}, &b)
		one, two := make([]float32, 5*Classes), make([]float32, 5*Classes)
		key := sim.Key{Trial: 1, Step: 7}
		require.NoError(t, tr.Learner.Scores(ctx, key, b, one))
		require.NoError(t, tr.Learner.Scores(ctx, key, b, two))
		require.Equal(t, one, two)
		for _, x := range one {
			require.False(t, math.IsNaN(float64(x)))
		}
		same(t, before, copies(tr), "scores change nothing")
	})
}

// Documented holds a catalogue entry to its descriptions.
func Documented(t *testing.T, e catalog.Entry) {
	require.NotEmpty(t, e.Summary)
	require.NotEmpty(t, e.Equation)
	require.NotEmpty(t, e.Reference)
	for _, f := range config.EntryFields(e) {
		require.NotEmpty(t, f.Doc, "%s has no doc", f.Key)
	}
}

func copies(s sim.Stateful) (out []sim.Variable) {
	for _, v := range s.State() {
		out = append(out, sim.Variable{Name: v.Name, Values: sim.CopyValues(v.Values)})
	}
	return out
}

func same(t *testing.T, want, got []sim.Variable, format string, args ...any) {
	t.Helper()
	require.Equal(t, len(want), len(got), append([]any{format}, args...)...)
	for i := range want {
		require.Equal(t, want[i].Name, got[i].Name)
		require.Equal(t, want[i].Values, got[i].Values, append([]any{want[i].Name + ": " + format}, args...)...)
	}
}

// Shared holds a rule to the same bits for one worker and for three at a size
// where work is really cut among them.
func Shared(t *testing.T, rule learning.Rule) {
	var want []sim.Variable
	for _, workers := range []int{1, 3} {
		s := Setting(t, Dense(600, 500), 5, workers)
		s.Batch, s.Epochs = 128, 1
		tr := Training(t, rule, s, 256)
		require.NoError(t, tr.Run(context.Background()))
		if got := copies(tr); want == nil {
			want = got
		} else {
			same(t, want, got, "%d workers", workers)
		}
	}
}
