package tasks

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/synohm/synohm/internal/npz"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/sim"
)

// partsFolder holds what is recorded while the run goes on: a raw file for each
// array. The archives are made of them at the end.
const partsFolder = ".recordings"

// column is an array that grows by rows on disk.
type column struct {
	name  string // of the array
	like  any    // its type, as npz takes it
	width int    // bytes of a row
	shape []int  // of a row
	path  string
	file  *os.File
	w     *bufio.Writer
	bytes int64
	buf   []byte // rows of an epoch
}

// flushRows writes the rows of the buffer.
func (c *column) flushRows() error {
	n, err := c.w.Write(c.buf)
	c.bytes += int64(n)
	c.buf = c.buf[:0]
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", c.path, err)
	}
	return nil
}

// open makes the file, or cuts one that is there to a length.
func (c *column) open(bytes int64) error {
	f, err := os.OpenFile(c.path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil && size < bytes {
		err = fmt.Errorf("%s has %d bytes, %d were recorded", c.path, size, bytes)
	}
	if err == nil {
		err = f.Truncate(bytes)
	}
	if err == nil {
		_, err = f.Seek(bytes, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return err
	}
	if c.file != nil {
		c.file.Close()
	}
	c.file, c.w, c.bytes = f, bufio.NewWriterSize(f, 1<<16), bytes
	return nil
}

// recording is one archive in the making.
type recording struct {
	file    string // name without extension
	texts   [][2]string
	fixed   []fixed // arrays that do not grow
	columns []*column
	epoch   func(e *sim.Epoch)     // appends to the columns' buffers
	sample  func(step int64) error // likewise, between epochs
	every   int64                  // steps between two samples, 0 at the end alone
	state   []sim.Variable         // what a checkpoint keeps beside the lengths
	label   string                 // of the axis of its values in a picture, "" for no picture
}

// fixed is an array of a recording that is there from the start.
type fixed struct {
	name string
	data any
	n    int
}

// column adds a growing array.
func (r *recording) column(dir, name string, like any, width int, shape ...int) *column {
	for _, s := range shape {
		width *= s
	}
	c := &column{name: name, like: like, width: width, shape: shape, path: filepath.Join(dir, r.file+"."+name)}
	r.columns = append(r.columns, c)
	return c
}

// flush writes what the buffers hold.
func (r *recording) flush() error {
	for _, c := range r.columns {
		if err := c.flushRows(); err != nil {
			return err
		}
	}
	return nil
}

// pack makes the archive of what was recorded, by copying block after block.
func (r *recording) pack(f *runfolder.Folder) error {
	for _, c := range r.columns {
		if err := c.w.Flush(); err != nil {
			return fmt.Errorf("%s cannot be written: %w", c.path, err)
		}
	}
	return f.Write(r.file+".npz", func(w io.Writer) error {
		z := npz.NewWriter(w)
		for _, t := range r.texts {
			if err := z.WriteText(t[0], t[1]); err != nil {
				return err
			}
		}
		for _, x := range r.fixed {
			if err := z.Write(x.name, []int{x.n}, x.data); err != nil {
				return err
			}
		}
		for _, c := range r.columns {
			shape := append([]int{int(c.bytes / int64(c.width))}, c.shape...)
			if err := z.WriteFrom(c.name, shape, c.like, bufio.NewReaderSize(io.NewSectionReader(c.file, 0, c.bytes), 1<<16)); err != nil {
				return err
			}
		}
		return z.Close()
	})
}

// recordings are all archives of a run.
type recordings struct {
	dir    string // of the parts
	all    []*recording
	probes []*sim.Probe
	warm   int64 // steps before what is recorded
	end    int64 // step
	align  func(step int64) int64
}

// open makes the files of the parts anew.
func (r *recordings) open() error {
	if len(r.all) == 0 {
		return nil
	}
	if err := os.MkdirAll(r.dir, 0o777); err != nil {
		return err
	}
	for _, rec := range r.all {
		for _, c := range rec.columns {
			if err := c.open(0); err != nil {
				return err
			}
		}
	}
	return nil
}

// epoch takes what happened in an epoch.
func (r *recordings) epoch(e *sim.Epoch) error {
	if e.First+int64(e.Steps) <= r.warm {
		return nil
	}
	for _, rec := range r.all {
		if rec.epoch == nil {
			continue
		}
		rec.epoch(e)
		if err := rec.flush(); err != nil {
			return err
		}
	}
	return nil
}

// next is the end of the epoch after which something is sampled next.
func (r *recordings) next(step int64) int64 {
	next := r.end
	for _, rec := range r.all {
		if rec.sample != nil && rec.every > 0 {
			// An epoch may hold several times; it gives one sample.
			m := max(step, r.warm)/rec.every*rec.every + rec.every
			next = min(next, r.align(m))
		}
	}
	return next
}

// sample takes what is due between two epochs.
func (r *recordings) sample(step int64) error {
	for _, rec := range r.all {
		if rec.sample == nil || step <= r.warm {
			continue
		}
		due := step == r.end
		if rec.every > 0 {
			m := step / rec.every * rec.every // the last time
			due = m > r.warm && (r.align(m) == step || step == r.end && r.align(m) > step)
		}
		if due {
			if err := errors.Join(rec.sample(step), rec.flush()); err != nil {
				return err
			}
		}
	}
	return nil
}

// pack makes all archives.
func (r *recordings) pack(f *runfolder.Folder) error {
	for _, rec := range r.all {
		if err := rec.pack(f); err != nil {
			return err
		}
	}
	return nil
}

// close closes the parts, and removes them where the archives are whole.
func (r *recordings) close(remove bool) error {
	var errs []error
	for _, rec := range r.all {
		for _, c := range rec.columns {
			if c.file != nil {
				errs = append(errs, c.file.Close())
				c.file = nil
			}
		}
	}
	if remove {
		errs = append(errs, os.RemoveAll(r.dir))
	}
	return errors.Join(errs...)
}
