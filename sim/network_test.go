package sim_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/sim"
)

// integrator sums its input and spikes at 3, in whole numbers, so that an
// oracle can be written in a few lines.
type integrator struct{ v []float32 }

func (p *integrator) Size() int { return len(p.v) }
func (p *integrator) Reset()    { clear(p.v) }
func (p *integrator) Advance(in sim.Input, spikes []int32) []int32 {
	for i, x := range in.Channels[0] {
		if p.v[i] += x; p.v[i] >= 3 {
			p.v[i] = 0
			spikes = append(spikes, int32(i))
		}
	}
	return spikes
}
func (p *integrator) State() []sim.Variable { return []sim.Variable{{Name: "v", Values: p.v}} }

// table is a matrix of weights [source][target].
type table struct {
	w    [][]float32
	fail error
	cost sim.Cost
}

func (m *table) Shape() (int, int)                        { return len(m.w[0]), len(m.w) }
func (m *table) AdvanceTo(context.Context, float64) error { return nil }
func (m *table) Cost() sim.Cost                           { return m.cost }
func (m *table) Snapshot(string) sim.Snapshot             { return sim.Snapshot{} }
func (m *table) Deliver(_ context.Context, _ sim.Key, spikes []int32, lo, hi int, input []float32) error {
	for _, s := range spikes {
		for j := lo; j < hi; j++ {
			input[j-lo] += m.w[s][j]
		}
	}
	return m.fail
}

func newNet(in, rec [][]float32) *sim.Network {
	n := len(rec)
	return &sim.Network{
		Populations: []sim.PopulationSpec{{Name: "a", Size: n, Channels: 1, New: func(p sim.Part) (sim.Population, error) {
			return &integrator{v: make([]float32, p.Len())}, nil
		}}},
		Projections: []sim.Projection{
			{Name: "in", From: sim.External, To: 0, Weights: &table{w: in, cost: sim.Cost{Reads: 1, Pulses: 2, Attojoule: 3}}},
			{Name: "rec", From: 0, To: 0, Weights: &table{w: rec, cost: sim.Cost{Reads: 10}}},
		},
	}
}

func TestTrialAgreesWithAPlainLoop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sources, size, steps := rapid.IntRange(1, 4).Draw(t, "sources"), rapid.IntRange(1, 5).Draw(t, "size"), rapid.IntRange(0, 12).Draw(t, "steps")
		matrix := func(rows int, label string) [][]float32 {
			m := make([][]float32, rows)
			for i := range m {
				for range size {
					m[i] = append(m[i], float32(rapid.IntRange(-1, 2).Draw(t, label)))
				}
			}
			return m
		}
		in, rec := matrix(sources, "in"), matrix(size, "rec")
		stream := make([][]int32, steps)
		for k := range stream {
			for s := range sources {
				if rapid.Bool().Draw(t, "spike") {
					stream[k] = append(stream[k], int32(s))
				}
			}
		}
		// The oracle: presented spikes act in their step, sent ones a step later.
		var want []string
		v, before := make([]float32, size), []int32{}
		for k, presented := range stream {
			var now []int32
			for j := range size {
				for _, s := range presented {
					v[j] += in[s][j]
				}
				for _, s := range before {
					v[j] += rec[s][j]
				}
				if v[j] >= 3 {
					v[j] = 0
					now = append(now, int32(j))
				}
			}
			want = append(want, fmt.Sprint(k, now))
			before = now
		}
		r, err := newNet(in, rec).NewReplica()
		require.NoError(t, err)
		for trial := range 2 { // the second starts from rest again
			var got []string
			require.NoError(t, r.Trial(context.Background(), uint32(trial), stream, func(k int, spikes [][]int32) {
				got = append(got, fmt.Sprint(k, spikes[0]))
			}))
			require.Equal(t, want, got)
		}
	})
}

func TestTrialPassesErrorsOn(t *testing.T) {
	n := newNet([][]float32{{3}}, [][]float32{{0}})
	broken := errors.New("the board is off")
	n.Projections[0].Weights.(*table).fail = broken
	r, err := n.NewReplica()
	require.NoError(t, err)
	err = r.Trial(context.Background(), 7, [][]int32{{0}}, func(int, [][]int32) {})
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "projection in, trial 7, step 0")

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	n.Projections[0].Weights.(*table).fail = nil
	require.ErrorIs(t, r.Trial(ctx, 0, [][]int32{{0}}, func(int, [][]int32) {}), context.Canceled)
}

func TestCheckFindsWhatDoesNotFit(t *testing.T) {
	require.NoError(t, newNet([][]float32{{1, 1}}, [][]float32{{0, 0}, {0, 0}}).Check(1))
	require.ErrorContains(t, newNet([][]float32{{1, 1}}, [][]float32{{0, 0}, {0, 0}}).Check(2), "projection in: weights are 2 x 1")
	n := newNet([][]float32{{1}}, [][]float32{{0}})
	n.Projections[1].To = 5
	require.ErrorContains(t, n.Check(1), "do not exist")
}

func TestCostIsTheSum(t *testing.T) {
	var sum sim.Cost
	for _, p := range newNet([][]float32{{1}}, [][]float32{{0}}).Projections {
		sum = sum.Add(p.Weights.Cost())
	}
	require.Equal(t, sim.Cost{Reads: 11, Pulses: 2, Attojoule: 3}, sum)
}
