package tasks_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/neurons/drives"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
	"github.com/synohm/synohm/tasks"
)

const eventText = `synohm: 1
time: {mode: event, warm_up: 20 ms, run: 200 ms}
populations:
  - {name: a, model: intfire1, size: 60, init: [{name: m, low: 0, high: 0.9}]}
  - {name: b, model: iaf_psc_delta, size: 20, params: {i_e: 400 pA}}
sources:
  - {name: noise, model: poisson_generator, to: a, params: {rate: 2 kHz}, weight: 0.1, delay: 0.3 ms}
  - {name: given, model: spike_generator, params: {spike_times: [1.2345 ms, 30.1 ms]}, size: 5}
projections:
  - {name: aa, from: a, to: a, rule: {kind: fixed_indegree, n: 10}, weight: {mean: 0.05, std: 0.01}, delay: {low: 0.1 ms, high: 3 ms}}
  - {name: ab, from: a, to: b, rule: {kind: pairwise_bernoulli, p: 0.1}, weight: -0.2 mV, delay: 0.7 ms}
  - {name: gb, from: given, to: b, weight: 3 mV, delay: 0.05 ms}
task: {kind: simulate, report: 10 ms}
`

func eventFile(t testing.TB, text string) string {
	file := filepath.Join(t.TempDir(), "event.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	return file
}

func TestEventRunIsTheSameForAnyNumberOfWorkersAndReports(t *testing.T) {
	file := eventFile(t, eventText)
	first := run(t, load(t, file), 1)
	require.Greater(t, first.Rates["a"], 5.0)
	require.Greater(t, first.Rates["b"], 5.0)
	require.NotContains(t, first.Rates, "given", "sources have no rate")
	require.Len(t, first.Spikes, 64)
	for _, key := range []string{"rtf", "events_per_s", "build_s"} {
		require.Positive(t, first.Speed[key], key)
	}
	require.Positive(t, first.Metrics["events"])
	require.Positive(t, first.Metrics["bytes_per_synapse"])
	for _, c := range []struct {
		workers int
		set     string
	}{{3, "task.report=10 ms"}, {1, "task.report=7.3 ms"}, {2, "time.step=33 ms"}} {
		res := run(t, load(t, file, c.set), c.workers)
		require.Equal(t, first.Spikes, res.Spikes)
		require.Equal(t, first.Rates, res.Rates)
		require.Equal(t, first.Metrics, res.Metrics)
	}
	require.NotEqual(t, first.Spikes, run(t, load(t, file, "seed=2"), 1).Spikes)
	require.NotEqual(t, first.Spikes, run(t, load(t, file, "substrate=quantised"), 1).Spikes, "weights are read through the substrate")
}

func TestEventModeSaysWhatItCannotDo(t *testing.T) {
	for _, c := range []struct{ name, set, want string }{
		{"a model without a closed form", "populations[a].model=lif_discrete", "populations[a].model: lif_discrete: has no closed form between events, so it needs time.mode stepped; those that have one: iaf_psc_delta, intfire1"},
		{"a source without exact times", "sources[noise].model=inhomogeneous_poisson", "has no exact times, so it needs time.mode stepped; those that have them: poisson_generator, spike_generator"},
		{"a delay of zero", "projections[aa].delay=0 ms", "projections[aa]: delay 0 ms; in event mode a delay is above 0"},
		{"a negative delay", "projections[ab].delay=-1 ms", "delay -1 ms"},
		{"a delay of zero of a source", "sources[noise].delay=0 ms", "sources[noise].delay: 0 ms: is 0 ms; in event mode a delay is above 0"},
		{"delays down to nothing", "projections[aa].delay.low=-1 ms", "projections[aa]: delays down to -1 ms"},
		{"a delay below the resolution of time", "projections[ab].delay=1e-15 ms", "is below the resolution of time at 220 ms"},
		{"a delay that is drawn, of a source", "sources[noise].delay={low: 1 ms, high: 2 ms}", "of a source is one value"},
		{"weights that formed cells cannot be", "substrate=crossbar", "cannot be had from the difference of two formed cells"},
		{"weights that change", "projections[aa].plasticity={kind: stdp, w_max: 1}", "projections[aa].plasticity: needs time.mode stepped"},
		{"short-term dynamics", "projections[aa].synapse=tsodyks", "projections[aa].synapse: tsodyks: needs time.mode stepped"},
		{"an unknown mode", "time.mode=events", "must be one of stepped, event"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sets := []string{c.set}
			if c.name == "a source without exact times" {
				sets = append(sets, "sources[noise].params={rate_times: [0 ms], rate_values: [1 kHz]}")
			}
			_, err := tasks.Load(eventFile(t, eventText), sets, nil)
			require.ErrorContains(t, err, c.want)
			var ps config.Problems
			require.ErrorAs(t, err, &ps)
		})
	}
	t.Run("a delay that is missing", func(t *testing.T) {
		_, err := tasks.Load(eventFile(t, `synohm: 1
time: {mode: event, run: 1 s}
populations: [{name: a, model: intfire1, size: 2}]
sources: [{name: s, model: poisson_generator, to: a, params: {rate: 1 Hz}, weight: 1}]
projections: [{name: aa, from: a, to: a, weight: 1}]
task: {kind: simulate}
`), nil, nil)
		require.ErrorContains(t, err, "projections[aa].delay: is missing; event mode has no step")
		require.ErrorContains(t, err, "sources[s].delay: is missing; event mode has no step")
	})
	t.Run("recordings", func(t *testing.T) {
		_, err := tasks.Load(eventFile(t, eventText+"record: [{what: spikes, of: a}]\n"), nil, nil)
		require.ErrorContains(t, err, "record[0].what: spikes: cannot be recorded in event mode yet")
	})
	t.Run("another task", func(t *testing.T) {
		_, err := tasks.Load(smallConfig(t), []string{"time.mode=event"}, nil)
		require.ErrorContains(t, err, "time.mode: event: is for the task simulate; liquid goes on in steps")
	})
	t.Run("when it is cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := tasks.Run(ctx, load(t, eventFile(t, eventText)), tasks.RunOptions{Workers: 1, Runs: t.TempDir()})
		require.ErrorIs(t, err, context.Canceled)
	})
}

// deltaNet is a network of iaf_psc_delta cells that their current carries over
// the threshold, for either way to advance.
type deltaNet struct {
	params neurons.IAFPscDeltaParams
	wiring synapses.Wiring
}

func newDeltaNet(t testing.TB) *deltaNet {
	n := &deltaNet{}
	config.Defaults(&n.params, nil)
	n.params.IE = 420
	n.wiring = synapses.Wiring{
		Sources: 30, Targets: 30, Same: true, Rule: &synapses.FixedIndegree{N: 5, Multiples: synapses.Multiples{Multapses: true}},
		Weight: philox.Fixed(0.4), Workers: 1,
	}
	var err error
	n.wiring.Delay, err = philox.NewDraw(philox.UniformDraw, 1.2, 4.8, math.Inf(-1), math.Inf(1))
	require.NoError(t, err)
	return n
}

// begin spreads the potentials of the cells.
func begin(v []float64) {
	for i := range v {
		v[i] = -70 + 0.45*float64(i)
	}
}

const deltaMS = 60

func (n *deltaNet) event(t testing.TB) (spikes [30][]float64) {
	ideal, err := synapses.New("ideal", nil)
	require.NoError(t, err)
	n.wiring.StepMS = 1
	w, err := synapses.MakeEvent(t.Context(), ideal, &n.wiring, 3)
	require.NoError(t, err)
	e, err := sim.NewEventEngine(&sim.EventNetwork{
		Populations: []sim.EventPopulationSpec{{Name: "p", Size: 30, Channels: 1, New: func() (sim.EventPopulation, error) {
			p, err := neurons.IAFPscDeltaModel().NewEvent(30, &n.params)
			if err == nil {
				begin(p.State()[0].Values.([]float64))
			}
			return p, err
		}}},
		Projections: []sim.EventProjection{{Name: "j", Weights: w}},
	})
	require.NoError(t, err)
	require.NoError(t, e.Run(context.Background(), deltaMS, func(_ int, at float64, i int32) { spikes[i] = append(spikes[i], at) }))
	return spikes
}

func (n *deltaNet) stepped(t testing.TB, h float64) (spikes [30][]float64) {
	ideal, err := synapses.New("ideal", nil)
	require.NoError(t, err)
	n.wiring.StepMS = h
	w, err := ideal.MakeSparse(t.Context(), &n.wiring, 3)
	require.NoError(t, err)
	e, err := sim.NewEngine(&sim.Network{
		Populations: []sim.PopulationSpec{{Name: "p", Size: 30, Channels: 1, New: func(part sim.Part) (sim.Population, error) {
			p, err := neurons.IAFPscDeltaModel().New(neurons.Block{Part: part, StepMS: h}, &n.params)
			if err == nil {
				begin(p.State()[0].Values.([]float64))
			}
			return p, err
		}}},
		Projections: []sim.Projection{{Name: "j", Modulator: -1, Weights: w}},
	}, 1)
	require.NoError(t, err)
	require.NoError(t, e.Run(context.Background(), int64(math.Round(deltaMS/h)), func(ep *sim.Epoch) error {
		for k := range ep.Steps {
			ep.Spikes(0, k, func(ids []int32) {
				for _, i := range ids {
					spikes[i] = append(spikes[i], float64(ep.First+int64(k)+1)*h)
				}
			})
		}
		return nil
	}))
	return spikes
}

// Stepped mode comes to the exact times as the step shrinks, to first order:
// its spikes lie at the ends of steps and its delays on the grid.
func TestSteppedModeConvergesToExactTimes(t *testing.T) {
	n := newDeltaNet(t)
	exact := n.event(t)
	before := math.Inf(1)
	for _, h := range []float64{0.1, 0.01, 0.001} {
		got := n.stepped(t, h)
		sum, count := 0.0, 0
		for i := range exact {
			for k := range min(len(exact[i]), len(got[i]), 3) {
				sum += math.Abs(got[i][k] - exact[i][k])
				count++
			}
		}
		require.Greater(t, count, 80)
		mean := sum / float64(count)
		require.Less(t, mean, 2*h)
		require.Less(t, mean, before/4)
		before = mean
	}
}

// 4,000 cells of 80 synapses each, a third of the events from outside: events
// in a second of the engine alone.
func BenchmarkEventNetwork(b *testing.B) {
	const cells = 4000
	for _, model := range []struct {
		neurons.Model
		weight, drive float64
	}{{neurons.IntFire1Model(), 0.01, 0.1}, {neurons.IAFPscDeltaModel(), 0.15, 1.5}, {neurons.IAFPscExpModel(), 15, 150}} {
		b.Run(model.Name, func(b *testing.B) {
			params := model.Entry.New()
			config.Defaults(params, nil)
			wiring := synapses.Wiring{
				Sources: cells, Targets: cells, Same: true, Rule: &synapses.FixedIndegree{N: 80, Multiples: synapses.Multiples{Multapses: true}},
				Weight: philox.Fixed(model.weight), StepMS: 1, Workers: 1,
			}
			var err error
			wiring.Delay, err = philox.NewDraw(philox.UniformDraw, 0.5, 5, math.Inf(-1), math.Inf(1))
			require.NoError(b, err)
			ideal, err := synapses.New("ideal", nil)
			require.NoError(b, err)
			w, err := synapses.MakeEvent(b.Context(), ideal, &wiring, 1)
			require.NoError(b, err)
			noise, err := drives.PoissonGeneratorModel().Event(drives.EventSetting{Size: cells, Seed: 1, Weight: float32(model.drive), Delay: 1},
				&drives.PoissonGeneratorParams{Rate: 1000, Active: drives.Active{Stop: 1e12}})
			require.NoError(b, err)
			e, err := sim.NewEventEngine(&sim.EventNetwork{
				Populations: []sim.EventPopulationSpec{{Name: "p", Size: cells, Channels: len(model.Inputs), New: func() (sim.EventPopulation, error) { return model.NewEvent(cells, params) }}},
				Projections: []sim.EventProjection{{Name: "j", Weights: w}},
				Drives:      []sim.EventDriveSpec{{Name: "noise", Drive: noise}},
			})
			require.NoError(b, err)
			spikes := 0
			require.NoError(b, e.Run(context.Background(), 50, nil))
			from, events := e.Now(), e.Events()
			for b.Loop() {
				if err := e.Run(context.Background(), e.Now()+1, func(int, float64, int32) { spikes++ }); err != nil {
					b.Fatal(err)
				}
			}
			seconds := b.Elapsed().Seconds()
			b.ReportMetric(float64(e.Events()-events)/seconds, "events/s")
			b.ReportMetric(float64(spikes)/cells/(e.Now()-from)*1e3, "spikes/cell/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}
