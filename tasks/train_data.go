package tasks

import (
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/inputs"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/tasks/images"
)

// imageData is settings of labelled images that networks are trained on.
type imageData interface {
	settings() *LabelledImages
	name() string
}

// LabelledImages is what the image sets have in common.
type LabelledImages struct {
	images.Choice `yaml:",inline"`
	Side          int `yaml:"side" default:"28" range:"[4, 1024]" doc:"pixels along a side of an image; files with others are refused"`
	Shift         int `yaml:"shift" default:"0" range:"[0, 100]" doc:"training images are moved by up to so many pixels along either side, anew in every epoch; 2 gives 25 places"`
}

func (d *LabelledImages) settings() *LabelledImages { return d }

// MNISTImages is handwritten digits.
type MNISTImages struct {
	LabelledImages `yaml:",inline"`
}

// FashionImages is pictures of clothes.
type FashionImages struct {
	LabelledImages `yaml:",inline"`
}

func (*MNISTImages) name() string   { return "mnist" }
func (*FashionImages) name() string { return "fashion-mnist" }

func imagesCatalog() catalog.Catalog {
	return catalog.Catalog{
		{
			Name: "mnist", Summary: "handwritten digits, or other images in the same files (path)",
			Reference: "LeCun, Bottou, Bengio, Haffner, Proc. IEEE 86 (1998)",
			Params:    &MNISTImages{},
		},
		{
			Name: "fashion-mnist", Summary: "pictures of clothes of ten kinds",
			Reference: "Xiao, Rasul, Vollgraf, arXiv 1708.07747 (2017)",
			Params:    &FashionImages{},
		},
	}
}

// in is the extent of an image.
func (d *LabelledImages) in() sim.Extent { return sim.Extent{Rows: d.Side, Cols: d.Side, Channels: 1} }

// training is the number of training examples, as far as it is known before
// the files are read; else 0.
func (d *LabelledImages) training() int { return max(0, d.Train-d.Validation) }

// bytes is about what the images take, of MNIST's number where all are taken.
func (d *LabelledImages) bytes() float64 {
	n := float64(d.Train + d.Test)
	if d.Train == 0 || d.Test == 0 {
		n += 70_000
	}
	return 5 * n * float64(d.Side*d.Side)
}

// imageSet is the parts of a data set.
type imageSet struct {
	*images.Set
	train, validation, test learning.Examples // validation may be nil
}

func openImages(d imageData, x *Experiment) (*imageSet, error) {
	s := d.settings()
	c := s.Choice
	c.Path = x.dataPath(c.Path)
	set, err := images.Open(d.name(), c, x.Seed)
	if err != nil {
		return nil, err
	}
	if set.Rows != s.Side || set.Cols != s.Side {
		return nil, fmt.Errorf("the images of %s are %d x %d pixels, task.data.side says %d x %d", d.name(), set.Rows, set.Cols, s.Side, s.Side)
	}
	out := &imageSet{Set: set, train: split{&set.Train, set, s.Shift, x.Seed}, test: split{&set.Test, set, 0, 0}}
	if set.Validation.N > 0 {
		out.validation = split{&set.Validation, set, 0, 0}
	}
	return out, nil
}

// split is a part of an image set as batches take it.
type split struct {
	*images.Split
	set   *images.Set
	shift int
	seed  uint64
}

func (s split) Len() int { return s.N }

// Fill copies images, moved where they are shown for training.
func (s split) Fill(epoch int, index []int32, b *learning.Batch) {
	pixels := s.set.Pixels()
	b.Resize(len(index), pixels)
	for i, from := range index {
		x, image := b.X[i*pixels:(i+1)*pixels], s.set.At(s.Split, int(from))
		b.Y[i], b.Index[i] = s.Y[from], int32(s.Number[from])
		if epoch < 0 || s.shift == 0 {
			copy(x, image)
			continue
		}
		dx, dy := inputs.RandomShift(inputs.Key{Seed: s.seed, Epoch: uint32(epoch), Image: s.Number[from]}, s.shift)
		inputs.Shift(x, image, s.set.Rows, s.set.Cols, dx, dy)
	}
}
