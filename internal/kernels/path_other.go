//go:build !amd64

package kernels

import "github.com/synohm/synohm/internal/philox"

const best = portable

// What follows is never called where there are no kernels in assembly.

func expVectors(to, x []float64) int { return 0 }

func wordsVectors(s philox.Stream, step, entity4 uint32, to []uint32) int { return 0 }

func (t *PoissonTable) addVectors(s philox.Stream, step, entity4 uint32, to []float32, w float32) {
}

func normalVectors(z []float64, words []uint32) int { return 0 }

func addNoiseVectors(to, spread []float32, z []float64, scale float64, root bool) int { return 0 }

func (c *BitCounter) addVectors(g *[8][]uint64) {}

func expandVectors(sum []uint64, to []float32, used int, w float32) {}

func (c *IAFPscDelta) stepVectors(v []float64, ref []int32, jump []float32, current []float64, spikes []int32) (int, []int32) {
	return 0, spikes
}

func (c *IAFPscExp) stepVectors(v, ex, in []float64, ref []int32, addEx, addIn []float32, current []float64, spikes []int32) (int, []int32) {
	return 0, spikes
}

func (c *IAFPscAlpha) stepVectors(s *IAFPscAlphaState, addEx, addIn []float32, current []float64, spikes []int32) (int, []int32) {
	return 0, spikes
}

func (c *IAFCondExp) stepVectors(v, gEx, gIn []float64, ref []int32, addEx, addIn []float32, current []float64, spikes []int32) (int, []int32) {
	return 0, spikes
}

func lineDownVectors(beta float64, z, p, g, c, y []float64) {}

func lineUpVectors(kappa float64, y, c, g, p, v []float64, dot *[LineCols]float64) {}

func lineRightVectors(strips, stride int, v, c, y []float64) {}

func lineLeftVectors(alpha float64, strips, stride int, c, y, v, p, z, w []float64, dot *[LineRows]float64) {
}

func lineReturnVectors(strips, stride int, c, y, v, z []float64, dot *[LineRows]float64) {}

func lineFillVectors(kappa float64, w, g, c, y []float64) {}

func lineBackVectors(c, y []float64) {}

func lineLawDownVectors(kappa float64, w, u, g []float64, law *LineLaw) {}

func lineLawRightVectors(strips, stride int, w, u, g, z []float64, law *LineBandLaw) {}

func (t *gemmTile) vectors() {}

func gemmColumnsVectors(to []float32, width, k int, from []float32, ld int) {}

func gemmTurnedVectors(to []float32, width, rows, k int, from []float32, ld int) {}
