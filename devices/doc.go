// Package devices holds what a weight can be made of: cell models and the
// arrays they stand in. Conductances are in microsiemens, voltages in volts,
// times in seconds.
//
// A device knows nothing of networks: it is formed or programmed, driven, and
// read. What a weight means in conductances is the business of package
// synapses, the door between the two.
package devices
