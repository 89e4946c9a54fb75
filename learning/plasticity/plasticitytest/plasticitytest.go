// Package plasticitytest is the contract that every plasticity rule keeps. A
// rule's own test checks its equation against a replay; this checks what users
// of any rule rely on.
package plasticitytest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/learning/plasticity"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
)

// Check holds a rule to the contract, with its default parameters and 2 mV for
// every weight among them that must be given.
func Check(t *testing.T, m plasticity.Model) {
	t.Run("documented", func(t *testing.T) { documented(t, m) })
	t.Run("parts", func(t *testing.T) { parts(t, m) })
	t.Run("saved", func(t *testing.T) { saved(t, m) })
	t.Run("copies", func(t *testing.T) { copies(t, m) })
	t.Run("forgets", func(t *testing.T) { forgets(t, m) })
	t.Run("passes errors on", func(t *testing.T) { passesErrorsOn(t, m) })
	t.Run("units", func(t *testing.T) { wrongUnits(t, m) })
	t.Run("refuses NaN", func(t *testing.T) { refusesNaN(t, m) })
}

const (
	sources, targets = 40, 150
	unit             = "mV"
)

// settings writes the required parameters, all weights.
func settings(m plasticity.Model, weight string) string {
	out := ""
	for _, f := range config.Fields(reflect.TypeOf(m.Params)) {
		if f.Required {
			out += f.Key + ": " + weight + "\n"
		}
	}
	if out == "" {
		return "{}\n"
	}
	return out
}

// Params decodes the parameters of a rule from YAML.
func Params(t testing.TB, m plasticity.Model, yaml string) any {
	p := m.Entry.New()
	tree, err := config.Parse("test.yaml", []byte(yaml))
	require.NoError(t, err)
	require.Empty(t, tree.Decode(p, nil))
	return p
}

// Weights makes plastic weights on ideal memory, with delays of 3 to 40 steps
// of 0.1 ms.
func Weights(t testing.TB, workers int) sim.PlasticWeights {
	ideal, err := synapses.New("ideal", nil)
	require.NoError(t, err)
	delay, err := philox.NewDraw(philox.UniformDraw, 0.3, 4, math.Inf(-1), math.Inf(1))
	require.NoError(t, err)
	weight, err := philox.NewDraw(philox.UniformDraw, 0.5, 1.5, math.Inf(-1), math.Inf(1))
	require.NoError(t, err)
	w, err := ideal.MakeSparse(t.Context(), &synapses.Wiring{
		Sources: sources, Targets: targets, Rule: &synapses.FixedIndegree{N: 12, Multiples: synapses.Multiples{Multapses: true}},
		Weight: weight, Delay: delay, StepMS: 0.1, Workers: workers, Plastic: true,
	}, 5)
	require.NoError(t, err)
	return w.(sim.PlasticWeights)
}

// run is a rule on its weights in the way an engine uses it.
type run struct {
	rule    sim.Learner
	workers int
	ring    *sim.Ring
	epoch   int
	log     []float32 // of all that has arrived
}

func newRun(t testing.TB, m plasticity.Model, w sim.PlasticWeights, workers int) *run {
	l, err := m.New(plasticity.Setting{Weights: w, Workers: workers, StepMS: 0.1, Unit: unit}, Params(t, m, settings(m, "2 mV")))
	require.NoError(t, err)
	low, high := l.Delays()
	require.Equal(t, []int{3, 40}, []int{low, high})
	return &run{rule: l, workers: workers, ring: sim.NewRing(targets, high, low), epoch: low}
}

// steps is the length of the trains.
const steps = 20000

// trains are the spikes of a population in every step, ascending.
func trains(name string, size int, rate float64) [][]int32 {
	s := philox.Stream{Seed: 3, Purpose: philox.Purpose(name)}
	out := make([][]int32, steps)
	for i := range size {
		at := 0.0
		for k := uint32(0); ; k++ { // gaps between spikes are exponential
			if at += 1 - math.Log(philox.Uniform(s.Word(uint32(i), k)))/rate; at >= steps {
				break
			}
			out[int(at)] = append(out[int(at)], int32(i))
		}
	}
	return out
}

var drawn = sync.OnceValue(func() (t struct{ pre, post, modulator [][]int32 }) {
	t.pre, t.post, t.modulator = trains("pre", sources, 0.02), trains("post", targets, 0.004), trains("modulator", 5, 0.01)
	return t
})

// advance goes through epochs; of every 10,000 steps the sources are silent for
// all but the first 300, so that rules have to catch up.
func (r *run) advance(from, to int64) error {
	ctx := context.Background()
	parts, in := sim.Parts(targets, r.workers), drawn()
	for first := from; first < to; first += int64(r.epoch) {
		for q, p := range parts {
			for k := first; k < first+int64(r.epoch); k++ {
				var mine []int32
				for _, s := range in.post[k] {
					if int(s) >= p.Lo && int(s) < p.Hi {
						mine = append(mine, s)
					}
				}
				if err := r.rule.Post(ctx, k, mine, q); err != nil {
					return err
				}
			}
			if m, ok := r.rule.(sim.Modulated); ok {
				for k := first; k < first+int64(r.epoch); k++ {
					all := in.modulator[k]
					for cut := range r.workers { // told in as many pieces as there are workers
						m.Modulate(k, all[len(all)*cut/r.workers:len(all)*(cut+1)/r.workers], q)
					}
				}
			}
			for k := first; k < first+int64(r.epoch); k++ {
				pre := in.pre[k]
				if k%10000 >= 300 || len(pre) == 0 {
					continue
				}
				if _, err := r.rule.Deliver(ctx, sim.Key{Step: uint32(k)}, pre, nil, q, r.ring); err != nil {
					return err
				}
			}
		}
		for k := first; k < first+int64(r.epoch); k++ {
			row := r.ring.Row(k)
			if k%10000 < 400 {
				r.log = append(r.log, row...)
			}
			clear(row)
		}
	}
	return nil
}

// copied is the state by name.
func copied(s sim.Stateful) map[string]any {
	out := map[string]any{}
	for _, v := range s.State() {
		from := reflect.Indirect(reflect.ValueOf(v.Values))
		to := reflect.MakeSlice(from.Type(), from.Len(), from.Len())
		reflect.Copy(to, from)
		out[v.Name] = to.Interface()
	}
	return out
}

// load fills a state.
func load(t *testing.T, s sim.Stateful, from map[string]any) {
	for _, v := range s.State() {
		value := reflect.ValueOf(v.Values)
		if value.Kind() == reflect.Pointer {
			value.Elem().Set(reflect.AppendSlice(value.Elem().Slice(0, 0), reflect.ValueOf(from[v.Name])))
			continue
		}
		require.Equal(t, value.Len(), reflect.ValueOf(from[v.Name]).Len())
		reflect.Copy(value, reflect.ValueOf(from[v.Name]))
	}
	if r, ok := s.(sim.Restorer); ok {
		require.NoError(t, r.Restored())
	}
}

func documented(t *testing.T, m plasticity.Model) {
	require.NotEmpty(t, m.Name)
	require.NotEmpty(t, m.Summary)
	require.NotEmpty(t, m.Equation)
	require.NotEmpty(t, m.Reference)
	for _, f := range config.Fields(reflect.TypeOf(m.Params)) {
		require.NotEmpty(t, f.Doc, "%s has no doc", f.Key)
	}
}

func parts(t *testing.T, m plasticity.Model) {
	var want *run
	var state map[string]any
	for _, workers := range []int{1, 2, 3} {
		r := newRun(t, m, Weights(t, workers), workers)
		before := r.rule.Snapshot("w").Values
		require.NoError(t, r.advance(0, 19998))
		if want == nil {
			want, state = r, copied(r.rule)
			require.NotEqual(t, before, r.rule.Snapshot("w").Values, "nothing has changed; the test would show nothing")
			continue
		}
		require.Equal(t, want.log, r.log, "%d workers", workers)
		require.Equal(t, state, copied(r.rule), "%d workers", workers)
	}
	for _, w := range state["weight"].([]float32) {
		require.True(t, w >= 0 && w < 1000, "weight %g", w)
	}
}

func saved(t *testing.T, m plasticity.Model) {
	for _, cut := range []int64{150, 8250, 18000} {
		whole := newRun(t, m, Weights(t, 1), 1)
		require.NoError(t, whole.advance(0, cut))
		next := newRun(t, m, Weights(t, 2), 2)
		load(t, next.rule, copied(whole.rule))
		copy(next.ring.Data, whole.ring.Data)
		whole.log = nil
		require.NoError(t, whole.advance(cut, 19998))
		require.NoError(t, next.advance(cut, 19998))
		require.Equal(t, whole.log, next.log, "cut at %d", cut)
		require.Equal(t, copied(whole.rule), copied(next.rule), "cut at %d", cut)
	}
}

// handed is weights that hand out copies, as those on devices do.
type handed struct {
	sim.PlasticWeights
	fail error
}

func (h *handed) Row(ctx context.Context, key sim.Key, source int32, part int) (sim.Row, bool, error) {
	r, _, err := h.PlasticWeights.Row(ctx, key, source, part)
	r.Weights = append([]float32(nil), r.Weights...)
	return r, false, errors.Join(err, h.fail)
}

func (h *handed) State() []sim.Variable { return h.PlasticWeights.(sim.Stateful).State() }

func copies(t *testing.T, m plasticity.Model) {
	live := newRun(t, m, Weights(t, 1), 1)
	other := newRun(t, m, &handed{PlasticWeights: Weights(t, 1)}, 1)
	require.NoError(t, live.advance(0, 3000))
	require.NoError(t, other.advance(0, 3000))
	require.InDeltaSlice(t, live.rule.Snapshot("w").Values, other.rule.Snapshot("w").Values, 1e-5, "what weights are stored in changes rounding alone")
}

// forgets holds that memory stays bounded where sources are silent.
func forgets(t *testing.T, m plasticity.Model) {
	r := newRun(t, m, Weights(t, 1), 1)
	require.NoError(t, r.advance(0, 300))
	ctx := context.Background()
	all := make([]int32, 1)
	size := func() (n int) {
		for _, v := range copied(r.rule) {
			n += reflect.ValueOf(v).Len()
		}
		return n
	}
	at := map[int64]int{}
	for k := int64(300); k < 60000; k++ {
		require.NoError(t, r.rule.Post(ctx, k, all, 0))
		if m, ok := r.rule.(sim.Modulated); ok {
			m.Modulate(k, all, 0)
		}
		if k == 50000 || k == 58192 { // both 848 after a multiple of 8192
			at[k] = size()
		}
	}
	require.Equal(t, at[50000], at[58192])
}

func passesErrorsOn(t *testing.T, m plasticity.Model) {
	h := &handed{PlasticWeights: Weights(t, 1)}
	r := newRun(t, m, h, 1)
	h.fail = errors.New("the board is off")
	require.ErrorIs(t, r.advance(0, 300), h.fail)
}

// wrongUnits holds that weights among the parameters are checked, without
// weights to act on.
func wrongUnits(t *testing.T, m plasticity.Model) {
	s := plasticity.Setting{StepMS: 0.1, Unit: unit}
	_, err := m.New(s, Params(t, m, settings(m, "2 mV")))
	require.NoError(t, err)
	for _, f := range config.Fields(reflect.TypeOf(m.Params)) {
		if !strings.HasPrefix(f.Key, "w_") {
			continue
		}
		for _, bad := range []string{"2 pA", "-2 mV", "2", "soon"} {
			yaml := f.Key + ": " + bad + "\n"
			if !f.Required && settings(m, "2 mV") != "{}\n" {
				yaml += settings(m, "2 mV")
			}
			_, err := m.New(s, Params(t, m, yaml))
			var fe config.FieldError
			require.True(t, errors.As(err, &fe), "%s: %s is taken", f.Key, bad)
			require.Equal(t, f.Key, fe.Field)
		}
	}
}

func refusesNaN(t *testing.T, m plasticity.Model) {
	for _, f := range config.Fields(reflect.TypeOf(m.Params)) {
		for _, bad := range []string{".nan", ".inf", "-.inf"} {
			p := m.Entry.New()
			yaml := fmt.Sprintf("%s: %s\n", f.Key, bad)
			if !f.Required && settings(m, "2 mV") != "{}\n" {
				yaml += settings(m, "2 mV")
			}
			tree, err := config.Parse("test.yaml", []byte(yaml))
			require.NoError(t, err)
			if problems := tree.Decode(p, nil); len(problems) == 0 {
				_, err := m.New(plasticity.Setting{StepMS: 0.1, Unit: unit}, p)
				require.Error(t, err, "%s: %s is taken", f.Key, bad)
			}
		}
	}
}
