// Package inputs is what is done to images on their way to a network: shifts
// as augmentation, hybrids of two images and labels written into pixels for
// forward-forward learning, wrong labels, and fixed permutations of the pixels
// for sequences of tasks.
//
// An image is rows*cols float32, row by row, usually 0 to 1. Every random
// choice is a function of a Key (seed, epoch, image) and of what it is for, and
// of nothing else: not of the batch the image is in, nor of the workers that
// prepare it. Functions write into an array of the caller's and take no
// memory.
package inputs

// Key names an image in an epoch: what all its random choices depend on.
type Key struct {
	Seed  uint64
	Epoch uint32
	Image uint32 // its number in the data set
}
