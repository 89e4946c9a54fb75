package sim_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/sim"
)

// edge is a synapse of the tests' networks.
type edge struct {
	from, to int32
	delay    int
	weight   float32
}

// edges are sparse weights as a plain list.
type edges struct {
	sources, targets int
	parts            []sim.Part
	list             []edge
	fail             error
}

func (e *edges) Shape() (int, int)                        { return e.targets, e.sources }
func (e *edges) AdvanceTo(context.Context, float64) error { return nil }
func (e *edges) Cost() sim.Cost                           { return sim.Cost{} }
func (e *edges) Snapshot(string) sim.Snapshot             { return sim.Snapshot{} }
func (e *edges) Synapses() int                            { return len(e.list) }
func (e *edges) Bytes() int                               { return 0 }
func (e *edges) Delays() (low, high int) {
	low, high = e.list[0].delay, e.list[0].delay
	for _, x := range e.list {
		low, high = min(low, x.delay), max(high, x.delay)
	}
	return low, high
}
func (e *edges) Deliver(_ context.Context, key sim.Key, spikes []int32, _ []float32, part int, ring *sim.Ring) (n int, err error) {
	p := e.parts[part]
	for _, s := range spikes {
		for _, x := range e.list {
			if x.from == s && int(x.to) >= p.Lo && int(x.to) < p.Hi {
				ring.Row(int64(key.Step) + int64(x.delay))[x.to] += x.weight
				n++
			}
		}
	}
	return n, e.fail
}

// clock is a drive of 1 onto every neuron whose index divides the step.
type clock struct{}

func (clock) Add(part sim.Part, in sim.Input) {
	for i := range part.Len() {
		if in.Step%int64(part.Lo+i+1) == 0 {
			in.Channels[0][i]++
			in.Current[i] = 1
		}
	}
}

// network makes two populations of integrators from lists of synapses.
func network(sizes [2]int, lists [4][]edge, workers int) *sim.Network {
	n := &sim.Network{}
	for i, size := range sizes {
		n.Populations = append(n.Populations, sim.PopulationSpec{
			Name: fmt.Sprint("p", i), Size: size, Channels: 1,
			New: func(p sim.Part) (sim.Population, error) { return &integrator{v: make([]float32, p.Len())}, nil },
		})
		n.Drives = append(n.Drives, sim.DriveSpec{Name: fmt.Sprint("d", i), To: i, Injects: true, Drive: clock{}})
	}
	for i, l := range lists {
		if len(l) == 0 {
			continue
		}
		n.Projections = append(n.Projections, sim.Projection{
			Name: fmt.Sprint("w", i), From: i / 2, To: i % 2, Modulator: -1,
			Weights: &edges{sources: sizes[i/2], targets: sizes[i%2], parts: sim.Parts(sizes[i%2], workers), list: l},
		})
	}
	return n
}

// watch writes down every spike as step, population, neuron.
func watch(out *[]string) func(*sim.Epoch) error {
	return func(e *sim.Epoch) error {
		for k := range e.Steps {
			for p := range 2 {
				e.Spikes(p, k, func(ids []int32) {
					for _, i := range ids {
						*out = append(*out, fmt.Sprint(e.First+int64(k), p, i))
					}
				})
			}
		}
		return nil
	}
}

// plain is the oracle: all synapses at every step, no epochs, no rings.
func plain(sizes [2]int, lists [4][]edge, steps int) (out []string) {
	v := [2][]float32{make([]float32, sizes[0]), make([]float32, sizes[1])}
	type spike struct {
		step, p int
		i       int32
	}
	var sent []spike
	for t := range steps {
		var now []spike
		for p := range 2 {
			for i := range sizes[p] {
				x := float32(0)
				for l, list := range lists {
					for _, e := range list {
						for _, s := range sent {
							if l/2 == s.p && l%2 == p && e.from == s.i && int(e.to) == i && s.step+e.delay == t {
								x += e.weight
							}
						}
					}
				}
				if t%(i+1) == 0 {
					x++
				}
				if v[p][i] += x; v[p][i] >= 3 {
					v[p][i] = 0
					now = append(now, spike{t, p, int32(i)})
				}
			}
		}
		for _, s := range now {
			out = append(out, fmt.Sprint(s.step, s.p, s.i))
		}
		sent = append(sent, now...)
	}
	return out
}

func drawNetwork(t *rapid.T) (sizes [2]int, lists [4][]edge) {
	sizes = [2]int{rapid.IntRange(1, 40).Draw(t, "size"), rapid.IntRange(1, 6).Draw(t, "size")}
	for i := range lists {
		for range rapid.IntRange(0, 12).Draw(t, "synapses") {
			lists[i] = append(lists[i], edge{
				from:  int32(rapid.IntRange(0, sizes[i/2]-1).Draw(t, "from")),
				to:    int32(rapid.IntRange(0, sizes[i%2]-1).Draw(t, "to")),
				delay: rapid.IntRange(1, 9).Draw(t, "delay"), weight: float32(rapid.IntRange(-1, 3).Draw(t, "weight")),
			})
		}
	}
	return sizes, lists
}

func TestEngineAgreesWithAPlainLoop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes, lists := drawNetwork(t)
		steps := rapid.IntRange(1, 40).Draw(t, "steps")
		want := plain(sizes, lists, steps)
		for _, workers := range []int{1, 2, 5} {
			e, err := sim.NewEngine(network(sizes, lists, workers), workers)
			require.NoError(t, err)
			var got []string
			require.NoError(t, e.Run(context.Background(), int64(steps), watch(&got)))
			require.Equal(t, int64(steps), e.Step())
			require.Equal(t, want, got, "%d workers", workers)
		}
	})
}

// A run that is cut at the end of an epoch, saved, and loaded into an engine
// of another number of workers goes on as the whole one.
func TestEngineSavedAndLoaded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes, lists := drawNetwork(t)
		const steps = 60
		want := plain(sizes, lists, steps)
		first, err := sim.NewEngine(network(sizes, lists, 2), 2)
		require.NoError(t, err)
		cut := int64(rapid.IntRange(0, steps/first.EpochSteps()).Draw(t, "epochs") * first.EpochSteps())
		var got []string
		require.NoError(t, first.Run(context.Background(), cut, watch(&got)))
		saved := map[string]any{}
		for _, v := range first.Saved() {
			require.NotContains(t, saved, v.Name)
			saved[v.Name] = v.Values
		}
		workers := rapid.IntRange(1, 3).Draw(t, "workers")
		second, err := sim.NewEngine(network(sizes, lists, workers), workers)
		require.NoError(t, err)
		require.NoError(t, second.Load(func(name string) (any, error) { return saved[name], nil }))
		require.NoError(t, second.Run(context.Background(), steps, watch(&got)))
		require.Equal(t, want, got)
	})
}

func TestEngineRefusesWhatDoesNotFit(t *testing.T) {
	sizes, lists := [2]int{3, 2}, [4][]edge{{{0, 1, 2, 1}}}
	e, err := sim.NewEngine(network(sizes, lists, 1), 1)
	require.NoError(t, err)
	saved := map[string]any{}
	for _, v := range e.Saved() {
		saved[v.Name] = v.Values
	}
	for name, bad := range map[string]any{
		"step":            []int64{-1},
		"population/p0/v": []float32{1, 2},
		"population/p1/v": []float32{1, 2, 3},
		"ring/p0/0":       []float64{0},
	} {
		t.Run(name, func(t *testing.T) {
			err := e.Load(func(n string) (any, error) {
				if n == name {
					return bad, nil
				}
				return saved[n], nil
			})
			require.ErrorContains(t, err, name)
		})
	}
	missing := errors.New("not there")
	require.ErrorIs(t, e.Load(func(string) (any, error) { return nil, missing }), missing)
}

// Whatever ends a run, it ends after a whole epoch, on every worker, and can
// go on.
func TestEngineEndsAfterWholeEpochs(t *testing.T) {
	sizes, lists := [2]int{40, 2}, [4][]edge{{{0, 1, 3, 1}, {0, 39, 4, 2}}}
	for _, workers := range []int{1, 2, 4} {
		net := network(sizes, lists, workers)
		e, err := sim.NewEngine(net, workers)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(context.Background())
		var got []string
		seen := 0
		err = e.Run(ctx, 3000, func(b *sim.Epoch) error {
			if seen++; seen == 5 {
				cancel()
			}
			return watch(&got)(b)
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, e.Step()%3)
		require.Less(t, e.Step(), int64(30))

		full := errors.New("the disk is full")
		err = e.Run(context.Background(), 3000, func(b *sim.Epoch) error { _ = watch(&got)(b); return full })
		require.ErrorIs(t, err, full)

		require.NoError(t, e.Run(context.Background(), 200, watch(&got)))
		require.Equal(t, plain(sizes, lists, 200), got)

		broken := errors.New("the board is off")
		net.Projections[0].Weights.(*edges).fail = broken
		err = e.Run(context.Background(), 3000, watch(&got))
		require.ErrorIs(t, err, broken)
		require.ErrorContains(t, err, "projection w0: step")
	}
}

func TestProbeSamplesOnTheGrid(t *testing.T) {
	sizes, lists := [2]int{37, 2}, [4][]edge{{{0, 1, 5, 0}}}
	for _, workers := range []int{1, 2, 3} {
		for _, every := range []int{1, 3, 5, 7, 20} {
			net := network(sizes, lists, workers)
			net.Populations[0].New = func(p sim.Part) (sim.Population, error) { return &counter{lo: p.Lo, v: make([]float64, p.Len())}, nil }
			p := &sim.Probe{Population: 0, Variable: "v", Every: every, Neurons: []int32{0, 5, 36}}
			e, err := sim.NewEngine(net, workers, p)
			require.NoError(t, err)
			var got, want []string
			require.NoError(t, e.Run(context.Background(), 43, func(b *sim.Epoch) error {
				b.Samples(p, func(step int64, v []float64) { got = append(got, fmt.Sprint(step, v)) })
				return nil
			}))
			for step := every; step <= 43; step += every {
				v := float64(step)
				want = append(want, fmt.Sprint(step-1, []float64{v, v + 500, v + 3600}))
			}
			require.Equal(t, want, got, "%d workers, every %d", workers, every)
		}
	}
	_, err := sim.NewEngine(network(sizes, lists, 1), 1, &sim.Probe{Variable: "w", Every: 1})
	require.ErrorContains(t, err, `"w"`)
}

// counter counts steps, from a hundred times its index.
type counter struct {
	lo int
	v  []float64
}

func (c *counter) Size() int             { return len(c.v) }
func (c *counter) Reset()                { clear(c.v) }
func (c *counter) State() []sim.Variable { return []sim.Variable{{Name: "v", Values: c.v}} }
func (c *counter) Advance(in sim.Input, spikes []int32) []int32 {
	for i := range c.v {
		c.v[i] = float64(in.Step+1) + 100*float64(c.lo+i)
	}
	return spikes
}

func TestPartsCoverAPopulation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size, workers := rapid.IntRange(0, 1_000_000).Draw(t, "size"), rapid.IntRange(1, 9).Draw(t, "workers")
		parts := sim.Parts(size, workers)
		require.Zero(t, len(parts)%workers)
		at := 0
		for _, p := range parts {
			require.Equal(t, at, p.Lo)
			require.LessOrEqual(t, p.Len(), 1<<16)
			require.True(t, p.Lo%16 == 0 || p.Len() == 0)
			at = p.Hi
		}
		require.Equal(t, size, at)
		longest := slices.MaxFunc(parts, func(a, b sim.Part) int { return a.Len() - b.Len() }).Len()
		require.LessOrEqual(t, longest, size/len(parts)+32, "no worker has much more than another")
	})
}
