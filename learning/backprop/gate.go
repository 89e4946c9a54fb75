package backprop

import (
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/learning"
)

// gate is the rule of a layer: the derivative that comes from above, where the
// unit was active.
//
//	dz_j = dh_j (z_j > 0),  slope dh_j below
//
// The activity has the sign of z, so that nothing else need be kept.
type gate struct {
	slope   float32
	workers int
}

var _ learning.Backward = gate{}

// SignalBackward writes the derivative before the nonlinearity.
func (g gate) SignalBackward(own learning.Own, above []float32, d []float32) error {
	kernels.Parallel(g.workers, len(d), grain, func(lo, hi int) { rectified(d[lo:hi], above[lo:hi], own.H[lo:hi], g.slope) })
	return nil
}

// grain is how many values are worth a goroutine.
const grain = 1 << 14

// rectified writes d where h is positive, and slope times d elsewhere.
func rectified(to, d, h []float32, slope float32) {
	for i, v := range d {
		if h[i] > 0 {
			to[i] = v
		} else {
			to[i] = slope * v
		}
	}
}
