package digits

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Split is one half of a data set: images with their labels.
type Split struct {
	Images *Images
	Labels []uint8
}

// Set is an image data set of ten classes.
type Set struct {
	Train, Test Split
}

// Classes is the number of classes of every set read here.
const Classes = 10

// Load reads the four files of a set from a folder, gzipped or not, and checks
// that they belong together. All mistakes come back at once.
func Load(dir string) (*Set, error) {
	var s Set
	var errs []error
	for _, part := range []struct {
		prefix string
		split  *Split
	}{{"train", &s.Train}, {"t10k", &s.Test}} {
		images := part.prefix + "-images-idx3-ubyte"
		labels := part.prefix + "-labels-idx1-ubyte"
		errs = append(errs,
			open(dir, images, func(r io.Reader, name string) (err error) { part.split.Images, err = ReadImages(r, name); return }),
			open(dir, labels, func(r io.Reader, name string) (err error) { part.split.Labels, err = ReadLabels(r, name); return }))
		if part.split.Images != nil && part.split.Labels != nil {
			errs = append(errs, part.split.check(filepath.Join(dir, labels)))
		}
	}
	if a, b := s.Train.Images, s.Test.Images; a != nil && b != nil && (a.Rows != b.Rows || a.Cols != b.Cols) {
		errs = append(errs, fmt.Errorf("%s: training images are %d x %d, test images %d x %d", dir, a.Rows, a.Cols, b.Rows, b.Cols))
	}
	return &s, errors.Join(errs...)
}

func (s *Split) check(name string) error {
	if len(s.Labels) != s.Images.N {
		return fmt.Errorf("%s: %d labels for %d images", name, len(s.Labels), s.Images.N)
	}
	for i, l := range s.Labels {
		if l >= Classes {
			return fmt.Errorf("%s: label %d of image %d is not in 0 to %d", name, l, i, Classes-1)
		}
	}
	return nil
}

func open(dir, name string, read func(io.Reader, string) error) error {
	for _, suffix := range []string{"", ".gz"} {
		path := filepath.Join(dir, name+suffix)
		f, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		defer f.Close()
		return read(f, path)
	}
	return fmt.Errorf("%s: neither %s nor %s.gz is there", dir, name, name)
}

// moduleData is the folder of the MNIST files below a module cache.
const moduleData = "github.com/petar/!go!m!n!i!s!t@v0.0.0-20150320212226-2fbe10d0fa63/data"

// CacheDir is where fetched data sets are kept, one folder each.
func CacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder for downloads: %w", err)
	}
	return filepath.Join(base, "synohm"), nil
}

// Find returns the folder of a data set by its name. The error lists where it
// was looked for, and the remedy.
func Find(name string) (string, error) {
	var places []string
	if d := os.Getenv("SYNOHM_DATA"); d != "" {
		places = append(places, filepath.Join(d, name))
	}
	if c, err := CacheDir(); err == nil {
		places = append(places, filepath.Join(c, name))
	}
	if name == "mnist" {
		for _, c := range moduleCaches() {
			places = append(places, filepath.Join(c, filepath.FromSlash(moduleData)))
		}
	}
	for _, p := range places {
		for _, suffix := range []string{"", ".gz"} {
			if _, err := os.Stat(filepath.Join(p, "t10k-labels-idx1-ubyte"+suffix)); err == nil {
				return p, nil
			}
		}
	}
	return "", fmt.Errorf("data set %s not found; looked in %s; remedy: synohm data fetch %s", name, strings.Join(places, ", "), name)
}

// moduleCaches lists where Go may keep its modules, the go command's own
// answer last because asking it takes a moment.
func moduleCaches() []string {
	if c := os.Getenv("GOMODCACHE"); c != "" {
		return []string{c}
	}
	var places []string
	for _, p := range filepath.SplitList(os.Getenv("GOPATH")) {
		places = append(places, filepath.Join(p, "pkg", "mod"))
	}
	if h, err := os.UserHomeDir(); err == nil {
		places = append(places, filepath.Join(h, "go", "pkg", "mod"))
	}
	if out, err := exec.Command("go", "env", "GOMODCACHE").Output(); err == nil {
		places = append(places, strings.TrimSpace(string(out)))
	}
	return places
}
