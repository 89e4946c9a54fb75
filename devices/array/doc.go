// Package array puts a matrix of weights onto memory cells and reads products
// out of it.
//
// Concepts. A Mapping splits a weight over the conductances of several cells:
// a plane is one of these cells of every weight, a digit is the planes whose
// currents are subtracted before they are converted, and digits are added up
// as numbers. A matrix is cut into tiles, each a physical array with lines,
// converters and counters of its own; their results are added up as numbers
// too. The physical columns of a tile stand target by target, the planes of a
// target side by side, and behind them the columns that targets share.
//
// A matrix has a clock, which starts when it is programmed. Its cells are
// looked at when the clock advances, not at every read: between two looks their
// mean conductances stay, and a read adds noise to them.
//
// Invariants. Every result is a function of (settings, seed, weights, what was
// done before, key of the read): for any number of workers, and for any cut of
// the columns into ranges. All counts are whole numbers.
package array
