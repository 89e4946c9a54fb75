// Package runfolder makes the folder of a run. Files appear under their final
// names complete or not at all; a folder is never used twice; DONE is written
// last, so a run with DONE is whole.
package runfolder

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Folder is the folder of one run.
type Folder struct {
	Path     string
	Manifest Manifest
}

// Manifest says what made the run.
type Manifest struct {
	Synohm     string   `json:"synohm"`
	Go         string   `json:"go"`
	OS         string   `json:"goos"`
	Arch       string   `json:"goarch"`
	AMD64      string   `json:"goamd64,omitempty"`
	Kernels    string   `json:"kernels"`
	Workers    int      `json:"workers"`
	Seed       uint64   `json:"seed"`
	ConfigHash string   `json:"config_hash"`
	ConfigDir  string   `json:"config_dir,omitempty"` // folder of the configuration, from which its relative paths go
	Start      string   `json:"start"`
	End        string   `json:"end,omitempty"`
	WallS      float64  `json:"wall_s,omitempty"`
	Resumed    int      `json:"resumed,omitempty"` // how often
	Outcome    string   `json:"outcome"`           // running, done, failed, interrupted
	Error      string   `json:"error,omitempty"`
	Warnings   []string `json:"warnings,omitempty"`
	Files      []File   `json:"files,omitempty"` // beside the configuration
}

// File is one that a run was made of beside its configuration.
type File struct {
	Path   string `json:"path"` // as the configuration names it
	SHA256 string `json:"sha256"`
	Copy   string `json:"copy"` // in the run folder
}

// ErrPlace marks a run folder that exists or cannot be made: a mistake in how
// the program was called, found before anything was computed.
var ErrPlace = errors.New("run folder")

// Create makes the folder: exact where that is given, else a new one below
// parent, named by time, name and hash.
func Create(parent, exact, name string, m Manifest, start time.Time) (*Folder, error) {
	path := exact
	if path == "" {
		if err := os.MkdirAll(parent, 0o777); err != nil {
			return nil, fmt.Errorf("%w: %w; choose another place with --out", ErrPlace, err)
		}
		base := filepath.Join(parent, fmt.Sprintf("%s-%s-%.8s", start.UTC().Format("20060102-150405"), name, m.ConfigHash))
		path = base
		for i := 2; ; i++ {
			err := os.Mkdir(path, 0o777)
			if err == nil {
				break
			}
			if !errors.Is(err, fs.ErrExist) {
				return nil, fmt.Errorf("%w: %w; choose another place with --out", ErrPlace, err)
			}
			path = fmt.Sprintf("%s-%d", base, i)
		}
	} else {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPlace, err)
		}
		if err := os.Mkdir(path, 0o777); errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("%w %s exists and is not overwritten; choose another name with --out or remove it", ErrPlace, path)
		} else if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPlace, err)
		}
	}
	m.Start, m.Outcome = start.UTC().Format(time.RFC3339), "running"
	f := &Folder{Path: path, Manifest: m}
	return f, f.JSON("manifest.json", f.Manifest)
}

// Open finds a folder that was made before, with its manifest.
func Open(path string) (*Folder, error) {
	name := filepath.Join(path, "manifest.json")
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlace, err)
	}
	f := &Folder{Path: path}
	if err := json.Unmarshal(data, &f.Manifest); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrPlace, name, err)
	}
	return f, nil
}

// Done tells whether the run came to its end.
func (f *Folder) Done() bool {
	_, err := os.Stat(filepath.Join(f.Path, "DONE"))
	return err == nil
}

// Write makes a file through a temporary one that is renamed when it is whole.
func (f *Folder) Write(rel string, write func(io.Writer) error) (err error) {
	path := filepath.Join(f.Path, filepath.FromSlash(rel))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
			err = fmt.Errorf("%s cannot be written: %w", path, err)
		}
	}()
	b := bufio.NewWriter(tmp)
	if err := write(b); err != nil {
		return err
	}
	if err := errors.Join(b.Flush(), tmp.Chmod(0o644), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// JSON writes a value as indented JSON.
func (f *Folder) JSON(rel string, v any) error {
	return f.Write(rel, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}

// Bytes writes a file of given content.
func (f *Folder) Bytes(rel string, data []byte) error {
	return f.Write(rel, func(w io.Writer) error { _, err := w.Write(data); return err })
}

// Finish writes the outcome, and DONE where there was no error.
func (f *Folder) Finish(outcome string, cause error, end time.Time, wall time.Duration) error {
	f.Manifest.Error = ""
	f.Manifest.Outcome, f.Manifest.End, f.Manifest.WallS = outcome, end.UTC().Format(time.RFC3339), wall.Seconds()
	if cause != nil {
		f.Manifest.Error = cause.Error()
	}
	if err := f.JSON("manifest.json", f.Manifest); err != nil {
		return err
	}
	if outcome != "done" {
		return nil
	}
	return f.Bytes("DONE", nil)
}
