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
	"github.com/synohm/synohm/neurons/layers"
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
				all := n.Layers()
				sums := make([]*backprop.Sums, len(all))
				loss := func() float64 {
					for i := range sums {
						sums[i] = backprop.NewSums(all[i], 2)
					}
					l, err := n.Gradient(ctx, sim.Key{}, b.N, b.X, b.Y, func(i int) sim.Changer { return sums[i] })
					require.NoError(t, err)
					return l
				}
				loss()
				found := append([]*backprop.Sums(nil), sums...)
				for i, l := range all {
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

// stacks are layers of every kind, by name.
func stacks() map[string][]layers.Spec {
	init := layers.Init{Draw: "normal", Gain: 1}
	dense := learningtest.Dense(6)[0]
	conv := &layers.Conv{Channels: 3, Window: layers.Window{Kernel: 3, Stride: 1, Pad: 1}, Init: init}
	local := &layers.Local{Channels: 2, Window: layers.Window{Kernel: 3, Stride: 2}, Init: init}
	return map[string][]layers.Spec{
		"conv":         {conv, dense},
		"two convs":    {conv, &layers.Conv{Channels: 2, Window: layers.Window{Kernel: 3, Stride: 2}, Init: init}},
		"pool of max":  {conv, &layers.Pool{Of: "max", Kernel: 2}, dense},
		"pool of mean": {conv, &layers.Pool{Of: "mean", Kernel: 2}, dense},
		"local":        {local, dense},
		"conv, local":  {conv, local, dense},
	}
}

// The derivative is that of central differences, for layers of every kind. With
// units that are linear it is so for every parameter. Rectified ones have kinks,
// over which a parameter may move units of many places: there the whole vector is
// compared, by a seed that puts no unit onto its kink.
func TestGradientOfLayersOfEveryKind(t *testing.T) {
	used := map[string]bool{}
	for name, specs := range stacks() {
		for _, s := range specs {
			used[fmt.Sprintf("%T", s)] = true
		}
		for _, slope := range []float64{0.2, 1} {
			t.Run(fmt.Sprintf("%s, slope %g", name, slope), func(t *testing.T) { gradientOf(t, specs, slope) })
		}
	}
	for _, kind := range layers.Builtin() {
		require.True(t, used[fmt.Sprintf("%T", kind.Params)], "layers of kind %s are not looked at", kind.Name)
	}
}

func gradientOf(t *testing.T, specs []layers.Spec, slope float64) {
	ctx := context.Background()
	n, err := backprop.NewNetwork(ctx, learningtest.Setting(t, specs, 9, 2), slope, false)
	require.NoError(t, err)
	b := batch(3)
	all := n.Layers()
	sums := make([]*backprop.Sums, len(all))
	_, err = n.Gradient(ctx, sim.Key{}, b.N, b.X, b.Y, func(i int) sim.Changer {
		sums[i] = backprop.NewSums(all[i], 2)
		return sums[i]
	})
	require.NoError(t, err)
	loss := func() float64 {
		_, err := n.Forward(ctx, sim.Key{}, b.N, b.X)
		require.NoError(t, err)
		_, l := n.Error(b.Y)
		return l
	}
	loss()
	for _, h := range n.Hidden.H {
		for _, v := range h {
			require.Greater(t, math.Abs(float64(v)), 1e-5, "a unit at its kink has no derivative")
		}
	}
	for i, l := range all {
		var apart, size float64
		for k, p := range l.Parameters() {
			v := p.Values()
			for j := 0; j < len(v); j += 1 + len(v)/30 {
				const h = 5e-4 // losses are good to about 1e-6
				kept := v[j]
				v[j] = kept + h
				up := loss()
				v[j] = kept - h
				down := loss()
				v[j] = kept
				want, got := (up-down)/(2*h), float64(sums[i].Of[k][j])
				apart += (want - got) * (want - got)
				size += want * want
				if slope == 1 && !pools(specs) {
					require.InDelta(t, want, got, 2e-3+0.005*math.Abs(want), "layer %d, %s %d", i, p.Name, j)
				}
			}
		}
		require.LessOrEqual(t, math.Sqrt(apart), 0.01*math.Sqrt(size), "layer %d", i)
	}
}

// pools tells of pools that take the largest, which have kinks of their own.
func pools(specs []layers.Spec) bool {
	for _, s := range specs {
		if p, ok := s.(*layers.Pool); ok && p.Of == "max" {
			return true
		}
	}
	return false
}

func TestFeedbackAlignmentRefusesWhatIsNotDense(t *testing.T) {
	fa, dfa := learningtest.Rule(backprop.FAEntry()), learningtest.Rule(backprop.DFAEntry())
	specs := stacks()["two convs"]
	s := learningtest.Setting(t, specs, 1, 1)
	require.ErrorContains(t, fa.Check(s), "layer 2 is not dense")
	require.NoError(t, dfa.Check(s))
	// As many channels as before may be a pool's, until the layer is made.
	same := []layers.Spec{specs[0], &layers.Conv{Channels: 3, Window: layers.Window{Kernel: 3, Stride: 1}, Init: layers.Init{Draw: "normal", Gain: 1}}}
	s = learningtest.Setting(t, same, 1, 1)
	require.NoError(t, fa.Check(s))
	_, err := fa.New(context.Background(), s)
	require.ErrorContains(t, err, "layer 2 is not dense")
	// Pools have no weights that fixed numbers could stand for.
	s = learningtest.Setting(t, stacks()["pool of max"], 1, 1)
	require.NoError(t, fa.Check(s))
	_, err = fa.New(context.Background(), s)
	require.NoError(t, err)
	// Nothing goes back through the first layer, which may be of any kind.
	s = learningtest.Setting(t, stacks()["conv"], 1, 1)
	require.NoError(t, fa.Check(s))
	_, err = fa.New(context.Background(), s)
	require.NoError(t, err)
}

// Direct feedback goes to layers of every kind.
func TestDirectFeedbackTrainsLayersOfEveryKind(t *testing.T) {
	rule := learningtest.Rule(backprop.DFAEntry()).(*backprop.DFA)
	rule.AngleEvery = 1
	specs := stacks()["pool of mean"]
	specs[0].(*layers.Conv).Channels = 8
	specs[2] = learningtest.Dense(30)[0]
	for seed := uint64(6); seed < 9; seed++ {
		s := learningtest.Setting(t, specs, seed, 2)
		s.Epochs = 25
		tr := learningtest.Training(t, rule, s, 200)
		var last learning.Epoch
		tr.After = func(_ context.Context, e learning.Epoch) error { last = e; return nil }
		require.NoError(t, tr.Run(context.Background()))
		require.Less(t, last.Test, 0.1, "seed %d", seed)
		require.Len(t, last.Values, 2, "pools have no angle")
	}
}
