package images

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Labelled is images with their labels.
type Labelled struct {
	Images *Stack
	Labels []uint8
}

// Files is an image data set as its four files hold it.
type Files struct {
	Train, Test Labelled
}

// Classes is the number of classes of MNIST and of Fashion-MNIST.
const Classes = 10

// Load reads the four files of a set from a folder, gzipped or not, and checks
// that they belong together and that no label is beyond the classes. All
// mistakes come back at once.
func Load(dir string, classes int) (*Files, error) {
	var f Files
	var errs []error
	for _, part := range []struct {
		prefix string
		half   *Labelled
	}{{"train", &f.Train}, {"t10k", &f.Test}} {
		labels := part.prefix + "-labels-idx1-ubyte"
		imagesAt, err := open(dir, part.prefix+"-images-idx3-ubyte", func(r io.Reader, name string) (err error) { part.half.Images, err = ReadImages(r, name); return })
		errs = append(errs, err)
		labelsAt, err := open(dir, labels, func(r io.Reader, name string) (err error) { part.half.Labels, err = ReadLabels(r, name); return })
		errs = append(errs, err)
		if part.half.Images != nil && part.half.Labels != nil {
			errs = append(errs, part.half.check(imagesAt, labelsAt, classes))
		}
		if part.prefix == "t10k" && f.Train.Images != nil && f.Test.Images != nil {
			if a, b := f.Train.Images, f.Test.Images; a.Rows != b.Rows || a.Cols != b.Cols {
				errs = append(errs, fmt.Errorf("%s: training images are %d x %d, test images %d x %d; both must have one size", imagesAt, a.Rows, a.Cols, b.Rows, b.Cols))
			}
		}
	}
	return &f, errors.Join(errs...)
}

func (l *Labelled) check(imagesAt, labelsAt string, classes int) error {
	if len(l.Labels) != l.Images.N {
		return fmt.Errorf("%s: %d labels for %d images of %s", labelsAt, len(l.Labels), l.Images.N, imagesAt)
	}
	for i, label := range l.Labels {
		if int(label) >= classes {
			return fmt.Errorf("%s: label %d of image %d is not in 0 to %d; classes says how many there are", labelsAt, label, i, classes-1)
		}
	}
	return nil
}

// open has a file read, plain or gzipped, and tells its path.
func open(dir, name string, read func(io.Reader, string) error) (string, error) {
	for _, suffix := range []string{"", ".gz"} {
		path := filepath.Join(dir, name+suffix)
		f, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return path, err
		}
		defer f.Close()
		return path, read(f, path)
	}
	return name, fmt.Errorf("%s: neither %s nor %s.gz is there", dir, name, name)
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
	remedy := "name the folder of its four IDX files as path"
	for _, s := range Sources() {
		if s.Name == name {
			remedy = "synohm data fetch " + name + ", or " + remedy
		}
	}
	return "", fmt.Errorf("data set %s not found; looked in %s; remedy: %s", name, strings.Join(places, ", "), remedy)
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
