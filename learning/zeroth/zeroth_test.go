package zeroth

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/learningtest"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
)

// small is a network of 64 x 3 x 4 units with a batch.
func small(t *testing.T, rule learning.Rule, numbersOn string) (*learner, learning.Batch) {
	s := learningtest.Setting(t, learningtest.Dense(3), 3, 2)
	if numbersOn != "ideal" {
		q := &synapses.Quantised{}
		config.Defaults(q, nil)
		q.Bits = 8
		sub, err := synapses.New(numbersOn, q)
		require.NoError(t, err)
		s.Make.(*learningtest.Maker).Substrate, s.Numbers = sub, false
	}
	require.NoError(t, rule.Check(s))
	l, err := rule.New(context.Background(), s)
	require.NoError(t, err)
	var b learning.Batch
	index := make([]int32, 20)
	for i := range index {
		index[i] = int32(i)
	}
	learningtest.Quadrants{N: 20, Seed: 1}.Fill(0, index, &b)
	return l.(*learner), b
}

var plainSGD = &optimise.SGD{}

func settings(rate float64, queries int) Settings {
	s := Settings{Rate: rate, Queries: queries, Gain: 1}
	s.Optimiser.Kind, s.Optimiser.Value = "sgd", plainSGD
	return s
}

func zo(rate float64, queries int, law string) ZO {
	return ZO{settings(rate, queries), Difference{Epsilon: 0.001, Direction: law}}
}

// oracle is the loss of the network in float64, written down without layers.
func oracle(w [][]float64, b learning.Batch) float64 {
	const in, hidden, classes = 64, 3, 4
	sum := 0.0
	for r := range b.N {
		var s [classes]float64
		copy(s[:], w[3])
		for j := range hidden {
			z := w[1][j]
			for i := range in {
				z += float64(b.X[r*in+i]) * w[0][i*hidden+j]
			}
			for c := range classes {
				s[c] += math.Max(z, 0) * w[2][j*classes+c]
			}
		}
		total := 0.0
		for _, x := range s {
			total += math.Exp(x)
		}
		sum += math.Log(total) - s[b.Y[r]]
	}
	return sum / float64(b.N)
}

func wide(l *learner) (w [][]float64) {
	for _, p := range l.params {
		var v []float64
		for _, x := range p.Values() {
			v = append(v, float64(x))
		}
		w = append(w, v)
	}
	return w
}

// gradient is that of the oracle by central differences.
func gradient(l *learner, b learning.Batch) (g [][]float64) {
	w := wide(l)
	const h = 1e-5
	for i := range w {
		d := make([]float64, len(w[i]))
		for k := range d {
			at := w[i][k]
			w[i][k] = at + h
			d[k] = oracle(w, b)
			w[i][k] = at - h
			d[k] = (d[k] - oracle(w, b)) / (2 * h)
			w[i][k] = at
		}
		g = append(g, d)
	}
	return g
}

// The mean of many estimates is the gradient. The variance of one is known:
// |g|^2 + g_i^2 for normal directions, |g|^2 - g_i^2 for signs, so that errors
// over their spread have a mean square of 1.
func TestEstimatesAreUnbiased(t *testing.T) {
	const queries = 3000
	normal, sign := zo(1, queries, "normal"), zo(1, queries, "rademacher")
	for name, c := range map[string]struct {
		rule learning.Rule
		own  float64
	}{
		"normal":       {&normal, 1},
		"rademacher":   {&sign, -1},
		"spsa":         {&SPSA{Settings: settings(1, queries), Epsilon: 0.001, Gamma: 0.101}, -1},
		"forward-grad": {&ForwardGrad{settings(1, queries), "normal"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			l, b := small(t, c.rule, "ideal")
			want := gradient(l, b)
			at := learning.Step{Number: 4, Epochs: 1, Rate: 1}
			l.begin(at)
			loss, err := l.estimate(context.Background(), at, b)
			require.NoError(t, err)
			require.InEpsilon(t, oracle(wide(l), b), loss, 1e-3)
			norm := 0.0
			for _, g := range want {
				for _, x := range g {
					norm += x * x
				}
			}
			chi, dot, size := 0.0, 0.0, 0.0
			for i, g := range want {
				for k, x := range g {
					e := float64(l.g[i][k])
					chi += (e - x) * (e - x) / ((norm + c.own*x*x) / queries)
					dot += e * x
					size += e * e
				}
			}
			n := float64(l.size)
			require.InDelta(t, 1, chi/n, 6*math.Sqrt(2/n))
			require.Greater(t, dot/math.Sqrt(size*norm), 0.9, "cosine to the gradient")
		})
	}
}

// The tangent along a direction is the derivative of the oracle along it.
func TestTangentsAreDerivatives(t *testing.T) {
	rule := &ForwardGrad{settings(1, 1), "normal"}
	l, b := small(t, rule, "ideal")
	g := gradient(l, b)
	for step := range uint32(20) {
		at := learning.Step{Number: step, Epochs: 1, Rate: 1}
		l.begin(at)
		_, err := l.estimate(context.Background(), at, b)
		require.NoError(t, err)
		slope, size := 0.0, 0.0
		for i := range g {
			for k, x := range g[i] {
				slope += x * float64(l.direction[i][k])
				size += x * x
			}
		}
		for i := range g {
			for k, u := range l.direction[i] {
				require.InDelta(t, slope*float64(u), l.g[i][k], 1e-4*math.Sqrt(size)*(1+math.Abs(float64(u))))
			}
		}
	}
}

// What was moved and brought back has the bits that it had.
func TestParametersReturnExactly(t *testing.T) {
	normal := zo(1, 7, "normal")
	for _, rule := range []learning.Rule{&normal, &ForwardGrad{settings(1, 7), "normal"}} {
		l, b := small(t, rule, "ideal")
		before := sim.CopyValues(l.params[0].Values())
		at := learning.Step{Epochs: 1, Rate: 1}
		l.begin(at)
		_, err := l.estimate(context.Background(), at, b)
		require.NoError(t, err)
		require.Equal(t, before, l.params[0].Values())
		if _, forward := rule.(*ForwardGrad); !forward {
			require.EqualValues(t, 14, l.passes[0])
		} else {
			require.EqualValues(t, 8, l.passes[0])
		}
	}
}

// Signs move every parameter as far, against the estimate of zo-sgd.
func TestSignKeepsSignsAlone(t *testing.T) {
	plain := zo(0.25, 3, "normal")
	one, b := small(t, &plain, "ideal")
	two, _ := small(t, &Sign{plain}, "ideal")
	from := wide(one)
	at := learning.Step{Epochs: 1, Rate: 1}
	for _, l := range []*learner{one, two} {
		_, err := l.Learn(context.Background(), at, b)
		require.NoError(t, err)
	}
	by, signs := wide(one), wide(two)
	for i := range from {
		for k, w := range from[i] {
			require.InDelta(t, 0.25, math.Abs(signs[i][k]-w), 1e-6)
			if moved := by[i][k] - w; math.Abs(moved) > 1e-6 {
				require.Equal(t, moved > 0, signs[i][k] > w)
			}
		}
	}
}

// The loss of the batch that a step is made of never rises, and a step that
// leads nowhere is not taken, to the bit.
func TestConserveNeverGoesUp(t *testing.T) {
	for _, rate := range []float64{0.01, 1e6} {
		c := &Conserve{zo(rate, 2, "normal")}
		l, b := small(t, c, "ideal")
		before := sim.CopyValues(l.params[0].Values())
		last := oracle(wide(l), b)
		for step := range uint32(10) {
			_, err := l.Learn(context.Background(), learning.Step{Number: step, Epochs: 1, Rate: 1}, b)
			require.NoError(t, err)
			now := oracle(wide(l), b)
			require.LessOrEqual(t, now, last+1e-6)
			last = now
		}
		if rate > 1 {
			require.Equal(t, before, l.params[0].Values())
		} else {
			require.NotEqual(t, before, l.params[0].Values())
		}
	}
}

// The steps of SPSA shrink as Spall's a_k: 10 steps of an epoch, 2 epochs, and a
// stability of 0.5 make A = 10, so that step 11 is (11 / 22)^0.602 of the first.
func TestStepsOfSPSAShrink(t *testing.T) {
	rule := &SPSA{Settings: settings(1, 1), Epsilon: 0.01, Alpha: 0.602, Stability: 0.5}
	s := learningtest.Setting(t, learningtest.Dense(3), 3, 1)
	s.Epochs = 2
	l, err := rule.New(context.Background(), s)
	require.NoError(t, err)
	gain := l.(*learner).gain
	require.Equal(t, 1.0, gain(learning.Step{}))
	require.InDelta(t, math.Pow(0.5, 0.602), gain(learning.Step{Number: 11}), 1e-12)
}

// Directions have mean 0 and variance 1, and differ from step to step, query to
// query.
func TestDirections(t *testing.T) {
	plain := zo(1, 1, "normal")
	l, _ := small(t, &plain, "ideal")
	for _, law := range []string{"normal", "rademacher"} {
		sum, square, cross, n := 0.0, 0.0, 0.0, 0.0
		other := l.vector()
		for step := range uint32(50) {
			l.draw(law, step, 0, l.direction)
			l.draw(law, step, 1, other)
			for i, u := range l.direction {
				for k, x := range u {
					sum, square, cross, n = sum+float64(x), square+float64(x*x), cross+float64(x*other[i][k]), n+1
				}
			}
		}
		spread := 5 / math.Sqrt(n)
		require.InDelta(t, 0, sum/n, spread, law)
		require.InDelta(t, 1, square/n, math.Sqrt2*spread, law)
		require.InDelta(t, 0, cross/n, spread, law)
	}
}

// Numbers of few bits have no memory that may be written: they are moved by
// changes. What needs their values is refused.
func TestOtherSubstrates(t *testing.T) {
	plain := zo(0.05, 5, "rademacher")
	plain.Epsilon = 0.05
	l, b := small(t, &plain, "quantised")
	require.Nil(t, l.params[0].Values())
	var first, last float64
	for step := range uint32(60) {
		r, err := l.Learn(context.Background(), learning.Step{Number: step, Epochs: 1, Rate: 1}, b)
		require.NoError(t, err)
		if step == 0 {
			first = r.Loss
		}
		last = r.Loss
	}
	require.Less(t, last, 0.8*first)

	s := learningtest.Setting(t, learningtest.Dense(3), 3, 1)
	s.Numbers = false
	require.ErrorContains(t, (&ForwardGrad{settings(1, 1), "normal"}).Check(s), "take the substrate ideal")
	decays := zo(1, 1, "normal")
	decays.Optimiser.Value = &optimise.SGD{Decay: 0.1}
	require.ErrorContains(t, decays.Check(s), "leave decay out")
}
