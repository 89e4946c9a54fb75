// Package layers holds graded layers: affine maps of batches, [batch][unit],
// whose weights lie behind the door of sim.DenseWeights. Their arithmetic is
// float32, as it is where such networks are trained elsewhere.
//
// One kind of layer is one file, its test, and a line in Builtin.
package layers
