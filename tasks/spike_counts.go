package tasks

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"

	"github.com/synohm/synohm/sim"
)

// spikeCounts counts the spikes of every population after the warm-up, digests
// all of the run, and keeps the last ones of some neurons for the picture.
type spikeCounts struct {
	x         *Experiment
	net       *sim.Network
	warm, end int64 // first step that is counted, and one after the last
	counts    []uint64
	hashes    []hash.Hash
	buf       []byte

	drawn int64 // first step of the picture
	last  []drawnSpikes
}

// drawnSpikes are those of a population in the picture.
type drawnSpikes struct {
	steps []int64
	ids   []int32
}

// Bounds of the picture.
const (
	drawnMS      = 500
	drawnNeurons = 200
	drawnMost    = 50_000 // spikes of a population
)

func newSpikeCounts(x *Experiment, net *sim.Network) *spikeCounts {
	warm := int64(x.Time.WarmUpSteps())
	r := &spikeCounts{x: x, net: net, warm: warm, end: warm + int64(x.Time.Steps()), counts: make([]uint64, len(net.Populations))}
	for range net.Populations {
		r.hashes = append(r.hashes, sha256.New())
	}
	r.drawn = max(warm, r.end-int64(drawnMS/x.Time.Step))
	r.last = make([]drawnSpikes, len(net.Populations))
	return r
}

// epoch takes the spikes of an epoch.
func (r *spikeCounts) epoch(e *sim.Epoch) {
	for p := range r.net.Populations {
		r.buf = r.buf[:0]
		for k := range e.Steps {
			step := e.First + int64(k)
			e.Spikes(p, k, func(ids []int32) {
				if step >= r.warm {
					r.counts[p] += uint64(len(ids))
				}
				for _, id := range ids {
					r.buf = binary.LittleEndian.AppendUint64(r.buf, uint64(step))
					r.buf = binary.LittleEndian.AppendUint32(r.buf, uint32(id))
				}
				if step >= r.drawn {
					r.last[p].add(step, ids)
				}
			})
		}
		r.hashes[p].Write(r.buf)
	}
}

// add keeps the spikes of the first neurons.
func (d *drawnSpikes) add(step int64, ids []int32) {
	for _, id := range ids {
		if id >= drawnNeurons || len(d.ids) >= drawnMost {
			return
		}
		d.steps, d.ids = append(d.steps, step), append(d.ids, id)
	}
}

// save gives what a checkpoint keeps.
func (r *spikeCounts) save(put func(sim.Variable) error) error {
	if err := put(sim.Variable{Name: "counts", Values: r.counts}); err != nil {
		return err
	}
	for p, h := range r.hashes {
		state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
		if err != nil {
			return err
		}
		for _, v := range []sim.Variable{{Name: "digest", Values: state}, {Name: "drawn_steps", Values: r.last[p].steps}, {Name: "drawn_ids", Values: r.last[p].ids}} {
			v.Name = fmt.Sprintf("%s/%d", v.Name, p)
			if err := put(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// load brings back what save has given.
func (r *spikeCounts) load(saved func(name string) (any, error)) error {
	if err := loadInto(saved, "counts", r.counts); err != nil {
		return err
	}
	for p, h := range r.hashes {
		state, err := loadAll[uint8](saved, fmt.Sprintf("digest/%d", p))
		if err == nil {
			err = h.(encoding.BinaryUnmarshaler).UnmarshalBinary(state)
		}
		if err != nil {
			return err
		}
		if r.last[p].steps, err = loadAll[int64](saved, fmt.Sprintf("drawn_steps/%d", p)); err != nil {
			return err
		}
		if r.last[p].ids, err = loadAll[int32](saved, fmt.Sprintf("drawn_ids/%d", p)); err != nil {
			return err
		}
		if len(r.last[p].ids) != len(r.last[p].steps) {
			return fmt.Errorf("drawn_ids/%d: %d spikes, %d times", p, len(r.last[p].ids), len(r.last[p].steps))
		}
	}
	return nil
}

// results gives rates and the digest: the SHA-256 over the digests of the
// populations, each over (step, neuron) of every spike as little-endian words
// of 64 and 32 bits.
func (r *spikeCounts) results(step int64, res *Result) {
	seconds := float64(step-r.warm) * r.x.Time.Step * 1e-3
	res.Rates = map[string]float64{}
	all := sha256.New()
	for p, spec := range r.net.Populations {
		all.Write(r.hashes[p].Sum(nil))
		if p < len(r.x.Populations) && seconds > 0 { // sources that send come after
			res.Rates[spec.Name] = float64(r.counts[p]) / float64(spec.Size) / seconds
		}
	}
	res.Spikes = hex.EncodeToString(all.Sum(nil))
}
