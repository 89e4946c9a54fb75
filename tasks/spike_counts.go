package tasks

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"

	"github.com/synohm/synohm/sim"
)

// spikeCounts counts the spikes of every population after the warm-up, and
// digests all of the run.
type spikeCounts struct {
	x      *Experiment
	net    *sim.Network
	from   int64 // first step that is counted
	counts []uint64
	hashes []hash.Hash
	buf    []byte
}

func newSpikeCounts(x *Experiment, net *sim.Network) *spikeCounts {
	r := &spikeCounts{x: x, net: net, counts: make([]uint64, len(net.Populations))}
	for range net.Populations {
		r.hashes = append(r.hashes, sha256.New())
	}
	return r
}

// start forgets the counts of the warm-up.
func (r *spikeCounts) start(step int64) {
	r.from = step
	clear(r.counts)
}

// epoch takes the spikes of an epoch.
func (r *spikeCounts) epoch(e *sim.Epoch) {
	for p := range r.net.Populations {
		r.buf = r.buf[:0]
		for k := range e.Steps {
			e.Spikes(p, k, func(ids []int32) {
				r.counts[p] += uint64(len(ids))
				for _, id := range ids {
					r.buf = binary.LittleEndian.AppendUint64(r.buf, uint64(e.First)+uint64(k))
					r.buf = binary.LittleEndian.AppendUint32(r.buf, uint32(id))
				}
			})
		}
		r.hashes[p].Write(r.buf)
	}
}

// results gives rates and the digest: the SHA-256 over the digests of the
// populations, each over (step, neuron) of every spike as little-endian words
// of 64 and 32 bits.
func (r *spikeCounts) results(step int64, res *Result) {
	seconds := float64(step-r.from) * r.x.Time.Step * 1e-3
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
