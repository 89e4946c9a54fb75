package sim_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/sim"
)

// eventCounter sums its input in whole numbers and spikes at 3; where it has a
// period it also spikes so long after its last spike.
type eventCounter struct {
	period float64
	v      []float64
	last   []float64
}

func newCounter(size int, period float64) *eventCounter {
	return &eventCounter{period, make([]float64, size), make([]float64, size)}
}

func (c *eventCounter) Size() int { return len(c.v) }
func (c *eventCounter) Reset()    { clear(c.v); clear(c.last) }
func (c *eventCounter) State() []sim.Variable {
	return []sim.Variable{{Name: "v", Values: c.v}, {Name: "last", Values: c.last}}
}
func (c *eventCounter) Deliver(t float64, neuron int32, _ int, weight float32) bool {
	if c.v[neuron] += float64(weight); c.v[neuron] >= 3 {
		c.Fire(t, neuron)
		return true
	}
	return false
}
func (c *eventCounter) Next(neuron int32) float64 {
	if c.period == 0 {
		return math.Inf(1)
	}
	return c.last[neuron] + c.period
}
func (c *eventCounter) Fire(t float64, neuron int32) { c.v[neuron], c.last[neuron] = 0, t }
func (c *eventCounter) Sample(_ float64, _ string, _ []int32, into []float64) error {
	copy(into, c.v)
	return nil
}

// synapse is one line of a list of them.
type synapse struct {
	source, target int
	delay          float64
	weight         float32
}

// listed are weights made of a list of synapses.
type listed struct {
	targets, sources int
	rows             sim.EventRows
	table
}

func (l *listed) Shape() (int, int)   { return l.targets, l.sources }
func (l *listed) Rows() sim.EventRows { return l.rows }
func (l *listed) Synapses() int       { return len(l.rows.Targets) }
func (l *listed) Bytes() int          { return 16 * len(l.rows.Targets) }

func newListed(sources, targets int, list []synapse) *listed {
	l := &listed{targets: targets, sources: sources}
	for s := range sources {
		l.rows.Start = append(l.rows.Start, uint32(len(l.rows.Targets)))
		var row []synapse
		for _, y := range list {
			if y.source == s {
				row = append(row, y)
			}
		}
		sort.SliceStable(row, func(i, j int) bool {
			return row[i].delay < row[j].delay || row[i].delay == row[j].delay && row[i].target < row[j].target
		})
		for _, y := range row {
			l.rows.Targets = append(l.rows.Targets, int32(y.target))
			l.rows.Delays = append(l.rows.Delays, y.delay)
			l.rows.Weights = append(l.rows.Weights, y.weight)
		}
	}
	l.rows.Start = append(l.rows.Start, uint32(len(l.rows.Targets)))
	return l
}

// fixedTrains is a drive of given times.
type fixedTrains struct {
	times  [][]float64
	weight float32
	at     []int64
}

func (d *fixedTrains) State() []sim.Variable { return []sim.Variable{{Name: "at", Values: d.at}} }
func (d *fixedTrains) Next(train int32) float64 {
	if k := int(d.at[train]); k < len(d.times[train]) {
		return d.times[train][k]
	}
	return math.Inf(1)
}
func (d *fixedTrains) Take(train int32) float32 { d.at[train]++; return d.weight }

// plan describes a small network of two populations, so that engine and oracle
// can be made of it.
type plan struct {
	sizes   [2]int
	periods [2]float64
	lists   [4][]synapse // from 0 to 0, 0 to 1, 1 to 0, 1 to 1
	times   [][]float64  // of the drive of population 0
}

func (p *plan) network() *sim.EventNetwork {
	n := &sim.EventNetwork{}
	for i, size := range p.sizes {
		n.Populations = append(n.Populations, sim.EventPopulationSpec{
			Name: fmt.Sprint("p", i), Size: size, Channels: 1,
			New: func() (sim.EventPopulation, error) { return newCounter(size, p.periods[i]), nil },
		})
	}
	for i, list := range p.lists {
		n.Projections = append(n.Projections, sim.EventProjection{
			Name: fmt.Sprint("j", i), From: i / 2, To: i % 2, Weights: newListed(p.sizes[i/2], p.sizes[i%2], list),
		})
	}
	n.Drives = append(n.Drives, sim.EventDriveSpec{Name: "d", Drive: &fixedTrains{times: p.times, weight: 2, at: make([]int64, p.sizes[0])}})
	return n
}

// replay is the oracle: every synapse of a spike is an arrival of its own in a
// list that is searched as a whole.
func (p *plan) replay(until float64, most int) (spikes []string, end float64) {
	type arrival struct {
		time                            float64
		target, source, sequence, place int
		weight                          float32
	}
	var list []arrival
	cells := [2]*eventCounter{newCounter(p.sizes[0], p.periods[0]), newCounter(p.sizes[1], p.periods[1])}
	all := p.sizes[0] + p.sizes[1]
	for i, times := range p.times {
		for k, t := range times {
			list = append(list, arrival{t, i, all + i, k, 0, 2})
		}
	}
	sequence := 0
	send := func(t float64, id int) {
		pop, k := 0, id
		if id >= p.sizes[0] {
			pop, k = 1, id-p.sizes[0]
		}
		spikes = append(spikes, fmt.Sprintf("%d %v %d", pop, t, k))
		if len(spikes) == most { // no need to follow a network that explodes
			until = t
		}
		for to := range 2 {
			for place, y := range p.lists[2*pop+to] {
				if y.source == k {
					list = append(list, arrival{t + y.delay, to*p.sizes[0] + y.target, id, sequence, place, y.weight})
				}
			}
			sequence++
		}
	}
	for {
		best := -1
		for i, a := range list {
			if best < 0 {
				best = i
				continue
			}
			b := list[best]
			for _, c := range []float64{a.time - b.time, float64(a.target - b.target), float64(a.source - b.source), float64(a.sequence - b.sequence), float64(a.place - b.place)} {
				if c < 0 {
					best = i
				}
				if c != 0 {
					break
				}
			}
		}
		self, at := -1, math.Inf(1)
		for id := range all {
			c, k := cells[0], id
			if id >= p.sizes[0] {
				c, k = cells[1], id-p.sizes[0]
			}
			if t := c.Next(int32(k)); t < at {
				self, at = id, t
			}
		}
		local := func(id int) (*eventCounter, int32) {
			if id >= p.sizes[0] {
				return cells[1], int32(id - p.sizes[0])
			}
			return cells[0], int32(id)
		}
		if self >= 0 && (best < 0 || at < list[best].time || at == list[best].time && self <= list[best].target) {
			if at > until {
				return spikes, until
			}
			c, k := local(self)
			c.Fire(at, k)
			send(at, self)
			continue
		}
		if best < 0 || list[best].time > until {
			return spikes, until
		}
		a := list[best]
		list = append(list[:best], list[best+1:]...)
		c, k := local(a.target)
		if c.Deliver(a.time, k, 0, a.weight) {
			send(a.time, a.target)
		}
	}
}

// anyPlan draws networks with many ties; the last delays differ by less than
// time can tell, so that different delays make the same time.
func anyPlan(t *rapid.T) *plan {
	p := &plan{}
	delays := []float64{0.1, 0.2, 0.3, 0.5, 1, math.Nextafter(1, 2), 1.0000000000000004}
	for i := range p.sizes {
		p.sizes[i] = rapid.IntRange(1, 4).Draw(t, "size")
		p.periods[i] = rapid.SampledFrom([]float64{0, 0, 0.7, 1}).Draw(t, "period")
	}
	for i := range p.lists {
		for range rapid.IntRange(0, 8).Draw(t, "synapses") {
			p.lists[i] = append(p.lists[i], synapse{
				rapid.IntRange(0, p.sizes[i/2]-1).Draw(t, "source"), rapid.IntRange(0, p.sizes[i%2]-1).Draw(t, "target"),
				rapid.SampledFrom(delays).Draw(t, "delay"), float32(rapid.IntRange(-2, 3).Draw(t, "weight")),
			})
		}
		// The place of a synapse in its row is by its delay.
		sort.SliceStable(p.lists[i], func(a, b int) bool { return p.lists[i][a].delay < p.lists[i][b].delay })
	}
	for range p.sizes[0] {
		times := rapid.SliceOfN(rapid.SampledFrom([]float64{0.1, 0.5, 1, 1, 1.5, 2, 2.7}), 0, 5).Draw(t, "times")
		sort.Float64s(times)
		p.times = append(p.times, times)
	}
	return p
}

// spikesOf runs an engine to a time.
func spikesOf(t require.TestingT, e *sim.EventEngine, until float64) (spikes []string) {
	require.NoError(t, e.Run(context.Background(), until, func(p int, at float64, n int32) {
		spikes = append(spikes, fmt.Sprintf("%d %v %d", p, at, n))
	}))
	return spikes
}

func newEvent(t require.TestingT, n *sim.EventNetwork) *sim.EventEngine {
	e, err := sim.NewEventEngine(n)
	require.NoError(t, err)
	return e
}

func TestEventsAgreeWithAListOfAllArrivals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPlan(t)
		want, end := p.replay(4, 60)
		require.Equal(t, want, spikesOf(t, newEvent(t, p.network()), end))
	})
}

// A run in pieces, saved and loaded between them, is the run in one piece.
func TestEventRunMayBeCutAndSaved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPlan(t)
		_, end := p.replay(4, 60)
		whole := newEvent(t, p.network())
		want := spikesOf(t, whole, end)
		e := newEvent(t, p.network())
		got := spikesOf(t, e, rapid.Float64Range(0, end).Draw(t, "cut"))
		saved := map[string]any{}
		for _, v := range e.Saved() {
			saved[v.Name] = v.Values
		}
		again := newEvent(t, p.network())
		require.NoError(t, again.Load(func(name string) (any, error) { return saved[name], nil }))
		require.Equal(t, e.Saved(), again.Saved())
		got = append(got, spikesOf(t, again, end)...)
		require.Equal(t, want, got)
		require.Equal(t, whole.Saved(), again.Saved())
	})
}

func TestLoadRefusesWhatDoesNotFit(t *testing.T) {
	p := &plan{sizes: [2]int{2, 1}, times: [][]float64{{1, 1}, {}}}
	p.lists[0] = []synapse{{0, 1, 5, 1}, {0, 0, 6, 1}}
	e := newEvent(t, p.network())
	require.Len(t, spikesOf(t, e, 2), 1)
	for name, bad := range map[string]any{
		"time": []float64{math.NaN()}, "counts": []uint64{1}, "queue/sent": []float64{3}, "queue/sequence": []uint64{1},
		"queue/projection": []int32{4}, "queue/source": []int32{-1}, "queue/next": []int64{7}, "queue/end": []int64{9}, "drive/d/at": []int64{1},
	} {
		saved := map[string]any{}
		for _, v := range e.Saved() {
			require.NotNil(t, v.Values)
			saved[v.Name] = v.Values
		}
		saved[name] = bad
		require.Error(t, newEvent(t, p.network()).Load(func(n string) (any, error) { return saved[n], nil }), name)
	}
}

// At one time: what a neuron does itself, then neurons by their index, then
// the drive; of the targets the smaller first.
func TestTies(t *testing.T) {
	p := &plan{sizes: [2]int{3, 1}, periods: [2]float64{0, 1}, times: [][]float64{{1, 1}, {1, 1}, {}}}
	p.lists[2] = []synapse{{0, 2, 1, 3}, {0, 1, 1, 3}, {0, 0, 1, 3}}
	require.Equal(t, []string{"0 1 0", "0 1 1", "1 1 0", "0 2 0", "0 2 1", "0 2 2", "1 2 0"}, spikesOf(t, newEvent(t, p.network()), 2))
}

// Delays that differ reach their targets at the same time where rounding makes
// it so; the order is then that of the targets.
func TestDelaysThatTimeCannotTellApart(t *testing.T) {
	p := &plan{sizes: [2]int{3, 1}, times: [][]float64{{1 << 20, 1 << 20}, {}, {}}}
	p.lists[0] = []synapse{{0, 2, 1, 3}, {0, 1, math.Nextafter(1, 2), 3}}
	require.Equal(t, []string{"0 1.048576e+06 0", "0 1.048577e+06 1", "0 1.048577e+06 2"}, spikesOf(t, newEvent(t, p.network()), 1<<21))
}

// A ring of cells hands a spike on; the time is the sum of the delays, added
// one after the other.
func TestLongChainOfExactDelays(t *testing.T) {
	const n = 50
	p := &plan{sizes: [2]int{n, 1}, times: make([][]float64, n)}
	p.times[0] = []float64{0.1, 0.1}
	for i := range n {
		p.lists[0] = append(p.lists[0], synapse{i, (i + 1) % n, 0.1 + 1/float64(i+3), 3})
	}
	at, k := 0.1, 0
	e := newEvent(t, p.network())
	require.NoError(t, e.Run(context.Background(), 1000, func(_ int, got float64, neuron int32) {
		if got != at || int(neuron) != k%n {
			require.Equal(t, at, got)
		}
		at += 0.1 + 1/float64(k%n+3)
		k++
	}))
	require.Greater(t, at, 1000.0)
	require.Greater(t, k, 3000)
	require.Equal(t, uint64(k+1), e.Events(), "two of the drive begin the chain")
}

func TestEventEngineRefuses(t *testing.T) {
	base := func() *plan { return &plan{sizes: [2]int{1, 1}, times: [][]float64{{1}}} }
	t.Run("a delay of zero", func(t *testing.T) {
		p := base()
		p.lists[1] = []synapse{{0, 0, 0, 1}}
		_, err := sim.NewEventEngine(p.network())
		require.ErrorContains(t, err, "projection j1: delay 0 ms; in event mode every delay is above 0")
	})
	t.Run("spikes without end", func(t *testing.T) {
		p := base()
		p.periods[1] = 1e-20
		p.times[0] = nil
		n := p.network()
		n.Populations[1].New = func() (sim.EventPopulation, error) {
			c := newCounter(1, 1e-20)
			c.last[0] = 1
			return c, nil
		}
		e := newEvent(t, n)
		require.ErrorContains(t, e.Run(context.Background(), 2, nil), "population p1: neuron 0 spikes without end at 1 ms")
	})
	t.Run("a state that is no number", func(t *testing.T) {
		p := base()
		p.periods[0] = math.NaN()
		_, err := sim.NewEventEngine(p.network())
		require.ErrorContains(t, err, "population p0: neuron 0 would act at NaN ms")
	})
	t.Run("indices that do not fit", func(t *testing.T) {
		for _, change := range []func(n *sim.EventNetwork){
			func(n *sim.EventNetwork) { n.Projections[0].To = 2 },
			func(n *sim.EventNetwork) { n.Projections[0].From = -1 },
			func(n *sim.EventNetwork) { n.Projections[0].Channel = 1 },
			func(n *sim.EventNetwork) { n.Drives[0].To = 7 },
			func(n *sim.EventNetwork) { n.Populations[0].Size = 2 },
		} {
			n := base().network()
			change(n)
			_, err := sim.NewEventEngine(n)
			require.Error(t, err)
		}
	})
	t.Run("a population that cannot be made", func(t *testing.T) {
		n := base().network()
		broken := errors.New("broken")
		n.Populations[1].New = func() (sim.EventPopulation, error) { return nil, broken }
		_, err := sim.NewEventEngine(n)
		require.ErrorIs(t, err, broken)
	})
	t.Run("to go on when cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		require.ErrorIs(t, newEvent(t, base().network()).Run(ctx, 1, nil), context.Canceled)
	})
}

// Trains of a drive can be a population, whose spikes go over synapses.
func TestSenders(t *testing.T) {
	n := &sim.EventNetwork{
		Populations: []sim.EventPopulationSpec{
			{Name: "cells", Size: 2, Channels: 1, New: func() (sim.EventPopulation, error) { return newCounter(2, 0), nil }},
			{Name: "trains", Size: 2, New: func() (sim.EventPopulation, error) {
				return sim.Senders(&fixedTrains{times: [][]float64{{1, 1}, {0.5}}, at: make([]int64, 2)}, 2), nil
			}},
		},
		Projections: []sim.EventProjection{{Name: "j", From: 1, To: 0, Weights: newListed(2, 2, []synapse{{0, 0, 0.25, 2}, {1, 1, 0.25, 3}})}},
	}
	require.Equal(t, []string{"1 0.5 1", "0 0.75 1", "1 1 0", "1 1 0", "0 1.25 0"}, spikesOf(t, newEvent(t, n), 2))
	require.Error(t, sim.Senders(&fixedTrains{}, 0).Sample(0, "v", nil, nil))
}
