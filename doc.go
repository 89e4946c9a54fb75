// Package synohm is the root of a simulator for networks that compute with
// physics. It holds no code: see cmd/synohm for the command, and the packages
// sim, devices, synapses, neurons, learning and tasks for the house.
package synohm
