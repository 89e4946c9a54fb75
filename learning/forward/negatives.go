package forward

import (
	"github.com/synohm/synohm/internal/philox"
)

var purposeWrong = philox.Purpose("learning.forward.wrong-label")

// embed replaces the first pixels by a label, one of classes.
func embed(x []float32, label, classes int) {
	clear(x[:classes])
	x[label] = 1
}

// neutral replaces the first pixels by a label that says nothing.
func neutral(x []float32, classes int) {
	for c := range x[:classes] {
		x[c] = 1 / float32(classes)
	}
}

// wrong draws a label that is not the true one, all others being as likely.
func wrong(seed uint64, index, epoch uint32, label, classes int) int {
	w := philox.Stream{Seed: seed, Purpose: purposeWrong}.Word(index, epoch)
	k := int(uint64(w) * uint64(classes-1) >> 32)
	if k >= label {
		k++
	}
	return k
}

// wrongBy draws a label that is not the true one in proportion to weights.
func wrongBy(seed uint64, index, epoch uint32, label int, weight []float32) int {
	u := philox.Uniform(philox.Stream{Seed: seed, Purpose: purposeWrong}.Word(index, epoch))
	sum := 0.0
	for c, w := range weight {
		if c != label {
			sum += float64(w)
		}
	}
	if !(sum > 0) {
		return wrong(seed, index, epoch, label, len(weight))
	}
	last := 0
	for c, w := range weight {
		if c == label {
			continue
		}
		last = c
		if u -= float64(w) / sum; u < 0 {
			return c
		}
	}
	return last
}
