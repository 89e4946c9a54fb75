package lls

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// Basis is the fixed vectors that a layer's activity is held against, one a
// class.
type Basis struct {
	Kind    string  `yaml:"basis" default:"sine" enum:"sine|square|random|learned" doc:"sines of another frequency for every class, their signs, fixed random numbers, or numbers that are learned; the last two are the controls"`
	Low     float64 `yaml:"f_low" default:"50" range:"(0, 100000]" doc:"lowest frequency, rad a sample"`
	High    float64 `yaml:"f_high" default:"512" range:"(0, 100000]" doc:"highest frequency, rad a sample"`
	Pooling int     `yaml:"pooling" default:"0" range:"[0, 1000000]" doc:"length that the activity of a layer without places is averaged to; 0 averages nothing"`
	Places  int     `yaml:"places" default:"2" range:"[1, 1000000]" doc:"side of the grid that the places of a layer are averaged to, channel by channel; at most what there are"`
	Alike   float64 `yaml:"alike" default:"0.9" range:"(0, 1]" doc:"cosine above which the vectors of two classes are refused as alike"`
}

var purposeBasis = philox.Purpose("learning.lls.basis")

// vectors makes rows of length n, [rows][n]. Element 0 of a sine is always 0.
func (b *Basis) vectors(seed uint64, layer, rows, n int) []float32 {
	out := make([]float32, rows*n)
	s := philox.Stream{Seed: seed, Purpose: purposeBasis, Trial: uint32(layer)}
	for c := range rows {
		f := b.Low
		if rows > 1 {
			f += (b.High - b.Low) * float64(c) / float64(rows-1)
		}
		for i := range n {
			var v float64
			switch b.Kind {
			case "sine":
				v = math.Sin(f * float64(i))
			case "square":
				if v = math.Sin(f * float64(i)); v != 0 {
					v = math.Copysign(1, v)
				}
			default: // of the variance of a sine
				v = philox.Normal(s.Word(uint32(i), uint32(c))) * math.Sqrt2 / 2
			}
			out[c*n+i] = float32(v)
		}
	}
	return out
}

// check refuses vectors that are longer than the activity of a layer, or of
// which two are nearly the same, as happens where frequencies alias and where
// vectors are short.
func (b *Basis) check(seed uint64, out sim.Extent, rows, layer int) error {
	if out.Rows*out.Cols == 1 && b.Pooling > out.Units() {
		return config.FieldError{Field: "pooling", Rule: fmt.Sprintf("is longer than the %d units of layer %d; take at most as many, or 0 for all", out.Units(), layer+1)}
	}
	if b.Kind == "learned" {
		return nil
	}
	n := b.pool(out).length()
	v := b.vectors(seed, layer, rows, n)
	for c := range rows {
		for d := range c {
			if cos := cosine(v[c*n:(c+1)*n], v[d*n:(d+1)*n]); math.Abs(cos) > b.Alike {
				return config.FieldError{Field: "basis", Rule: fmt.Sprintf("gives classes %d and %d of layer %d nearly the same vector (cosine %.3f, at a length of %d); choose another pooling, places, f_low or f_high", d, c, layer+1, cos, n)}
			}
		}
	}
	return nil
}

// pool is how the activity of a layer comes to the length of the vectors.
func (b *Basis) pool(out sim.Extent) pool {
	if out.Rows*out.Cols > 1 {
		return pool{out, b.Places}
	}
	return pool{out, b.Pooling}
}

func cosine(x, y []float32) float64 {
	var xx, yy, xy float64
	for i, u := range x {
		xx += float64(u) * float64(u)
		yy += float64(y[i]) * float64(y[i])
		xy += float64(u) * float64(y[i])
	}
	if xx == 0 || yy == 0 {
		return 1 // a vector of nothing tells nobody apart
	}
	return xy / math.Sqrt(xx*yy)
}
