package tasks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/synohm/synohm/internal/npz"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/learning/readout"
)

// Version is that of the program.
const Version = "0.1.0-dev"

// RunOptions are the settings of a run that do not change its results.
type RunOptions struct {
	Workers  int
	Out      string // exact run folder, "" for a new one below Runs
	Runs     string
	Progress func(phase string, done, total int) // may be called concurrently
}

func (o RunOptions) progress(phase string, done, total int) {
	if o.Progress != nil {
		o.Progress(phase, done, total)
	}
}

// Result is what a run ends with.
type Result struct {
	Task    string             `json:"task"`
	RunDir  string             `json:"run_dir"`
	Seed    uint64             `json:"seed"`
	WallS   float64            `json:"wall_s"`
	Spikes  string             `json:"spikes_sha256"`
	Metrics map[string]float64 `json:"-"`
}

// MarshalJSON puts the metrics beside the other fields.
func (r *Result) MarshalJSON() ([]byte, error) {
	m := map[string]any{"task": r.Task, "run_dir": r.RunDir, "seed": r.Seed, "wall_s": r.WallS, "spikes_sha256": r.Spikes}
	for k, v := range r.Metrics {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			m[k] = v
		}
	}
	return json.Marshal(m)
}

// Run does what the experiment says. An interrupted run keeps what there is
// and says so in its manifest.
func Run(ctx context.Context, x *Experiment, o RunOptions) (*Result, error) {
	l, ok := x.Task.Variant.Value.(*Liquid)
	if !ok {
		return nil, fmt.Errorf("no task of kind %q", x.Task.Variant.Kind)
	}
	start := time.Now()
	data, err := openStreams(ctx, l.Data, x)
	if err != nil {
		return nil, err
	}
	defer data.close()
	resolved, err := x.Tree.Resolved(x)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(resolved)
	f, err := runfolder.Create(o.Runs, o.Out, x.Tree.Name(), manifest(x, o, hex.EncodeToString(hash[:])), start)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Bytes("config.input.yaml", x.Tree.Source), f.Bytes("config.resolved.yaml", resolved)); err != nil {
		return nil, err
	}
	res := &Result{Task: "liquid", RunDir: f.Path, Seed: x.Seed, Metrics: map[string]float64{}}
	err = l.run(ctx, x, data, o, f, res)
	wall := time.Since(start)
	res.WallS = wall.Seconds()
	outcome := "done"
	if err != nil {
		outcome = "failed"
		if ctx.Err() != nil {
			outcome = "interrupted"
		}
	}
	return res, errors.Join(err, f.Finish(outcome, err, time.Now(), wall))
}

func manifest(x *Experiment, o RunOptions, hash string) runfolder.Manifest {
	m := runfolder.Manifest{
		Synohm: Version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Kernels: "gonum", Workers: o.Workers, Seed: x.Seed, ConfigHash: hash,
	}
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, s := range b.Settings {
			if s.Key == "GOAMD64" {
				m.AMD64 = s.Value
			}
		}
	}
	return m
}

// run is the liquid from its streams to its scores.
func (l *Liquid) run(ctx context.Context, x *Experiment, s *streams, o RunOptions, f *runfolder.Folder, res *Result) error {
	sources := x.sources(s.side)
	net, err := x.network(sources)
	if err != nil {
		return err
	}
	c, err := l.collect(ctx, x, net, s, o)
	if err != nil {
		return err
	}
	res.Spikes = digest(c.spikes)
	m := res.Metrics
	m["mean_spikes_per_neuron"] = float64(c.total) / float64(c.liquid.N()*c.liquid.Units)
	cost := net.Cost()
	m["cell_reads"], m["read_energy_j"] = float64(cost.Reads), float64(cost.Attojoule)*1e-18
	if err := writeSpikes(f, l.Of, x.Time.Step, c); err != nil {
		return err
	}
	fit := func(phase, key string, e readout.Examples) (*readout.Linear, []readout.Epoch, error) {
		r := l.Readout.Value.(readout.Readout)
		t, v := e.Slice(0, s.train), e.Slice(s.train, s.train+s.validation)
		model, epochs, err := r.Fit(ctx, t, v, readout.Options{
			Seed: x.Seed, Workers: o.Workers,
			Progress: func(done, total int) { o.progress(phase, done, total) },
		})
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", phase, err)
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
	model, epochs, err := fit("read-out", "accuracy", c.liquid)
	if err != nil {
		return err
	}
	if l.Compare {
		if _, _, err := fit("read-out without recurrence", "accuracy_no_recurrence", c.feedforward); err != nil {
			return err
		}
		if _, _, err := fit("read-out on event counts", "accuracy_event_counts", c.counts); err != nil {
			return err
		}
	}
	if err := f.Write("metrics.jsonl", func(w io.Writer) error {
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
		return enc.Encode(res)
	}); err != nil {
		return err
	}
	if err := f.Write("readout.npz", func(w io.Writer) error {
		z := npz.NewWriter(w)
		return errors.Join(z.Write("weights", []int{model.Classes, model.Units}, model.W), z.Write("bias", []int{model.Classes}, model.B), z.Close())
	}); err != nil {
		return err
	}
	return l.pictures(x, net, s, c, model, epochs, f)
}

// writeSpikes keeps the spikes of the recorded test trials, by SONATA's names,
// with the trial beside them.
func writeSpikes(f *runfolder.Folder, population string, stepMS float64, c *collected) error {
	var trial, id []int64
	var at []float64
	for i, t := range c.spikes {
		for _, s := range t {
			trial, id, at = append(trial, int64(i)), append(id, int64(s.id)), append(at, float64(s.step)*stepMS)
		}
	}
	return f.Write("spikes."+population+".npz", func(w io.Writer) error {
		z := npz.NewWriter(w)
		n := []int{len(at)}
		return errors.Join(z.Write("timestamps", n, at), z.Write("node_ids", n, id), z.Write("trial", n, trial), z.Close())
	})
}
