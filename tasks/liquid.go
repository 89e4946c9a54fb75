package tasks

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/learning/readout"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
	"github.com/synohm/synohm/tasks/events"
)

// Liquid is the task of the liquid state machine: every stream is one trial of
// the fixed network, the spikes of one population are counted, and a linear
// read-out is trained on the counts.
type Liquid struct {
	Data    config.Variant `yaml:"data" catalog:"data" default:"mnist" doc:"event streams with labels"`
	Of      string         `yaml:"of" default:"liquid" doc:"population whose spikes are counted"`
	Readout config.Variant `yaml:"readout" catalog:"readouts" default:"softmax" doc:"how the read-out is trained"`
	Compare bool           `yaml:"compare" default:"true" doc:"also train the read-out on plain event counts and on the network without recurrence"`
}

// check finds mistakes that only the liquid makes.
func (l *Liquid) check(x *Experiment) config.Problems {
	var ps config.Problems
	add := func(path, rule string) { ps = append(ps, x.Tree.Problem(path, "", rule)) }
	found := false
	for _, p := range x.Populations {
		found = found || p.Name == l.Of
	}
	if !found {
		add("task.of", fmt.Sprintf("there is no population %q", l.Of))
	}
	if len(x.Sources) != 1 {
		add("sources", "the liquid needs exactly one source, of model event_frames")
		return ps
	}
	side := events.NMNISTSide
	if d, ok := l.Data.Value.(*MNISTData); ok {
		side = d.Camera.Side
	}
	f := x.Sources[0].Model.Value.(*events.Framing)
	n, err := f.Sources(side, side)
	if err != nil {
		add("sources["+x.Sources[0].Name+"].params", err.Error())
		return ps
	}
	for _, p := range x.Projections {
		w := synapses.Want{Sources: n, Targets: x.size(p.To)}
		if s := x.size(p.From); s > 0 {
			w.Sources = s
		}
		if err := w.Check(); err != nil {
			add("projections["+p.Name+"]", err.Error())
		}
	}
	return ps
}

// size returns the number of neurons of a population, 0 for a source.
func (x *Experiment) size(name string) int {
	for _, p := range x.Populations {
		if p.Name == name {
			return p.Size
		}
	}
	return 0
}

// network builds populations and weights; sources is the number of inputs.
func (x *Experiment) network(sources int) (*sim.Network, error) {
	n := &sim.Network{}
	index := map[string]int{}
	for i, p := range x.Populations {
		m, err := neurons.Find(p.Model.Kind)
		if err != nil {
			return nil, err
		}
		index[p.Name] = i
		n.Populations = append(n.Populations, sim.PopulationSpec{
			Name: p.Name, Size: p.Size,
			New: func() sim.Population { return m.New(p.Size, p.Model.Value) },
		})
	}
	for _, p := range x.Projections {
		sub, err := x.substrate(p.Substrate)
		if err != nil {
			return nil, err
		}
		from, size := sim.External, sources
		if i, ok := index[p.From]; ok {
			from, size = i, x.size(p.From)
		}
		w, err := sub.Make(synapses.Want{
			Sources: size, Targets: x.size(p.To), Mean: p.Weight.Mean, Std: p.Weight.Std,
		}, philox.Fork(x.Seed, "projection/"+p.Name))
		if err != nil {
			return nil, fmt.Errorf("projection %s: %w", p.Name, err)
		}
		n.Projections = append(n.Projections, sim.Projection{Name: p.Name, From: from, To: index[p.To], Weights: w})
	}
	return n, n.Check(sources)
}

// withoutRecurrence is the network with what populations send taken away.
func withoutRecurrence(n *sim.Network) *sim.Network {
	m := &sim.Network{Populations: n.Populations}
	for _, p := range n.Projections {
		if p.From == sim.External {
			m.Projections = append(m.Projections, p)
		}
	}
	return m
}

// collected is what the trials of a liquid leave.
type collected struct {
	liquid, feedforward, counts readout.Examples
	spikes                      [][]spike // of recorded test trials, by trial
	input                       [][]spike // events frames of the same
	trials                      int       // that were presented
	total                       uint64    // spikes of the counted population
}

// spike is one spike of a trial.
type spike struct{ step, id int32 }

// collect runs every stream through the network, on several workers. Trial i
// is stream i whoever runs it, so the result depends on no worker count.
func (l *Liquid) collect(ctx context.Context, x *Experiment, net *sim.Network, s *streams, o RunOptions) (*collected, error) {
	framing := x.Sources[0].Model.Value.(*events.Framing)
	sources, _ := framing.Sources(s.side, s.side)
	of := 0
	for i, p := range x.Populations {
		if p.Name == l.Of {
			of = i
		}
	}
	size, n := net.Populations[of].Size, s.n()
	record := 0
	for _, r := range x.Record {
		if r.Of == l.Of {
			record = min(r.Trials, s.test)
		}
	}
	examples := func(units int) readout.Examples {
		return readout.Examples{Features: make([]float32, n*units), Labels: s.labels, Units: units, Classes: 10}
	}
	c := &collected{liquid: examples(size), counts: examples(sources), spikes: make([][]spike, record), input: make([][]spike, record)}
	var plain *sim.Network
	if l.Compare {
		plain = withoutRecurrence(net)
		c.feedforward = examples(size)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next, done atomic.Int64
	var total atomic.Uint64
	var wg sync.WaitGroup
	for range o.Workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			read, rep := s.reader(), net.NewReplica()
			var repPlain *sim.Replica
			if plain != nil {
				repPlain = plain.NewReplica()
			}
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				err := func() error {
					st, err := read(i)
					if err != nil {
						return err
					}
					f, err := framing.Cut(st, x.Time.Steps(), x.Time.Step*1000)
					if err != nil {
						return err
					}
					copy(c.counts.Row(i), f.Counts)
					row, test := c.liquid.Row(i), i-s.train-s.validation
					keep := test >= 0 && test < record
					if keep {
						for t, in := range f.Spikes {
							for _, k := range in {
								c.input[test] = append(c.input[test], spike{int32(t), k})
							}
						}
					}
					var count uint64
					err = rep.Trial(ctx, uint32(i), f.Spikes, func(t int, sp [][]int32) {
						count += uint64(len(sp[of]))
						for _, k := range sp[of] {
							row[k]++
							if keep {
								c.spikes[test] = append(c.spikes[test], spike{int32(t), k})
							}
						}
					})
					total.Add(count)
					if err != nil || repPlain == nil {
						return err
					}
					row = c.feedforward.Row(i)
					return repPlain.Trial(ctx, uint32(i), f.Spikes, func(_ int, sp [][]int32) {
						for _, k := range sp[of] {
							row[k]++
						}
					})
				}()
				if err != nil {
					cancel(fmt.Errorf("trial %d: %w", i, err))
					return
				}
				o.progress("liquid", int(done.Add(1)), n)
			}
		}()
	}
	wg.Wait()
	c.trials, c.total = int(done.Load()), total.Load()
	return c, context.Cause(ctx)
}

// digest is the SHA-256 over (trial, step, neuron) of spikes, as three
// little-endian 32-bit words each, in that order.
func digest(trials [][]spike) string {
	h := sha256.New()
	var b []byte
	for i, t := range trials {
		b = b[:0]
		for _, s := range t {
			b = binary.LittleEndian.AppendUint32(b, uint32(i))
			b = binary.LittleEndian.AppendUint32(b, uint32(s.step))
			b = binary.LittleEndian.AppendUint32(b, uint32(s.id))
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}
