package tasks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/runfolder"
)

// loadLast brings a simulation to its last whole checkpoint.
func (s *state) loadLast(f *runfolder.Folder, o RunOptions) (everyMS float64, err error) {
	err = lastCheckpoint(f, o, "step", func(step int64) error {
		meta, err := s.loadCheckpoint(f, step)
		everyMS = meta.EveryMS
		return err
	})
	return everyMS, err
}

// lastCheckpoint loads the last checkpoint that can be. What its number counts
// stands in the messages.
func lastCheckpoint(f *runfolder.Folder, o RunOptions, what string, load func(step int64) error) (err error) {
	steps := checkpoints(f.Path)
	for i := len(steps) - 1; i >= 0; i-- {
		e := load(steps[i])
		if e == nil {
			o.note(fmt.Sprintf("going on from the checkpoint of %s %d", what, steps[i]))
			return nil
		}
		err = errors.Join(err, e)
		if errors.Is(e, errForeign) {
			break
		}
		o.note(fmt.Sprintf("the checkpoint of %s %d is damaged: %v", what, steps[i], e))
	}
	return fmt.Errorf("%w: no checkpoint can be used; start the run anew: %w", runfolder.ErrPlace, err)
}

// Resumable tells whether Resume finds a checkpoint in a run folder.
func Resumable(dir string) bool { return len(checkpoints(dir)) > 0 }

// Resume goes on with a simulation or a training that was interrupted or killed, from its
// last checkpoint, and ends with the bits of a run that was not. Of the
// options, the places mean nothing.
func Resume(ctx context.Context, dir string, o RunOptions) (*Result, error) {
	start := time.Now()
	f, err := runfolder.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s is none, it has no manifest.json; give a folder that synohm run has made, such as one below runs/", runfolder.ErrPlace, dir)
	}
	if err != nil {
		return nil, err
	}
	refuse := func(format string, args ...any) (*Result, error) {
		return nil, fmt.Errorf("%w %s "+format, append([]any{runfolder.ErrPlace, dir}, args...)...)
	}
	if f.Done() {
		return refuse("is done; there is nothing to resume")
	}
	x, err := experimentOf(f)
	if err != nil {
		return nil, err
	}
	x.dir = f.Manifest.ConfigDir
	var job job
	switch t := x.Task.Variant.Value.(type) {
	case *Simulate:
		job = &simulation{Simulate: t, x: x, resume: true}
	case *Train:
		set, err := openImages(t.Data.Value.(imageData), x)
		if err != nil {
			return nil, err
		}
		job = &training{Train: t, x: x, set: set, resume: true}
	default:
		return refuse("is of the task %s, which keeps no checkpoints; start it anew", x.Task.Variant.Kind)
	}
	if f.Manifest.Synohm != Version {
		return refuse("is of version %s, this is %s; resume it with the program that began it", f.Manifest.Synohm, Version)
	}
	if len(checkpoints(dir)) == 0 {
		if _, ok := job.(*training); ok {
			return refuse("has no checkpoint to go on from; start it anew, task.checkpoint is the number of epochs between two")
		}
		return refuse("has no checkpoint to go on from; start it anew, with --checkpoint-every 1s to have some")
	}
	release, err := lockFolder(dir)
	if err != nil {
		return refuse("cannot be resumed: %w", err)
	}
	defer func() { _ = release() }()
	removeParts(dir)
	defer job.close()
	f.Manifest.Resumed++
	f.Manifest.Workers, f.Manifest.Outcome, f.Manifest.Error, f.Manifest.End = o.Workers, "running", "", ""
	if err := f.JSON("manifest.json", f.Manifest); err != nil {
		return nil, err
	}
	return finish(ctx, x, job, o, f, start)
}

// experimentOf is the experiment of a run folder.
func experimentOf(f *runfolder.Folder) (*Experiment, error) {
	name := filepath.Join(f.Path, "config.resolved.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", runfolder.ErrPlace, err)
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != f.Manifest.ConfigHash {
		return nil, fmt.Errorf("%w: %s was changed: its hash is not that of the manifest, %.8s; put it back or start a new run", runfolder.ErrPlace, name, f.Manifest.ConfigHash)
	}
	tree, err := config.ReadFile(name)
	if err != nil {
		return nil, err
	}
	x, err := Build(tree, nil, nil)
	if err != nil {
		return nil, err
	}
	if _, hash, _, err := x.resolved(); err != nil || hash != f.Manifest.ConfigHash {
		return nil, errors.Join(err, fmt.Errorf("%w: %s means something else to this version; resume it with the program that began it", runfolder.ErrPlace, name))
	}
	return x, nil
}

// removeParts removes files that a killed process was about to write.
func removeParts(dir string) {
	for _, below := range []string{".", checkpointFolder, "plots"} {
		names, _ := filepath.Glob(filepath.Join(dir, below, ".part-*"))
		for _, n := range names {
			_ = os.Remove(n)
		}
	}
}
