package tasks

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/sim"
)

// Simulate is the task of running a spiking network for a time.
type Simulate struct {
	Report float64 `yaml:"report" unit:"ms" default:"100 ms" range:"(0, inf)" doc:"simulated time between two reports of progress"`
	Plots  bool    `yaml:"plots" default:"true" doc:"draw the last spikes, and the rates and variables that are recorded"`
}

func (s *Simulate) check(x *Experiment, known config.Problems) config.Problems {
	if x.Time.Mode == eventMode {
		if len(known) > 0 {
			return nil
		}
		return newSpiking(x).checkEvent()
	}
	return newSpiking(x).check(known)
}

func (s *Simulate) start(_ context.Context, x *Experiment) (job, error) {
	if free, known := availableMemory(); known && x.bytes > free {
		return nil, fmt.Errorf("the network takes about %s of memory and %s are free; have fewer synapses, shorter delays or a smaller scale", size(x.bytes), size(free))
	}
	return &simulation{Simulate: s, x: x}, nil
}

// simulation is a run of a spiking network.
type simulation struct {
	*Simulate
	x      *Experiment
	resume bool // from the last checkpoint
	rec    *recordings
	whole  bool // all archives are written
}

// close lets the parts of the recordings go, which is after DONE is written.
func (s *simulation) close() error {
	if s.rec == nil {
		return nil
	}
	return s.rec.close(s.whole)
}

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
	if s.rec, err = newRecordings(ctx, s.x, net, o.Workers, f); err != nil {
		return err
	}
	engine, err := sim.NewEngine(net, o.Workers, s.rec.probes...)
	if err != nil {
		return err
	}
	s.rec.align = func(step int64) int64 { return min(s.rec.end, upTo(step, engine)) }
	st := &state{engine: engine, counts: newSpikeCounts(s.x, net), rec: s.rec}
	if s.resume {
		var every float64
		if every, err = st.loadLast(f, o); o.CheckpointEvery == 0 {
			o.CheckpointEvery = every
		}
	} else {
		err = s.rec.open()
	}
	if err != nil {
		return err
	}
	built := time.Since(began)
	speed, err := s.advance(ctx, o, f, st)
	if speed.seconds > 0 && speed.wall > 0 {
		res.Speed = map[string]float64{
			"rtf": speed.wall / speed.seconds, "build_s": built.Seconds(), "peak_rss_mb": peakMemory() / 1e6,
			"synaptic_events_per_s": speed.events / speed.wall,
		}
	}
	st.counts.results(engine.Step(), res)
	synapses, bytes := 0, 0
	for _, p := range net.Projections {
		w := p.Weights.(sim.SparseWeights)
		synapses, bytes = synapses+w.Synapses(), bytes+w.Bytes()
	}
	res.Metrics["synapses"] = float64(synapses)
	if synapses > 0 && res.Speed != nil { // depends on the number of workers
		res.Speed["bytes_per_synapse"] = float64(bytes) / float64(synapses)
	}
	err = errors.Join(err, s.x.physics(weightsOf(net), o, f, res))
	if err != nil && ctx.Err() == nil {
		return err // what has failed, such as a full disk, is not tried again
	}
	err = errors.Join(err, s.rec.pack(f), writeMetrics(f, nil, res))
	if err == nil && s.Plots {
		err = s.pictures(f, net, st.counts)
	}
	s.whole = err == nil
	return err
}

// speed is how much was simulated after the warm-up in how much time.
type speed struct{ wall, seconds, events float64 }

// advance goes on to the end, and saves the state at the times asked for and
// where it is interrupted.
func (s *simulation) advance(ctx context.Context, o RunOptions, f *runfolder.Folder, st *state) (v speed, err error) {
	engine, rec := st.engine, st.rec
	stepMS := s.x.Time.Step
	warm, end := rec.align(rec.warm), rec.end
	every := int64(max(1, math.Round(o.CheckpointEvery/stepMS)))
	ms := func(step int64) int { return int(math.Ceil(float64(step) * stepMS)) }
	reported := engine.Step()
	observe := func(e *sim.Epoch) error {
		st.counts.epoch(e)
		if step := e.First + int64(e.Steps); step == end || float64(step-reported)*stepMS >= s.Report {
			reported = step
			o.progress(PhaseSimulate, ms(step), ms(end))
		}
		return rec.epoch(e)
	}
	o.progress(PhaseSimulate, ms(engine.Step()), ms(end))
	for err == nil && engine.Step() < end {
		from, stop := engine.Step(), end
		stop = min(stop, rec.next(from))
		if from < warm {
			stop = min(stop, warm)
		}
		due := end
		if o.CheckpointEvery > 0 {
			due = rec.align(from/every*every + every)
			stop = min(stop, due)
		}
		began, events := time.Now(), engine.Events()
		err = engine.Run(ctx, stop, observe)
		if from >= warm {
			v.wall += time.Since(began).Seconds()
			v.events += float64(engine.Events() - events)
			v.seconds += float64(engine.Step()-from) * stepMS * 1e-3
		}
		if !engine.Intact() || err != nil && ctx.Err() == nil {
			break
		}
		err = errors.Join(err, rec.sample(engine.Step()))
		if err != nil || engine.Step() == due && due < end {
			err = errors.Join(err, st.saveCheckpoint(f, o.CheckpointEvery))
		}
	}
	return v, err
}

// upTo is the end of the epoch that a step lies in.
func upTo(step int64, e *sim.Engine) int64 {
	n := int64(e.EpochSteps())
	return (step + n - 1) / n * n
}
