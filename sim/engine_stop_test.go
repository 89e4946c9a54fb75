package sim_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/sim"
)

// ticker counts steps, and the first of a part spikes in each.
type ticker struct{ v []float64 }

func (c *ticker) Size() int { return len(c.v) }
func (c *ticker) Reset()    { clear(c.v) }
func (c *ticker) Advance(in sim.Input, spikes []int32) []int32 {
	for i := range c.v {
		c.v[i] = float64(in.Step + 1)
	}
	return append(spikes, 0)
}
func (c *ticker) State() []sim.Variable { return []sim.Variable{{Name: "v", Values: c.v}} }

// wire delivers nothing, over delays of three steps, and fails when told.
type wire struct{ fail func(part int) error }

func (w *wire) Shape() (int, int)                        { return 64, 64 }
func (w *wire) AdvanceTo(context.Context, float64) error { return nil }
func (w *wire) Cost() sim.Cost                           { return sim.Cost{} }
func (w *wire) Snapshot(string) sim.Snapshot             { return sim.Snapshot{} }
func (w *wire) Delays() (int, int)                       { return 3, 3 }
func (w *wire) Synapses() int                            { return 0 }
func (w *wire) Bytes() int                               { return 0 }
func (w *wire) Deliver(_ context.Context, _ sim.Key, _ []int32, _ []float32, part int, _ *sim.Ring) (int, error) {
	if w.fail == nil {
		return 0, nil
	}
	return 0, w.fail(part)
}

func counting(t *testing.T, workers int, fail func(part int) error) *sim.Engine {
	net := &sim.Network{
		Populations: []sim.PopulationSpec{{Name: "a", Size: 64, New: func(p sim.Part) (sim.Population, error) {
			return &ticker{v: make([]float64, p.Len())}, nil
		}}},
		Projections: []sim.Projection{{Name: "aa", Weights: &wire{fail}, Modulator: -1}},
	}
	net.Populations[0].Channels = 1
	e, err := sim.NewEngine(net, workers)
	require.NoError(t, err)
	return e
}

var errTest = errors.New("full")

// Whoever reads an epoch and fails stops all workers, at the end of a whole
// epoch; a worker that went on alone would wait for ever. Tried often, since
// it depends on who comes first.
func TestObserverStopsAllWorkers(t *testing.T) {
	for range 100 {
		e := counting(t, 4, nil)
		n := 0
		err := e.Run(context.Background(), 3000, func(*sim.Epoch) error {
			if n++; n == 3 {
				return errTest
			}
			return nil
		})
		require.ErrorIs(t, err, errTest)
		require.Equal(t, int64(12), e.Step()) // the epoch that failed and one more
		require.True(t, e.Intact())
		require.NoError(t, e.Run(context.Background(), 30, nil), "an intact engine goes on")
		require.Equal(t, int64(30), e.Step())
	}
}

// A delivery that fails leaves a state that must not be saved.
func TestFailedDeliveryIsNotIntact(t *testing.T) {
	e := counting(t, 3, func(part int) error {
		if part == 1 {
			return errTest
		}
		return nil
	})
	require.ErrorIs(t, e.Run(context.Background(), 3000, nil), errTest)
	require.False(t, e.Intact())
}

// What stops a Save is returned at once.
func TestSaveStopsAtTheFirstError(t *testing.T) {
	calls := 0
	err := counting(t, 2, nil).Save(func(sim.Variable) error { calls++; return errTest })
	require.ErrorIs(t, err, errTest)
	require.Equal(t, 1, calls)
}
