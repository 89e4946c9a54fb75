package tasks

import (
	"context"
	"errors"
	"time"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/sim"
)

// Simulate is the task of running a spiking network for a time.
type Simulate struct {
	Report float64 `yaml:"report" unit:"ms" default:"100 ms" range:"(0, inf)" doc:"simulated time between two reports of progress"`
}

func (s *Simulate) check(x *Experiment) config.Problems {
	if x.Time.Mode == eventMode {
		return newSpiking(x).checkEvent()
	}
	return newSpiking(x).check()
}

func (s *Simulate) start(_ context.Context, x *Experiment) (job, error) {
	return &simulation{Simulate: s, x: x}, nil
}

// simulation is a run of a spiking network.
type simulation struct {
	*Simulate
	x *Experiment
}

func (s *simulation) close() error { return nil }

func (s *simulation) run(ctx context.Context, o RunOptions, f *runfolder.Folder, res *Result) error {
	if s.x.Time.Mode == eventMode {
		return s.runEvent(ctx, o, f, res)
	}
	began := time.Now()
	o.progress("build", 0, len(s.x.Projections))
	net, err := newSpiking(s.x).build(ctx, o)
	if err != nil {
		return err
	}
	engine, err := sim.NewEngine(net, o.Workers)
	if err != nil {
		return err
	}
	built := time.Since(began)
	rec := newSpikeCounts(s.x, net)
	warm, end := int64(s.x.Time.WarmUpSteps()), int64(s.x.Time.WarmUpSteps()+s.x.Time.Steps())
	observe := func(e *sim.Epoch) error {
		rec.epoch(e)
		o.progress("simulate", int(e.First)+e.Steps, int(end))
		return nil
	}
	o.progress("simulate", 0, int(end))
	if err = engine.Run(ctx, upTo(warm, engine), observe); err == nil {
		rec.start(engine.Step())
		began, events := time.Now(), engine.Events()
		err = engine.Run(ctx, end, observe)
		wall := time.Since(began).Seconds()
		seconds := float64(engine.Step()-rec.from) * s.x.Time.Step * 1e-3
		if seconds > 0 && wall > 0 {
			res.Speed = map[string]float64{
				"rtf": wall / seconds, "build_s": built.Seconds(), "peak_rss_mb": peakMemory() / 1e6,
				"synaptic_events_per_s": float64(engine.Events()-events) / wall,
			}
		}
	}
	rec.results(engine.Step(), res)
	synapses, bytes := 0, 0
	for _, p := range net.Projections {
		w := p.Weights.(sim.SparseWeights)
		synapses, bytes = synapses+w.Synapses(), bytes+w.Bytes()
	}
	res.Metrics["synapses"] = float64(synapses)
	if synapses > 0 {
		res.Metrics["bytes_per_synapse"] = float64(bytes) / float64(synapses)
	}
	cost := net.Cost()
	res.Metrics["cell_reads"], res.Metrics["read_energy_j"] = float64(cost.Reads), float64(cost.Attojoule)*1e-18
	return errors.Join(err, writeMetrics(f, nil, res))
}

// upTo is the end of the epoch that a step lies in.
func upTo(step int64, e *sim.Engine) int64 {
	n := int64(e.EpochSteps())
	return (step + n - 1) / n * n
}
