package inputs_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/learning/inputs"
)

// even fails where counts that should be equal differ more than by chance, one
// in a million.
func even(t *testing.T, counts []int) {
	t.Helper()
	if len(counts) == 1 {
		return
	}
	n := 0
	for _, c := range counts {
		n += c
	}
	want, chi2 := float64(n)/float64(len(counts)), 0.0
	for _, c := range counts {
		chi2 += (float64(c) - want) * (float64(c) - want) / want
	}
	require.Less(t, chi2, distuv.ChiSquared{K: float64(len(counts) - 1)}.Quantile(1-1e-6), "%v", counts)
}

func TestShiftMovesEveryPixel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		rows, cols := rapid.IntRange(1, 7).Draw(r, "rows"), rapid.IntRange(1, 7).Draw(r, "cols")
		dx, dy := rapid.IntRange(-9, 9).Draw(r, "dx"), rapid.IntRange(-9, 9).Draw(r, "dy")
		x, out := make([]float32, rows*cols), make([]float32, rows*cols)
		for i := range x {
			x[i], out[i] = float32(i+1), -1
		}
		inputs.Shift(out, x, rows, cols, dx, dy)
		for i, got := range out {
			want := float32(0)
			if fr, fc := i/cols-dy, i%cols-dx; fr >= 0 && fr < rows && fc >= 0 && fc < cols {
				want = x[fr*cols+fc]
			}
			require.Equal(r, want, got, "row %d column %d", i/cols, i%cols)
		}
	})
}

func TestRandomShiftsAreAllAsLikely(t *testing.T) {
	counts := make([]int, 25)
	for i := range uint32(25_000) {
		dx, dy := inputs.RandomShift(inputs.Key{Seed: 2, Epoch: i % 5, Image: i}, 2)
		counts[(dy+2)*5+dx+2]++
	}
	even(t, counts)
	dx, dy := inputs.RandomShift(inputs.Key{Image: 9}, 0)
	require.Equal(t, [2]int{0, 0}, [2]int{dx, dy})
}

func TestLabelsInPixels(t *testing.T) {
	x := []float32{9, 9, 9, 9, 5}
	inputs.EmbedLabel(x, 2, 4, 0.5)
	require.Equal(t, []float32{0, 0, 0.5, 0, 5}, x)
	inputs.NeutralLabel(x, 4, 1)
	require.Equal(t, []float32{0.25, 0.25, 0.25, 0.25, 5}, x)
	require.NoError(t, inputs.CheckLabel(10, 10))
	require.ErrorContains(t, inputs.CheckLabel(9, 10), "a label of 10 classes")
	require.ErrorContains(t, inputs.CheckLabel(9, 1), "at least 2")
}

func TestWrongLabelsAreWrongAndAllAsLikely(t *testing.T) {
	for _, classes := range []int{2, 3, 10} {
		for label := range classes {
			counts := make([]int, classes)
			for i := range uint32(9_000) {
				counts[inputs.WrongLabel(inputs.Key{Seed: 3, Epoch: i % 7, Image: i}, label, classes)]++
			}
			require.Zero(t, counts[label])
			even(t, slices.Delete(counts, label, label+1))
		}
	}
}

func TestHardLabelsFollowTheirWeights(t *testing.T) {
	weights := []float32{0.5, 0, 0.1, 0.3, 0.1} // label 0 is true: 0.2, 0.6, 0.2 are left
	counts := make([]int, 5)
	const n = 50_000
	for i := range uint32(n) {
		counts[inputs.HardLabel(inputs.Key{Seed: 4, Image: i}, 0, weights)]++
	}
	require.Zero(t, counts[0])
	require.Zero(t, counts[1])
	chi2 := 0.0
	for i, p := range map[int]float64{2: 0.2, 3: 0.6, 4: 0.2} {
		chi2 += math.Pow(float64(counts[i])-p*n, 2) / (p * n)
	}
	require.Less(t, chi2, distuv.ChiSquared{K: 2}.Quantile(1-1e-6), "%v", counts)
	for _, none := range [][]float32{
		{1, 0, 0, 0},
		{0, float32(math.NaN()), 1, 0},
		{0, float32(math.Inf(1)), 1, 0},
		{0, -1, 1, 0},
	} {
		counts := make([]int, 4)
		for i := range uint32(6_000) {
			counts[inputs.HardLabel(inputs.Key{Image: i}, 0, none)]++
		}
		require.Zero(t, counts[0])
		even(t, counts[1:])
	}
}

func TestHardLabelIsNeverTrue(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		weights := rapid.SliceOfN(rapid.Float32(), 2, 12).Draw(r, "weights")
		label := rapid.IntRange(0, len(weights)-1).Draw(r, "label")
		got := inputs.HardLabel(inputs.Key{Image: rapid.Uint32().Draw(r, "image")}, label, weights)
		require.True(r, got >= 0 && got < len(weights) && got != label, got)
	})
}

func TestOtherIsNeverItself(t *testing.T) {
	counts := make([]int, 8)
	for i := range uint32(14_000) {
		counts[inputs.Other(inputs.Key{Seed: 5, Image: i}, 3, 8)]++
	}
	require.Zero(t, counts[3])
	even(t, slices.Delete(counts, 3, 4))
}

func TestPermutations(t *testing.T) {
	x, out, back := make([]float32, 784), make([]float32, 784), make([]float32, 784)
	for i := range x {
		x[i] = float32(i)
	}
	inputs.NewPermutation(1, 0, 784).Apply(out, x)
	require.Equal(t, x, out, "task 0 sees images as they are")
	inputs.NewPermutation(1, 1, 784).Apply(out, x)
	require.Equal(t, x, slices.Sorted(slices.Values(out)), "every pixel once")
	stay := 0
	for i := range x {
		if x[i] == out[i] {
			stay++
		}
	}
	require.Less(t, stay, 8, "about one pixel stays in place")
	inputs.NewPermutation(1, 1, 784).Apply(back, x)
	require.Equal(t, out, back, "a task has one order")
	inputs.NewPermutation(1, 2, 784).Apply(back, x)
	require.NotEqual(t, out, back)
	inputs.NewPermutation(2, 1, 784).Apply(back, x)
	require.NotEqual(t, out, back)
}

// All choices for one image, as text.
func choices(m *inputs.Masks, k inputs.Key) string {
	mask := make([]float32, 36)
	m.Mask(k, mask)
	dx, dy := inputs.RandomShift(k, 2)
	return fmt.Sprint(mask, dx, dy, inputs.WrongLabel(k, 1, 10), inputs.HardLabel(k, 1, []float32{1, 2, 3, 4}), inputs.Other(k, 1, 100))
}

func TestChoicesDependOnTheImageAlone(t *testing.T) {
	m, n := masks(t, 6, 6, 6), 200
	var forward []string
	for i := range n {
		forward = append(forward, choices(m, inputs.Key{Seed: 6, Epoch: 2, Image: uint32(i)}))
	}
	for i := n - 1; i >= 0; i-- { // in another order, with other memory
		require.Equal(t, forward[i], choices(masks(t, 6, 6, 6), inputs.Key{Seed: 6, Epoch: 2, Image: uint32(i)}))
	}
	slices.Sort(forward)
	require.Len(t, slices.Compact(forward), n, "images differ")
	k := inputs.Key{Seed: 6, Epoch: 2, Image: 0}
	for _, other := range []inputs.Key{{Seed: 7, Epoch: 2}, {Seed: 6, Epoch: 3}} {
		require.NotEqual(t, choices(m, k), choices(m, other))
	}
}

func TestNothingIsAllocated(t *testing.T) {
	m, x, out := masks(t, 28, 28, 6), make([]float32, 784), make([]float32, 784)
	weights, p := make([]float32, 10), inputs.NewPermutation(1, 1, 784)
	require.Zero(t, testing.AllocsPerRun(10, func() {
		k := inputs.Key{Seed: 1, Image: 3}
		m.Hybrid(k, out, x, x)
		dx, dy := inputs.RandomShift(k, 2)
		inputs.Shift(out, x, 28, 28, dx, dy)
		inputs.EmbedLabel(out, inputs.WrongLabel(k, 3, 10), 10, 1)
		inputs.EmbedLabel(out, inputs.HardLabel(k, 3, weights), 10, 1)
		inputs.NeutralLabel(out, 10, 1)
		p.Apply(out, x)
	}))
}

// A shifted image with its label, and the same with a wrong one.
func Example() {
	k := inputs.Key{Seed: 1, Epoch: 0, Image: 42}
	image := []float32{
		0, 0, 0, 0,
		0, 1, 0, 0,
		0, 1, 0, 0,
		0, 0, 0, 0,
	}
	positive, negative := make([]float32, 16), make([]float32, 16)
	inputs.Shift(positive, image, 4, 4, 1, 0)
	copy(negative, positive)
	inputs.EmbedLabel(positive, 1, 3, 1)
	inputs.EmbedLabel(negative, inputs.WrongLabel(k, 1, 3), 3, 1)
	fmt.Println(positive)
	fmt.Println(negative[:3])
	// Output:
	// [0 1 0 0 0 0 1 0 0 0 1 0 0 0 0 0]
	// [1 0 0]
}

// A batch of 128 as forward-forward learning is shown it: shifted, once with
// the label and once with a wrong one.
func BenchmarkSupervised128(b *testing.B) {
	x, positive, negative := make([]float32, 128*784), make([]float32, 128*784), make([]float32, 128*784)
	b.ReportAllocs()
	for epoch := uint32(0); b.Loop(); epoch++ {
		for i := range 128 {
			k := inputs.Key{Seed: 1, Epoch: epoch, Image: uint32(i)}
			p, n := positive[i*784:(i+1)*784], negative[i*784:(i+1)*784]
			dx, dy := inputs.RandomShift(k, 2)
			inputs.Shift(p, x[i*784:(i+1)*784], 28, 28, dx, dy)
			copy(n, p)
			inputs.EmbedLabel(p, i%10, 10, 1)
			inputs.EmbedLabel(n, inputs.WrongLabel(k, i%10, 10), 10, 1)
		}
	}
}
