// Package sim holds time, the stepping of networks, and the interfaces of the
// parts that a network is made of. It knows no model.
//
// A Population holds the state of a block of neurons and advances it; Weights
// turn spikes of one block into input of another. What weights are made of
// (ideal numbers, integers, resistive cells, a board on the bench) is behind
// that one interface, and nothing on this side of it knows which.
//
// There are two ways to advance. An Engine goes on in steps of a fixed grid,
// with several workers, in epochs of the smallest delay: within one, every worker
// advances its parts of the populations alone; after it, every worker delivers all
// spikes to its own targets in one order, so the number of workers changes no bit.
// An EventEngine goes from event to event at exact times,
// for populations whose equations have a closed form between events
// (EventPopulation); one goroutine does its work, and the order of events at the
// same time is fixed, so its result depends on nothing but the network.
//
// A trial is one presentation: reset, present, advance, collect. Replicas hold
// state and share weights, so trials run on several workers; a trial's index
// is part of every random key, so a batch of trials gives the same numbers as
// one trial after another, on any number of workers.
package sim
