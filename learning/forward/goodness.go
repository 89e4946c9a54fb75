package forward

import (
	"math"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/learning"
)

// Goodness is what a layer makes of its activity, and what it wants of it.
type Goodness struct {
	Of    string  `yaml:"goodness" default:"mean" enum:"mean|sum|norm" doc:"mean or sum of the squares of the activity, or the root of the sum, its length"`
	Low   bool    `yaml:"low" default:"false" doc:"positive data shall have low goodness: the negative of the squares counts"`
	Theta float64 `yaml:"theta" default:"2" range:"(-inf, inf)" doc:"threshold between positive and negative data, in the unit of the goodness; for a sum about the number of units"`
}

// sign is -1 where low goodness is positive.
func (g *Goodness) sign() float64 {
	if g.Low {
		return -1
	}
	return 1
}

// of writes the goodness of every row.
func (g *Goodness) of(h []float32, units int, out []float32, workers int) {
	share := float32(1 / float64(units))
	kernels.Parallel(workers, len(h)/units, max(1, grain/units), func(lo, hi int) {
		kernels.RowSquares(h[lo*units:hi*units], units, out[lo:hi])
		for r := lo; r < hi; r++ {
			switch g.Of {
			case "mean":
				out[r] *= share
			case "norm":
				out[r] = float32(math.Sqrt(float64(out[r])))
			}
		}
	})
}

// slope is what a row's activity is multiplied with to be the derivative of its
// goodness: 2 for a sum of squares, 2 / units for their mean, and 1 / |h| for the
// length |h|, which is the goodness itself. Where there is no activity the length
// has no derivative; it counts as 0, like that of a rectifier.
func (g *Goodness) slope(goodness float32, units int) float64 {
	switch {
	case g.Of == "mean":
		return 2 / float64(units)
	case g.Of == "sum":
		return 2
	case goodness == 0:
		return 0
	}
	return 1 / float64(goodness)
}

// grain is how many values are worth a goroutine.
const grain = 1 << 14

// split is the rule of a layer: goodness above the threshold for the first half
// of its examples, which are positive, and below it for the second half.
//
//	P(positive) = sigmoid(s (G - theta)),  s = 1, or -1 where low goodness is wanted
//	loss = softplus(-s (G+ - theta)) + softplus(s (G- - theta))
//	d loss / d h = -+ s sigmoid(-+ s (G - theta)) dG/dh
//	dG/dh = 2 h, 2 h / units for a mean, h / |h| for the length
//
// The derivative of the rectifier is in h, which is 0 where it is off.
type split struct {
	*Goodness
	workers int
	heard   int       // other layers whose goodness is added; each adds a threshold
	g       []float32 // of the last batch
	factor  []float32
}

var (
	_ learning.Local = (*split)(nil)
	_ learning.Told  = (*split)(nil)
)

// Signal writes the derivative along the activity.
func (s *split) Signal(own learning.Own, d []float32) float64 { return s.SignalTold(own, nil, d) }

// SignalTold is Signal where the goodness of other layers is added to the
// layer's own, as a constant.
func (s *split) SignalTold(own learning.Own, told []float32, d []float32) (loss float64) {
	g, factor := learning.Fit(&s.g, own.Batch), learning.Fit(&s.factor, own.Batch)
	s.of(own.H, own.Units, g, s.workers)
	for r := range g {
		x := float64(g[r])
		if told != nil {
			x += float64(told[r])
		}
		x = s.sign() * (x - s.Theta*float64(1+s.heard))
		c := -1.0 // positive data: loss softplus(-x)
		if r >= own.Batch/2 {
			c = 1
		}
		l, p := softplus(c * x)
		loss += l
		factor[r] = float32(c * p * s.sign() * s.slope(g[r], own.Units))
	}
	kernels.Parallel(s.workers, own.Batch, max(1, grain/own.Units), func(lo, hi int) {
		kernels.ScaleRows(d[lo*own.Units:hi*own.Units], own.H[lo*own.Units:hi*own.Units], own.Units, factor[lo:hi])
	})
	return loss
}

// softplus is log(1 + e^x), and its derivative, the sigmoid.
func softplus(x float64) (value, derivative float64) {
	e := math.Exp(-math.Abs(x))
	value = math.Max(x, 0) + math.Log1p(e)
	if x >= 0 {
		return value, 1 / (1 + e)
	}
	return value, e / (1 + e)
}
