// Package drives holds what acts on populations from outside: spike trains
// that are drawn or given, and currents. One file a model, one line in the
// catalogue.
//
// A drive gives every neuron of its target input of its own. A model that can
// also be a population of senders (Emit) may stand at the head of projections,
// so that its spikes go over synapses like those of neurons; there a train has
// one spike a step at most.
//
// # Time
//
// A drive acts in the steps that begin at start or later and before stop. A
// spike of step k is stamped (k+1) h, as one of a neuron, so stamps lie after
// start and up to stop; a current of step k is that of [k h, (k+1) h). Either
// arrives a delay of D steps later: spikes in the input of step k+D, a current
// during step k+D.
//
// # State
//
// There is none: what a drive gives a neuron is a function of the step, the
// neuron and the seed. It does not depend on how the population is cut into
// parts, and a checkpoint holds nothing of it. A delay shifts a train and
// changes nothing else.
package drives
