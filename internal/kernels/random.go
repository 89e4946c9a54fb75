package kernels

import "github.com/synohm/synohm/internal/philox"

// Words writes the words of entities lo to lo+len(to)-1 at a step; lo is a
// multiple of four.
func Words(s philox.Stream, step uint32, lo int, to []uint32) {
	if lo%4 != 0 {
		panic("kernels: words begin at a multiple of four")
	}
	entity4 := uint32(lo / 4)
	if vectors() {
		n := wordsVectors(s, step, entity4, to)
		entity4, to = entity4+uint32(n/4), to[n:]
	}
	for ; len(to) >= 4; to = to[4:] {
		*(*[4]uint32)(to) = s.Block(entity4, step)
		entity4++
	}
	if len(to) > 0 {
		b := s.Block(entity4, step)
		copy(to, b[:])
	}
}
