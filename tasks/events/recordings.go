package events

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"sort"
	"strconv"
	"strings"
)

// Labelled is one recording with its class.
type Labelled struct {
	Sample int
	Label  uint8
	file   string
}

// Recordings is a folder or zip of N-MNIST recordings: files N.bs2 or N.bin,
// and label files train*.txt and test*.txt with a line "sample class" each.
type Recordings struct {
	Train, Test []Labelled
	name        string
	fsys        fs.FS
	close       func() error
}

const maxLabelFile = 8 << 20

// OpenRecordings opens a folder or a zip and reads the labels. Every mistake
// in them comes back at once.
func OpenRecordings(name string) (*Recordings, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("recordings: %w; data is a folder or a zip of .bin or .bs2 files with train*.txt and test*.txt", err)
	}
	r := &Recordings{name: name, close: func() error { return nil }}
	if info.IsDir() {
		r.fsys = os.DirFS(name)
	} else {
		z, err := zip.OpenReader(name)
		if err != nil {
			return nil, fmt.Errorf("%s: not a folder and not a readable zip: %w", name, err)
		}
		r.fsys, r.close = z, z.Close
	}
	if err := r.index(); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// Close releases the zip.
func (r *Recordings) Close() error { return r.close() }

// index finds the recordings at any depth and joins them to their labels.
func (r *Recordings) index() error {
	files := map[int]string{}
	var labelFiles []string
	err := fs.WalkDir(r.fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		base, ext := path.Base(p), path.Ext(p)
		switch {
		case ext == ".bs2" || ext == ".bin":
			if n, err := strconv.Atoi(strings.TrimSuffix(base, ext)); err == nil {
				files[n] = p
			}
		case ext == ".txt" && (strings.HasPrefix(base, "train") || strings.HasPrefix(base, "test")):
			labelFiles = append(labelFiles, p)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	sort.Strings(labelFiles)
	var errs []error
	for _, p := range labelFiles {
		split := &r.Test
		if strings.HasPrefix(path.Base(p), "train") {
			split = &r.Train
		}
		errs = append(errs, r.labels(p, files, split)...)
	}
	if len(errs) == 0 && (len(r.Train) == 0 || len(r.Test) == 0) {
		errs = append(errs, fmt.Errorf("%s: needs labels in both train*.txt and test*.txt", r.name))
	}
	return errors.Join(errs...)
}

func (r *Recordings) labels(p string, files map[int]string, split *[]Labelled) []error {
	at := r.name + "/" + p
	f, err := r.fsys.Open(p)
	if err != nil {
		return []error{fmt.Errorf("%s: %w", at, err)}
	}
	defer f.Close()
	var errs []error
	seen := map[int]int{}
	sc := bufio.NewScanner(f)
	for line, size := 1, 0; sc.Scan(); line++ {
		if size += len(sc.Bytes()) + 1; size > maxLabelFile {
			return append(errs, fmt.Errorf("%s: is longer than %d bytes", at, maxLabelFile))
		}
		text := strings.TrimSpace(sc.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		fields := strings.Fields(text)
		if len(fields) != 2 {
			errs = append(errs, fmt.Errorf("%s:%d: expected a sample and a class, found %q", at, line, text))
			continue
		}
		sample, err1 := strconv.Atoi(fields[0])
		class, err2 := strconv.Atoi(fields[1])
		switch file, ok := files[sample]; {
		case err1 != nil || err2 != nil || class < 0 || class > 9:
			errs = append(errs, fmt.Errorf("%s:%d: expected whole numbers, the class in 0 to 9, found %q", at, line, text))
		case !ok:
			errs = append(errs, fmt.Errorf("%s:%d: there is no recording %d.bs2 or %d.bin for this label", at, line, sample, sample))
		case seen[sample] > 0:
			errs = append(errs, fmt.Errorf("%s:%d: sample %d has a label in line %d already", at, line, sample, seen[sample]))
		default:
			*split = append(*split, Labelled{Sample: sample, Label: uint8(class), file: file})
			seen[sample] = line
		}
	}
	if err := sc.Err(); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", at, err))
	}
	return errs
}

// Read reads one recording. Safe for concurrent use.
func (r *Recordings) Read(l Labelled) (Stream, error) {
	at := r.name + "/" + l.file
	f, err := r.fsys.Open(l.file)
	if err != nil {
		return Stream{}, fmt.Errorf("%s: %w", at, err)
	}
	defer f.Close()
	return ReadNMNIST(f, at)
}
