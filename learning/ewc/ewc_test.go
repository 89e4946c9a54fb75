package ewc

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/learningtest"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/sim"
)

func settings() *EWC {
	e := &EWC{Rate: 0.1, Lambda: 7, Fisher: "sampled", Examples: 200, Anchors: "each"}
	e.Optimiser.Kind, e.Optimiser.Value = "sgd", &optimise.SGD{}
	return e
}

func network(t *testing.T, e *EWC, sizes ...int) *learner {
	s := learningtest.Setting(t, learningtest.Dense(sizes...), 3, 2)
	require.NoError(t, e.Check(s))
	l, err := e.New(context.Background(), s)
	require.NoError(t, err)
	return l.(*learner)
}

var images = learningtest.Quadrants{N: 400, Seed: 1}

func batch(n int) (b learning.Batch) {
	index := make([]int32, n)
	for i := range index {
		index[i] = int32(i)
	}
	images.Fill(0, index, &b)
	return b
}

// outputs are the probabilities of a network without hidden layers, in float64,
// written down without it.
func outputs(l *learner, x []float32) [learningtest.Classes]float64 {
	const classes = learningtest.Classes
	p := l.layers[0].params
	var out [classes]float64
	sum := 0.0
	for j := range out {
		z := float64(p[1].Values()[j])
		for i, v := range x {
			z += float64(v) * float64(p[0].Values()[i*classes+j])
		}
		out[j] = math.Exp(z)
		sum += out[j]
	}
	for j := range out {
		out[j] /= sum
	}
	return out
}

// Of a softmax without hidden layers, d log p(y) / d W_ij = x_i (y_j - p_j). With
// the labels of the data F is exact; with drawn ones its mean is that of
// x_i^2 p_j (1 - p_j), with a spread that is known too.
func TestFisherOfSoftmax(t *testing.T) {
	const in, classes = learningtest.Side * learningtest.Side, learningtest.Classes
	for _, kind := range []string{"labels", "sampled"} {
		t.Run(kind, func(t *testing.T) {
			e := settings()
			e.Fisher, e.Examples = kind, images.N
			l := network(t, e)
			want, spread := make([]float64, (in+1)*classes), make([]float64, (in+1)*classes)
			b := batch(images.N)
			for r := range b.N {
				x := b.X[r*in : (r+1)*in]
				for j, p := range outputs(l, x) {
					square, variance := p*(1-p), p*(1-p)*(1-2*p)*(1-2*p)
					if kind == "labels" {
						y := 0.0
						if int(b.Y[r]) == j {
							y = 1
						}
						square, variance = (p-y)*(p-y), 0
					}
					for i := range in + 1 {
						v := 1.0
						if i < in {
							v = float64(x[i])
						}
						want[i*classes+j] += v * v * square / float64(b.N)
						spread[i*classes+j] += v * v * v * v * variance / float64(b.N*b.N)
					}
				}
			}
			require.NoError(t, l.EndTask(context.Background(), 0, images))
			got := append(append([]float32{}, l.layers[0].strength[0]...), l.layers[0].strength[1]...)
			chi := 0.0
			for k := range want {
				require.InDelta(t, want[k], got[k], 1e-5+5*math.Sqrt(spread[k]))
				if kind == "sampled" {
					chi += (want[k] - float64(got[k])) * (want[k] - float64(got[k])) / spread[k] / float64(len(want))
				}
			}
			if kind == "sampled" {
				require.Greater(t, chi, 0.3, "the labels are drawn")
			}
		})
	}
}

// The derivative that is added is that of lambda/2 sum F (w - w*)^2 by central
// differences, with F and w* kept by the test.
func TestPenaltyIsDifferentiated(t *testing.T) {
	for _, anchors := range []string{"each", "last"} {
		t.Run(anchors, func(t *testing.T) {
			e := settings()
			e.Anchors = anchors
			l := network(t, e, 5)
			h := l.layers[0]
			w := h.params[0].Values()
			var stars, fishers [][]float64
			b := batch(20)
			for task := range 2 {
				for step := range uint32(20) {
					_, err := l.Learn(context.Background(), learning.Step{Number: step, Epochs: 1, Rate: 1}, b)
					require.NoError(t, err)
				}
				before := append([]float32{}, h.strength[0]...)
				require.NoError(t, l.EndTask(context.Background(), task, images))
				var star, f []float64
				for i, x := range w {
					star, f = append(star, float64(x)), append(f, float64(h.strength[0][i])-float64(before[i]))
				}
				stars, fishers = append(stars, star), append(fishers, f)
			}
			penalty := func(i int, at float64) (sum float64) {
				for k := range stars {
					star := stars[k][i]
					if anchors == "last" {
						star = stars[1][i]
					}
					sum += fishers[k][i] * (at - star) * (at - star)
				}
				return e.Lambda / 2 * sum
			}
			_, err := l.Learn(context.Background(), learning.Step{Number: 100, Epochs: 1, Rate: 10}, b)
			require.NoError(t, err)
			clear(h.g[0])
			squares := h.penalty(e.Lambda, 3)
			require.Positive(t, squares)
			largest := 0.0
			for i, x := range w {
				const step = 1e-3
				slope := 3 * (penalty(i, float64(x)+step) - penalty(i, float64(x)-step)) / (2 * step)
				require.InDelta(t, slope, h.g[0][i], 1e-6)
				largest = max(largest, math.Abs(slope))
			}
			require.Greater(t, largest, 1e-3, "the weights are away from the anchors")
		})
	}
}

// Springs hold: with a large lambda the weights that matter stay, without one they
// go.
func TestStrongSpringsHold(t *testing.T) {
	moved := map[float64]float64{}
	for _, lambda := range []float64{0, 100} {
		e := settings()
		e.Lambda, e.Rate = lambda, 0.05
		l := network(t, e)
		require.NoError(t, l.EndTask(context.Background(), 0, images))
		w := l.layers[0].params[0].Values()
		star := append([]float32{}, w...)
		b := batch(40)
		for step := range uint32(100) {
			_, err := l.Learn(context.Background(), learning.Step{Number: step, Epochs: 1, Rate: 1}, b)
			require.NoError(t, err)
		}
		for i, f := range l.layers[0].strength[0] {
			d := float64(w[i]) - float64(star[i])
			moved[lambda] += float64(f) * d * d
		}
	}
	require.Less(t, moved[100], moved[0]/20)
}

// Without a pull it is backpropagation: the loss falls, and nothing is added.
func TestWithoutLambdaNothingIsAdded(t *testing.T) {
	e := settings()
	e.Lambda = 0
	l := network(t, e, 5)
	require.NoError(t, l.EndTask(context.Background(), 0, images))
	r, err := l.Learn(context.Background(), learning.Step{Epochs: 1, Rate: 1}, batch(20))
	require.NoError(t, err)
	require.Zero(t, r.Values[0].Value)
}

func TestRefusals(t *testing.T) {
	s := learningtest.Setting(t, learningtest.Dense(3), 3, 1)
	s.Numbers = false
	require.ErrorContains(t, settings().Check(s), "take the substrate ideal")
	require.False(t, dense(bare{}))
}

// bare is a layer without parameters.
type bare struct{ sim.Layer }

func (bare) Parameters() []*sim.Parameter { return nil }
