package sim

import (
	"context"
	"fmt"
	"math"
)

// EventEngine advances a network from one event to the next, at exact times.
// An event is a spike that arrives over a synapse, one that a drive brings, or
// one that a neuron makes by itself.
//
// Events happen in the order (time, target, source, sequence): of those at the
// same time the one at the neuron of the smaller index first (populations in
// their order); at one neuron first what it does by itself, then what neurons
// send, by their index, then what drives bring; of one source first what was
// sent first. One goroutine does all the work.
type EventEngine struct {
	net   *EventNetwork
	now   float64 // ms
	state []EventPopulation
	first []int32 // [population]: index of its first neuron among all; one more at the end
	links []link
	out   [][]int32 // [population]: projections that come from it

	queue    eventQueue
	wakes    wakes
	owner    []int32 // [neuron]: population; then [train]: drive
	offset   []int32 // [drive]: index of its first train
	sequence uint64  // of the next spike that is sent
	events   uint64
	observe  func(population int, t float64, neuron int32)
}

// link is what the engine needs of a projection.
type link struct {
	rows    EventRows
	reader  EventReader // nil where rows have the weights
	from    int32       // first neuron
	to      int32
	target  int // population
	channel int
}

// NewEventEngine makes the state of a network.
func NewEventEngine(net *EventNetwork) (*EventEngine, error) {
	if err := net.Check(); err != nil {
		return nil, err
	}
	e := &EventEngine{net: net, out: make([][]int32, len(net.Populations))}
	neurons := int32(0)
	for i, spec := range net.Populations {
		p, err := spec.New()
		if err != nil {
			return nil, fmt.Errorf("population %s: %w", spec.Name, err)
		}
		e.state = append(e.state, p)
		e.first = append(e.first, neurons)
		for range spec.Size {
			e.wakes.add(neurons)
			e.owner = append(e.owner, int32(i))
			neurons++
		}
	}
	e.first = append(e.first, neurons)
	for i, d := range net.Drives {
		e.offset = append(e.offset, int32(len(e.owner)))
		for k := range int32(net.Populations[d.To].Size) {
			e.wakes.add(e.first[d.To] + k)
			e.owner = append(e.owner, int32(i))
		}
	}
	for i, p := range net.Projections {
		rows := p.Weights.Rows()
		if d := rows.Shortest(); !(d > 0) {
			return nil, fmt.Errorf("projection %s: delay %g ms; in event mode every delay is above 0", p.Name, d)
		}
		reader, _ := p.Weights.(EventReader)
		e.links = append(e.links, link{rows: rows, reader: reader, from: e.first[p.From], to: e.first[p.To], target: p.To, channel: p.Channel})
		e.out[p.From] = append(e.out[p.From], int32(i))
	}
	return e, e.renewAll()
}

// Now is the time that the engine has come to, ms.
func (e *EventEngine) Now() float64 { return e.now }

// Events is the number of events so far.
func (e *EventEngine) Events() uint64 { return e.events }

// Population returns the state of a population, for recordings.
func (e *EventEngine) Population(i int) EventPopulation { return e.state[i] }

// Run goes on to a time, ms, with all events at it. It calls observe, if there
// is one, for every spike, in the order of the events. How a run is cut into
// several changes nothing.
func (e *EventEngine) Run(ctx context.Context, until float64, observe func(population int, t float64, neuron int32)) error {
	e.observe = observe
	for n := 0; ; n++ {
		if n%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		entity, woken := e.woken()
		var err error
		switch {
		case woken && e.wakes.time[entity] <= until:
			err = e.wake(entity)
		case !woken && len(e.queue) > 0 && e.queue[0].time <= until:
			err = e.arrive(ctx)
		default:
			e.now = max(e.now, until)
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// woken is the entity that is next, if no spike arrives before it.
func (e *EventEngine) woken() (entity int32, ok bool) {
	if len(e.wakes.heap) == 0 {
		return 0, false
	}
	entity = e.wakes.heap[0]
	if len(e.queue) == 0 {
		return entity, true
	}
	t, target, arrival := e.wakes.time[entity], e.wakes.target[entity], &e.queue[0]
	switch {
	case t != arrival.time:
		return entity, t < arrival.time
	case target != arrival.target:
		return entity, target < arrival.target
	}
	return entity, entity == target // a neuron itself, not a train
}

// wake lets a neuron spike by itself, or a drive's spike arrive.
func (e *EventEngine) wake(entity int32) error {
	t := e.wakes.time[entity]
	e.now = t
	e.events++
	if entity >= e.first[len(e.state)] {
		i := e.owner[entity]
		d := &e.net.Drives[i]
		train := entity - e.offset[i]
		w := d.Drive.Take(train)
		if err := e.renew(entity, d.Drive.Next(train)); err != nil {
			return err
		}
		return e.deliver(t, d.To, train, d.Channel, w)
	}
	p := e.owner[entity]
	neuron := entity - e.first[p]
	e.state[p].Fire(t, neuron)
	e.spike(t, int(p), neuron)
	next := e.state[p].Next(neuron)
	if _, outside := e.state[p].(senders); !outside && next <= t {
		return fmt.Errorf("population %s: neuron %d spikes without end at %g ms; give it a refractory time", e.net.Populations[p].Name, neuron, t)
	}
	return e.renew(entity, next)
}

// arrive takes the first spike of the queue over its next synapse.
func (e *EventEngine) arrive(ctx context.Context) error {
	ev := e.queue[0]
	l := &e.links[ev.projection]
	t, target, weight := ev.time, ev.target-l.to, l.rows.WeightOf(ev.next)
	if l.reader != nil {
		var err error
		if weight, err = l.reader.Read(ctx, t, ev.next, ev.sequence); err != nil {
			return fmt.Errorf("projection %s, at %g ms: %w", e.net.Projections[ev.projection].Name, t, err)
		}
	}
	ev.next++
	if e.enter(&ev, t) {
		e.queue.sink(ev)
	} else {
		e.queue.pop()
	}
	e.now = t
	e.events++
	return e.deliver(t, l.target, target, l.channel, weight)
}

// enter finds time and target of the next synapse of a spike; false if none is
// left. Delays that differ can give the same time, by rounding: where the
// targets of such a group are not in order they are queued one by one.
func (e *EventEngine) enter(ev *event, before float64) bool {
	l := &e.links[ev.projection]
	rows := &l.rows
	for ev.next < ev.end {
		ev.time = ev.sent + rows.DelayOf(ev.next)
		ev.target = l.to + rows.Targets[ev.next]
		if rows.Delays == nil || ev.time == before {
			return true
		}
		ordered, stop := true, ev.next+1
		for ; stop < ev.end && ev.sent+rows.Delays[stop] == ev.time; stop++ {
			ordered = ordered && rows.Targets[stop-1] <= rows.Targets[stop]
		}
		if ordered {
			return true
		}
		for k := ev.next; k < stop; k++ {
			one := *ev
			one.target, one.next, one.end = l.to+rows.Targets[k], k, k+1
			e.queue.push(one)
		}
		ev.next = stop
	}
	return false
}

// deliver brings a weight to a neuron.
func (e *EventEngine) deliver(t float64, population int, neuron int32, channel int, weight float32) error {
	p := e.state[population]
	if p.Deliver(t, neuron, channel, weight) {
		e.spike(t, population, neuron)
	}
	entity := e.first[population] + neuron
	next := p.Next(neuron)
	if next == e.wakes.time[entity] {
		return nil
	}
	return e.renew(entity, next)
}

// renew sets when an entity wakes.
func (e *EventEngine) renew(entity int32, next float64) error {
	if !(next >= e.now) { // also what is not a number
		return fmt.Errorf("%s would act at %g ms, after %g ms; its state is beyond what numbers can hold", e.describe(entity), next, e.now)
	}
	e.wakes.set(entity, next)
	return nil
}

func (e *EventEngine) describe(entity int32) string {
	if entity >= e.first[len(e.state)] {
		i := e.owner[entity]
		return fmt.Sprintf("drive %s: train %d", e.net.Drives[i].Name, entity-e.offset[i])
	}
	p := e.owner[entity]
	return fmt.Sprintf("population %s: neuron %d", e.net.Populations[p].Name, entity-e.first[p])
}

// renewAll asks everything when it wakes.
func (e *EventEngine) renewAll() error {
	for p, s := range e.state {
		for k := range int32(s.Size()) {
			if err := e.renew(e.first[p]+k, s.Next(k)); err != nil {
				return err
			}
		}
	}
	for i, d := range e.net.Drives {
		for k := range int32(e.net.Populations[d.To].Size) {
			if err := e.renew(e.offset[i]+k, d.Drive.Next(k)); err != nil {
				return err
			}
		}
	}
	return nil
}

// spike sends a spike over all projections of a neuron.
func (e *EventEngine) spike(t float64, population int, neuron int32) {
	if e.observe != nil {
		e.observe(population, t, neuron)
	}
	for _, i := range e.out[population] {
		l := &e.links[i]
		ev := event{
			sent: t, sequence: e.sequence, source: l.from + neuron, projection: i,
			next: l.rows.Start[neuron], end: l.rows.Start[neuron+1],
		}
		if ev.next == ev.end {
			continue
		}
		e.sequence++
		if e.enter(&ev, math.Inf(-1)) {
			e.queue.push(ev)
		}
	}
}
