package eqprop

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/learningtest"
)

// small makes a network of one hidden layer whose states lie between their
// bounds: where one is at a bound, a pull up and a pull down are not alike.
func small(t *testing.T, e EqProp) learning.Learner {
	s := learningtest.Setting(t, learningtest.Dense(6), 8, 1)
	l, err := e.New(context.Background(), s)
	require.NoError(t, err)
	for _, layer := range l.Layers() {
		for _, p := range layer.Parameters() {
			for i, v := range p.Values() {
				p.Values()[i] = 0.3 * v
				if p.Weights == nil {
					p.Values()[i] = 0.4
				}
			}
		}
	}
	return l
}

// derivative is what every weight changes by in a step of rate 1, but for its
// sign.
func derivative(t *testing.T, e EqProp, b learning.Batch) [][]float32 {
	l := small(t, e)
	var before, out [][]float32
	for _, layer := range l.Layers() {
		before = append(before, append([]float32(nil), layer.Parameters()[0].Values()...))
	}
	_, err := l.Learn(context.Background(), learning.Step{Rate: 1, Epochs: 1}, b)
	require.NoError(t, err)
	for i, layer := range l.Layers() {
		d := layer.Parameters()[0].Values()
		g := make([]float32, len(d))
		for k := range d {
			g[k] = before[i][k] - d[k]
		}
		out = append(out, g)
	}
	return out
}

// loss is that of the free state, mean over the batch, with weight k of a layer
// moved; the states are settled in double precision.
func loss(t *testing.T, b learning.Batch, layer, k int, by float64) float64 {
	l := small(t, settings(0.1))
	var w [2][]float64
	for i, layer := range l.Layers() {
		for _, v := range layer.Parameters()[0].Values() {
			w[i] = append(w[i], float64(v))
		}
	}
	w[layer][k] += by
	in, hidden, out := learningtest.Side*learningtest.Side, 6, learningtest.Classes
	clip := func(x float64) float64 { return math.Min(math.Max(x, 0), 1) }
	total := 0.0
	for r := range b.N {
		h, o := make([]float64, hidden), make([]float64, out)
		for range 2000 {
			nh, no := make([]float64, hidden), make([]float64, out)
			for j := range nh {
				sum := 0.4 // the bias
				for i := range in {
					sum += float64(b.X[r*in+i]) * w[0][i*hidden+j]
				}
				for c := range o {
					sum += o[c] * w[1][j*out+c]
				}
				nh[j] = clip(h[j] + 0.5*(sum-h[j]))
			}
			for c := range no {
				sum := 0.4
				for j := range h {
					sum += h[j] * w[1][j*out+c]
				}
				no[c] = clip(o[c] + 0.5*(sum-o[c]))
			}
			h, o = nh, no
		}
		for c, v := range o {
			y := 0.0
			if int(b.Y[r]) == c {
				y = 1
			}
			total += (v - y) * (v - y) / 2
		}
	}
	return total / float64(b.N)
}

func settings(beta float64) EqProp {
	e := *learningtest.Rule(Entry()).(*EqProp)
	e.Beta, e.Rate, e.FreeSteps, e.NudgedSteps = beta, 1, 400, 400
	return e
}

// As the pull weakens, what is learned by becomes the derivative of the loss of
// the free state; with both signs its error falls with the square of the pull.
func TestDerivativeAsThePullWeakens(t *testing.T) {
	var b learning.Batch
	learningtest.Quadrants{N: 8, Seed: 3}.Fill(-1, []int32{0, 1, 2, 3, 4, 5}, &b)
	fine := derivative(t, settings(0.02), b)
	compared := 0
	for layer := range fine {
		for k := 0; k < len(fine[layer]); k += 1 + len(fine[layer])/12 {
			const h = 1e-4
			want := (loss(t, b, layer, k, h) - loss(t, b, layer, k, -h)) / (2 * h)
			require.InDelta(t, want, fine[layer][k], 2e-3+0.03*math.Abs(want), "layer %d, weight %d", layer, k)
			if math.Abs(want) > 1e-3 {
				compared++
			}
		}
	}
	require.Greater(t, compared, 3, "derivatives that are not 0")
}

// Without the second sign the error falls with the pull itself: the symmetric
// rule is the better one at the same pull.
func TestSymmetricPullIsMoreExact(t *testing.T) {
	var b learning.Batch
	learningtest.Quadrants{N: 8, Seed: 3}.Fill(-1, []int32{0, 1, 2, 3, 4, 5}, &b)
	fine := derivative(t, settings(0.02), b)
	away := func(e EqProp) (sum float64) {
		for i, g := range derivative(t, e, b) {
			for k := range g {
				d := float64(g[k] - fine[i][k])
				sum += d * d
			}
		}
		return math.Sqrt(sum)
	}
	one := settings(0.1)
	one.Symmetric = false
	require.Less(t, 3*away(settings(0.1)), away(one))
}

// With both signs the error of the derivative falls with the square of the pull,
// without with the pull itself (Laborieux et al. 2021, equations 8 and 10): half
// of the pull leaves a quarter, or a half.
func TestErrorFallsWithThePull(t *testing.T) {
	var b learning.Batch
	learningtest.Quadrants{N: 8, Seed: 3}.Fill(-1, []int32{0, 1, 2, 3, 4, 5}, &b)
	for symmetric, want := range map[bool]float64{true: 4, false: 2} {
		at := func(beta float64) [][]float32 {
			e := settings(beta)
			e.Symmetric = symmetric
			return derivative(t, e, b)
		}
		// Of errors c beta^p the differences have the same ratio.
		apart := func(x, y [][]float32) (sum float64) {
			for i := range x {
				for k := range x[i] {
					d := float64(x[i][k] - y[i][k])
					sum += d * d
				}
			}
			return math.Sqrt(sum)
		}
		one, half, quarter := at(0.2), at(0.1), at(0.05)
		require.InDelta(t, want, apart(one, half)/apart(half, quarter), 0.15*want, "symmetric %t", symmetric)
	}
}

func TestRatesOfLayers(t *testing.T) {
	var b learning.Batch
	learningtest.Quadrants{N: 8, Seed: 3}.Fill(-1, []int32{0, 1, 2, 3}, &b)
	s := learningtest.Setting(t, learningtest.Dense(6), 8, 1)
	e := settings(0.2)
	one := derivative(t, e, b)
	e.Rates = []float64{0.5, 2}
	require.NoError(t, e.Check(s))
	for i, g := range derivative(t, e, b) {
		for k := range g {
			require.InDelta(t, e.Rates[i]*float64(one[i][k]), g[k], 1e-6, "layer %d", i)
		}
	}
	e.Rates = []float64{1}
	require.ErrorContains(t, e.Check(s), "has 1 rates, there are 2 layers")
}
