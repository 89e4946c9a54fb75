package kernels

import (
	"math"

	"github.com/synohm/synohm/internal/philox"
)

// wordsOfNormals are drawn together.
const wordsOfNormals = 512

// Normals writes the standard normal numbers (philox.Normal) of entities lo to
// lo+len(to)-1 at a step.
func Normals(s philox.Stream, step uint32, lo int, to []float64) {
	var d normalDraws
	for len(to) > 0 {
		n := copy(to, d.next(s, step, lo, len(to)))
		lo, to = lo+n, to[n:]
	}
}

// AddNoise adds sigma times scale times a standard normal number to every
// value; the first one belongs to entity lo.
func AddNoise(s philox.Stream, step uint32, lo int, to, sigma []float32, scale float32) {
	addNoise(s, step, lo, to, sigma, scale, false)
}

// AddNoiseOfVariance is AddNoise with sigma the root of a variance.
func AddNoiseOfVariance(s philox.Stream, step uint32, lo int, to, variance []float32, scale float32) {
	addNoise(s, step, lo, to, variance, scale, true)
}

func addNoise(s philox.Stream, step uint32, lo int, to, spread []float32, scale float32, root bool) {
	sameLength(len(to), len(spread))
	var d normalDraws
	for len(to) > 0 {
		z := d.next(s, step, lo, len(to))
		n := len(z)
		done := 0
		if vectors() {
			done = addNoiseVectors(to[:n], spread, z, float64(scale), root)
		}
		addNoisePortable(to[done:n], spread[done:n], z[done:], float64(scale), root)
		lo, to, spread = lo+n, to[n:], spread[n:]
	}
}

func addNoisePortable(to, spread []float32, z []float64, scale float64, root bool) {
	for i, x := range spread {
		sigma := float64(x)
		if root {
			sigma = math.Sqrt(sigma)
		}
		to[i] += float32(float64(sigma*scale) * z[i])
	}
}

// normalDraws is room for the numbers of some words.
type normalDraws struct {
	words [wordsOfNormals]uint32
	z     [wordsOfNormals]float64
}

// next are the numbers of entities lo on: at most n of them.
func (d *normalDraws) next(s philox.Stream, step uint32, lo, n int) []float64 {
	skip := lo & 3 // of the block of the first one
	n = min(n, len(d.words)-skip)
	Words(s, step, lo-skip, d.words[:skip+n])
	words, z := d.words[skip:skip+n], d.z[:n]
	done := 0
	if vectors() {
		done = normalVectors(z, words)
	}
	for i, u := range words[done:] {
		z[done+i] = philox.Normal(u)
	}
	return z
}
