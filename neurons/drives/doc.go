// Package drives holds what acts on populations from outside: spike trains
// that are drawn or given, and currents. One file a model, one line in the
// catalogue.
//
// A drive gives every neuron of its target input of its own. A model that can
// also be a population of senders (Emit) may stand at the head of projections,
// so that its spikes go over synapses like those of neurons.
package drives
