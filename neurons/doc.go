// Package neurons holds the neuron models, one file each, and their catalogue.
//
// A model has parameters (what a user sets), state (one slice a variable for
// the whole population) and, where it pays, values derived from the
// parameters; the three are kept apart. A population never knows what the
// weights that feed it are made of.
package neurons
