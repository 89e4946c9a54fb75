// Package backprop holds the rules that train a whole network by the error of
// its output: backpropagation, which every other rule is compared with, and
// feedback alignment, which carries the error back by fixed random weights.
package backprop
