package tasks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/progress"
	"github.com/synohm/synohm/internal/runfolder"
)

// Version is that of the program.
const Version = "0.1.0-dev"

// task is what a configuration can ask for.
type task interface {
	// check finds the mistakes that only this task makes. What is known to be
	// wrong already is not looked at again.
	check(x *Experiment, known config.Problems) config.Problems
	// start opens what the task needs, before there is a run folder.
	start(ctx context.Context, x *Experiment) (job, error)
}

// job is a task under way.
type job interface {
	// run fills the result and writes into the folder. Interrupted, it returns
	// the reason after writing what there is.
	run(ctx context.Context, o RunOptions, f *runfolder.Folder, res *Result) error
	close() error
}

// RunOptions are the settings of a run that do not change its results.
type RunOptions struct {
	Workers  int
	Out      string // exact run folder, "" for a new one below Runs
	Runs     string
	Progress func(phase string, done, total int) // may be called concurrently
	Note     func(text string)                   // takes what the user should know

	// CheckpointEvery is the simulated time between two checkpoints, ms, 0 for
	// none; they are written at the end of an epoch.
	CheckpointEvery float64
}

// PhaseSimulate is the phase whose progress is counted in ms of simulated time.
const PhaseSimulate = "simulate"

func (o RunOptions) note(text string) {
	if o.Note != nil {
		o.Note(text)
	}
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
	Rule    string             `json:"rule"`           // of a training
	Weights string             `json:"weights_sha256"` // of the network that a training ends with
	Metrics map[string]float64 `json:"-"`
	// Rates are the mean rates of populations, Hz, where a run has them.
	Rates map[string]float64 `json:"-"`
	// Speed is figures of how fast the run was, which are not the same again.
	Speed map[string]float64 `json:"-"`

	Published []Published `json:"-"` // what the configuration compares with
}

// MarshalJSON puts the metrics beside the other fields.
func (r *Result) MarshalJSON() ([]byte, error) {
	m := r.reproducible()
	m["run_dir"], m["wall_s"] = r.RunDir, r.WallS
	for k, v := range r.Speed {
		m[k] = v
	}
	return json.Marshal(m)
}

// reproducible is what the same configuration gives again, bit for bit.
func (r *Result) reproducible() map[string]any {
	m := map[string]any{"task": r.Task, "seed": r.Seed}
	for k, v := range map[string]string{"spikes_sha256": r.Spikes, "rule": r.Rule, "weights_sha256": r.Weights} {
		if v != "" {
			m[k] = v
		}
	}
	if r.Rates != nil {
		m["rate_hz"] = r.Rates
	}
	for k, v := range r.Metrics {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			m[k] = v
		}
	}
	return m
}

// Run does what the experiment says. An interrupted run keeps what there is
// and says so in its manifest.
func Run(ctx context.Context, x *Experiment, o RunOptions) (*Result, error) {
	if o.CheckpointEvery > 0 && x.Time.Mode == eventMode {
		return nil, fmt.Errorf("%w: checkpoints belong to time.mode stepped; leave --checkpoint-every out, or change the mode", runfolder.ErrPlace)
	}
	start := time.Now()
	job, err := x.Task.Variant.Value.(task).start(ctx, x)
	if err != nil {
		return nil, err
	}
	defer job.close()
	if j, ok := job.(interface{ place(o RunOptions) error }); ok {
		if err := j.place(o); err != nil {
			return nil, err
		}
	}
	resolved, hash, files, err := x.resolved()
	if err != nil {
		return nil, err
	}
	brief, err := x.Tree.NonDefault(x)
	if err != nil {
		return nil, err
	}
	m := Manifest(x.Seed, o, hash)
	for _, u := range files {
		m.Files = append(m.Files, u.File)
	}
	if m.ConfigDir, err = filepath.Abs(x.Tree.Dir()); err != nil {
		return nil, err
	}
	f, err := runfolder.Create(o.Runs, o.Out, x.Tree.Name(), m, start)
	if err != nil {
		return nil, err
	}
	release, err := lockFolder(f.Path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = release() }()
	if err := errors.Join(
		f.Bytes("config.input.yaml", x.Tree.Source),
		f.Bytes("config.resolved.yaml", resolved),
		f.Bytes("config.nondefault.yaml", brief),
		keep(f, files),
	); err != nil {
		return nil, err
	}
	return finish(ctx, x, job, o, f, start)
}

// finish runs the job of a folder and writes how it ended.
func finish(ctx context.Context, x *Experiment, job job, o RunOptions, f *runfolder.Folder, start time.Time) (*Result, error) {
	res := &Result{Task: x.Task.Variant.Kind, RunDir: f.Path, Seed: x.Seed, Metrics: map[string]float64{}, Published: x.Published}
	err := job.run(progress.With(ctx, o.progress), o, f, res)
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

// resolved is the whole configuration, the SHA-256 of it and of the files that
// its cells are made of, and those.
func (x *Experiment) resolved() (text []byte, hash string, files []usedFile, err error) {
	text, err = x.Tree.Resolved(x)
	if err != nil {
		return nil, "", nil, err
	}
	files, err = x.files()
	sum := sha256.New()
	sum.Write(text)
	for _, f := range files { // their contents, wherever they lie
		sum.Write([]byte(f.SHA256))
	}
	return text, hex.EncodeToString(sum.Sum(nil)), files, err
}

// Manifest says what makes a run, with the hash of all that decides its numbers.
func Manifest(seed uint64, o RunOptions, hash string) runfolder.Manifest {
	m := runfolder.Manifest{
		Synohm: Version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Kernels: kernels.Path(), Workers: o.Workers, Seed: seed, ConfigHash: hash,
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
