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

// Check holds a model to the contract, with its default parameters and with
// every other word of those that choose among some (an integrator, say).
func Check(t *testing.T, m neurons.Model) {
	check(t, m, true)
	if m.Params == nil {
		return
	}
	for _, f := range config.Fields(reflect.TypeOf(m.Params)) {
		for _, word := range f.Enum {
			if word != f.Default {
				t.Run(f.Key+" "+word, func(t *testing.T) { check(t, with(t, m, f.Key, word), false) })
			}
		}
	}
}

// with is a model with another word for one of its parameters.
func with(t *testing.T, m neurons.Model, key, word string) neurons.Model {
	made := m.New
	m.New = func(b neurons.Block, _ any) (sim.Population, error) {
		tree, err := config.Parse("test.yaml", []byte(key+": "+word+"\n"))
		require.NoError(t, err)
		p := m.Entry.New()
		require.Empty(t, tree.Decode(p, nil))
		return made(b, p)
	}
	return m
}

// check is the contract; standard tells that a model has its default parameters.
func check(t *testing.T, m neurons.Model, standard bool) {
	t.Run("documented", func(t *testing.T) { documented(t, m) })
	t.Run("reset", func(t *testing.T) { reset(t, m) })
	t.Run("split", func(t *testing.T) { split(t, m) })
	t.Run("saved", func(t *testing.T) { saved(t, m) })
	t.Run("variables", func(t *testing.T) { variables(t, m) })
	t.Run("converges under a current", func(t *testing.T) { settles(t, m) })
	t.Run("refuses NaN", func(t *testing.T) { refusesNaN(t, m) })
	t.Run("converges", func(t *testing.T) { converges(t, m, standard) })
	t.Run("kernels", func(t *testing.T) { sameOnEveryPath(t, m) })
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

// stepMS is the step of all checks but that of convergence, ms.
const stepMS = 0.1

// block makes the block of neurons lo to hi-1.
func block(t *testing.T, m neurons.Model, lo, hi int) sim.Population {
	return blockOf(t, m, lo, hi, stepMS)
}

func blockOf(t *testing.T, m neurons.Model, lo, hi int, step float64) sim.Population {
	p, err := m.New(neurons.Block{Part: sim.Part{Lo: lo, Hi: hi}, StepMS: step}, params(m))
	require.NoError(t, err)
	require.Equal(t, hi-lo, p.Size())
	return p
}

// strengths are the amplitudes of drive that are tried, so that one fits the
// threshold of any model, whatever the unit of its input is.
var strengths = []float64{2, 20, 200, 2000}

// run advances neurons lo to hi-1 of the test's block from a step on with noisy
// input, and returns step and neuron of every spike.
func run(m neurons.Model, p sim.Population, strength float64, lo, hi, from int) (spikes [][2]int) {
	s := philox.Stream{Seed: 1, Purpose: philox.Purpose("neurontest.drive")}
	in := sim.Input{Channels: make([][]float32, len(m.Inputs))}
	for c := range in.Channels {
		in.Channels[c] = make([]float32, hi-lo)
	}
	if m.Current {
		in.Current = make([]float64, hi-lo)
	}
	var now []int32
	for k := from; k < from+steps; k++ {
		in.Step = int64(k)
		for i := range hi - lo {
			x := philox.Normal(s.Word(uint32(lo+i), uint32(k)))
			for c := range in.Channels {
				in.Channels[c][i] = 0
			}
			if len(in.Channels) > 0 { // whole numbers, as spikes of a parrot are counted
				in.Channels[0][i] = float32(math.Round(max(0, strength/2+strength*x)))
			}
			if len(in.Channels) > 1 && x > 1 {
				in.Channels[1][i] = inhibition(m, strength/4)
			}
			if m.Current {
				in.Current[i] = strength * x
			}
		}
		now = p.Advance(in, now[:0])
		for _, s := range now {
			spikes = append(spikes, [2]int{k, lo + int(s)})
		}
	}
	return spikes
}

// inhibition is a weight of the second input, by its magnitude.
func inhibition(m neurons.Model, magnitude float64) float32 {
	if m.Conductance {
		return float32(magnitude)
	}
	return -float32(magnitude)
}

// strong finds the drive that makes a good number of spikes.
func strong(t *testing.T, m neurons.Model) float64 {
	for _, s := range strengths {
		if n := len(run(m, block(t, m, 0, size), s, 0, size, 0)); n > size {
			return s
		}
	}
	require.Fail(t, "no drive makes spikes; the test would show nothing")
	return 0
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
	p, drive := block(t, m, 0, size), strong(t, m)
	first := run(m, p, drive, 0, size, 0)
	last := [2]int{-1, -1}
	for _, s := range first {
		require.True(t, s[0] > last[0] || s[0] == last[0] && s[1] > last[1], "spikes of a step are in ascending order")
		last = s
	}
	p.Reset()
	require.Equal(t, first, run(m, p, drive, 0, size, 0), "a reset population behaves as a new one")
}

func split(t *testing.T, m neurons.Model) {
	drive := strong(t, m)
	whole := map[[2]int]bool{}
	for _, s := range run(m, block(t, m, 0, size), drive, 0, size, 0) {
		whole[s] = true
	}
	parts := map[[2]int]bool{}
	for _, r := range [][2]int{{0, 16}, {16, size}} {
		for _, s := range run(m, block(t, m, r[0], r[1]), drive, r[0], r[1], 0) {
			parts[s] = true
		}
	}
	require.Equal(t, whole, parts, "neurons do not depend on which block they are in")
}

// saved holds that the state is all there is: a block whose state is copied
// into a fresh one goes on as the first.
func saved(t *testing.T, m neurons.Model) {
	drive := strong(t, m)
	a, b := block(t, m, 0, size), block(t, m, 0, size)
	run(m, a, drive, 0, size, 0)
	for i, v := range a.State() {
		to := b.State()[i]
		require.Equal(t, v.Name, to.Name)
		require.Equal(t, reflect.ValueOf(v.Values).Len(), reflect.Copy(reflect.ValueOf(to.Values), reflect.ValueOf(v.Values)))
	}
	require.Equal(t, run(m, a, drive, 0, size, steps), run(m, b, drive, 0, size, steps))
	require.Equal(t, a.State(), b.State())
}

func variables(t *testing.T, m neurons.Model) {
	p := block(t, m, 0, size)
	run(m, p, strong(t, m), 0, size, 0)
	for _, v := range m.Variables {
		s, err := sim.SnapshotOf(p, v.Name, v.Unit)
		require.NoError(t, err)
		require.Equal(t, []int{size}, s.Shape)
		require.Len(t, s.Values, size)
		for _, x := range s.Values {
			require.False(t, math.IsNaN(x) || math.IsInf(x, 0))
		}
	}
	_, err := sim.Values(p, "no such variable")
	require.Error(t, err)
}

// settles holds that the potential under constant current tends to a limit as
// the step shrinks: halving it changes the result by at most 0.6 times what
// halving it before did, as any method of first order or better does (0.5), or
// by next to nothing where a step is exact or its error is bounded by a
// tolerance. Where the model has conductances they start open, since without
// them even exponential Euler is exact.
func settles(t *testing.T, m neurons.Model) {
	if _, err := sim.Values(block(t, m, 0, 1), "v_m"); err != nil || !m.Current {
		return
	}
	const until = 6.4 // ms
	end := func(step float64) float64 {
		p, err := m.New(neurons.Block{Part: sim.Part{Hi: 1}, StepMS: step}, params(m))
		require.NoError(t, err)
		if m.Conductance {
			for _, v := range m.Variables {
				if g, err := sim.Values(p, v.Name); err == nil && v.Unit == "nS" {
					g[0] = 1
				}
			}
		}
		in := sim.Input{Channels: make([][]float32, len(m.Inputs)), Current: []float64{1}}
		for c := range in.Channels {
			in.Channels[c] = make([]float32, 1)
		}
		for range int(math.Round(until / step)) {
			require.Empty(t, p.Advance(in, nil), "the current is to be below the threshold")
		}
		v, _ := sim.Values(p, "v_m")
		return v[0]
	}
	var change []float64
	for step := 0.1; step > 0.01; step /= 2 {
		change = append(change, math.Abs(end(step)-end(step/2)))
	}
	for i := 1; i < len(change); i++ {
		require.Less(t, change[i], max(0.6*change[i-1], 1e-7*math.Abs(end(0.1))), "changes of the potential as the step halves: %v mV", change)
	}
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

// converges holds that a shorter step brings a model nearer to what the
// equation says: driven alike below its threshold, by spikes and currents at
// the same times, it ends nearer to the result of a much shorter step. Models
// that are exact on any grid are there from the beginning. By default a step of
// stepMS is accurate; who chooses another method may have chosen a coarser one.
func converges(t *testing.T, m neurons.Model, standard bool) {
	if m.Discrete || len(m.Variables) == 0 {
		return
	}
	const finest = 16 // steps in one of stepMS
	if _, spikes := below(t, m, 0, 1); spikes > 0 {
		return // its rest is not where it begins
	}
	strength, quiet := strengths[len(strengths)-1], false
	for range 40 {
		if _, spikes := below(t, m, strength, finest); spikes == 0 {
			quiet = true
			break
		}
		strength /= 2
	}
	require.True(t, quiet, "no drive is so weak that it makes no spikes")
	strength /= 4 // away from the threshold
	exact, _ := below(t, m, strength, finest)
	rest := blockOf(t, m, 0, size, stepMS)
	coarse, _ := below(t, m, strength, 1)
	fine, _ := below(t, m, strength, 4)
	for _, v := range m.Variables {
		start, err := sim.Values(rest, v.Name)
		require.NoError(t, err)
		away := func(a, b []float64) (d float64) {
			for i := range a {
				d = max(d, math.Abs(a[i]-b[i]))
			}
			return d
		}
		moved := away(exact[v.Name], start)
		errCoarse, errFine := away(coarse[v.Name], exact[v.Name]), away(fine[v.Name], exact[v.Name])
		// At first order the errors are as 15 to 3, from the step of a sixteenth.
		require.LessOrEqual(t, errFine, max(errCoarse/3, 1e-4*moved), "%s: error %g at the step, %g at a quarter of it, of %g", v.Name, errCoarse, errFine, moved)
		if standard {
			require.LessOrEqual(t, errCoarse, 0.1*moved, "%s at a step of %g ms", v.Name, stepMS)
		}
	}
}

// below drives a block with steps of a part of stepMS and returns its variables
// in the end. What arrives does so at multiples of stepMS, for any part.
func below(t *testing.T, m neurons.Model, strength float64, part int) (ends map[string][]float64, spikes int) {
	p := blockOf(t, m, 0, size, stepMS/float64(part))
	s := philox.Stream{Seed: 2, Purpose: philox.Purpose("neurontest.converges")}
	in := sim.Input{Channels: make([][]float32, len(m.Inputs))}
	for c := range in.Channels {
		in.Channels[c] = make([]float32, size)
	}
	if m.Current {
		in.Current = make([]float64, size)
	}
	var now []int32
	for k := range steps * part {
		in.Step = int64(k)
		for _, c := range in.Channels {
			clear(c)
		}
		for i := range size {
			x := philox.Normal(s.Word(uint32(i), uint32(k/part)))
			arrives := k%part == part-1 // at the end of the step
			if arrives && x > 1 && len(in.Channels) > 0 {
				in.Channels[0][i] = float32(strength)
			}
			if arrives && x < -1.5 && len(in.Channels) > 1 {
				in.Channels[1][i] = inhibition(m, strength)
			}
			if m.Current {
				in.Current[i] = strength * x
			}
		}
		now = p.Advance(in, now[:0])
		spikes += len(now)
	}
	ends = map[string][]float64{}
	for _, v := range m.Variables {
		values, err := sim.Values(p, v.Name)
		require.NoError(t, err)
		ends[v.Name] = values
	}
	return ends, spikes
}
