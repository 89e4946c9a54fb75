package inputs

import "github.com/synohm/synohm/internal/philox"

var purposePermute = philox.Purpose("learning.inputs.permute")

// Permutation is an order of pixels: pixel i of the new image is pixel p[i] of
// the old one.
type Permutation []int32

// NewPermutation draws the order of a task of a sequence, as in permuted MNIST
// (Kirkpatrick et al., PNAS 114 (2017)). Task 0 sees images as they are.
func NewPermutation(seed uint64, task uint32, pixels int) Permutation {
	p := make(Permutation, pixels)
	for i := range p {
		p[i] = int32(i)
	}
	if task == 0 {
		return p
	}
	for i, from := range (philox.Stream{Seed: seed, Purpose: purposePermute}).Permutation(pixels, task) {
		p[i] = int32(from)
	}
	return p
}

// Apply writes the image with its pixels in the new order to out, which is
// another array.
func (p Permutation) Apply(out, x []float32) {
	out = out[:len(p)]
	for i, from := range p {
		out[i] = x[from]
	}
}
