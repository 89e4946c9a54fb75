package sim

import (
	"fmt"
	"math"
	"sort"
)

// Saved is the state of an engine, for a checkpoint: the state of the models,
// and the spikes that are under way in the order in which they will arrive.
// Slices are copies.
func (e *EventEngine) Saved() []Variable {
	queue := append(eventQueue(nil), e.queue...)
	sort.Slice(queue, func(i, j int) bool { return queue[i].before(&queue[j]) })
	n := len(queue)
	sent, sequence := make([]float64, n), make([]uint64, n)
	projection, source, next, end := make([]int32, n), make([]int32, n), make([]int64, n), make([]int64, n)
	for i, ev := range queue {
		sent[i], sequence[i] = ev.sent, ev.sequence
		projection[i], source[i] = ev.projection, ev.source-e.links[ev.projection].from
		next[i], end[i] = int64(ev.next), int64(ev.end)
	}
	out := []Variable{
		{Name: "time", Values: []float64{e.now}},
		{Name: "counts", Values: []uint64{e.sequence, e.events}},
		{Name: "queue/sent", Values: sent},
		{Name: "queue/sequence", Values: sequence},
		{Name: "queue/projection", Values: projection},
		{Name: "queue/source", Values: source},
		{Name: "queue/next", Values: next},
		{Name: "queue/end", Values: end},
	}
	e.eachState(func(name string, v Variable) error {
		out = append(out, Variable{Name: name, Values: appendAny(nil, v.Values)})
		return nil
	})
	return out
}

// eachState calls f with all variables of the models.
func (e *EventEngine) eachState(f func(name string, v Variable) error) error {
	each := func(kind, name string, of Stateful) error {
		for _, v := range of.State() {
			if err := f(kind+"/"+name+"/"+v.Name, v); err != nil {
				return err
			}
		}
		return nil
	}
	for i, p := range e.state {
		if err := each("population", e.net.Populations[i].Name, p); err != nil {
			return err
		}
	}
	for _, d := range e.net.Drives {
		if err := each("drive", d.Name, d.Drive); err != nil {
			return err
		}
	}
	return nil
}

// Load brings an engine of the same network to a saved state. After an error
// the engine is of no use.
func (e *EventEngine) Load(saved func(name string) (any, error)) error {
	load := func(name string, to any) error {
		from, err := saved(name)
		if err != nil {
			return err
		}
		rest, err := fill(to, from)
		if err == nil && lengthAny(rest) != 0 {
			err = fmt.Errorf("%d values too many", lengthAny(rest))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	now, counts := make([]float64, 1), make([]uint64, 2)
	if err := load("time", now); err != nil {
		return err
	}
	if !(now[0] >= 0) || math.IsInf(now[0], 1) {
		return fmt.Errorf("time: %g ms is no time", now[0])
	}
	if err := load("counts", counts); err != nil {
		return err
	}
	e.now, e.sequence, e.events = now[0], counts[0], counts[1]
	if err := e.loadQueue(saved, load); err != nil {
		return err
	}
	if err := e.eachState(func(name string, v Variable) error { return load(name, v.Values) }); err != nil {
		return err
	}
	return e.renewAll()
}

// loadQueue reads the spikes that are under way. What does not fit the network
// is refused, so that no file makes the engine leave its memory.
func (e *EventEngine) loadQueue(saved func(name string) (any, error), load func(string, any) error) error {
	first, err := saved("queue/sent")
	if err != nil {
		return err
	}
	n := lengthAny(first)
	sent, sequence := make([]float64, n), make([]uint64, n)
	projection, source, next, end := make([]int32, n), make([]int32, n), make([]int64, n), make([]int64, n)
	for _, part := range []Variable{
		{"queue/sent", sent}, {"queue/sequence", sequence}, {"queue/projection", projection},
		{"queue/source", source}, {"queue/next", next}, {"queue/end", end},
	} {
		if err := load(part.Name, part.Values); err != nil {
			return err
		}
	}
	e.queue = e.queue[:0]
	for i := range n {
		bad := func(what string) error { return fmt.Errorf("queue: spike %d %s", i, what) }
		if projection[i] < 0 || int(projection[i]) >= len(e.links) {
			return bad("goes over a projection that is not there")
		}
		l := &e.links[projection[i]]
		if source[i] < 0 || int(source[i]) >= len(l.rows.Start)-1 {
			return bad("comes from a neuron that is not there")
		}
		lo, hi := int64(l.rows.Start[source[i]]), int64(l.rows.Start[source[i]+1])
		if next[i] < lo || next[i] >= end[i] || end[i] > hi {
			return bad("goes over synapses that its source does not have")
		}
		ev := event{
			sent: sent[i], sequence: sequence[i], projection: projection[i], source: source[i] + l.from,
			next: uint32(next[i]), end: uint32(end[i]),
		}
		ev.time, ev.target = ev.sent+l.rows.DelayOf(ev.next), l.to+l.rows.Targets[ev.next]
		if !(ev.time >= e.now) || !(ev.sent <= e.now) || ev.sequence >= e.sequence {
			return bad("was sent or arrives at another time than it can")
		}
		e.queue.push(ev)
	}
	return nil
}
