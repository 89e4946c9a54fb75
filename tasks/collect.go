package tasks

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/synohm/synohm/learning/readout"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/tasks/events"
)

// collected is what the trials of a liquid leave.
type collected struct {
	liquid, feedforward, counts readout.Examples
	spikes                      [][][]spike // of each population in the recorded test trials
	input                       [][]spike   // input spikes of the same trials
	trials                      int         // that were presented
	total                       uint64      // spikes of the counted population
	tests                       int         // trials of the test among them
	testTotal                   uint64      // and their spikes
}

// spike is one spike of a trial.
type spike struct{ step, id int32 }

// recorded is the number of test trials whose spikes are kept: at least one,
// for the picture.
func (x *Experiment) recorded() int {
	n := 1
	for _, r := range x.Record {
		if r.What != "weights" && r.What != "conductances" {
			n = max(n, r.Trials)
		}
	}
	return n
}

// population returns the index of a population.
func (x *Experiment) population(name string) int {
	for i, p := range x.Populations {
		if p.Name == name {
			return i
		}
	}
	panic("tasks: populations were not checked: " + name)
}

// collect runs every stream through the network, on several workers. Trial i
// is stream i whoever runs it, so the result depends on no worker count. It
// returns what there is also where it was cut.
func (l *Liquid) collect(ctx context.Context, x *Experiment, net *sim.Network, s *streams, o RunOptions) (*collected, error) {
	of, sources, n := x.population(l.Of), x.sources(s.side), s.n()
	examples := func(units int) readout.Examples {
		return readout.Examples{Features: make([]float32, n*units), Labels: s.labels, Units: units, Classes: 10}
	}
	size, kept := net.Populations[of].Size, min(x.recorded(), s.test)
	c := &collected{liquid: examples(size), counts: examples(sources), input: make([][]spike, kept)}
	for range net.Populations {
		c.spikes = append(c.spikes, make([][]spike, kept))
	}
	var plain *sim.Network
	if l.Compare {
		plain = withoutRecurrence(net)
		c.feedforward = examples(size)
	}
	workers := make([]trialWorker, o.Workers)
	for i := range workers {
		w := trialWorker{x: x, of: of, streams: s, read: s.reader(), into: c}
		var err1, err2 error
		w.net, err1 = net.NewReplica()
		if plain != nil {
			w.plain, err2 = plain.NewReplica()
		}
		if err := errors.Join(err1, err2); err != nil {
			return c, err
		}
		workers[i] = w
	}
	var done atomic.Int64
	var total, tested atomic.Uint64
	var err error
	from, fit := 0, s.train+s.validation
	for _, phase := range []struct {
		at   float64 // s
		upTo int
	}{{l.TrainAt, fit}, {l.TestAt, n}} {
		for _, p := range net.Projections {
			if err = p.Weights.AdvanceTo(ctx, phase.at); err != nil {
				err = fmt.Errorf("projection %s, at %g s: %w", p.Name, phase.at, err)
				break
			}
		}
		if err == nil {
			err = present(ctx, workers, from, phase.upTo, func(spikes uint64) {
				total.Add(spikes)
				if from == fit {
					tested.Add(spikes)
				}
				o.progress("liquid", int(done.Add(1)), n)
			})
		}
		if err != nil {
			break
		}
		from = phase.upTo
	}
	c.trials, c.total = int(done.Load()), total.Load()
	c.tests, c.testTotal = max(0, c.trials-fit), tested.Load()
	return c, err
}

// present runs the trials from one stream up to another; did is told of each
// and the spikes that it had.
func present(ctx context.Context, workers []trialWorker, from, upTo int, did func(spikes uint64)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	next.Store(int64(from))
	var wg sync.WaitGroup
	for i := range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for ctx.Err() == nil {
				k := int(next.Add(1)) - 1
				if k >= upTo {
					return
				}
				spikes, err := workers[i].trial(ctx, k)
				if err != nil {
					cancel(fmt.Errorf("trial %d: %w", k, err))
					return
				}
				did(spikes)
			}
		}()
	}
	wg.Wait()
	return context.Cause(ctx)
}

// trialWorker runs trials on one goroutine. Trials write into parts of the
// result of their own.
type trialWorker struct {
	x          *Experiment
	of         int // index of the counted population
	streams    *streams
	read       func(i int) (events.Stream, error)
	net, plain *sim.Replica // plain is without recurrence, nil where it is not asked for
	into       *collected
}

// trial presents stream i and returns the spikes of the counted population.
func (w *trialWorker) trial(ctx context.Context, i int) (total uint64, err error) {
	st, err := w.read(i)
	if err != nil {
		return 0, err
	}
	f, err := w.x.framing().Cut(st, w.x.Time.Steps(), w.x.Time.Step*1000)
	if err != nil {
		return 0, err
	}
	c := w.into
	copy(c.counts.Row(i), f.Counts)
	test := i - w.streams.train - w.streams.validation
	keep := test >= 0 && test < len(c.input)
	if keep {
		for t, in := range f.Spikes {
			c.input[test] = appendSpikes(c.input[test], t, in)
		}
	}
	row := c.liquid.Row(i)
	err = w.net.Trial(ctx, uint32(i), f.Spikes, func(t int, sp [][]int32) {
		total += uint64(len(sp[w.of]))
		for _, k := range sp[w.of] {
			row[k]++
		}
		if keep {
			for p := range sp {
				c.spikes[p][test] = appendSpikes(c.spikes[p][test], t, sp[p])
			}
		}
	})
	if err != nil || w.plain == nil {
		return total, err
	}
	row = c.feedforward.Row(i)
	return total, w.plain.Trial(ctx, uint32(i), f.Spikes, func(_ int, sp [][]int32) {
		for _, k := range sp[w.of] {
			row[k]++
		}
	})
}

func appendSpikes(to []spike, step int, ids []int32) []spike {
	for _, k := range ids {
		to = append(to, spike{int32(step), k})
	}
	return to
}

// digest is the SHA-256 over (trial, step, neuron) of the recorded spikes, as
// three little-endian 32-bit words each, in that order, population by
// population.
func digest(populations [][][]spike) string {
	h := sha256.New()
	var b []byte
	for _, trials := range populations {
		for i, t := range trials {
			b = b[:0]
			for _, s := range t {
				b = binary.LittleEndian.AppendUint32(b, uint32(i))
				b = binary.LittleEndian.AppendUint32(b, uint32(s.step))
				b = binary.LittleEndian.AppendUint32(b, uint32(s.id))
			}
			h.Write(b)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
