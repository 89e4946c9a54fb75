// Package scalable trains deep convolutional networks forward-forward: the
// classes are channels that a block adds, not pixels of the input, and the error
// goes back within a block alone.
package scalable
