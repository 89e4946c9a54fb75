package viz

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/palette"
)

// viridis runs from dark violet over green to yellow, never near the white of
// the paper, and evenly for the eye also without colours. Ten values of the map
// of Smith and van der Walt (matplotlib, 2015, public domain); straight lines
// between them.
var viridis = []color.RGBA{
	{0x44, 0x01, 0x54, 255}, {0x48, 0x28, 0x78, 255}, {0x3e, 0x49, 0x89, 255}, {0x31, 0x68, 0x8e, 255}, {0x26, 0x82, 0x8e, 255},
	{0x1f, 0x9e, 0x89, 255}, {0x35, 0xb7, 0x79, 255}, {0x6e, 0xce, 0x58, 255}, {0xb5, 0xde, 0x2b, 255}, {0xfd, 0xe7, 0x25, 255},
}

// ramp is a map of colours through given ones.
type ramp struct {
	colours  []color.RGBA
	min, max float64
}

var _ palette.ColorMap = (*ramp)(nil)

// At gives the colour of a value.
func (r *ramp) At(v float64) (color.Color, error) {
	switch {
	case math.IsNaN(v):
		return nil, palette.ErrNaN
	case v < r.min:
		return nil, palette.ErrUnderflow
	case v > r.max:
		return nil, palette.ErrOverflow
	}
	return r.at((v - r.min) / (r.max - r.min)), nil
}

// at gives the colour at a place from 0 to 1.
func (r *ramp) at(x float64) color.RGBA {
	x *= float64(len(r.colours) - 1)
	i := min(int(x), len(r.colours)-2)
	a, b, f := r.colours[i], r.colours[i+1], x-float64(i)
	mix := func(p, q uint8) uint8 { return uint8(math.Round(float64(p) + float64(f*(float64(q)-float64(p))))) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

// Palette gives n colours at even distances.
func (r *ramp) Palette(n int) palette.Palette {
	s := make(shades, n)
	for i := range s {
		s[i] = r.at(float64(i) / float64(max(1, n-1)))
	}
	return s
}

func (r *ramp) Max() float64     { return r.max }
func (r *ramp) SetMax(v float64) { r.max = v }
func (r *ramp) Min() float64     { return r.min }
func (r *ramp) SetMin(v float64) { r.min = v }
func (r *ramp) Alpha() float64   { return 1 }
func (r *ramp) SetAlpha(float64) {} // all colours are opaque
