package tasks

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"

	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/sim"
)

// newRecordings prepares what the file asks for, on an engine's network.
func newRecordings(ctx context.Context, x *Experiment, net *sim.Network, workers int, f *runfolder.Folder) (*recordings, error) {
	warm := int64(x.Time.WarmUpSteps())
	r := &recordings{dir: filepath.Join(f.Path, partsFolder), warm: warm, end: warm + int64(x.Time.Steps())}
	for i := range x.Record {
		rec := &x.Record[i]
		var out *recording
		var err error
		switch rec.What {
		case "conductances": // kept at the end, of what there is then
			continue
		case "weights":
			out, err = r.weights(ctx, x, rec, net, workers)
		default:
			p := 0
			for net.Populations[p].Name != rec.Of {
				p++
			}
			var chosen []int32
			if chosen, err = parseNeurons(rec.Neurons, net.Populations[p].Size); err != nil {
				break
			}
			switch rec.What {
			case "spikes":
				out = r.spikes(x, rec, p, mask(chosen, net.Populations[p].Size))
			case "rate":
				n := net.Populations[p].Size
				if chosen != nil {
					n = len(chosen)
				}
				out = r.rate(x, rec, p, mask(chosen, net.Populations[p].Size), n)
			default:
				out = r.multimeter(x, rec, p, chosen, net.Populations[p].Size)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("record[%d]: %w", i, err)
		}
		r.all = append(r.all, out)
	}
	return r, nil
}

// mask marks the chosen neurons; nil stands for all.
func mask(chosen []int32, size int) []bool {
	if chosen == nil {
		return nil
	}
	m := make([]bool, size)
	for _, n := range chosen {
		m[n] = true
	}
	return m
}

func appendFloat(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}

// spikes keeps time and neuron of every spike after the warm-up by SONATA's
// names, by time and then by neuron.
func (r *recordings) spikes(x *Experiment, rec *Record, p int, chosen []bool) *recording {
	out := &recording{file: rec.file(), texts: [][2]string{{"population", rec.Of}, {"timestamps_unit", "ms"}}}
	at := out.column(r.dir, "timestamps", []float64(nil), 8)
	id := out.column(r.dir, "node_ids", []int64(nil), 8)
	out.epoch = func(e *sim.Epoch) {
		for k := range e.Steps {
			step := e.First + int64(k)
			if step < r.warm {
				continue
			}
			t := float64(step+1) * x.Time.Step
			e.Spikes(p, k, func(ids []int32) {
				for _, n := range ids {
					if chosen == nil || chosen[n] {
						at.buf = appendFloat(at.buf, t)
						id.buf = binary.LittleEndian.AppendUint64(id.buf, uint64(n))
					}
				}
			})
		}
	}
	return out
}

// rate keeps the mean rate of neurons in bins that begin at the end of the
// warm-up; the time is that of the end of the bin. A bin that the run cuts is
// left out.
func (r *recordings) rate(x *Experiment, rec *Record, p int, chosen []bool, n int) *recording {
	out := &recording{file: rec.file(), texts: [][2]string{{"population", rec.Of}, {"unit", "Hz"}, {"timestamps_unit", "ms"}}, label: "rate (Hz)"}
	at := out.column(r.dir, "timestamps", []float64(nil), 8)
	hz := out.column(r.dir, "rate", []float64(nil), 8)
	pending := make([]uint64, 1) // spikes of the bin so far
	out.state = []sim.Variable{{Name: "pending", Values: pending}}
	every := x.everySteps(rec)
	perSpike := 1 / (float64(n) * float64(every) * x.Time.Step * 1e-3)
	out.epoch = func(e *sim.Epoch) {
		for k := range e.Steps {
			step := e.First + int64(k)
			if step < r.warm {
				continue
			}
			e.Spikes(p, k, func(ids []int32) {
				if chosen == nil {
					pending[0] += uint64(len(ids))
					return
				}
				for _, n := range ids {
					if chosen[n] {
						pending[0]++
					}
				}
			})
			if (step+1-r.warm)%every == 0 {
				at.buf = appendFloat(at.buf, float64(step+1)*x.Time.Step)
				hz.buf = appendFloat(hz.buf, float64(pending[0])*perSpike)
				pending[0] = 0
			}
		}
	}
	return out
}

// multimeter keeps a variable of some neurons at the multiples of its
// interval, [time, neuron].
func (r *recordings) multimeter(x *Experiment, rec *Record, p int, chosen []int32, size int) *recording {
	probe := &sim.Probe{Population: p, Variable: rec.What, Every: int(x.everySteps(rec)), Neurons: chosen}
	r.probes = append(r.probes, probe)
	unit := ""
	for _, v := range x.variables(rec.Of) {
		if v.Name == rec.What {
			unit = v.Unit
		}
	}
	n := size
	if chosen != nil {
		n = len(chosen)
	}
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(i)
		if chosen != nil {
			ids[i] = int64(chosen[i])
		}
	}
	out := &recording{
		file:  rec.file(),
		texts: [][2]string{{"population", rec.Of}, {"unit", unit}, {"timestamps_unit", "ms"}},
		fixed: []fixed{{"node_ids", ids, n}},
		label: rec.What,
	}
	if unit != "" {
		out.label += " (" + unit + ")"
	}
	at := out.column(r.dir, "timestamps", []float64(nil), 8)
	v := out.column(r.dir, rec.What, []float64(nil), 8, n)
	out.epoch = func(e *sim.Epoch) {
		e.Samples(probe, func(step int64, values []float64) {
			if step < r.warm {
				return
			}
			at.buf = appendFloat(at.buf, float64(step+1)*x.Time.Step)
			for _, y := range values {
				v.buf = appendFloat(v.buf, y)
			}
		})
	}
	return out
}

// weights keeps the weights of some synapses, [time, synapse]. Rules change
// weights within an epoch, so they are read at the end of one: that in which
// the time lies.
func (r *recordings) weights(ctx context.Context, x *Experiment, rec *Record, net *sim.Network, workers int) (*recording, error) {
	p := 0
	for net.Projections[p].Name != rec.Of {
		p++
	}
	w, err := newSampledWeights(ctx, net.Projections[p], workers, rec.Synapses)
	if err != nil {
		return nil, err
	}
	sources, targets := w.ids()
	wide := func(ids []int32) []int64 {
		out := make([]int64, len(ids))
		for i, n := range ids {
			out[i] = int64(n)
		}
		return out
	}
	out := &recording{
		file:  rec.file(),
		texts: [][2]string{{"projection", rec.Of}, {"unit", x.weightUnit(rec.Of)}, {"timestamps_unit", "ms"}},
		fixed: []fixed{{"source_ids", wide(sources), len(sources)}, {"target_ids", wide(targets), len(targets)}},
		every: x.everySteps(rec),
	}
	at := out.column(r.dir, "timestamps", []float64(nil), 8)
	v := out.column(r.dir, "weights", []float32(nil), 4, len(sources))
	out.sample = func(step int64) error {
		values, err := w.sample()
		if err != nil {
			return fmt.Errorf("weights of %s: %w", rec.Of, err)
		}
		at.buf = appendFloat(at.buf, float64(step)*x.Time.Step)
		for _, y := range values {
			v.buf = binary.LittleEndian.AppendUint32(v.buf, math.Float32bits(y))
		}
		return nil
	}
	return out, nil
}
