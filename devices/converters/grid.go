package converters

import (
	"fmt"
	"math"
)

// grid is the steps of a converter over a range of [-1, 1], or of [0, 1] where
// it is unsigned.
type grid struct {
	low, high int32   // codes, 0 and 0 where there are no steps
	levels    float64 // codes from 0 to full range
	signed    bool
	clip      bool

	least, most float64 // codes that are given: without clipping, any of 32 bits
}

func newGrid(bits int, signed, clip bool) grid {
	g := grid{signed: signed, clip: clip, least: math.MinInt32, most: math.MaxInt32}
	switch {
	case bits == 0:
	case signed:
		g.high = 1<<(bits-1) - 1
		g.low = -g.high
	default:
		g.high = 1<<bits - 1
	}
	g.levels = float64(g.high)
	if clip {
		g.least, g.most = float64(g.low), float64(g.high)
	}
	return g
}

// code is that of a value, with ties to even; rounded first, clipped after.
// Without clipping it may lie beyond the codes of the converter.
func (g *grid) code(x float64) int32 {
	c := math.RoundToEven(x * g.levels)
	if c > g.most {
		c = g.most
	} else if c < g.least {
		c = g.least
	}
	return int32(c)
}

// value is that of a code.
func (g *grid) value(code int32) float64 { return float64(code) / g.levels }

// limit clips a value that has no code.
func (g *grid) limit(x float64) float64 {
	switch {
	case !g.clip:
		return x
	case g.signed:
		return min(max(x, -1), 1)
	}
	return min(max(x, 0), 1)
}

// beyond tells whether a value has no code, or would be cut.
func (g *grid) beyond(x float64) bool {
	low, high := -1.0, 1.0
	if g.levels > 0 {
		x, low, high = math.RoundToEven(x*g.levels), -g.levels, g.levels
	}
	return x > high || g.signed && x < low
}

// round is a value as the converter gives it, and its code where it has one.
func (g *grid) round(x float64) (float64, int32) {
	if g.levels == 0 {
		return g.limit(x), 0
	}
	c := g.code(x)
	return g.value(c), c
}

// checkBits says what is wrong with a number of bits.
func checkBits(bits int, signed bool) string {
	switch {
	case bits < 0 || bits > maxBits:
		return fmt.Sprintf("must be 0 (ideal) to %d", maxBits)
	case bits == 1 && signed:
		return "must be at least 2, or 0 (ideal), where signed is true"
	}
	return ""
}

// maxBits keeps every code exact in a float32.
const maxBits = 16

// finite wants numbers.
func finite(what string, first int, x []float32) error {
	for i, v := range x {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("%s %d is %g; a converter takes finite numbers", what, first+i, v)
		}
	}
	return nil
}
