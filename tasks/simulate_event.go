package tasks

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"math"
	"time"

	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/sim"
)

// runEvent is run in event mode. One goroutine does all the work, so the
// number of workers changes nothing.
func (s *simulation) runEvent(ctx context.Context, o RunOptions, f *runfolder.Folder, res *Result) error {
	began := time.Now()
	o.progress("build", 0, len(s.x.Projections))
	net, err := newSpiking(s.x).buildEvent(ctx, o)
	if err != nil {
		return err
	}
	engine, err := sim.NewEventEngine(net)
	if err != nil {
		return err
	}
	built := time.Since(began)
	rec := newEventCounts(net)
	end := s.x.Time.end()
	report := max(s.Report, end/10000)
	parts, done := int(math.Ceil(end/report)), 0
	// to goes on to a time, with a report now and then.
	to := func(until float64) error {
		for {
			next := float64(done+1) * report
			if err := engine.Run(ctx, min(next, until), rec.spike); err != nil || next >= until {
				return err
			}
			done++
			o.progress("simulate", done, parts)
		}
	}
	o.progress("simulate", 0, parts)
	if s.x.Time.WarmUp > 0 {
		err = to(s.x.Time.WarmUp)
		rec.start()
	}
	if err == nil {
		began, events := time.Now(), engine.Events()
		err = to(end)
		wall := time.Since(began).Seconds()
		if seconds := (engine.Now() - s.x.Time.WarmUp) * 1e-3; seconds > 0 && wall > 0 {
			res.Speed = map[string]float64{
				"rtf": wall / seconds, "build_s": built.Seconds(), "peak_rss_mb": peakMemory() / 1e6,
				"events_per_s": float64(engine.Events()-events) / wall,
			}
		}
	}
	rec.results((engine.Now()-s.x.Time.WarmUp)*1e-3, len(s.x.Populations), res)
	synapses, bytes := 0, 0
	for _, p := range net.Projections {
		synapses, bytes = synapses+p.Weights.Synapses(), bytes+p.Weights.Bytes()
	}
	res.Metrics["synapses"] = float64(synapses)
	if synapses > 0 {
		res.Metrics["bytes_per_synapse"] = float64(bytes) / float64(synapses)
	}
	res.Metrics["events"] = float64(engine.Events())
	var weights []namedWeights
	for _, p := range net.Projections {
		weights = append(weights, namedWeights{projection: p.Name, Weights: p.Weights})
	}
	return errors.Join(err, s.x.physics(weights, o, f, res), writeMetrics(f, nil, res))
}

// eventCounts counts the spikes of every population after the warm-up, and
// digests all of the run.
type eventCounts struct {
	net    *sim.EventNetwork
	counts []uint64
	hashes []hash.Hash
}

func newEventCounts(net *sim.EventNetwork) *eventCounts {
	r := &eventCounts{net: net, counts: make([]uint64, len(net.Populations))}
	for range net.Populations {
		r.hashes = append(r.hashes, sha256.New())
	}
	return r
}

// start forgets the counts of the warm-up.
func (r *eventCounts) start() { clear(r.counts) }

// spike takes a spike.
func (r *eventCounts) spike(population int, t float64, neuron int32) {
	r.counts[population]++
	var word [12]byte
	binary.LittleEndian.PutUint64(word[:], math.Float64bits(t))
	binary.LittleEndian.PutUint32(word[8:], uint32(neuron))
	r.hashes[population].Write(word[:])
}

// results gives the rates of the first populations, and the digest: the
// SHA-256 over the digests of the populations, each over (time, neuron) of
// every spike: the bits of the float64 in ms and a word of 32 bits, both
// little-endian.
func (r *eventCounts) results(seconds float64, populations int, res *Result) {
	res.Rates = map[string]float64{}
	all := sha256.New()
	for p, spec := range r.net.Populations {
		all.Write(r.hashes[p].Sum(nil))
		if p < populations && seconds > 0 { // sources that send come after
			res.Rates[spec.Name] = float64(r.counts[p]) / float64(spec.Size) / seconds
		}
	}
	res.Spikes = hex.EncodeToString(all.Sum(nil))
}
