package backprop_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/backprop"
	"github.com/synohm/synohm/learning/learningtest"
	"github.com/synohm/synohm/sim"
)

func batch(n int) (b learning.Batch) {
	index := make([]int32, n)
	for i := range index {
		index[i] = int32(i)
	}
	learningtest.Quadrants{N: n, Seed: 3}.Fill(-1, index, &b)
	return b
}

// The derivative along some values of every parameter is that of central
// differences of the loss.
func TestGradientIsThatOfTheLoss(t *testing.T) {
	for _, square := range []bool{false, true} {
		for _, slope := range []float64{0, 0.1} {
			t.Run(fmt.Sprintf("square=%t slope=%g", square, slope), func(t *testing.T) {
				ctx := context.Background()
				s := learningtest.Setting(t, learningtest.Dense(9, 7), 4, 2)
				n, err := backprop.NewNetwork(ctx, s, slope, square)
				require.NoError(t, err)
				b := batch(6)
				layers := n.Layers()
				sums := make([]*backprop.Sums, len(layers))
				loss := func() float64 {
					for i := range sums {
						sums[i] = backprop.NewSums(layers[i], 2)
					}
					l, err := n.Gradient(ctx, sim.Key{}, b.N, b.X, b.Y, func(i int) sim.Changer { return sums[i] })
					require.NoError(t, err)
					return l
				}
				loss()
				found := append([]*backprop.Sums(nil), sums...)
				for i, l := range layers {
					for k, p := range l.Parameters() {
						v := p.Values()
						for _, j := range []int{0, len(v) / 3, len(v) - 1} {
							const h = 1e-3
							kept := v[j]
							v[j] = kept + h
							up := loss()
							v[j] = kept - h
							down := loss()
							v[j] = kept
							require.InDelta(t, (up-down)/(2*h), found[i].Of[k][j], 6e-3+0.02*math.Abs(float64(found[i].Of[k][j])), "layer %d, %s %d", i, p.Name, j)
						}
					}
				}
			})
		}
	}
}

// What the rules learn by comes to point where the true derivative does.
func TestFeedbackAligns(t *testing.T) {
	settings := func() backprop.Alignment {
		a := learningtest.Rule(backprop.FAEntry()).(*backprop.FA).Alignment
		a.AngleEvery = 1
		return a
	}
	for name, rule := range map[string]learning.Rule{"fa": &backprop.FA{Alignment: settings()}, "dfa": &backprop.DFA{Alignment: settings()}} {
		t.Run(name, func(t *testing.T) {
			s := learningtest.Setting(t, learningtest.Dense(40, 30), 6, 2)
			s.Epochs = 40
			tr := learningtest.Training(t, rule, s, 200)
			first, last := map[int]float64{}, map[int]float64{}
			tr.After = func(_ context.Context, e learning.Epoch) error {
				for _, v := range e.Values {
					require.Equal(t, "angle", v.Name)
					if e.Epoch == 1 {
						first[v.Layer] = v.Value
					}
					last[v.Layer] = v.Value
				}
				return nil
			}
			require.NoError(t, tr.Run(context.Background()))
			require.Len(t, last, 2)
			for layer, angle := range last {
				require.Less(t, angle, 80.0, "layer %d", layer)
				require.Less(t, angle, first[layer], "layer %d", layer)
			}
		})
	}
}
