package images

import (
	"errors"
	"fmt"
	"slices"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
)

// Choice is which images of a set are used.
type Choice struct {
	Path       string `yaml:"path" default:"" doc:"folder of the four IDX files; empty looks in the usual places"`
	Train      int    `yaml:"train" default:"0" range:"[0, 1048576]" doc:"training images, the validation ones included, drawn by the seed; 0 takes all"`
	Validation int    `yaml:"validation" default:"0" range:"[0, 1048575]" doc:"how many of the training images are kept for validation"`
	Test       int    `yaml:"test" default:"0" range:"[0, 1048576]" doc:"test images, drawn by the seed; 0 takes all"`
	Classes    int    `yaml:"classes" default:"10" range:"[2, 256]" doc:"number of classes; labels are below it"`
}

// Validate wants training images beside the validation ones.
func (c *Choice) Validate() error {
	if c.Train > 0 && c.Validation >= c.Train {
		return config.FieldError{Field: "validation", Rule: fmt.Sprintf("must leave some of the %d training images", c.Train)}
	}
	return nil
}

// Split is images for one use. Every array may be read by several goroutines
// and must not be written.
type Split struct {
	N      int
	X      []float32 // [N][Rows*Cols], 0 black to 1 white
	Y      []uint8   // [N], below Classes
	Number []uint32  // [N], place of the image in its file, ascending
}

// Set is an image data set, ready for training.
type Set struct {
	Name                    string
	Rows, Cols, Classes     int
	Train, Validation, Test Split
}

// Pixels is the number of pixels of an image.
func (s *Set) Pixels() int { return s.Rows * s.Cols }

// At returns the pixels of image i of a split.
func (s *Set) At(p *Split, i int) []float32 {
	n := s.Pixels()
	return p.X[i*n : (i+1)*n : (i+1)*n]
}

// maxSet bounds the memory of a set's pixels; all of MNIST takes 0.22 GB.
const maxSet = 4 << 30

var purposeSplit = philox.Purpose("tasks.images.split")

// Open reads a set from the folder of the choice (a configuration makes a
// relative one absolute first), or from where Find knows the name. The seed
// draws which images are used: a permutation of the training images, of which
// the first are taken, the last of these for validation; and another of the
// test images. In a split, images stand in the order of their file, so that all
// images without validation are the file.
func Open(name string, c Choice, seed uint64) (*Set, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	dir := c.Path
	if dir == "" {
		var err error
		if dir, err = Find(name); err != nil {
			return nil, err
		}
	}
	f, err := Load(dir, c.Classes)
	if err != nil {
		return nil, err
	}
	return c.take(f, name, dir, seed)
}

// check finds what the ranges of the settings rule out, for callers that have
// not read them from a configuration.
func (c *Choice) check() error {
	var errs []error
	for _, part := range []struct {
		field     string
		value     int
		low, high int
	}{{"train", c.Train, 0, maxItems}, {"validation", c.Validation, 0, maxItems - 1}, {"test", c.Test, 0, maxItems}, {"classes", c.Classes, 2, 256}} {
		if part.value < part.low || part.value > part.high {
			errs = append(errs, config.FieldError{Field: part.field, Rule: fmt.Sprintf("%d is not in %d to %d", part.value, part.low, part.high)})
		}
	}
	return errors.Join(append(errs, c.Validate())...)
}

func (c *Choice) take(f *Files, name, dir string, seed uint64) (*Set, error) {
	s := &Set{Name: name, Rows: f.Train.Images.Rows, Cols: f.Train.Images.Cols, Classes: c.Classes}
	train, err1 := count(c.Train, f.Train.Images.N, dir, "train", "training")
	test, err2 := count(c.Test, f.Test.Images.N, dir, "test", "test")
	err := errors.Join(err1, err2)
	if err == nil && c.Validation >= train {
		err = fmt.Errorf("%s: validation: %d images are asked for, which leaves none of the %d training images", dir, c.Validation, train)
	}
	if err == nil {
		err = fits(train+test, s.Rows, s.Cols, dir)
	}
	if err != nil {
		return nil, err
	}
	draws := philox.Stream{Seed: seed, Purpose: purposeSplit}
	chosen := draws.Permutation(f.Train.Images.N, 0)[:train]
	s.Train = f.Train.split(chosen[:train-c.Validation])
	s.Validation = f.Train.split(chosen[train-c.Validation:])
	s.Test = f.Test.split(draws.Permutation(f.Test.Images.N, 1)[:test])
	return s, nil
}

// fits bounds the memory before it is taken.
func fits(n, rows, cols int, dir string) error {
	if bytes := 4 * int64(n) * int64(rows*cols); bytes > maxSet {
		return fmt.Errorf("%s: %d images of %d x %d pixels take %.1f GB, at most %.1f GB are possible; take fewer by train and test", dir, n, rows, cols, float64(bytes)/1e9, float64(maxSet)/1e9)
	}
	return nil
}

// count is how many images are meant: all where the setting is 0.
func count(asked, there int, dir, field, what string) (int, error) {
	if asked > there {
		return 0, fmt.Errorf("%s: %s: %d %s images are asked for, there are %d", dir, field, asked, what, there)
	}
	if asked == 0 {
		return there, nil
	}
	return asked, nil
}

// split copies the chosen images, pixels as parts of 255.
func (l *Labelled) split(chosen []int) Split {
	slices.Sort(chosen)
	size := l.Images.Rows * l.Images.Cols
	p := Split{N: len(chosen), X: make([]float32, len(chosen)*size), Y: make([]uint8, len(chosen)), Number: make([]uint32, len(chosen))}
	for i, from := range chosen {
		out := p.X[i*size:][:size]
		for j, v := range l.Images.At(from) {
			out[j] = greys[v]
		}
		p.Y[i], p.Number[i] = l.Labels[from], uint32(from)
	}
	return p
}

// greys are the pixels that a byte can mean.
var greys = func() (g [256]float32) {
	for i := range g {
		g[i] = float32(i) / 255
	}
	return g
}()
