// Package zeroth trains systems that one can only run. Its rules move all
// parameters at once along random directions, look at what the loss of a batch
// does, and estimate its gradient from that; no layer says anything of itself.
// Only forward-grad looks inside, and only forwards: it carries the derivative
// along a direction through the network beside the values.
//
// The network is the rectified layers of the file and a layer "output", whose
// softmax is compared with the class by cross-entropy.
//
// A direction is drawn for (rule, step, query, number of the parameter), so the
// bits depend on no number of workers. Parameters that are plain numbers go back
// to what they were, bit for bit. Weights on devices are moved there and back by
// changes of their own (DenseWeights.Add), whose pulses do not return exactly:
// every look at the loss costs such a network a little of what it has learnt.
package zeroth
