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
	var words [wordsOfNormals]uint32
	for len(to) > 0 {
		n := someNormals(&words, s, step, lo, to)
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
	var words [wordsOfNormals]uint32
	var room [wordsOfNormals]float64
	for len(to) > 0 {
		z := room[:min(len(to), len(room))]
		n := someNormals(&words, s, step, lo, z)
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

// someNormals writes as many normal numbers as there are words for and returns
// how many.
func someNormals(words *[wordsOfNormals]uint32, s philox.Stream, step uint32, lo int, to []float64) int {
	skip := lo & 3 // words of the block of the first one
	n := min(len(to), len(words)-skip)
	Words(s, step, lo-skip, words[:skip+n])
	of, z := words[skip:skip+n], to[:n]
	done := 0
	if vectors() {
		done = normalVectors(z, of)
	}
	for i := done; i < n; i++ {
		z[i] = philox.Normal(of[i])
	}
	return n
}
