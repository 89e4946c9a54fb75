// Package plasticity holds rules by which the synapses of spiking networks
// change. One file a rule, one line in the catalogue.
//
// A rule is a sim.Learner around any sim.PlasticWeights: it reads rows of
// numbers and changes them, and never knows what they are stored in.
//
// # Order of events
//
// That of NEST. The delay of a synapse is dendritic: a spike of the target at
// t reaches the synapse at t + d, a spike of the source at t is there at t, and
// what it transmits arrives at the target at t + d. A synapse is worked on when
// its source spikes, at t, with the spike before at t': first the spikes of the
// target that reached it in (t', t] act with the trace of the source's spikes
// up to t'; then the spike itself acts with the trace of those spikes of the
// target that reached it before t; then it is transmitted with the new weight.
// A pair that meets at exactly the same time thus changes nothing by itself. A
// weight that is read between spikes of its source is that of the last of them.
//
// # Memory
//
// A synapse stores its weight and nothing else (with dopamine, an eligibility
// too); traces belong to sources and targets. Spikes of targets are kept until
// all synapses have seen them: sources that are silent for long are caught up
// with at fixed times (catchUpSteps), which bounds the memory. State is saved
// by source and by target, so it does not depend on the number of parts.
package plasticity
