package tasks

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/tasks/events"
	"github.com/synohm/synohm/tasks/images"
)

// MNISTData is images of digits in front of a simulated event camera.
type MNISTData struct {
	Path       string        `yaml:"path" default:"" doc:"folder of the four IDX files; empty looks in the usual places"`
	Train      int           `yaml:"train" default:"5000" range:"[10, 1000000]" doc:"training images, the validation ones included, drawn by the seed"`
	Validation int           `yaml:"validation" default:"500" range:"[0, 1000000]" doc:"how many of the training images choose settings"`
	Test       int           `yaml:"test" default:"1000" range:"[1, 1000000]" doc:"test images, drawn by the seed"`
	Camera     events.Camera `yaml:"camera" doc:"the event camera"`
}

// Validate wants training images beside the validation ones.
func (d *MNISTData) Validate() error { return splitRule(d.Train, d.Validation) }

// RecordingsData is recorded event streams.
type RecordingsData struct {
	Path       string `yaml:"path" required:"true" doc:"folder or zip of N-MNIST recordings with train*.txt and test*.txt; relative to the configuration file"`
	Train      int    `yaml:"train" default:"600" range:"[10, 1000000]" doc:"training recordings, the validation ones included, drawn by the seed"`
	Validation int    `yaml:"validation" default:"100" range:"[0, 1000000]" doc:"how many of the training recordings choose settings"`
	Test       int    `yaml:"test" default:"100" range:"[1, 1000000]" doc:"test recordings, drawn by the seed"`
}

// Validate wants training recordings beside the validation ones.
func (d *RecordingsData) Validate() error { return splitRule(d.Train, d.Validation) }

func splitRule(train, validation int) error {
	if validation >= train {
		return config.FieldError{Field: "validation", Rule: fmt.Sprintf("must leave some of the %d training examples", train)}
	}
	return nil
}

func dataCatalog() catalog.Catalog {
	return catalog.Catalog{
		{
			Name: "mnist", Summary: "handwritten digits, turned into event streams by a simulated camera",
			Reference: "LeCun, Bottou, Bengio, Haffner, Proc. IEEE 86 (1998); saccades as in Orchard et al., Front. Neurosci. 9:437 (2015)",
			Params:    &MNISTData{},
		},
		{
			Name: "nmnist", Summary: "recordings of an event camera that looks at handwritten digits",
			Reference: "Orchard, Jayawant, Cohen, Thakor, Front. Neurosci. 9:437 (2015)",
			Params:    &RecordingsData{},
		},
	}
}

// streams is event streams with labels: training examples first, then those
// for validation, then those for the test.
type streams struct {
	side                    int
	train, validation, test int
	labels                  []uint8
	// reader makes a function that gives stream i, for one goroutine.
	reader func() func(i int) (events.Stream, error)
	close  func() error
}

func (s *streams) n() int { return s.train + s.validation + s.test }

var purposeSplit = philox.Purpose("tasks.data.split")

// openStreams opens the data of a task.
func openStreams(_ context.Context, v config.Variant, x *Experiment) (*streams, error) {
	switch d := v.Value.(type) {
	case *MNISTData:
		return openMNIST(d, x)
	case *RecordingsData:
		return openRecordings(d, x)
	}
	return nil, fmt.Errorf("tasks: no data of kind %q", v.Kind)
}

// choose draws n of total by the seed; which tells the sets apart.
func choose(seed uint64, which uint32, n, total int, what string) ([]int, error) {
	if n > total {
		return nil, fmt.Errorf("%d %s are asked for, there are %d", n, what, total)
	}
	return philox.Stream{Seed: seed, Purpose: purposeSplit}.Permutation(total, which)[:n], nil
}

func openMNIST(d *MNISTData, x *Experiment) (*streams, error) {
	dir := d.Path
	if dir == "" {
		var err error
		if dir, err = images.Find("mnist"); err != nil {
			return nil, err
		}
	} else if !filepath.IsAbs(dir) {
		dir = filepath.Join(x.Tree.Dir(), dir)
	}
	set, err := images.Load(dir, images.Classes)
	if err != nil {
		return nil, err
	}
	train, err := choose(x.Seed, 0, d.Train, set.Train.Images.N, "training images")
	if err != nil {
		return nil, err
	}
	test, err := choose(x.Seed, 1, d.Test, set.Test.Images.N, "test images")
	if err != nil {
		return nil, err
	}
	s := &streams{
		side: d.Camera.Side, train: d.Train - d.Validation, validation: d.Validation, test: d.Test,
		close: func() error { return nil },
	}
	var shown [][]uint8
	for _, i := range train {
		shown, s.labels = append(shown, set.Train.Images.At(i)), append(s.labels, set.Train.Labels[i])
	}
	for _, i := range test {
		shown, s.labels = append(shown, set.Test.Images.At(i)), append(s.labels, set.Test.Labels[i])
	}
	rows, cols := set.Train.Images.Rows, set.Train.Images.Cols
	s.reader = func() func(int) (events.Stream, error) {
		r := events.NewRecorder(d.Camera, philox.Fork(x.Seed, "camera"))
		return func(i int) (events.Stream, error) { return r.Record(shown[i], rows, cols, uint32(i)) }
	}
	return s, nil
}

func openRecordings(d *RecordingsData, x *Experiment) (*streams, error) {
	path := d.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(x.Tree.Dir(), path)
	}
	r, err := events.OpenRecordings(path)
	if err != nil {
		return nil, err
	}
	train, err1 := choose(x.Seed, 0, d.Train, len(r.Train), "training recordings")
	test, err2 := choose(x.Seed, 1, d.Test, len(r.Test), "test recordings")
	for _, err := range []error{err1, err2} {
		if err != nil {
			r.Close()
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	s := &streams{
		side: events.NMNISTSide, train: d.Train - d.Validation, validation: d.Validation, test: d.Test,
		close: r.Close,
	}
	var all []events.Labelled
	for _, i := range train {
		all = append(all, r.Train[i])
	}
	for _, i := range test {
		all = append(all, r.Test[i])
	}
	for _, l := range all {
		s.labels = append(s.labels, l.Label)
	}
	s.reader = func() func(int) (events.Stream, error) {
		return func(i int) (events.Stream, error) { return r.Read(all[i]) }
	}
	return s, nil
}
