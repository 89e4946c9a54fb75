package inputs

import (
	"math"

	"github.com/synohm/synohm/internal/philox"
)

var (
	purposeWrong = philox.Purpose("learning.inputs.wrong-label")
	purposeHard  = philox.Purpose("learning.inputs.hard-label")
)

// EmbedLabel replaces the first pixels of an image, as many as there are
// classes, by the label: value at its place and 0 elsewhere (Hinton, arXiv
// 2212.13345, section 3.3). The value is the same for training and test: 1 for
// pixels from 0 to 1, never the greatest pixel of a batch.
func EmbedLabel(x []float32, label, classes int, value float32) {
	clear(x[:classes])
	x[label] = value
}

// NeutralLabel replaces the first pixels of an image by value/classes each: a
// label that favours no class.
func NeutralLabel(x []float32, classes int, value float32) {
	v := value / float32(classes)
	for i := range x[:classes] {
		x[i] = v
	}
}

// WrongLabel draws one of the other labels, each as likely.
func WrongLabel(k Key, label, classes int) int {
	u := philox.Stream{Seed: k.Seed, Purpose: purposeWrong, Trial: k.Epoch}.Word(0, k.Image)
	return skip(below(u, classes-1), label)
}

// HardLabel draws one of the other labels in proportion to its weight, one a
// class, as a network's probabilities give them: the labels it is most wrong
// about come most often. The weight of the true label plays no part. Where
// nothing is left to draw by (no weight above 0, or one that is not a finite
// number of at least 0), every other label is as likely.
func HardLabel(k Key, label int, weights []float32) int {
	u := philox.Stream{Seed: k.Seed, Purpose: purposeHard, Trial: k.Epoch}.Word(0, k.Image)
	sum := 0.0
	for i, w := range weights {
		if i == label {
			continue
		}
		if !(w >= 0) || math.IsInf(float64(w), 0) {
			sum = 0
			break
		}
		sum += float64(w)
	}
	if sum == 0 {
		return skip(below(u, len(weights)-1), label)
	}
	rest, last := philox.Uniform(u)*sum, 0
	for i, w := range weights {
		if i == label || w == 0 {
			continue
		}
		last = i
		if rest -= float64(w); rest < 0 {
			break
		}
	}
	return last // the last one also where rounding leaves a rest
}

// skip maps a number among the others to its label.
func skip(i, label int) int {
	if i >= label {
		i++
	}
	return i
}
