package zeroth

import (
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
)

var purposeDirection = philox.Purpose("learning.zeroth.direction")

// draw writes the direction of a query of a step: numbers of mean 0 and variance
// 1, independent of each other.
func (n *network) draw(law string, number uint32, query int, to vector) {
	s := philox.Stream{Seed: n.s.Seed, Purpose: purposeDirection, Trial: uint32(query)}
	at := 0
	for _, u := range to {
		first := at
		kernels.Parallel(n.s.Workers, len(u), grain, func(lo, hi int) {
			if law == "rademacher" {
				signs(s, number, first+lo, u[lo:hi])
			} else {
				normals(s, number, first+lo, u[lo:hi])
			}
		})
		at += len(u)
	}
}

// normals writes standard normal numbers of the entities from lo.
func normals(s philox.Stream, step uint32, lo int, to []float32) {
	var z [512]float64
	for len(to) > 0 {
		n := min(len(to), len(z))
		kernels.Normals(s, step, lo, z[:n])
		for i, x := range z[:n] {
			to[i] = float32(x)
		}
		lo, to = lo+n, to[n:]
	}
}

// signs writes -1 or 1 for the entities from lo, a bit each.
func signs(s philox.Stream, step uint32, lo int, to []float32) {
	var block [4]uint32
	for i := range to {
		k := lo + i
		if i == 0 || k%128 == 0 {
			block = s.Block(uint32(k/128), step)
		}
		to[i] = float32(2*int32(block[k%128/32]>>(k%32)&1) - 1)
	}
}
