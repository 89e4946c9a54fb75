// Package converters is what stands between numbers and an array of cells: the
// converters that drive its rows and those that measure its columns.
//
// Three things are told apart. Input and Output are settings, as a
// configuration writes them. A DAC and an ADC are converters made of them: their
// range is known, and the mismatch of each column is drawn. Converters is a pair
// of them with the order in which one product of a matrix and a vector goes
// through them:
//
//	scale    alpha = max|x| of the vector, a constant, or 1 (noise management)
//	DAC      x / alpha, rounded to a step, then clipped to [-1, 1] of the range
//	noise    of the inputs
//	array    read with inputs of [-1, 1], where 1 is its full read voltage
//	noise    of the outputs
//	ADC      rounded to a step, then clipped to the range
//	bounds   where an output is at the limit: inputs halved, and all again
//	scale    outputs times alpha and the halvings
//
// Steps are rounded to the nearest, ties to even; where a comparator decides
// (ramp, sar), ties go up. A signed converter of n bits
// has the codes -(2^(n-1)-1) to 2^(n-1)-1, so that zero is a code and the range
// is symmetric; an unsigned one has 0 to 2^n-1. 0 bits are an ideal converter.
//
// Noise management sends no vector of zeros, unless inputs are noisy: its product
// is zero. An output is beyond the range where its nearest step is.
//
// Results depend on (seed, trial, step) and on nothing else: a batch of vectors
// gives the numbers of its vectors one by one, and columns may be converted in
// parts. Costs are whole numbers, so their sums depend on no order.
package converters
