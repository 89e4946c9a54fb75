package tasks

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/synohm/synohm/internal/npz"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/sim"
)

// checkpointFolder holds the last checkpoints of a run, by their steps.
const checkpointFolder = "checkpoints"

// keptCheckpoints is how many there are: the last, and the one before, should
// the last be damaged.
const keptCheckpoints = 2

// checkpointMeta says what a checkpoint belongs to.
type checkpointMeta struct {
	Synohm     string  `json:"synohm"`
	ConfigHash string  `json:"config_hash"`
	Step       int64   `json:"step"`
	EveryMS    float64 `json:"every_ms"` // interval of the run that wrote it, 0 for none
}

// state is all of a simulation that a checkpoint keeps.
type state struct {
	engine *sim.Engine
	counts *spikeCounts
	rec    *recordings
}

// saveCheckpoint writes the state between two epochs, whole or not at all, and
// removes the checkpoints before the last two. What was recorded so far is on
// the disk before.
func (s *state) saveCheckpoint(f *runfolder.Folder, everyMS float64) error {
	for _, rec := range s.rec.all {
		for _, c := range rec.columns {
			if err := errors.Join(c.w.Flush(), c.file.Sync()); err != nil {
				return fmt.Errorf("%s cannot be written: %w", c.path, err)
			}
		}
	}
	meta, err := json.Marshal(checkpointMeta{f.Manifest.Synohm, f.Manifest.ConfigHash, s.engine.Step(), everyMS})
	if err != nil {
		return err
	}
	return writeCheckpoint(f, s.engine.Step(), func(z *npz.Writer) error {
		put := func(prefix string) func(v sim.Variable) error {
			return func(v sim.Variable) error {
				return z.Write(prefix+v.Name, []int{reflect.ValueOf(v.Values).Len()}, v.Values)
			}
		}
		return errors.Join(z.WriteText("meta", string(meta)), s.engine.Save(put("engine/")), s.counts.save(put("counts/")), s.rec.save(put("record/")))
	})
}

// writeCheckpoint writes a checkpoint, whole or not at all, and removes those
// before the last two.
func writeCheckpoint(f *runfolder.Folder, step int64, write func(z *npz.Writer) error) error {
	err := f.Write(fmt.Sprintf("%s/%d.npz", checkpointFolder, step), func(w io.Writer) error {
		z := npz.NewStoredWriter(w)
		return errors.Join(write(z), z.Close())
	})
	if err != nil {
		return err
	}
	steps := checkpoints(f.Path)
	for _, old := range steps[:max(0, len(steps)-keptCheckpoints)] {
		if err := os.Remove(checkpointPath(f.Path, old)); err != nil {
			return err
		}
	}
	return nil
}

func checkpointPath(dir string, step int64) string {
	return filepath.Join(dir, checkpointFolder, fmt.Sprintf("%d.npz", step))
}

// checkpoints lists the steps of the checkpoints of a run folder, ascending.
func checkpoints(dir string) (steps []int64) {
	entries, _ := os.ReadDir(filepath.Join(dir, checkpointFolder))
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".npz")
		if n, err := strconv.ParseInt(name, 10, 64); ok && err == nil && n >= 0 {
			steps = append(steps, n)
		}
	}
	slices.Sort(steps)
	return steps
}

// errForeign marks a checkpoint that belongs to another run or version.
var errForeign = errors.New("does not fit")

// loadCheckpoint brings a simulation to a saved state. After an error the
// state is undefined, and another checkpoint may be loaded over it.
func (s *state) loadCheckpoint(f *runfolder.Folder, step int64) (checkpointMeta, error) {
	z, meta, err := openCheckpoint(f, checkpointPath(f.Path, step))
	if err != nil {
		return meta, err
	}
	defer z.Close()
	saved := func(prefix string) func(string) (any, error) {
		return func(name string) (any, error) {
			a, err := z.Read(prefix + name)
			return a.Data, err
		}
	}
	if err := errors.Join(s.engine.Load(saved("engine/")), s.counts.load(saved("counts/")), s.rec.load(saved("record/"))); err != nil {
		return meta, err
	}
	if s.engine.Step() != step || s.engine.Step() > s.rec.end {
		return meta, fmt.Errorf("%s: it is of step %d", checkpointPath(f.Path, step), s.engine.Step())
	}
	return meta, nil
}

// openCheckpoint opens a checkpoint of the run of a folder.
func openCheckpoint(f *runfolder.Folder, path string) (z *npz.Reader, meta checkpointMeta, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, meta, err
	}
	if z, err = npz.Open(path, info.Size()); err != nil { // not compressed, so the file is the bound
		return nil, meta, err
	}
	text, err := z.Read("meta")
	if t, ok := text.Data.(string); err == nil && (!ok || json.Unmarshal([]byte(t), &meta) != nil) {
		err = fmt.Errorf("%s: meta is no description of a checkpoint", path)
	}
	if err == nil && (meta.Synohm != f.Manifest.Synohm || meta.ConfigHash != f.Manifest.ConfigHash) {
		err = fmt.Errorf("%s %w: it is of version %s and configuration %.8s, the run of %s and %.8s",
			path, errForeign, meta.Synohm, meta.ConfigHash, f.Manifest.Synohm, f.Manifest.ConfigHash)
	}
	if err != nil {
		return nil, meta, errors.Join(err, z.Close())
	}
	return z, meta, nil
}

// save gives the lengths of the parts, and what recordings have in hand.
func (r *recordings) save(put func(sim.Variable) error) error {
	for _, rec := range r.all {
		lengths := make([]int64, len(rec.columns))
		for i, c := range rec.columns {
			lengths[i] = c.bytes
		}
		for _, v := range append([]sim.Variable{{Name: "lengths", Values: lengths}}, rec.state...) {
			v.Name = rec.file + "/" + v.Name
			if err := put(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// load cuts the parts to their lengths at the checkpoint.
func (r *recordings) load(saved func(name string) (any, error)) error {
	for _, rec := range r.all {
		lengths := make([]int64, len(rec.columns))
		if err := loadInto(saved, rec.file+"/lengths", lengths); err != nil {
			return err
		}
		for i, c := range rec.columns {
			if lengths[i] < 0 || lengths[i]%int64(c.width) != 0 {
				return fmt.Errorf("%s: %d bytes are no whole rows", rec.file, lengths[i])
			}
			if err := c.open(lengths[i]); err != nil {
				return err
			}
		}
		for _, v := range rec.state {
			if err := loadInto(saved, rec.file+"/"+v.Name, v.Values.([]uint64)); err != nil {
				return err
			}
		}
	}
	return nil
}

// loadAll returns an array of a type.
func loadAll[T any](saved func(string) (any, error), name string) ([]T, error) {
	v, err := saved(name)
	if err != nil {
		return nil, err
	}
	out, ok := v.([]T)
	if !ok {
		return nil, fmt.Errorf("%s: %T, %T is wanted", name, v, out)
	}
	return out, nil
}

// loadInto fills an array.
func loadInto[T any](saved func(string) (any, error), name string, to []T) error {
	from, err := loadAll[T](saved, name)
	if err == nil && len(from) != len(to) {
		err = fmt.Errorf("%s: %d values, %d are wanted", name, len(from), len(to))
	}
	copy(to, from)
	return err
}
