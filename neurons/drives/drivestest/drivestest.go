// Package drivestest is the contract that every drive keeps. A drive's own test
// checks its equation; this checks what users of any drive rely on.
package drivestest

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/neurons/drives"
	"github.com/synohm/synohm/sim"
)

// Check holds a model to the contract. Settings are YAML of the model's
// parameters without start and stop: those of params must act on a population
// of Size neurons between 3 and 9 ms, and stay off otherwise only for being out
// of that time; those of emit must do so as Size trains.
func Check(t *testing.T, m drives.Model, params, emit string) {
	t.Run("documented", func(t *testing.T) { documented(t, m) })
	t.Run("refuses NaN", func(t *testing.T) { refusesNaN(t, m) })
	t.Run("refuses times", func(t *testing.T) { refusesTimes(t, m, params) })
	t.Run("adds", func(t *testing.T) { adds(t, m, params) })
	t.Run("silence", func(t *testing.T) { silence(t, m, params) })
	t.Run("parts", func(t *testing.T) { parts(t, m, params) })
	t.Run("pure", func(t *testing.T) { pure(t, m, params) })
	t.Run("delay", func(t *testing.T) { delay(t, m, params) })
	if m.Emit != nil {
		t.Run("emits", func(t *testing.T) { emits(t, m, emit) })
	}
}

// Size is the number of targets and of trains, no multiple of four.
const Size = 53

// The grid of the contract, and when its drives act.
const (
	stepMS      = 0.1
	steps       = 130
	during      = "\nstart: 3 ms\nstop: 9 ms\n"
	first, last = 30, 90 // steps
)

var whole = sim.Part{Lo: 0, Hi: Size}

// Decode reads the parameters of a model and wants them to be right.
func Decode(t require.TestingT, m drives.Model, text string) any {
	p := m.Entry.New()
	require.NoError(t, decode(t, p, text))
	return p
}

func decode(t require.TestingT, p any, text string) error {
	tree, err := config.Parse("test.yaml", []byte(text))
	require.NoError(t, err)
	return tree.Decode(p, nil).Err()
}

func setting(delay int) drives.Setting {
	return drives.Setting{Size: Size, StepMS: stepMS, Seed: 7, Channel: 1, Weight: 1.5, Delay: delay}
}

func drive(t require.TestingT, m drives.Model, params string, delay int) sim.Drive {
	d, err := m.New(setting(delay), Decode(t, m, params))
	require.NoError(t, err)
	return d
}

// frame is what a step brings to some neurons.
type frame struct {
	channels [2][]float32
	current  []float64
}

func newFrame(n int) frame {
	return frame{[2][]float32{make([]float32, n), make([]float32, n)}, make([]float64, n)}
}

// add lets a drive act on a part of a frame of all neurons.
func (f frame) add(d sim.Drive, part sim.Part, step int64) {
	in := sim.Input{Step: step, Current: f.current[part.Lo:part.Hi:part.Hi]}
	for c := range f.channels {
		in.Channels = append(in.Channels, f.channels[c][part.Lo:part.Hi:part.Hi])
	}
	d.Add(part, in)
}

// at is what a drive brings in a step.
func at(d sim.Drive, step int64) frame {
	f := newFrame(Size)
	f.add(d, whole, step)
	return f
}

func documented(t *testing.T, m drives.Model) {
	require.NotEmpty(t, m.Name)
	require.NotEmpty(t, m.Summary)
	require.NotEmpty(t, m.Equation)
	require.NotEmpty(t, m.Reference)
	require.NotNil(t, m.New)
	known := map[string]bool{}
	for _, f := range config.Fields(reflect.TypeOf(m.Params)) {
		known[f.Key] = true
		require.NotEmpty(t, f.Doc, "%s has no doc", f.Key)
		require.True(t, f.Default != "" || f.Required, "%s has no default", f.Key)
	}
	require.True(t, known["start"] && known["stop"], "a drive has a beginning and an end")
}

func refusesNaN(t *testing.T, m drives.Model) {
	for _, f := range config.Fields(reflect.TypeOf(m.Params)) {
		of, open, end := f.Type, "", ""
		for of.Kind() == reflect.Slice {
			of, open, end = of.Elem(), open+"[", end+"]"
		}
		if of.Kind() != reflect.Float64 {
			continue
		}
		for _, bad := range []string{".nan", ".inf", "-.inf"} {
			require.ErrorContains(t, decode(t, m.Entry.New(), f.Key+": "+open+bad+end+"\n"), f.Key, "%s is taken", bad)
		}
	}
}

func refusesTimes(t *testing.T, m drives.Model, params string) {
	require.ErrorContains(t, decode(t, m.Entry.New(), params+"\nstart: 5 ms\nstop: 4 ms\n"), "stop: 4 ms: must not be before start")
	for _, c := range [][2]string{{"start", "start: 3.04 ms"}, {"stop", "stop: 9.01 ms"}} {
		_, err := m.New(setting(1), Decode(t, m, params+"\n"+c[1]+"\n"))
		require.ErrorContains(t, err, c[0]+": ")
		require.ErrorContains(t, err, "is off the grid of 0.1 ms")
		var fe config.FieldError
		require.ErrorAs(t, err, &fe)
		require.Equal(t, c[0], fe.Field)
	}
}

// adds holds that a drive adds to what is there, on its own input alone.
func adds(t *testing.T, m drives.Model, params string) {
	d, acted := drive(t, m, params+during, 1), false
	for k := int64(0); k < steps; k++ {
		alone, beside := at(d, k), newFrame(Size)
		for i := range Size {
			beside.channels[0][i], beside.channels[1][i], beside.current[i] = 1, 2, 3
		}
		beside.add(d, whole, k)
		for i := range Size {
			require.EqualValues(t, 1, beside.channels[0][i])
			require.Equal(t, 2+alone.channels[1][i], beside.channels[1][i])
			require.Equal(t, 3+alone.current[i], beside.current[i])
			if m.Injects {
				require.Zero(t, alone.channels[1][i])
			} else {
				require.Zero(t, alone.current[i])
			}
			acted = acted || alone.channels[1][i] != 0 || alone.current[i] != 0
		}
	}
	require.True(t, acted, "the settings must make the drive act")
}

// silence holds that a drive acts from start to stop, each a delay later.
func silence(t *testing.T, m drives.Model, params string) {
	const late = 4
	always, some := drive(t, m, params, late), drive(t, m, params+during, late)
	inside := false
	for k := int64(0); k < steps; k++ {
		f := at(some, k)
		if sent := k - late; sent >= first && sent < last {
			inside = inside || !reflect.DeepEqual(f, newFrame(Size))
			continue
		}
		require.Equal(t, newFrame(Size), f, "step %d", k)
		if k < late {
			require.Equal(t, newFrame(Size), at(always, k), "nothing arrives before it was sent, step %d", k)
		}
	}
	require.True(t, inside, "the settings must make the drive act in its window")
}

// parts holds that a neuron gets the same whatever part it is in, in whatever
// order the parts come.
func parts(t *testing.T, m drives.Model, params string) {
	rapid.Check(t, func(rt *rapid.T) {
		params := params + during
		whole, cut := drive(rt, m, params, 2), drive(rt, m, params, 2)
		bounds := []int{0}
		for at := 16; at < Size; at += 16 {
			if rapid.Bool().Draw(rt, "cut") {
				bounds = append(bounds, at)
			}
		}
		bounds = append(bounds, Size)
		backwards := rapid.Bool().Draw(rt, "backwards")
		from := rapid.Int64Range(0, steps).Draw(rt, "from")
		for k := from; k < from+5; k++ {
			f := newFrame(Size)
			for i := range len(bounds) - 1 {
				if backwards {
					i = len(bounds) - 2 - i
				}
				f.add(cut, sim.Part{Lo: bounds[i], Hi: bounds[i+1]}, k)
			}
			require.Equal(rt, at(whole, k), f)
		}
	})
}

// pure holds that a drive is a function of the step, so that a run that goes
// on from a checkpoint needs nothing of it.
func pure(t *testing.T, m drives.Model, params string) {
	d := drive(t, m, params+during, 3)
	_, stateful := d.(sim.Stateful)
	require.False(t, stateful)
	for k := int64(0); k < steps; k++ {
		now := at(d, k)
		require.Equal(t, now, at(d, k), "asked twice, step %d", k)
		require.Equal(t, now, at(drive(t, m, params+during, 3), k), "asked for this step alone, step %d", k)
	}
}

// delay holds that a delay shifts what arrives and changes nothing else.
func delay(t *testing.T, m drives.Model, params string) {
	soon, late := drive(t, m, params+during, 1), drive(t, m, params+during, 15)
	for k := int64(1); k < steps; k++ {
		require.Equal(t, at(soon, k), at(late, k+14))
	}
}

// emits holds a population of trains to order, range, window and parts.
func emits(t *testing.T, m drives.Model, params string) {
	block := func(text string, part sim.Part) sim.Population {
		p, err := m.Emit(setting(0), part, Decode(t, m, text))
		require.NoError(t, err)
		require.Equal(t, part.Len(), p.Size())
		require.Empty(t, p.State(), "trains are functions of the step")
		return p
	}
	all, total := block(params+during, whole), 0
	cut := []sim.Part{{Lo: 0, Hi: 16}, {Lo: 16, Hi: 16}, {Lo: 16, Hi: 48}, {Lo: 48, Hi: Size}}
	for k := int64(0); k < steps; k++ {
		spikes := all.Advance(sim.Input{Step: k}, nil)
		before := int32(-1)
		for _, s := range spikes {
			require.Greater(t, s, before, "spikes ascend, a train once")
			before = s
		}
		require.Less(t, before, int32(Size))
		if k < first || k >= last {
			require.Empty(t, spikes, "step %d", k)
		}
		total += len(spikes)
		var joined []int32
		for _, part := range cut {
			had := len(joined)
			joined = block(params+during, part).Advance(sim.Input{Step: k}, joined)
			for i := range joined[had:] {
				joined[had+i] += int32(part.Lo)
			}
		}
		require.Equal(t, spikes, joined, "trains do not depend on the part they are in")
		all.Reset()
		require.Equal(t, spikes, all.Advance(sim.Input{Step: k}, nil))
	}
	require.Positive(t, total, "the settings must make trains spike")
}
