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
	for ; len(to) >= 8; to = to[8:] {
		twoBlocks(s, step, entity4, (*[8]uint32)(to))
		entity4 += 2
	}
	if len(to) > 0 {
		var rest [8]uint32
		twoBlocks(s, step, entity4, &rest)
		copy(to, rest[:])
	}
}

// The constants of Philox4x32, as in package philox.
const (
	mul0, mul1   = 0xD2511F53, 0xCD9E8D57
	weyl0, weyl1 = 0x9E3779B9, 0xBB67AE85
)

// twoBlocks writes a block and the next one. Their rounds go side by side: one
// alone waits for its products half of the time.
func twoBlocks(s philox.Stream, step, entity4 uint32, to *[8]uint32) {
	a0, a1, a2, a3 := entity4, step, s.Trial, s.Purpose
	b0, b1, b2, b3 := entity4+1, step, s.Trial, s.Purpose
	k0, k1 := uint32(s.Seed), uint32(s.Seed>>32)
	for range 10 {
		p, q := mul0*uint64(a0), mul1*uint64(a2)
		r, t := mul0*uint64(b0), mul1*uint64(b2)
		a0, a1, a2, a3 = uint32(q>>32)^a1^k0, uint32(q), uint32(p>>32)^a3^k1, uint32(p)
		b0, b1, b2, b3 = uint32(t>>32)^b1^k0, uint32(t), uint32(r>>32)^b3^k1, uint32(r)
		k0, k1 = k0+weyl0, k1+weyl1
	}
	*to = [8]uint32{a0, a1, a2, a3, b0, b1, b2, b3}
}
