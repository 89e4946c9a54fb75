package synapses

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

func made(t testing.TB, kind, settings string) Substrate {
	kind, _, _ = strings.Cut(kind, " ")
	e, ok := Catalog().Find(kind)
	require.True(t, ok)
	p := e.New()
	if p != nil {
		tree, err := config.Parse("test.yaml", []byte(settings))
		require.NoError(t, err)
		require.Empty(t, tree.Decode(p, Catalogs()))
	}
	s, err := New(kind, p)
	require.NoError(t, err)
	return s
}

func normal(t testing.TB, mean, std float64) philox.Draw {
	d, err := philox.NewDraw(philox.NormalDraw, mean, std, math.Inf(-1), math.Inf(1))
	require.NoError(t, err)
	return d
}

func bernoulli(t testing.TB, workers int) *Wiring {
	delay, err := philox.NewDraw(philox.UniformDraw, 1, 4, 0, 1)
	require.NoError(t, err)
	return &Wiring{
		Sources: 90, Targets: 150, Rule: &PairwiseBernoulli{P: 0.4, Selfs: Selfs{true}},
		Weight: normal(t, 0, 0.5), Delay: delay, StepMS: 1, Workers: workers,
	}
}

// delivered is the ring after some steps with some spikes.
func delivered(t testing.TB, s sim.SparseWeights, workers int, gain []float32) []float32 {
	targets, _ := s.Shape()
	ring := sim.NewRing(targets, 16, 4)
	events := 0
	for step := range uint32(4) {
		for q := range sim.Parts(targets, workers) {
			n, err := s.Deliver(context.Background(), sim.Key{Step: step}, []int32{3, 40 + int32(step), 89}, gain, q, ring)
			require.NoError(t, err)
			events += n
		}
	}
	require.Positive(t, events)
	return ring.Data
}

// What holds for single synapses on any substrate.
func TestSparseContract(t *testing.T) {
	for kind, settings := range map[string]string{"ideal": "{}", "quantised": "{bits: 6}", "quantised fp8": "{format: e5m2}", "crossbar": "{cell_params: {read_noise: 0.03}}"} {
		t.Run(kind, func(t *testing.T) {
			sub := made(t, kind, settings)
			w := bernoulli(t, 1)
			require.NoError(t, sub.CheckSparse(w))
			s, err := sub.MakeSparse(t.Context(), w, 5)
			require.NoError(t, err)
			require.InEpsilon(t, float64(s.Bytes()), sub.SparseBytes(w), 0.03)
			want, snapshot := delivered(t, s, 1, nil), s.Snapshot("w")
			for workers := 2; workers <= 5; workers++ {
				other, err := sub.MakeSparse(t.Context(), bernoulli(t, workers), 5)
				require.NoError(t, err)
				require.Equal(t, snapshot, other.Snapshot("w"))
				require.Equal(t, want, delivered(t, other, workers, nil))
				require.Equal(t, s.Cost(), other.Cost())
			}
			again, err := sub.MakeSparse(t.Context(), w, 6)
			require.NoError(t, err)
			require.NotEqual(t, snapshot.Values, again.Snapshot("w").Values)
			twice := delivered(t, s, 1, []float32{2, 2, 2})
			for i := range want {
				require.InDelta(t, 2*want[i], twice[i], 1e-5)
			}
			low, high := s.Delays()
			require.Equal(t, []int{1, 4}, []int{low, high})
			bad := *w
			bad.Sources = 0
			_, err = sub.MakeSparse(t.Context(), &bad, 1)
			require.ErrorContains(t, err, "at least one")
		})
	}
}

func TestPlasticWeights(t *testing.T) {
	ctx := context.Background()
	w := bernoulli(t, 2)
	w.Weight, w.Plastic = philox.Fixed(0.25), true
	for kind, live := range map[string]bool{"ideal": true, "quantised": false} {
		t.Run(kind, func(t *testing.T) {
			s, err := made(t, kind, "{headroom: 4, bits: 9}").MakeSparse(t.Context(), w, 1)
			if kind == "ideal" {
				s, err = made(t, kind, "").MakeSparse(t.Context(), w, 1)
			}
			require.NoError(t, err)
			p := s.(sim.PlasticWeights)
			row, is, err := p.Row(ctx, sim.Key{}, 7, 1)
			require.NoError(t, err)
			require.Equal(t, live, is)
			require.Equal(t, int32(sim.Parts(150, 2)[1].Lo), row.Base)
			require.Len(t, row.Weights, len(row.Targets))
			require.Len(t, row.Delays8, len(row.Targets))
			change := make([]float32, len(row.Weights))
			before := append([]float32(nil), row.Weights...)
			for i := range change {
				change[i] = float32(i) / 1024
			}
			require.NoError(t, p.Update(ctx, sim.Key{}, 7, 1, change))
			row, _, err = p.Row(ctx, sim.Key{}, 7, 1)
			require.NoError(t, err)
			level := 0.5 / 255 // half a level of 8 bits up to 4 times 0.25
			for i := range change {
				if live {
					level = 1e-7
				}
				require.InDelta(t, before[i]+change[i], row.Weights[i], level)
			}
			state := p.(sim.Stateful).State()
			require.Equal(t, "weight", state[0].Name)
			require.Len(t, state[0].Values, p.Synapses())
			row.Weights[0] = 99
			again, _, err := p.Row(ctx, sim.Key{}, 7, 1)
			require.NoError(t, err)
			require.Equal(t, live, again.Weights[0] == 99, "only live rows are the memory")
		})
	}
	w.Plastic = false
	s, err := made(t, "ideal", "").MakeSparse(t.Context(), w, 1)
	require.NoError(t, err)
	_, _, err = s.(sim.PlasticWeights).Row(ctx, sim.Key{}, 0, 0)
	require.ErrorContains(t, err, "share one weight")
	require.ErrorContains(t, s.(sim.PlasticWeights).Update(ctx, sim.Key{}, 0, 0, nil), "share one weight")
	require.Empty(t, s.(sim.Stateful).State())
}

// Stochastic rounding is right on the average, where rounding to the nearest
// loses changes below half a level; and weights stay within the levels.
func TestQuantisedUpdates(t *testing.T) {
	ctx := context.Background()
	w := &Wiring{Sources: 1, Targets: 4000, Rule: &AllToAll{Selfs{true}}, Weight: philox.Fixed(1), Delay: philox.Fixed(1), StepMS: 1, Workers: 1, Plastic: true}
	add := func(rounding string, workers int, key sim.Key, size float32) []float32 {
		w.Workers = workers
		s, err := made(t, "quantised", "{bits: 8, headroom: 2, rounding: "+rounding+"}").MakeSparse(t.Context(), w, 1)
		require.NoError(t, err)
		p := s.(sim.PlasticWeights)
		var all []float32
		for q := range sim.Parts(4000, workers) {
			row, _, err := p.Row(ctx, key, 0, q)
			require.NoError(t, err)
			change := make([]float32, len(row.Weights))
			for i := range change {
				change[i] = size
			}
			require.NoError(t, p.Update(ctx, key, 0, q, change))
			row, _, err = p.Row(ctx, key, 0, q)
			require.NoError(t, err)
			all = append(all, row.Weights...)
		}
		return all
	}
	scale := 2.0 / 127
	start := scale * math.RoundToEven(1/scale)
	size := float32(0.3 * scale)
	for _, x := range add("nearest", 1, sim.Key{}, size) {
		require.InDelta(t, start, x, 1e-6, "less than half a level is lost")
	}
	x := add("stochastic", 1, sim.Key{Step: 5}, size)
	up := 0.0
	for _, v := range x {
		level := float64(v)/scale - start/scale
		require.InDelta(t, math.Round(level), level, 1e-4)
		up += level
	}
	require.InDelta(t, 0.3*4000, up, 5*math.Sqrt(4000*0.3*0.7))
	require.Equal(t, x, add("stochastic", 3, sim.Key{Step: 5}, size), "whatever the workers")
	require.NotEqual(t, x, add("stochastic", 1, sim.Key{Step: 6}, size))
	require.InDelta(t, 2, add("nearest", 1, sim.Key{}, 50)[0], 1e-6, "the largest level")
	require.InDelta(t, -2, add("stochastic", 1, sim.Key{}, -50)[0], 1e-6, "the smallest level")
}

func TestPairsOfCells(t *testing.T) {
	w := bernoulli(t, 2)
	quiet, err := made(t, "crossbar", "{cell_params: {read_noise: 0}}").MakeSparse(t.Context(), w, 5)
	require.NoError(t, err)
	snapshot := quiet.Snapshot("w")
	var sum, sum2 float64
	for i := 2; i < len(snapshot.Values); i += 3 {
		x := snapshot.Values[i]
		sum, sum2 = sum+x, sum2+x*x
	}
	n := float64(quiet.Synapses())
	require.InDelta(t, 0, sum/n, 5*0.5/math.Sqrt(n))
	require.InDelta(t, 0.5, math.Sqrt(sum2/n), 5*0.5/math.Sqrt(2*n))

	// One spike gives what the snapshot says; with noise of 3 % of two
	// conductances of 14.2 uS, as much as that more.
	deliver := func(s sim.SparseWeights, step uint32) (all []float32, events int) {
		ring := sim.NewRing(150, 4, 4)
		for q := range 2 {
			n, err := s.Deliver(context.Background(), sim.Key{Step: step}, []int32{12}, nil, q, ring)
			require.NoError(t, err)
			events += n
		}
		for target := range 150 {
			x := float32(0)
			for row := range int64(8) {
				x += ring.Row(row)[target]
			}
			all = append(all, x)
		}
		return all, events
	}
	exact, events := deliver(quiet, 0)
	for i := 0; i < len(snapshot.Values); i += 3 {
		if snapshot.Values[i] == 12 {
			require.InDelta(t, snapshot.Values[i+2], exact[int(snapshot.Values[i+1])], 1e-5)
		}
	}
	require.Equal(t, uint64(2*events), quiet.Cost().Reads)
	// V^2 G t of 2 cells of 14.25 uS, 0.1 V, 50 ns: 14.2 fJ an event.
	require.InEpsilon(t, 14247*float64(events), float64(quiet.Cost().Attojoule), 0.1)

	noisy, err := made(t, "crossbar", "{cell_params: {read_noise: 0.03}}").MakeSparse(t.Context(), w, 5)
	require.NoError(t, err)
	require.Equal(t, snapshot, noisy.Snapshot("w"))
	sum, sum2, n = 0, 0, 0
	for step := range uint32(200) {
		read, _ := deliver(noisy, step)
		for i := range read {
			if exact[i] != 0 {
				d := float64(read[i] - exact[i])
				sum, sum2, n = sum+d, sum2+d*d, n+1
			}
		}
	}
	sigma := 0.5 / (math.Sqrt2 * 2.4624) * 0.03 * math.Sqrt2 * math.Hypot(14.2473, 2.4624)
	require.InDelta(t, 0, sum/n, 5*sigma/math.Sqrt(n))
	require.InEpsilon(t, sigma, math.Sqrt(sum2/n), 0.05)

	for says, change := range map[string]func(*Wiring){
		"mean 1":         func(w *Wiring) { w.Weight = philox.Fixed(1) },
		"mean -2":        func(w *Wiring) { w.Weight = normal(t, -2, 1) },
		"not normal":     func(w *Wiring) { w.Weight = philox.Draw{Kind: philox.UniformDraw, A: -1, B: 1} },
		"so no rule can": func(w *Wiring) { w.Plastic = true },
	} {
		bad := bernoulli(t, 1)
		change(bad)
		require.ErrorContains(t, made(t, "crossbar", "{}").CheckSparse(bad), says)
		_, err := made(t, "crossbar", "{}").MakeSparse(t.Context(), bad, 1)
		require.ErrorContains(t, err, says)
	}
}

func TestWhatBecomesAnArray(t *testing.T) {
	array := func() *Wiring {
		return &Wiring{Sources: 40, Targets: 40, Same: true, Rule: &AllToAll{Selfs{true}}, Weight: normal(t, 0, 0.5), Delay: philox.Fixed(2), StepMS: 1, Workers: 2}
	}
	want, ok := array().Dense()
	require.True(t, ok)
	require.Equal(t, Want{Sources: 40, Targets: 40, Std: 0.5}, want)
	for name, change := range map[string]func(*Wiring){
		"another rule":   func(w *Wiring) { w.Rule = &OneToOne{} },
		"no autapses":    func(w *Wiring) { w.Rule = &AllToAll{} },
		"one weight":     func(w *Wiring) { w.Weight = philox.Fixed(1) },
		"other weights":  func(w *Wiring) { w.Weight, _ = philox.NewDraw(philox.NormalDraw, 1, 1, 0, 2) },
		"several delays": func(w *Wiring) { w.Delay, _ = philox.NewDraw(philox.UniformDraw, 1, 3, 0, 1) },
		"a rule learns":  func(w *Wiring) { w.Plastic = true },
	} {
		w := array()
		change(w)
		_, ok := w.Dense()
		require.False(t, ok, name)
	}
	w := array()
	w.Same, w.Rule = false, &AllToAll{}
	_, ok = w.Dense()
	require.True(t, ok, "between two populations there are no autapses to leave out")

	for kind, settings := range map[string]string{"ideal": "{}", "quantised": "{}", "crossbar": "{cell_params: {read_noise: 0.05}}"} {
		sub := made(t, kind, settings)
		require.NoError(t, Check(sub, array()))
		s, err := Make(t.Context(), sub, array(), 3)
		require.NoError(t, err)
		require.Equal(t, sim.KindMatrix, s.Snapshot("w").Kind)
		require.Equal(t, 1600, s.Synapses())
		require.InEpsilon(t, Bytes(sub, array()), float64(s.Bytes()), 0.03)
		_, err = s.Deliver(context.Background(), sim.Key{}, []int32{0}, []float32{0.5}, 0, sim.NewRing(40, 2, 1))
		require.ErrorContains(t, err, "cells of their own")
		bad := array()
		bad.Delay = philox.Fixed(0.5)
		require.ErrorContains(t, Check(sub, bad), "below the step")
	}
	huge := array()
	huge.Sources, huge.Targets, huge.Same = 1<<15, 1<<15, false
	require.ErrorContains(t, Check(made(t, "ideal", ""), huge), "are possible", "before it is taken")
}

// drummer spikes at its own times and sums its input.
type drummer struct {
	lo int
	v  []float64
}

func (d *drummer) Size() int { return len(d.v) }
func (d *drummer) Reset()    { clear(d.v) }
func (d *drummer) Advance(in sim.Input, spikes []int32) []int32 {
	for i, x := range in.Channels[0] {
		d.v[i] += float64(x)
		if (d.lo+i+int(in.Step))%7 == 0 {
			spikes = append(spikes, int32(i))
		}
	}
	return spikes
}
func (d *drummer) State() []sim.Variable { return []sim.Variable{{Name: "v", Values: d.v}} }

// An array in an engine gives the same for any number of workers: its noise is
// drawn once an output and step, for the spikes of all parts together. It is
// that of the array alone.
func TestArraysInAnEngine(t *testing.T) {
	const n, steps = 100, 20
	run := func(workers int, settings string) ([]sim.Variable, sim.Cost) {
		w := &Wiring{Sources: n, Targets: n, Same: true, Rule: &AllToAll{Selfs{true}}, Weight: normal(t, 0, 0.5), Delay: philox.Fixed(3), StepMS: 1, Workers: workers}
		s, err := Make(t.Context(), made(t, "crossbar", settings), w, 3)
		require.NoError(t, err)
		net := &sim.Network{
			Populations: []sim.PopulationSpec{{Name: "a", Size: n, Channels: 1, New: func(p sim.Part) (sim.Population, error) {
				return &drummer{lo: p.Lo, v: make([]float64, p.Len())}, nil
			}}},
			Projections: []sim.Projection{{Name: "aa", Modulator: -1, Weights: s}},
		}
		e, err := sim.NewEngine(net, workers)
		require.NoError(t, err)
		require.NoError(t, e.Run(context.Background(), steps, nil))
		return e.Saved(), s.Cost()
	}
	settings := "{cell_params: {read_noise: 0.05}}"
	want, cost := run(1, settings)
	for workers := 2; workers <= 4; workers++ {
		got, c := run(workers, settings)
		require.Equal(t, want, got, fmt.Sprint(workers))
		require.Equal(t, cost, c)
	}
	array, err := made(t, "crossbar", settings).Make(t.Context(), Want{Sources: n, Targets: n, Std: 0.5}, 3)
	require.NoError(t, err)
	v, in := make([]float64, n), make([]float32, n)
	for step := range steps - 3 { // what is sent later has not arrived
		var spikes []int32
		for i := range n {
			if (i+step)%7 == 0 {
				spikes = append(spikes, int32(i))
			}
		}
		clear(in)
		require.NoError(t, array.Deliver(context.Background(), sim.Key{Step: uint32(step)}, spikes, 0, n, in))
		for i, x := range in {
			v[i] += float64(x)
		}
	}
	var got []float64
	for _, s := range want {
		if s.Name == "population/a/v" {
			got = s.Values.([]float64)
		}
	}
	require.Equal(t, v, got)
}
