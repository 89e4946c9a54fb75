package philox

import "math/bits"

// Multipliers and Weyl increments of Philox4x32: table 2 and section 4.3 of
// Salmon et al. 2011 (and Random123's philox.h).
const (
	mul0  = 0xD2511F53
	mul1  = 0xCD9E8D57
	weyl0 = 0x9E3779B9 // golden ratio
	weyl1 = 0xBB67AE85 // sqrt(3) - 1
)

const rounds = 10

// Bijection is the Philox4x32-10 function itself: a counter and a key give
// four words. It is exported for the tests against the published vectors and
// for checks of other kernels; draws go through Stream.
func Bijection(ctr [4]uint32, key [2]uint32) [4]uint32 {
	c0, c1, c2, c3 := ctr[0], ctr[1], ctr[2], ctr[3]
	k0, k1 := key[0], key[1]
	for r := 0; r < rounds; r++ {
		hi0, lo0 := bits.Mul32(mul0, c0)
		hi1, lo1 := bits.Mul32(mul1, c2)
		c0, c1, c2, c3 = hi1^c1^k0, lo1, hi0^c3^k1, lo0
		k0 += weyl0
		k1 += weyl1
	}
	return [4]uint32{c0, c1, c2, c3}
}

// Stream names one family of draws: everything but the step and the entity.
type Stream struct {
	Seed    uint64 // of the run
	Purpose uint32 // what the draws are for, see Purpose
	Trial   uint32 // index of the trial (image, repetition) in the experiment
}

// Block returns the four words that entities 4*entity4 to 4*entity4+3 share
// at a step.
func (s Stream) Block(entity4, step uint32) [4]uint32 {
	return Bijection(
		[4]uint32{entity4, step, s.Trial, s.Purpose},
		[2]uint32{uint32(s.Seed), uint32(s.Seed >> 32)},
	)
}

// Word returns the word of a single entity. Where neighbours are drawn too,
// Block is four times cheaper and gives the same numbers.
func (s Stream) Word(entity, step uint32) uint32 {
	return s.Block(entity/4, step)[entity%4]
}

// Purpose hashes the name of a use to the word that keeps its draws apart
// from all others (FNV-1a, 32 bits).
func Purpose(name string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(name); i++ {
		h ^= uint32(name[i])
		h *= 16777619
	}
	return h
}

// Fork derives the seed of a named part (a projection, a population) from the
// seed of the run, so that two parts of the same kind never share draws.
func Fork(seed uint64, name string) uint64 {
	w := Bijection(
		[4]uint32{Purpose(name), uint32(len(name)), purpose64(name), 0},
		[2]uint32{uint32(seed), uint32(seed >> 32)},
	)
	return uint64(w[0]) | uint64(w[1])<<32
}

// purpose64 is a second, independent hash, so that Fork sees 64 bits of name.
func purpose64(name string) uint32 {
	h := uint32(0x811C9DC5 ^ weyl1)
	for i := len(name) - 1; i >= 0; i-- {
		h ^= uint32(name[i])
		h *= 16777619
	}
	return h
}
