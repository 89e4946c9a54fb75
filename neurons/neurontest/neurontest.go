// Package neurontest is the contract that every neuron model keeps. A model's
// own test checks its equation; this checks what users of any model rely on.
package neurontest

import (
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/sim"
)

// Check holds a model to the contract, with its default parameters.
func Check(t *testing.T, m neurons.Model) {
	t.Run("documented", func(t *testing.T) { documented(t, m) })
	t.Run("reset", func(t *testing.T) { reset(t, m) })
	t.Run("split", func(t *testing.T) { split(t, m) })
	t.Run("variables", func(t *testing.T) { variables(t, m) })
	t.Run("refuses NaN", func(t *testing.T) { refusesNaN(t, m) })
}

const (
	size  = 37
	steps = 200
)

func params(m neurons.Model) any {
	p := m.Entry.New()
	if p != nil {
		config.Defaults(p, nil)
	}
	return p
}

// drive is a noisy input strong enough for spikes of a cell with a threshold
// around five.
func drive(step, neuron int) float32 {
	s := philox.Stream{Seed: 1, Purpose: philox.Purpose("neurontest.drive")}
	return float32(1 + 2*philox.Normal(s.Word(uint32(neuron), uint32(step))))
}

// run advances neurons lo to hi-1 of the test's block and returns step and
// neuron of every spike.
func run(t *testing.T, p sim.Population, lo, hi int) (spikes [][2]int) {
	require.Equal(t, hi-lo, p.Size())
	input := make([]float32, hi-lo)
	var now []int32
	for k := range steps {
		for i := range input {
			input[i] = drive(k, lo+i)
		}
		now = p.Advance(input, now[:0])
		for i, s := range now {
			if i > 0 {
				require.Greater(t, s, now[i-1], "spikes are in ascending order")
			}
			spikes = append(spikes, [2]int{k, lo + int(s)})
		}
	}
	return spikes
}

func documented(t *testing.T, m neurons.Model) {
	require.NotEmpty(t, m.Name)
	require.NotEmpty(t, m.Summary)
	require.NotEmpty(t, m.Equation)
	require.NotEmpty(t, m.Reference)
	if m.Params == nil {
		return
	}
	for _, f := range config.Fields(reflect.TypeOf(m.Params)) {
		require.NotEmpty(t, f.Doc, "%s has no doc", f.Key)
		require.True(t, f.Default != "" || f.Required, "%s has no default", f.Key)
	}
}

func reset(t *testing.T, m neurons.Model) {
	p := m.New(size, params(m))
	first := run(t, p, 0, size)
	require.NotEmpty(t, first, "the drive makes no spikes; the test would show nothing")
	p.Reset()
	require.Equal(t, first, run(t, p, 0, size), "a reset population behaves as a new one")
}

func split(t *testing.T, m neurons.Model) {
	whole := map[[2]int]bool{}
	for _, s := range run(t, m.New(size, params(m)), 0, size) {
		whole[s] = true
	}
	parts := map[[2]int]bool{}
	for _, r := range [][2]int{{0, 10}, {10, size}} {
		for _, s := range run(t, m.New(r[1]-r[0], params(m)), r[0], r[1]) {
			parts[s] = true
		}
	}
	require.Equal(t, whole, parts, "neurons do not depend on which block they are in")
}

func variables(t *testing.T, m neurons.Model) {
	p := m.New(size, params(m))
	run(t, p, 0, size)
	for _, v := range m.Variables {
		s, err := p.Snapshot(v.Name)
		require.NoError(t, err)
		require.Equal(t, sim.KindVector, s.Kind)
		require.Equal(t, []int{size}, s.Shape)
		require.Equal(t, v.Unit, s.Unit)
		require.Len(t, s.Values, size)
		for _, x := range s.Values {
			require.False(t, math.IsNaN(x) || math.IsInf(x, 0))
		}
		s.Values[0]++ // a copy: the population must not see it
		again, err := p.Snapshot(v.Name)
		require.NoError(t, err)
		require.NotEqual(t, s.Values[0], again.Values[0])
	}
	_, err := p.Snapshot("no such variable")
	require.Error(t, err)
}

func refusesNaN(t *testing.T, m neurons.Model) {
	if m.Params == nil {
		return
	}
	for _, f := range config.Fields(reflect.TypeOf(m.Params)) {
		if f.Type.Kind() != reflect.Float64 {
			continue
		}
		for _, bad := range []string{".nan", ".inf", "-.inf"} {
			tree, err := config.Parse("test.yaml", []byte(f.Key+": "+bad+"\n"))
			require.NoError(t, err)
			require.NotEmpty(t, tree.Decode(m.Entry.New(), nil), "%s: %s is taken", f.Key, bad)
		}
	}
}
