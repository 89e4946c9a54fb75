package inputs_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/learning/inputs"
)

func masks(t testing.TB, rows, cols, blurs int) *inputs.Masks {
	m, err := inputs.NewMasks(rows, cols, blurs)
	require.NoError(t, err)
	return m
}

// blurred is the definition: along rows, then along columns, with a mirror at
// the border. Multiples of 4^-14 are exact in float64.
func blurred(x []float64, rows, cols int) []float64 {
	along := func(x []float64, n, lines, step, next int) []float64 {
		y := make([]float64, len(x))
		for l := range lines {
			for i := range n {
				at := func(i int) float64 { return x[l*next+min(max(i, 0), n-1)*step] }
				y[l*next+i*step] = at(i-1)/4 + at(i)/2 + at(i+1)/4
			}
		}
		return y
	}
	return along(along(x, cols, rows, 1, cols), rows, cols, cols, 1)
}

// Without a blur, a mask is its bits, so the bits of every mask are known.
func TestMaskIsTheThresholdOfItsBlurredBits(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		rows, cols := rapid.IntRange(1, 40).Draw(r, "rows"), rapid.IntRange(1, 90).Draw(r, "cols")
		blurs := rapid.IntRange(0, inputs.MaxBlurs).Draw(r, "blurs")
		k := inputs.Key{Seed: rapid.Uint64().Draw(r, "seed"), Epoch: rapid.Uint32().Draw(r, "epoch"), Image: rapid.Uint32().Draw(r, "image")}
		bits, got := make([]float32, rows*cols), make([]float32, rows*cols)
		masks(t, rows, cols, 0).Mask(k, bits)
		x := make([]float64, len(bits))
		for i, b := range bits {
			require.True(r, b == 0 || b == 1)
			x[i] = float64(b)
		}
		for range blurs {
			x = blurred(x, rows, cols)
		}
		masks(t, rows, cols, blurs).Mask(k, got)
		for i, v := range x {
			require.Equal(r, v > 0.5, got[i] == 1, "row %d column %d: %v", i/cols, i%cols, v)
		}
	})
}

// A mean of n images of 784 pixels, whose pixels are blobs: the deviation is
// that of the mean of a mask over images, so it is measured, not assumed.
func TestMasksAreBlobs(t *testing.T) {
	const n, rows, cols = 2000, 28, 28
	m, out := masks(t, rows, cols, 6), make([]float32, rows*cols)
	perPixel := make([]int, rows*cols)
	same, pairs := 0, 0
	for i := range n {
		m.Mask(inputs.Key{Seed: 1, Image: uint32(i)}, out)
		for p, v := range out {
			perPixel[p] += int(v)
			if p%cols > 0 {
				pairs++
				if v == out[p-1] {
					same++
				}
			}
		}
	}
	all := 0
	for p, c := range perPixel {
		all += c
		// 5.5 standard deviations of n fair coins: 784 pixels, chance 3e-5.
		require.InDelta(t, n/2, c, 5.5*0.5*44.73, "pixel %d", p)
	}
	require.InDelta(t, 0.5, float64(all)/(n*rows*cols), 0.01)
	// Neighbours in the interior of a binomial blur of 12 steps correlate by
	// C(24,11)/C(24,12) = 12/13; thresholds of normal numbers agree with
	// probability 1/2 + asin(12/13)/pi = 0.874 (Sheppard 1899).
	require.InDelta(t, 0.874, float64(same)/float64(pairs), 0.01)
}

func TestHybrid(t *testing.T) {
	m := masks(t, 5, 9, 2)
	k := inputs.Key{Seed: 3, Epoch: 1, Image: 7}
	mask, a, b, out := make([]float32, 45), make([]float32, 45), make([]float32, 45), make([]float32, 45)
	for i := range a {
		a[i], b[i] = float32(i)+0.25, -float32(i)-0.5
	}
	m.Mask(k, mask)
	m.Hybrid(k, out, a, b)
	ones := 0
	for i, one := range mask {
		want := b[i]
		if one == 1 {
			want = a[i]
			ones++
		}
		require.Equal(t, want, out[i])
	}
	require.True(t, ones > 0 && ones < 45)
	m.Clone().Hybrid(k, a, a, b) // in place, from another's working memory
	require.Equal(t, out, a)
}

func TestNewMasksRefuses(t *testing.T) {
	_, err := inputs.NewMasks(0, 28, 6)
	require.ErrorContains(t, err, "0 x 28 pixels")
	_, err = inputs.NewMasks(28, 1025, 6)
	require.ErrorContains(t, err, "28 x 1025")
	_, err = inputs.NewMasks(28, 28, 8)
	require.ErrorContains(t, err, "8 blurs are not in 0 to 7")
}

// A batch of 128 as hybrids: the pixels of both and the mask.
func BenchmarkHybrid128(b *testing.B) {
	m := masks(b, 28, 28, 6)
	x, out := make([]float32, 129*784), make([]float32, 128*784)
	b.ReportAllocs()
	for epoch := uint32(0); b.Loop(); epoch++ {
		for i := range 128 {
			m.Hybrid(inputs.Key{Seed: 1, Epoch: epoch, Image: uint32(i)}, out[i*784:(i+1)*784], x[i*784:(i+1)*784], x[(i+1)*784:])
		}
	}
}
