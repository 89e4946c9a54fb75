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
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/synohm/synohm/internal/npz"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/ensembles"
	"github.com/synohm/synohm/sim"
)

// training is a network that is trained, with its data open.
type training struct {
	*Train
	x      *Experiment
	set    *imageSet
	resume bool

	epochs []learning.Epoch
	tasks  *sequence           // nil where there is one task
	seen   *ensembles.Analysis // nil where none is asked for
}

func (j *training) close() error { return nil }

// PhaseTrain is the phase whose progress is counted in steps of a training.
const PhaseTrain = "train"

func (j *training) run(ctx context.Context, o RunOptions, f *runfolder.Folder, res *Result) error {
	m := &maker{x: j.x, workers: o.Workers}
	data := j.Data.Value.(imageData).settings()
	in, classes := data.in(), data.Classes
	t := &learning.Training{
		Trainer: j.Trainer, Classes: classes, Seed: j.x.Seed, Workers: o.Workers,
		Train: j.set.train, Test: j.set.test,
		Progress: func(done, total int) { o.progress(PhaseTrain, done, total) },
	}
	if j.set.validation != nil {
		t.Validation = j.set.validation
	}
	s := learning.Setting{
		In: in, Classes: classes, Numbers: j.x.onNumbers(), Seed: j.x.Seed, Workers: o.Workers,
		Batch: j.Batch, Steps: j.set.train.Len() / j.Batch, Epochs: j.allEpochs(), Make: m,
	}
	var err error
	if s.Hidden, s.Fixed, err = j.x.shape(in); err != nil {
		return err
	}
	if t.Learner, err = j.rule().New(ctx, s); err != nil {
		return err
	}
	if _, ok := t.Learner.(learning.Observed); j.Ensembles != nil && !ok {
		return fmt.Errorf("task.ensembles: the rule %s does not show the activities of its layers; ff, ff-collab, bp-ff, bp, fa and dfa do", j.Rule.Kind)
	}
	if j.Sequence != nil {
		j.tasks = newSequence(j, t)
	}
	if err := t.Begin(); err != nil {
		return err
	}
	if j.resume {
		if err := j.restore(f, t, o); err != nil {
			return err
		}
	}
	t.Elapse = func(ctx context.Context, steps int) error {
		for _, w := range m.made {
			if err := w.AdvanceTo(ctx, float64(steps)*j.x.Time.Step*1e-3); err != nil {
				return fmt.Errorf("layer %s: %w", w.projection, err)
			}
		}
		return nil
	}
	t.After = func(ctx context.Context, e learning.Epoch) error {
		j.epochs = append(j.epochs, epochOf(line(e))) // as one that is read back, so that curves are drawn in one order
		if j.tasks != nil {
			if err := j.tasks.after(ctx, t); err != nil {
				return err
			}
		}
		if err := j.writeEpochs(f, nil); err != nil {
			return err
		}
		if j.Checkpoint > 0 && t.Done()%j.Checkpoint == 0 && t.Done() < t.Epochs {
			return j.save(f, t)
		}
		return nil
	}
	err = t.Run(ctx)
	res.Rule = j.Rule.Kind
	if err == nil {
		err = j.results(ctx, t, res)
	}
	err = errors.Join(err, j.x.physics(m.made, o, f, res))
	res.Weights = weightsDigest(t.Learner.Layers())
	if werr := j.writeEpochs(f, res); werr != nil {
		return errors.Join(err, werr)
	}
	if err != nil {
		return err
	}
	err = j.writeNetwork(f, t.Learner.Layers())
	if j.tasks != nil {
		err = errors.Join(err, j.tasks.write(f, j.Plots))
	}
	if j.Plots {
		err = errors.Join(err, j.pictures(ctx, t, f))
	}
	return err
}

// results takes the figures of the last epoch, or measures those that are of
// the best network.
func (j *training) results(ctx context.Context, t *learning.Training, res *Result) error {
	last := j.epochs[len(j.epochs)-1]
	var err error
	if j.Patience > 0 {
		if last.Test, err = t.Error(ctx, t.Test); err == nil && t.Validation != nil {
			last.Validation, err = t.Error(ctx, t.Validation)
		}
	}
	m := res.Metrics
	finite(m, "test_error", last.Test)
	finite(m, "validation_error", last.Validation)
	finite(m, "loss", last.Loss)
	m["epochs"] = float64(len(j.epochs))
	if j.tasks != nil {
		j.tasks.results(m)
	}
	var seconds []float64
	for _, e := range j.epochs {
		seconds = append(seconds, e.Seconds)
	}
	slices.Sort(seconds)
	res.Speed = map[string]float64{"epoch_s": seconds[len(seconds)/2], "peak_rss_mb": peakMemory() / 1e6}
	if more, ok := t.Learner.(learning.Measurer); ok {
		figures, e := more.Results(ctx, t)
		for k, v := range figures {
			finite(m, k, v)
		}
		err = errors.Join(err, e)
	}
	if j.Ensembles != nil && err == nil {
		if j.seen, err = ensembles.Of(ctx, *j.Ensembles, t, t.Test); err != nil {
			return err
		}
		for k, v := range j.seen.Results() {
			finite(m, k, v)
		}
	}
	return err
}

// line is an epoch as metrics.jsonl has it.
func line(e learning.Epoch) map[string]float64 {
	m := map[string]float64{"epoch": float64(e.Epoch), "seconds": e.Seconds}
	finite(m, "loss", e.Loss)
	finite(m, "validation_error", e.Validation)
	finite(m, "test_error", e.Test)
	for _, v := range e.Values {
		finite(m, valueKey(v), v.Value)
	}
	return m
}

func valueKey(v learning.Value) string {
	if v.Layer == 0 {
		return v.Name
	}
	return fmt.Sprintf("%s_%d", v.Name, v.Layer)
}

// writeEpochs keeps a line an epoch and, at the end, the results.
func (j *training) writeEpochs(f *runfolder.Folder, res *Result) error {
	return f.Write("metrics.jsonl", func(w io.Writer) error {
		enc := json.NewEncoder(w)
		for _, e := range j.epochs {
			if err := enc.Encode(line(e)); err != nil {
				return err
			}
		}
		if res == nil {
			return nil
		}
		return enc.Encode(res.reproducible())
	})
}

// writeNetwork keeps the parameters of all layers, as they are read.
func (j *training) writeNetwork(f *runfolder.Folder, layers []sim.Layer) error {
	return f.Write("network.npz", func(w io.Writer) error {
		z := npz.NewWriter(w)
		for _, l := range layers {
			for _, p := range l.Parameters() {
				name := l.Name() + "." + p.Name
				if p.Weights == nil {
					if err := z.Write(name, []int{len(p.Numbers)}, p.Numbers); err != nil {
						return err
					}
					continue
				}
				s := p.Weights.Snapshot(name)
				values := make([]float32, len(s.Values))
				for i, v := range s.Values {
					values[i] = float32(v)
				}
				if err := z.Write(name, s.Shape, values); err != nil {
					return err
				}
			}
		}
		return z.Close()
	})
}

// weightsDigest is the SHA-256 of all parameters, as float32 in little-endian
// order, layer by layer.
func weightsDigest(layers []sim.Layer) string {
	h := sha256.New()
	var b []byte
	for _, l := range layers {
		for _, p := range l.Parameters() {
			v := p.Values()
			if v == nil {
				for _, x := range p.Weights.Snapshot(p.Name).Values {
					v = append(v, float32(x))
				}
			}
			b = b[:0]
			for _, x := range v {
				u := math.Float32bits(x)
				b = append(b, byte(u), byte(u>>8), byte(u>>16), byte(u>>24))
			}
			h.Write(b)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// save writes a checkpoint of the epoch that is through.
func (j *training) save(f *runfolder.Folder, t *learning.Training) error {
	meta, err := json.Marshal(checkpointMeta{f.Manifest.Synohm, f.Manifest.ConfigHash, int64(t.Done()), 0})
	if err != nil {
		return err
	}
	return writeCheckpoint(f, int64(t.Done()), func(z *npz.Writer) error {
		if err := z.WriteText("meta", string(meta)); err != nil {
			return err
		}
		for _, v := range t.State() {
			if err := z.Write(v.Name, []int{reflect.ValueOf(v.Values).Len()}, v.Values); err != nil {
				return err
			}
		}
		return nil
	})
}

// restore goes back to the last whole checkpoint.
func (j *training) restore(f *runfolder.Folder, t *learning.Training, o RunOptions) error {
	err := lastCheckpoint(f, o, "epoch", func(step int64) error {
		path := checkpointPath(f.Path, step)
		z, _, err := openCheckpoint(f, path)
		if err != nil {
			return err
		}
		defer z.Close()
		return t.Restore(func(name string) (any, error) {
			a, err := z.Read(name)
			return a.Data, err
		})
	})
	if err != nil {
		return err
	}
	if j.epochs, err = readEpochs(f.Path, t.Done()); err == nil && len(j.epochs) < t.Done() {
		err = fmt.Errorf("metrics.jsonl has %d epochs, the checkpoint is of epoch %d", len(j.epochs), t.Done())
	}
	if err != nil {
		return fmt.Errorf("%w: the epochs before are lost, start the run anew: %w", runfolder.ErrPlace, err)
	}
	return nil
}

// readEpochs takes back what metrics.jsonl of a run has of its first epochs.
func readEpochs(dir string, most int) (epochs []learning.Epoch, err error) {
	name := filepath.Join(dir, "metrics.jsonl")
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	for i, text := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var m map[string]any
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, i+1, err)
		}
		if _, result := m["task"]; result || len(epochs) == most {
			break
		}
		figures := map[string]float64{}
		for k, v := range m {
			if x, ok := v.(float64); ok {
				figures[k] = x
			}
		}
		epochs = append(epochs, epochOf(figures))
	}
	return epochs, nil
}

// epochOf is the opposite of line.
func epochOf(m map[string]float64) learning.Epoch {
	get := func(key string) float64 {
		if v, ok := m[key]; ok {
			return v
		}
		return math.NaN()
	}
	e := learning.Epoch{
		Epoch: int(m["epoch"]), Loss: get("loss"), Seconds: m["seconds"],
		Validation: get("validation_error"), Test: get("test_error"),
	}
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		switch k {
		case "epoch", "loss", "seconds", "validation_error", "test_error":
			continue
		}
		e.Values = append(e.Values, valueOf(k, m[k]))
	}
	return e
}

// valueOf is the opposite of valueKey.
func valueOf(key string, x float64) learning.Value {
	for i := len(key) - 1; i > 0; i-- {
		if key[i] == '_' {
			var layer int
			if _, err := fmt.Sscanf(key[i+1:], "%d", &layer); err == nil && fmt.Sprint(layer) == key[i+1:] {
				return learning.Value{Name: key[:i], Layer: layer, Value: x}
			}
			break
		}
	}
	return learning.Value{Name: key, Value: x}
}
