// Package devices holds what a weight can be made of: cell models and the
// arrays they stand in. Conductances are in microsiemens, voltages in volts,
// times in seconds.
//
// A Cell makes Cells, the state of many of one kind. A Block is such cells with
// the effects that were switched on (Effects), which act in the order that
// docs/effects.md gives.
//
// A device knows nothing of networks: it is formed or programmed, driven, and
// read. What a weight means in conductances is the business of package
// synapses, the door between the two.
package devices
