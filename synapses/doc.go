// Package synapses is the door between networks and what stores their weights.
//
// A projection says which weights it wants (a Want: a distribution, or numbers
// one by one); a substrate, chosen by name in the configuration, makes weights
// of it that fulfil sim's interfaces: on ideal memory, on integers, on a
// crossbar of modelled cells. Nothing outside this package and devices knows
// which one it is.
//
// What a synapse does with a spike beside its weight (Dynamics: depression,
// facilitation, failures) stands before weights of any kind.
package synapses
