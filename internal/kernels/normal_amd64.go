package kernels

import (
	"encoding/binary"
	"math/bits"
)

// normalVectors writes the normal numbers of whole vectors of words and returns
// how many. Three of twenty are in the tails, which take a logarithm: the
// assembly marks them, and they are then done together.
func normalVectors(z []float64, words []uint32) int {
	wide, lanes := has(avx512), 4
	if wide {
		lanes = 8
	}
	n := len(words) / lanes * lanes
	if n == 0 {
		return 0
	}
	var (
		masks [(wordsOfNormals/4 + 7) / 8 * 8]byte // a bit for a word in the tails
		at    [wordsOfNormals]uint16               // where these words stand
		far   [wordsOfNormals]uint32
		y     [wordsOfNormals]float64
	)
	if wide {
		normalCentreAVX512(n, &z[0], &words[0], &masks[0])
	} else {
		normalCentreAVX2(n, &z[0], &words[0], &masks[0])
	}
	tails := 0
	for first := 0; first < n; first += 8 * lanes {
		for m := binary.LittleEndian.Uint64(masks[first/lanes:]); m != 0; m &= m - 1 {
			bit := bits.TrailingZeros64(m)
			i := first + bit/8*lanes + bit%8
			at[tails], far[tails] = uint16(i), words[i]
			tails++
		}
	}
	if tails == 0 {
		return n
	}
	if wide { // the last vector may reach beyond them
		normalTailAVX512(tails, &y[0], &far[0])
	} else {
		normalTailAVX2(tails, &y[0], &far[0])
	}
	for k, i := range at[:tails] {
		z[i] = y[k]
	}
	return n
}

// addNoiseVectors is addNoisePortable for whole vectors; it returns how many
// values.
func addNoiseVectors(to, spread []float32, z []float64, scale float64, root bool) int {
	n := len(to) &^ 3
	switch {
	case n == 0:
	case root:
		addNoiseRootAVX2(n, &to[0], &spread[0], &z[0], scale)
	default:
		addNoiseAVX2(n, &to[0], &spread[0], &z[0], scale)
	}
	return n
}
