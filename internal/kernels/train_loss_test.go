package kernels

import (
	"math"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSoftmaxCrossEntropy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		classes := rapid.IntRange(1, 40).Draw(t, "classes")
		rows := rapid.IntRange(0, 5).Draw(t, "rows")
		scores := rapid.SliceOfN(rapid.Float32Range(-50, 50), rows*classes, rows*classes).Draw(t, "scores")
		labels := make([]uint8, rows)
		for r := range labels {
			labels[r] = uint8(rapid.IntRange(0, classes-1).Draw(t, "label"))
		}
		d, loss := make([]float32, len(scores)), make([]float64, rows)
		SoftmaxCrossEntropy(scores, classes, labels, d, loss)
		for r, label := range labels {
			row, sum := scores[r*classes:][:classes], 0.0
			for _, x := range row {
				sum += math.Exp(float64(x)) // no overflow below 51
			}
			want := math.Log(sum) - float64(row[label])
			require.InDelta(t, want, loss[r], 1e-13*(1+math.Abs(want)+50))
			require.GreaterOrEqual(t, loss[r], 0.0)
			for c, x := range row {
				p := math.Exp(float64(x)) / sum
				if c == int(label) {
					p--
				}
				require.InDelta(t, p, d[r*classes+c], 1e-7)
			}
		}
		SoftmaxCrossEntropy(scores, classes, labels, scores, loss)
		require.Equal(t, d, scores, "in place")
	})
}

func TestSoftmaxCrossEntropyAtTheEnds(t *testing.T) {
	inf := float32(math.Inf(1))
	d, loss := make([]float32, 2), make([]float64, 1)
	SoftmaxCrossEntropy([]float32{3e38, -3e38}, 2, []uint8{0}, d, loss)
	require.Equal(t, []float32{0, 0}, d)
	require.Zero(t, loss[0])
	SoftmaxCrossEntropy([]float32{1000, 0}, 2, []uint8{1}, d, loss)
	require.Equal(t, []float32{1, -1}, d)
	require.Equal(t, 1000.0, loss[0])
	SoftmaxCrossEntropy([]float32{0, -inf}, 2, []uint8{0}, d, loss)
	require.Zero(t, loss[0])
	for _, bad := range []float32{float32(math.NaN()), inf} { // of a network that diverged
		SoftmaxCrossEntropy([]float32{0, bad}, 2, []uint8{0}, d, loss)
		require.True(t, math.IsNaN(loss[0]))
		require.False(t, Finite(d))
	}
}

func TestSigmoidAndSoftplus(t *testing.T) {
	x := []float32{-1000, -90, -20, -1, -1e-10, 0, 0.5, 3, 30, 1000}
	y, z := make([]float32, len(x)), make([]float32, len(x))
	Sigmoid(y, x)
	Softplus(z, x)
	for i, v := range x {
		v := float64(v)
		require.InEpsilon(t, 1+1/(1+math.Exp(-v)), 1+float64(y[i]), 1e-7)
		softplus := math.Max(v, 0) + math.Log1p(math.Exp(-math.Abs(v)))
		require.InDelta(t, softplus, z[i], 1e-7*softplus+1e-44)
	}
	nan := []float32{float32(math.NaN())}
	Sigmoid(nan, nan)
	require.True(t, nan[0] != nan[0])
	Softplus(nan, nan)
	require.True(t, nan[0] != nan[0])
}

func TestParallelTakesEveryNumberOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		workers, n, grain := rapid.IntRange(0, 8).Draw(t, "workers"), rapid.IntRange(0, 200).Draw(t, "n"), rapid.IntRange(0, 60).Draw(t, "grain")
		times := make([]int32, n)
		var ranges, short atomic.Int32
		Parallel(workers, n, grain, func(lo, hi int) {
			ranges.Add(1)
			if hi-lo < min(grain, n) {
				short.Add(1)
			}
			for i := lo; i < hi; i++ {
				atomic.AddInt32(&times[i], 1)
			}
		})
		require.LessOrEqual(t, ranges.Load(), int32(max(1, workers)))
		require.Zero(t, short.Load())
		for i := range times {
			require.Equal(t, int32(1), times[i])
		}
	})
}
