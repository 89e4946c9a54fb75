package scalable

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/learningtest"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/neurons/layers"
	"github.com/synohm/synohm/sim"
)

func conv(channels, kernel, pad int) layers.Spec {
	return &layers.Conv{Channels: channels, Window: layers.Window{Kernel: kernel, Stride: 1, Pad: pad}, Init: layers.Init{Draw: "normal", Gain: 1.4}}
}

func pool() layers.Spec { return &layers.Pool{Of: "max", Kernel: 2} }

func stack() []layers.Spec {
	return append([]layers.Spec{conv(4, 3, 1), pool(), conv(6, 3, 1), pool()}, learningtest.Dense(10, 8)...)
}

func made(t *testing.T, rule *Conv, specs []layers.Spec) *learner {
	s := learningtest.Setting(t, specs, 5, 2)
	require.NoError(t, rule.Check(s))
	l, err := rule.New(context.Background(), s)
	require.NoError(t, err)
	return l.(*learner)
}

func plain(rule Conv) *Conv {
	rule.Optimiser = config.Variant{Kind: "sgd", Value: &optimise.SGD{}}
	return &rule
}

func batch(n int) (b learning.Batch) {
	index := make([]int32, n)
	for i := range index {
		index[i] = int32(i)
	}
	learningtest.Quadrants{N: n, Seed: 3}.Fill(0, index, &b)
	return b
}

func names(l *learner) (out [][]string) {
	for _, b := range l.blocks {
		var of []string
		for _, layer := range b.stack.Layers {
			of = append(of, layer.Name())
		}
		out = append(out, of)
	}
	return out
}

// Layers without weights belong to the block before them; those that begin a
// network, to the first.
func TestBlocks(t *testing.T) {
	require.Equal(t, [][]string{{"a", "b"}, {"c", "d"}, {"e"}, {"f"}}, names(made(t, plain(Conv{Block: 1, AuxKernel: 1}), stack())))
	require.Equal(t, [][]string{{"a", "b", "c", "d"}, {"e", "f"}}, names(made(t, plain(Conv{Block: 2, AuxKernel: 1}), stack())))
	require.Equal(t, [][]string{{"a", "b", "c", "d", "e"}, {"f"}}, names(made(t, plain(Conv{Block: 3, AuxKernel: 1}), stack())))
	require.Equal(t, [][]string{{"a", "b"}, {"c"}}, names(made(t, plain(Conv{Block: 1, AuxKernel: 1}), []layers.Spec{pool(), conv(2, 3, 0), conv(2, 2, 0)})))

	_, err := plain(Conv{Block: 1, AuxKernel: 1}).New(context.Background(), learningtest.Setting(t, []layers.Spec{pool()}, 1, 1))
	require.ErrorContains(t, err, "no layer has weights")
}

// The auxiliary kernel is no larger than the block's output; on one place it is
// a dense layer with a unit for every class.
func TestAuxiliaryLayersFit(t *testing.T) {
	l := made(t, plain(Conv{Block: 1, AuxKernel: 3}), stack())
	var got []sim.Extent
	for _, b := range l.blocks {
		got = append(got, b.aux.Out())
	}
	require.Equal(t, []sim.Extent{{Rows: 2, Cols: 2, Channels: 4}, {Rows: 1, Cols: 1, Channels: 4}, {Rows: 1, Cols: 1, Channels: 4}, {Rows: 1, Cols: 1, Channels: 4}}, got)
	targets, sources := l.blocks[2].aux.Parameters()[0].Weights.Shape()
	require.Equal(t, [2]int{4, 10}, [2]int{targets, sources})
}

// Goodness and loss by their definition, and the derivative by differences.
func TestGoodness(t *testing.T) {
	const n, classes, places = 5, 3, 4
	r := rand.New(rand.NewPCG(1, 1))
	z, labels := make([]float32, n*places*classes), []uint8{0, 1, 2, 1, 0}
	for i := range z {
		z[i] = float32(r.NormFloat64())
	}
	loss := func(z []float32) (sum float64) {
		for i := range n {
			var g [classes]float64
			total := 0.0
			for c := range g {
				for p := range places {
					v := float64(z[(i*places+p)*classes+c])
					g[c] += v * v / places
				}
				total += math.Exp(g[c])
			}
			sum += math.Log(total) - g[labels[i]]
		}
		return sum
	}
	s := goodness{classes: classes, workers: 2}
	d := make([]float32, len(z))
	own := learning.Own{Batch: n, H: z, Units: places * classes, Labels: labels}
	require.InDelta(t, loss(z), s.Signal(own, d), 1e-5)
	const eps = 1e-3
	for i := range z {
		was := z[i]
		z[i] = was + eps
		up, high := loss(z), z[i]
		z[i] = was - eps
		down, low := loss(z), z[i]
		z[i] = was
		require.InDelta(t, (up-down)/float64(high-low), d[i], 1e-5)
	}
}

// A step changes every parameter along the derivative of the loss of its own
// block, and by nothing that comes from another.
func TestStepIsTheDerivativeOfItsBlock(t *testing.T) {
	ctx := context.Background()
	b := batch(12)
	for _, size := range []int{1, 2, 3} {
		rule := plain(Conv{Rate: 1, Block: size, AuxKernel: 2})
		l := made(t, rule, stack())
		losses := func(rate float64) (out []float64) {
			r, err := l.Learn(ctx, learning.Step{Rate: rate, Epochs: 1}, b)
			require.NoError(t, err)
			for _, v := range r.Values {
				if v.Name == "block_loss" {
					out = append(out, v.Value)
				}
			}
			return out
		}
		values := func(i int) (out [][]float32) {
			for _, layer := range append(l.blocks[i].stack.Layers[:len(l.blocks[i].stack.Layers):len(l.blocks[i].stack.Layers)], l.blocks[i].aux) {
				for _, p := range layer.Parameters() {
					out = append(out, p.Values())
				}
			}
			return out
		}
		var before [][][]float32
		for i := range l.blocks {
			var of [][]float32
			for _, v := range values(i) {
				of = append(of, append([]float32(nil), v...))
			}
			before = append(before, of)
		}
		losses(1)
		var steps [][][]float64
		for i := range l.blocks {
			var of [][]float64
			for j, v := range values(i) {
				g := make([]float64, len(v))
				for k := range v {
					g[k] = float64(before[i][j][k]) - float64(v[k])
				}
				copy(v, before[i][j])
				of = append(of, g)
			}
			steps = append(steps, of)
		}
		r := rand.New(rand.NewPCG(2, 2))
		for i := range l.blocks {
			for j, v := range values(i) {
				for range 4 {
					k := r.IntN(len(v))
					const eps = 2e-3
					was := v[k]
					v[k] = was + eps
					up := losses(0)[i]
					v[k] = was - eps
					down := losses(0)[i]
					v[k] = was
					require.InDelta(t, (up-down)/(2*eps), steps[i][j][k], 2e-3+0.02*math.Abs(steps[i][j][k]), "block %d, parameter %d", i+1, j)
				}
				moved := slices.ContainsFunc(steps[i][j], func(x float64) bool { return x != 0 })
				require.True(t, moved, "block %d, parameter %d stays", i+1, j)
			}
		}
	}
}

// Votes are the mean over blocks, or those of the last block.
func TestVotes(t *testing.T) {
	ctx := context.Background()
	b := batch(8)
	all := made(t, plain(Conv{Block: 1, AuxKernel: 1, Votes: "all"}), stack())
	last := made(t, plain(Conv{Block: 1, AuxKernel: 1, Votes: "last"}), stack())
	mean, ofLast := make([]float32, 8*learningtest.Classes), make([]float32, 8*learningtest.Classes)
	require.NoError(t, all.Scores(ctx, sim.Key{}, b, mean))
	require.NoError(t, last.Scores(ctx, sim.Key{}, b, ofLast))
	want := make([]float64, len(mean))
	for i, block := range all.blocks {
		g := make([]float32, len(mean))
		block.rule.of(8, block.z, g)
		for k, v := range g {
			want[k] += float64(v) / 4
		}
		if i == 3 {
			require.Equal(t, g, ofLast)
		}
	}
	for k, v := range want {
		require.InDelta(t, v, mean[k], 1e-5)
	}
}

// What goes on to the next block has mean 0 and variance 1.
func TestNormalise(t *testing.T) {
	x, y := []float32{1, 2, 3, 6}, make([]float32, 4)
	normalise(y, x)
	// Mean 3, variance 3.5.
	for i, v := range x {
		require.InDelta(t, (float64(v)-3)/math.Sqrt(3.5), y[i], 1e-5)
	}
	normalise(y, []float32{2, 2, 2, 2})
	require.Equal(t, []float32{0, 0, 0, 0}, y)
}

// The contract with blocks of two layers and a wider auxiliary kernel.
func TestContractOfLargerBlocks(t *testing.T) {
	rule := learningtest.Rule(ConvEntry()).(*Conv)
	rule.Block, rule.AuxKernel, rule.Votes, rule.Rate = 2, 2, "last", 0.005
	learningtest.Contract(t, rule, learningtest.Options{Specs: stack(), Error: 0.1})
}
