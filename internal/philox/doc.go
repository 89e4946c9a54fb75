// Package philox draws random numbers as a pure function of what they are for.
//
// A draw depends on (seed, purpose, trial, step, entity) and on nothing else:
// not on how many workers run, not on what was drawn before, not on whether
// the run was saved and loaded in between. There is no generator state, so a
// checkpoint holds none.
//
// The generator is Philox4x32 with ten rounds (Salmon, Moraes, Dror, Shaw,
// "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a keyed bijection
// of a 128-bit counter. The 64-bit key is the seed; the four counter words are
// the block of the entity, the step, the trial and the purpose. One block is
// four 32-bit words, so four neighbouring entities (4k to 4k+3) share it: a
// block for every single draw would cost four times as much.
//
// A purpose is the hash of a name ("synapses.crossbar.read"), which keeps two
// uses of one seed apart without a central list of numbers.
package philox
