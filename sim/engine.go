package sim

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// Engine advances a network on a fixed grid of steps, with several workers.
//
// Time goes on in epochs of the smallest delay of all projections: within an
// epoch no spike can reach anybody, so every worker advances its part of each
// population without looking at the others. Then all wait for each other, and
// every worker delivers all spikes of the epoch to the targets of its own
// part: projection by projection, step by step, source by source. The order of
// the additions at a target is thus the same for any number of workers, and so
// are the results, bit by bit.
type Engine struct {
	net     *Network
	workers int
	epoch   int   // steps of an epoch
	step    int64 // the next one

	parts   [][]Part        // [population][part]
	state   [][]Population  // [population][part]
	rings   [][]*Ring       // [population][channel]
	inputs  [][][][]float32 // [population][part][channel]: rows of the step that a part is in
	inject  [][]float64     // [population]: injected current, nil where no drive injects
	sparse  []SparseWeights
	aging   []SparseWeights // those of them that change with time
	probes  []*Probe
	buffers [2]Epoch // two, so that the next epoch can be written while this one is delivered

	joined [][]partSpikes // [worker][population]: the spikes of an epoch, parts joined

	barrier *barrier
	failed  atomic.Bool
	broken  atomic.Bool // a delivery failed half-way
	errs    []error     // of each worker
	events  []uint64    // synapses that spikes went over, by worker, spread over cache lines
}

// maxEpoch bounds the buffers of an epoch where delays are long.
const maxEpoch = 64

// NewEngine makes the state of a network. The weights must have been made for
// the same number of workers.
func NewEngine(net *Network, workers int, probes ...*Probe) (*Engine, error) {
	e := &Engine{net: net, workers: workers, epoch: maxEpoch, probes: probes, errs: make([]error, workers), events: make([]uint64, workers*8)}
	e.barrier = newBarrier(workers)
	longest := make([]int, len(net.Populations))
	for _, p := range net.Projections {
		w, ok := p.Weights.(SparseWeights)
		if !ok {
			return nil, fmt.Errorf("sim: weights of projection %s do not deliver over delays", p.Name)
		}
		low, high := w.Delays()
		e.epoch = min(e.epoch, low)
		longest[p.To] = max(longest[p.To], high)
		e.sparse = append(e.sparse, w)
		if a, ok := As[Aging](w); ok && a.Ages() {
			e.aging = append(e.aging, w)
		}
	}
	for i, p := range net.Populations {
		parts := Parts(p.Size, workers)
		e.parts = append(e.parts, parts)
		var blocks []Population
		for _, part := range parts {
			b, err := p.New(part)
			if err != nil {
				return nil, fmt.Errorf("population %s: %w", p.Name, err)
			}
			blocks = append(blocks, b)
		}
		e.state = append(e.state, blocks)
		var rings []*Ring
		for range p.Channels {
			rings = append(rings, NewRing(p.Size, max(1, longest[i]), e.epoch))
		}
		e.rings = append(e.rings, rings)
		inputs := make([][][]float32, len(parts))
		for q := range inputs {
			inputs[q] = make([][]float32, p.Channels, p.Channels+apart/24) // the spare room keeps workers apart
		}
		e.inputs = append(e.inputs, inputs)
		e.inject = append(e.inject, nil)
	}
	for _, d := range net.Drives {
		if d.Injects && e.inject[d.To] == nil {
			e.inject[d.To] = make([]float64, net.Populations[d.To].Size)
		}
	}
	for i := range e.buffers {
		e.buffers[i].parts = make([][]partSpikes, len(net.Populations))
		for p := range net.Populations {
			e.buffers[i].parts[p] = newPartSpikes(len(e.parts[p]))
		}
	}
	for range workers {
		e.joined = append(e.joined, newPartSpikes(len(net.Populations)))
	}
	for i, p := range probes {
		if err := p.attach(e, i); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// Step is the index of the next step: the number of steps done.
func (e *Engine) Step() int64 { return e.step }

// EpochSteps is the length of an epoch. Run is to be left at multiples of it,
// but for the end.
func (e *Engine) EpochSteps() int { return e.epoch }

// Events is the number of synapses that spikes have gone over.
func (e *Engine) Events() (n uint64) {
	for w := range e.workers {
		n += e.events[w*8]
	}
	return n
}

// Run goes on to the step until. After every epoch it calls observe, on one
// goroutine; the epoch is valid within the call alone. Where the context ends
// or observe fails it stops after a whole epoch, from which it can go on; where
// weights fail to deliver, what was lost is lost.
func (e *Engine) Run(ctx context.Context, until int64, observe func(*Epoch) error) error {
	if until <= e.step {
		return ctx.Err()
	}
	e.failed.Store(false)
	clear(e.errs)
	for i := range e.buffers {
		e.buffers[i].stop.Store(false)
	}
	var wg sync.WaitGroup
	for w := 1; w < e.workers; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			e.work(ctx, w, until, nil)
		}()
	}
	e.step = e.work(ctx, 0, until, observe)
	wg.Wait()
	return errors.Join(e.errs...)
}

// work is the loop of one worker. It returns the step it came to.
func (e *Engine) work(ctx context.Context, w int, until int64, observe func(*Epoch) error) int64 {
	step := e.step
	for round := 0; step < until; round++ {
		b := &e.buffers[round%2]
		steps := int(min(int64(e.epoch)-step%int64(e.epoch), until-step))
		if w == 0 {
			b.First, b.Steps = step, steps
			if err := ctx.Err(); err != nil {
				e.fail(w, err)
			}
		}
		for p := range e.net.Populations {
			for q, end := e.owned(p, w); q < end; q++ {
				e.advance(b, p, q, step, steps)
			}
		}
		// Whether to stop is said before the barrier and read after it, so
		// that all workers read the same.
		if e.failed.Load() {
			b.stop.Store(true)
		}
		e.barrier.wait()
		stop := b.stop.Load()
		if observe != nil {
			if err := observe(b); err != nil {
				e.fail(w, err)
			}
		}
		if len(e.aging) > 0 {
			if w == 0 {
				e.age(ctx, step)
			}
			e.barrier.wait()
		}
		if err := e.deliver(ctx, b, w); err != nil {
			e.broken.Store(true)
			e.fail(w, err)
		}
		step += int64(steps)
		if stop {
			break
		}
	}
	return step
}

// fail lets all workers stop after their next epoch.
func (e *Engine) fail(w int, err error) {
	if e.errs[w] == nil {
		e.errs[w] = err
	}
	e.failed.Store(true)
}

// age lets time pass for weights that change with it, to the beginning of an
// epoch, whose spikes they deliver as they are then.
func (e *Engine) age(ctx context.Context, step int64) {
	t := float64(step) * e.net.StepSecond
	ctx = context.WithoutCancel(ctx) // a run is cut after a whole epoch
	for _, w := range e.aging {
		if err := w.AdvanceTo(ctx, t); err != nil {
			e.broken.Store(true)
			e.fail(0, err)
			return
		}
	}
}

// Intact tells whether the state is that after a whole epoch and may be saved:
// it is not once a delivery has failed.
func (e *Engine) Intact() bool { return !e.broken.Load() }

// owned is the range of the parts of a population that a worker has.
func (e *Engine) owned(p, w int) (q, end int) {
	n := len(e.parts[p]) / e.workers
	return w * n, (w + 1) * n
}

// advance lets one part of a population go through an epoch.
func (e *Engine) advance(b *Epoch, p, q int, first int64, steps int) {
	part, block := e.parts[p][q], e.state[p][q]
	out := &b.parts[p][q]
	out.ids, out.ends = out.ids[:0], out.ends[:0]
	in := Input{Channels: e.inputs[p][q]}
	if c := e.inject[p]; c != nil {
		in.Current = c[part.Lo:part.Hi]
	}
	for k := range steps {
		step := first + int64(k)
		if part.Len() > 0 {
			in.Step = step
			for c, r := range e.rings[p] {
				in.Channels[c] = r.Row(step)[part.Lo:part.Hi]
			}
			clear(in.Current)
			for i := range e.net.Drives {
				if d := &e.net.Drives[i]; d.To == p {
					d.Drive.Add(part, in)
				}
			}
			before := len(out.ids)
			out.ids = block.Advance(in, out.ids)
			for i := range out.ids[before:] {
				out.ids[before+i] += int32(part.Lo)
			}
			for _, row := range in.Channels {
				clear(row)
			}
			for _, probe := range e.probes {
				probe.sample(b, p, q, first, step)
			}
		}
		out.ends = append(out.ends, int32(len(out.ids)))
	}
}

// deliver brings all spikes of an epoch to the targets of a worker's parts.
func (e *Engine) deliver(ctx context.Context, b *Epoch, w int) error {
	for p := range e.net.Populations {
		b.join(p, &e.joined[w][p])
	}
	for i := range e.net.Projections {
		for q, end := e.owned(e.net.Projections[i].To, w); q < end; q++ {
			n, err := e.project(ctx, b, i, q, e.joined[w])
			if err != nil {
				return fmt.Errorf("projection %s: %w", e.net.Projections[i].Name, err)
			}
			e.events[w*8] += uint64(n)
		}
	}
	return nil
}

// project delivers the spikes of an epoch over one projection to one part of
// its targets.
func (e *Engine) project(ctx context.Context, b *Epoch, i, target int, spikes []partSpikes) (events int, err error) {
	p, weights := &e.net.Projections[i], e.sparse[i]
	if l, ok := weights.(Learner); ok {
		for k := range b.Steps {
			if err := l.Post(ctx, b.First+int64(k), b.part(p.To, target, k), target); err != nil {
				return 0, err
			}
		}
	}
	if m, ok := weights.(Modulated); ok && p.Modulator >= 0 {
		for k := range b.Steps {
			m.Modulate(b.First+int64(k), spikes[p.Modulator].of(k), target)
		}
	}
	ring := e.rings[p.To][p.Channel]
	for k := range b.Steps {
		ids := spikes[p.From].of(k)
		if len(ids) == 0 {
			continue
		}
		key := Key{Step: uint32(b.First + int64(k))}
		n, err := weights.Deliver(ctx, key, ids, nil, target, ring)
		if err != nil {
			return events, fmt.Errorf("step %d: %w", key.Step, err)
		}
		events += n
	}
	return events, nil
}

// Epoch is what happened in some steps.
type Epoch struct {
	First   int64 // step
	Steps   int
	parts   [][]partSpikes // [population][part]
	samples [][]float64    // [probe][sample, neuron]
	stop    atomic.Bool    // this epoch is the last one
}

// apart is the distance in bytes of what different workers write: two lines of
// the cache, since processors fetch lines in pairs.
const apart = 128

// partSpikes are the spikes of a part of a population in an epoch. Its worker
// writes them at every epoch, so the next part's are kept out of its lines.
type partSpikes struct {
	ids  []int32 // step by step, ascending in each
	ends []int32 // where the ids of each step end
	_    [apart - 48]byte
}

// newPartSpikes makes n of them, with room enough not to grow at once.
func newPartSpikes(n int) []partSpikes {
	s := make([]partSpikes, n)
	for i := range s {
		s[i].ids, s[i].ends = make([]int32, 0, apart/4), make([]int32, 0, maxEpoch)
	}
	return s
}

// of is the ids of the k-th step.
func (s *partSpikes) of(k int) []int32 {
	lo := int32(0)
	if k > 0 {
		lo = s.ends[k-1]
	}
	return s.ids[lo:s.ends[k]]
}

func (b *Epoch) part(p, q, k int) []int32 { return b.parts[p][q].of(k) }

// join puts the spikes of all parts of a population together, so that weights
// get all of a step at once, whatever the parts are.
func (b *Epoch) join(p int, into *partSpikes) {
	parts := b.parts[p]
	into.ids, into.ends = into.ids[:0], into.ends[:0]
	for k := range b.Steps {
		for q := range parts {
			into.ids = append(into.ids, parts[q].of(k)...)
		}
		into.ends = append(into.ends, int32(len(into.ids)))
	}
}

// Spikes calls f with the neurons of a population that spiked in the k-th step
// of the epoch, ascending, some at a time.
func (b *Epoch) Spikes(population, k int, f func(ids []int32)) {
	for q := range b.parts[population] {
		if ids := b.part(population, q, k); len(ids) > 0 {
			f(ids)
		}
	}
}
