package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/synohm/synohm/internal/npz"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/learning/readout"
	"github.com/synohm/synohm/sim"
)

// liquidJob is a liquid with its data open.
type liquidJob struct {
	*Liquid
	x    *Experiment
	data *streams
}

func (l *Liquid) start(ctx context.Context, x *Experiment) (job, error) {
	data, err := openStreams(ctx, l.Data, x)
	return &liquidJob{l, x, data}, err
}

func (j *liquidJob) close() error { return j.data.close() }

// run is the liquid from its streams to its scores.
func (j *liquidJob) run(ctx context.Context, o RunOptions, f *runfolder.Folder, res *Result) error {
	l, x, s := j.Liquid, j.x, j.data
	net, err := x.network(ctx, x.sources(s.side))
	if err != nil {
		return err
	}
	c, err := l.collect(ctx, x, net, s, o)
	if err != nil && ctx.Err() == nil {
		return err
	}
	res.Spikes = digest(c.spikes)
	m := res.Metrics
	m["trials"] = float64(c.trials)
	m["mean_spikes_per_neuron"] = float64(c.total) / float64(c.trials*c.liquid.Units)
	if c.tests > 0 {
		m["test_spikes_per_neuron"] = float64(c.testTotal) / float64(c.tests*c.liquid.Units)
	}
	if werr := errors.Join(x.physics(weightsOf(net), o, f, res), x.writeRecords(f, net, c)); werr != nil {
		return errors.Join(err, werr)
	}
	var model *readout.Linear
	var epochs []readout.Epoch
	if err == nil {
		model, epochs, err = l.scores(ctx, x, s, c, o, m)
	}
	if model == nil {
		return errors.Join(err, writeMetrics(f, epochs, res))
	}
	return errors.Join(err, writeMetrics(f, epochs, res), writeReadout(f, model), l.pictures(x, net, s, c, model, epochs, f))
}

// scores trains the read-out, and for comparison the same one on the network
// without recurrence and on plain event counts.
func (l *Liquid) scores(ctx context.Context, x *Experiment, s *streams, c *collected, o RunOptions, m map[string]float64) (*readout.Linear, []readout.Epoch, error) {
	model, epochs, err := l.fit(ctx, "read-out", "accuracy", x, s, c.liquid, o, m)
	if err != nil || !l.Compare {
		return model, epochs, err
	}
	_, _, err = l.fit(ctx, "read-out without recurrence", "accuracy_no_recurrence", x, s, c.feedforward, o, m)
	if err == nil {
		_, _, err = l.fit(ctx, "read-out on event counts", "accuracy_event_counts", x, s, c.counts, o, m)
	}
	return model, epochs, err
}

// fit trains one read-out and writes its accuracies into the metrics.
func (l *Liquid) fit(ctx context.Context, phase, key string, x *Experiment, s *streams, e readout.Examples, o RunOptions, m map[string]float64) (*readout.Linear, []readout.Epoch, error) {
	t, v := e.Slice(0, s.train), e.Slice(s.train, s.train+s.validation)
	model, epochs, err := l.Readout.Value.(readout.Readout).Fit(ctx, t, v, readout.Options{
		Seed: x.Seed, Workers: o.Workers,
		Progress: func(done, total int) { o.progress(phase, done, total) },
	})
	if err != nil {
		return model, epochs, fmt.Errorf("%s: %w", phase, err)
	}
	if s.validation > 0 {
		best := 0.0
		for _, ep := range epochs {
			best = math.Max(best, ep.ValidationAccuracy)
		}
		m["validation_"+key] = best
	}
	m["test_"+key] = model.Accuracy(e.Slice(s.train+s.validation, s.n()))
	return model, epochs, nil
}

// writeMetrics keeps one line an epoch and, last, the results.
func writeMetrics(f *runfolder.Folder, epochs []readout.Epoch, res *Result) error {
	return f.Write("metrics.jsonl", func(w io.Writer) error {
		enc := json.NewEncoder(w)
		for _, e := range epochs {
			line := map[string]float64{"epoch": float64(e.Epoch), "train_accuracy": e.TrainAccuracy}
			for k, v := range map[string]float64{"loss": e.Loss, "validation_accuracy": e.ValidationAccuracy} {
				if !math.IsNaN(v) {
					line[k] = v
				}
			}
			if err := enc.Encode(line); err != nil {
				return err
			}
		}
		return enc.Encode(res.reproducible())
	})
}

func writeReadout(f *runfolder.Folder, m *readout.Linear) error {
	return f.Write("readout.npz", func(w io.Writer) error {
		z := npz.NewWriter(w)
		return errors.Join(z.Write("weights", []int{m.Classes, m.Units}, m.W), z.Write("bias", []int{m.Classes}, m.B), z.Close())
	})
}

// writeRecords keeps what the file asks for: spikes by SONATA's names, with the
// trial beside them; weights as they are stored.
func (x *Experiment) writeRecords(f *runfolder.Folder, net *sim.Network, c *collected) error {
	var errs []error
	for _, r := range x.Record {
		switch r.What {
		case "spikes":
			trials := c.spikes[x.population(r.Of)]
			errs = append(errs, writeSpikes(f, "spikes."+r.Of, x.Time.Step, trials[:min(r.Trials, len(trials))]))
		case "input":
			errs = append(errs, writeSpikes(f, "input."+r.Of, x.Time.Step, c.input[:min(r.Trials, len(c.input))]))
		case "weights":
			for _, p := range net.Projections {
				if p.Name == r.Of {
					errs = append(errs, writeWeights(f, p))
				}
			}
		}
	}
	return errors.Join(errs...)
}

func writeSpikes(f *runfolder.Folder, name string, stepMS float64, trials [][]spike) error {
	var trial, id []int64
	var at []float64
	for i, t := range trials {
		for _, s := range t {
			trial, id, at = append(trial, int64(i)), append(id, int64(s.id)), append(at, float64(s.step)*stepMS)
		}
	}
	return f.Write(name+".npz", func(w io.Writer) error {
		z := npz.NewWriter(w)
		n := []int{len(at)}
		return errors.Join(z.Write("timestamps", n, at), z.Write("node_ids", n, id), z.Write("trial", n, trial), z.Close())
	})
}

// writeWeights keeps a matrix [source][target].
func writeWeights(f *runfolder.Folder, p sim.Projection) error {
	s := p.Weights.Snapshot(p.Name)
	return f.Write("weights."+p.Name+".npz", func(w io.Writer) error {
		z := npz.NewWriter(w)
		return errors.Join(z.Write("weights", s.Shape, s.Values), z.Close())
	})
}
