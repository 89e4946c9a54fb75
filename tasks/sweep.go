package tasks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/runfolder"
)

// Sweep says which values of a configuration are varied. Every combination is
// run, each with every seed.
type Sweep struct {
	Over   []Axis   `yaml:"over" doc:"paths with the values they take; every combination is run"`
	Seeds  int      `yaml:"seeds" default:"1" range:"[1, 10000]" doc:"seeds of every combination, from the file's seed up"`
	Metric string   `yaml:"metric" default:"test_accuracy" doc:"what the plot shows; of a training test_error, of a simulation the rate of its first population, rate_hz.NAME, if it says nothing else"`
	Below  []string `yaml:"below" default:"[]" doc:"further metrics that the plot shows, each in a panel of its own"`

	Against []string `yaml:"against" default:"[]" doc:"metrics over whose sum the plot is drawn, a point a combination, in place of the first path; what a run does not have counts as 0: [programming_energy_j, read_energy_j]"`
}

// Axis is one path with its values.
type Axis struct {
	Path   string          `yaml:"path" required:"true" doc:"as with --set: populations[liquid].size"`
	Also   []string        `yaml:"also" default:"[]" doc:"further paths, which take the same value"`
	Values []config.Scalar `yaml:"values" required:"true" doc:"values in turn"`
	Label  string          `yaml:"label" doc:"what the plot calls it; the path if missing"`
	Scale  string          `yaml:"scale" default:"auto" enum:"auto|linear|log" doc:"of the plot, for the first path; auto is log where numbers, none of them negative, span three decades. A 0 stands to the left of a logarithmic scale"`
}

// maxPoints bounds a sweep before anything is built.
const maxPoints = 100_000

// SweepPlan is every run of a sweep, checked.
type SweepPlan struct {
	Sweep
	Name   string
	Points []Point
	Hash   string // over the configurations of all points
	source []byte
}

// Point is one run of a sweep.
type Point struct {
	Values []string // one an axis
	Seed   uint64
	X      *Experiment
	hash   string
}

// PlanSweep makes the runs of a sweep out of a configuration. Axes given here
// stand in for the file's; so do seeds above 0 and a metric that is not empty.
// The mistakes of all points come back at once.
func PlanSweep(file string, sets []string, seed *uint64, over []Axis, seeds int, metric string) (*SweepPlan, error) {
	base, err := Load(file, sets, seed)
	if err != nil {
		return nil, err
	}
	p := &SweepPlan{Name: base.Tree.Name(), source: base.Tree.Source}
	config.Defaults(&p.Sweep, nil)
	if base.Sweep != nil {
		p.Sweep = *base.Sweep
	}
	if len(over) > 0 {
		p.Over = over
	}
	if seeds > 0 {
		p.Seeds = seeds
	}
	if metric != "" {
		p.Metric = metric
	}
	if p.Metric == "test_accuracy" && base.Task.Variant.Kind == "train" {
		p.Metric = "test_error"
	}
	if p.Metric == "test_accuracy" && base.Task.Variant.Kind == "simulate" {
		p.Metric = "rate_hz." + base.Populations[0].Name
	}
	n := p.Seeds
	for _, a := range p.Over {
		if a.Path == "seed" || slices.Contains(a.Also, "seed") {
			return nil, config.Problems{{File: file, Path: "seed", Rule: "is varied by the number of seeds (--seeds), not as a value"}}
		}
		if len(a.Values) == 0 {
			return nil, config.Problems{{File: file, Path: a.Path, Rule: "is varied over no value"}}
		}
		if err := a.check(); err != nil {
			return nil, config.Problems{{File: file, Path: a.Path, Rule: err.Error()}}
		}
		if n *= len(a.Values); n > maxPoints {
			return nil, config.Problems{{File: file, Rule: fmt.Sprintf("a sweep has at most %d runs", maxPoints)}}
		}
	}
	var problems config.Problems
	seen := map[string]bool{}
	hash := sha256.New()
	for i := range n {
		pt, err := p.point(base, i)
		var ps config.Problems
		if errors.As(err, &ps) {
			for _, q := range ps { // a mistake that several points share is told once
				if !seen[q.Error()] {
					seen[q.Error()] = true
					problems = append(problems, q)
				}
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		hash.Write([]byte(pt.hash))
		p.Points = append(p.Points, *pt)
	}
	p.Hash = hex.EncodeToString(hash.Sum(nil))
	return p, problems.Err()
}

// point builds run i: the last axis varies fastest but for the seed.
func (p *SweepPlan) point(base *Experiment, i int) (*Point, error) {
	pt := &Point{Seed: base.Seed + uint64(i%p.Seeds), Values: make([]string, len(p.Over))}
	tree := base.Tree.Clone()
	tree.Remove("sweep")
	for k, rest := len(p.Over)-1, i/p.Seeds; k >= 0; k-- {
		a := p.Over[k]
		pt.Values[k] = string(a.Values[rest%len(a.Values)])
		rest /= len(a.Values)
		for _, path := range append([]string{a.Path}, a.Also...) {
			if err := tree.SetAs("sweep over", path, pt.Values[k]); err != nil {
				return nil, config.Problems{{File: tree.File, Rule: err.Error()}}
			}
		}
	}
	var err error
	if pt.X, err = Build(tree, nil, &pt.Seed); err != nil {
		return nil, err
	}
	_, pt.hash, _, err = pt.X.resolved()
	return pt, err
}

// SweepOptions are the settings of a sweep that do not change its results.
type SweepOptions struct {
	RunOptions
	Jobs   int  // runs at a time
	Resume bool // go on with a sweep that was cut
}

// SweepResult is what a sweep ends with.
type SweepResult struct {
	RunDir  string    `json:"run_dir"`
	Runs    int       `json:"runs"`
	WallS   float64   `json:"wall_s"`
	Summary []Summary `json:"summary"`
}

// RunSweep runs every point and writes results.csv (a row a run), summary.csv
// (mean and standard deviation over the seeds) and a plot. Interrupted, it
// writes the rows that there are. The bits do not depend on the jobs.
func RunSweep(ctx context.Context, p *SweepPlan, o SweepOptions) (*SweepResult, error) {
	start := time.Now()
	f, err := p.folder(o, start)
	if err != nil {
		return nil, err
	}
	results, err := p.run(ctx, f.Path, o)
	rows, sums := p.rows(results), p.summarise(results)
	err = errors.Join(err, writeCSV(f, "results.csv", rows), writeCSV(f, "summary.csv", p.summaryRows(sums)))
	if err == nil {
		err = errors.Join(p.plot(f, sums), p.plotEpochs(f, results))
	}
	outcome := "done"
	if err != nil {
		outcome = "failed"
		if ctx.Err() != nil {
			outcome = "interrupted"
		}
	}
	done := 0
	for _, r := range results {
		if r != nil {
			done++
		}
	}
	wall := time.Since(start)
	return &SweepResult{RunDir: f.Path, Runs: done, WallS: wall.Seconds(), Summary: sums}, errors.Join(err, f.Finish(outcome, err, time.Now(), wall))
}

// folder makes the folder of the sweep or, resumed, finds it again.
func (p *SweepPlan) folder(o SweepOptions, start time.Time) (*runfolder.Folder, error) {
	name := p.Name + "-sweep"
	if o.Resume {
		at := o.Out
		if at == "" {
			all, err := filepath.Glob(filepath.Join(o.Runs, fmt.Sprintf("*-%s-%.8s*", name, p.Hash)))
			if err != nil {
				return nil, err
			}
			if len(all) > 0 {
				sort.Strings(all)
				at = all[len(all)-1]
			}
		}
		if at != "" {
			f, err := runfolder.Open(at)
			if err == nil && f.Manifest.ConfigHash != p.Hash {
				err = fmt.Errorf("%w: %s is of another sweep: its configuration, values or seeds differ", runfolder.ErrPlace, at)
			}
			if err == nil || !errors.Is(err, os.ErrNotExist) {
				return f, err
			}
		}
	}
	f, err := runfolder.Create(o.Runs, o.Out, name, Manifest(p.Points[0].Seed, o.RunOptions, p.Hash), start)
	if err != nil {
		return nil, err
	}
	return f, f.Bytes("config.input.yaml", p.source)
}

// run fills the results of all points, nil for those that did not end.
func (p *SweepPlan) run(ctx context.Context, dir string, o SweepOptions) ([]*Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := max(1, min(o.Jobs, len(p.Points)))
	results := make([]*Result, len(p.Points))
	next, done := make(chan int), 0
	var mu sync.Mutex
	var wg sync.WaitGroup
	o.progress("sweep", 0, len(p.Points))
	for range jobs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				r, err := p.runPoint(ctx, i, dir, o, jobs)
				if err != nil {
					cancel(fmt.Errorf("run %d of the sweep (%s): %w", i+1, p.label(i), err))
					return
				}
				mu.Lock()
				results[i] = r
				done++
				o.progress("sweep", done, len(p.Points))
				mu.Unlock()
			}
		}()
	}
feed:
	for i := range p.Points {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wg.Wait()
	return results, context.Cause(ctx)
}

// runPoint runs one point, or reads what an earlier call has left.
func (p *SweepPlan) runPoint(ctx context.Context, i int, dir string, o SweepOptions, jobs int) (*Result, error) {
	pt := p.Points[i]
	ro := o.RunOptions
	ro.Note = nil // what holds for every point would be said for each
	ro.Out = filepath.Join(dir, "points", fmt.Sprintf("%05d", i+1))
	ro.Workers = max(1, o.Workers/jobs)
	ro.Progress = nil
	if jobs == 1 && o.Progress != nil {
		ro.Progress = func(phase string, done, total int) {
			o.Progress(fmt.Sprintf("run %d of %d: %s", i+1, len(p.Points), phase), done, total)
		}
	}
	if o.Resume {
		if old, err := runfolder.Open(ro.Out); err == nil && old.Done() && old.Manifest.ConfigHash == pt.hash {
			return readResult(old)
		} else if err == nil && old.Manifest.ConfigHash == pt.hash && Resumable(ro.Out) {
			if r, err := Resume(ctx, ro.Out, ro); err == nil || !errors.Is(err, runfolder.ErrPlace) {
				return r, err
			} // else no checkpoint is of use
		}
		// A run that was cut before its first checkpoint is no result; the sweep
		// made it and makes it again.
		if err := os.RemoveAll(ro.Out); err != nil {
			return nil, err
		}
	}
	return Run(ctx, pt.X, ro)
}

// label names a point in messages.
func (p *SweepPlan) label(i int) string {
	var parts []string
	for k, a := range p.Over {
		parts = append(parts, a.Path+"="+p.Points[i].Values[k])
	}
	return strings.Join(append(parts, fmt.Sprintf("seed %d", p.Points[i].Seed)), ", ")
}

// figures are the metrics of a run with its rates, as rate_hz.POPULATION.
func (r *Result) figures() map[string]float64 {
	all := maps.Clone(r.Metrics)
	for population, rate := range r.Rates {
		all["rate_hz."+population] = rate
	}
	return all
}

// readResult takes the results out of a finished run folder.
func readResult(f *runfolder.Folder) (*Result, error) {
	name := filepath.Join(f.Path, "metrics.jsonl")
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	var m map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &m); err != nil {
		return nil, fmt.Errorf("%s: line %d: %w", name, len(lines), err)
	}
	r := &Result{RunDir: f.Path, Seed: f.Manifest.Seed, WallS: f.Manifest.WallS, Metrics: map[string]float64{}}
	for k, v := range m {
		switch v := v.(type) {
		case float64:
			if k != "seed" {
				r.Metrics[k] = v
			}
		case map[string]any:
			if k == "rate_hz" {
				r.Rates = map[string]float64{}
				for population, rate := range v {
					r.Rates[population], _ = rate.(float64)
				}
			}
		case string:
			switch k {
			case "task":
				r.Task = v
			case "spikes_sha256":
				r.Spikes = v
			case "weights_sha256":
				r.Weights = v
			case "rule":
				r.Rule = v
			}
		}
	}
	return r, nil
}
