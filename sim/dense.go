package sim

import "context"

// DenseWeights are a whole matrix of graded layers, [sources][targets], that
// is multiplied by batches of vectors and may be trained. What they are made of
// is not seen: an array multiplies with its noise and changes by its pulses.
//
// Vector i of a batch has the random key of trial key.Trial + i, so that a batch
// gives the numbers of its vectors one by one. The results depend on no number
// of workers. Changes are not safe beside any other call.
type DenseWeights interface {
	Weights
	// Multiply writes y = x W: x is [batch][sources], y [batch][targets].
	Multiply(ctx context.Context, key Key, batch int, x, y []float32) error
	// MultiplyT writes x = y W^T: y is [batch][targets], x [batch][sources].
	MultiplyT(ctx context.Context, key Key, batch int, y, x []float32) error
	// AddOuter changes the weights by rate x^T d, summed over the batch in
	// order: x is [batch][sources], d [batch][targets]. An array does it in
	// place, by pulses where rows and columns meet.
	AddOuter(ctx context.Context, key Key, batch int, rate float32, x, d []float32) error
	// Add changes the weights by a matrix of numbers, [sources][targets], as an
	// optimiser that keeps numbers of its own works them out.
	Add(ctx context.Context, key Key, change []float32) error
	// Live is the memory of the weights, [sources][targets], where they are
	// plain numbers that an optimiser may write itself; else nil.
	Live() []float32
	// Bytes is the memory that they take.
	Bytes() int
}
