// Package readout trains linear read-outs on what a network does: softmax
// regression by Adam and ridge regression in closed form, both on standardised
// features, with the settings chosen on validation examples.
package readout
