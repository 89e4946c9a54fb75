package kernels

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/philox"
)

// normalLengths are all short ones and some around a turn of words, of one part
// after the other.
func normalLengths() (n []int) {
	for k := range 68 {
		n = append(n, k)
	}
	return append(n, wordsOfNormals-4, wordsOfNormals-1, wordsOfNormals, wordsOfNormals+1, 3*wordsOfNormals+13)
}

// Every form gives the numbers of package philox, bit by bit, wherever the
// first entity stands in its block; and writes nothing beyond.
func TestNormalsAreThoseOfTheStream(t *testing.T) {
	s := philox.Stream{Seed: 0x123456789abcdef0, Purpose: 0xdeadbeef, Trial: 7}
	defer use(t, "auto")
	for _, form := range Forms() {
		use(t, form)
		for _, n := range normalLengths() {
			for _, lo := range []int{0, 1, 2, 3, 4, 401, 4*(1<<32-3) + 1} { // the last one wraps around
				step := uint32(n)
				to := make([]float64, n+1)
				Normals(s, step, lo, to[:n])
				for i := range n {
					b := s.Block(uint32((lo+i)/4), step)
					require.Equal(t, philox.Normal(b[(lo+i)%4]), to[i], "%s, %d from %d: number %d", form, n, lo, i)
				}
				require.Zero(t, to[n])
			}
		}
	}
}

// The first and last words, those at the edges of the tails, and many more.
func TestNormalsOfWordsAtTheEdges(t *testing.T) {
	words := []uint32{0, 1, 1<<31 - 1, 1 << 31, 1<<31 + 1, 1<<32 - 2, 1<<32 - 1}
	for _, edge := range []float64{0.075, 0.925} {
		at := uint32(edge * (1 << 32))
		for k := uint32(0); k < 40; k++ {
			words = append(words, at-20+k)
		}
	}
	for k := range uint32(33) { // every exponent of the probability
		words = append(words, 1<<k-1, 1<<k, 3<<k, ^uint32(1<<k))
	}
	for k := range uint32(200000) { // and words all over the range
		words = append(words, k*21474, ^(k * 1610))
	}
	want := make([]float64, len(words))
	for i, u := range words {
		want[i] = philox.Normal(u)
	}
	defer use(t, "auto")
	for _, form := range Forms() {
		if use(t, form); !vectors() {
			continue
		}
		for first := 0; first < len(words); first += wordsOfNormals {
			part := words[first:min(first+wordsOfNormals, len(words))]
			z := make([]float64, len(part))
			done := normalVectors(z, part)
			require.Greater(t, done, len(part)-8)
			require.Equal(t, want[first:first+done], z[:done], form)
		}
	}
}

// Noise is what a loop over the entities adds, in every form.
func TestNoiseHasTheSameBits(t *testing.T) {
	s := philox.Stream{Seed: 3, Purpose: 4, Trial: 5}
	defer use(t, "auto")
	for _, n := range normalLengths() {
		for offset := range 4 {
			d := draws{n: n, offset: offset, seed: uint64(n), edges: offset == 3}
			to, spread := d.floats(-1, 1), d.floats(0, 3)
			step, scale := uint32(n), float32(-0.3)
			want := [2][]float32{make([]float32, n), make([]float32, n)}
			for i := range n {
				z := philox.Normal(s.Word(uint32(7+offset+i), step))
				want[0][i] = to[i] + float32(float64(float64(spread[i])*float64(scale))*z)
				want[1][i] = to[i] + float32(float64(math.Sqrt(float64(spread[i]))*float64(scale))*z)
			}
			for _, form := range Forms() {
				use(t, form)
				for k, add := range []func(philox.Stream, uint32, int, []float32, []float32, float32){AddNoise, AddNoiseOfVariance} {
					got := append(append([]float32{}, to...), 42)
					add(s, step, 7+offset, got[:n], spread, scale)
					require.Equal(t, bitsOf(want[k]), bitsOf(got[:n]), "%s, %d values, offset %d", form, n, offset)
					require.Equal(t, float32(42), got[n])
				}
			}
		}
	}
	require.PanicsWithValue(t, "kernels: slices of different lengths", func() { AddNoise(s, 0, 0, make([]float32, 4), make([]float32, 3), 1) })
}

// 2^20 numbers have mean 0, variance 1, no skewness and a fourth moment of 3,
// to five standard errors (those of normal numbers: 1/n, 2/n, 15/n, 96/n).
func TestNormalsMoments(t *testing.T) {
	const n = 1 << 20
	to := make([]float64, n)
	Normals(philox.Stream{Seed: 9, Purpose: 1}, 7, 0, to)
	var m [4]float64
	for _, x := range to {
		for k, p := 0, x; k < 4; k, p = k+1, p*x {
			m[k] += p / n
		}
	}
	for k, want := range []float64{0, 1, 0, 3} {
		require.InDelta(t, want, m[k], 5*math.Sqrt([]float64{1, 2, 15, 96}[k]/n), "moment %d", k+1)
	}
}

func BenchmarkNormals(b *testing.B) {
	to := make([]float64, benchmarkSize)
	step := uint32(0)
	perValue(b, "number", func() {
		step++
		Normals(philox.Stream{Seed: 1}, step, 0, to)
	})
}

func BenchmarkAddNoiseOfVariance(b *testing.B) {
	to, variance := make([]float32, benchmarkSize), (&draws{n: benchmarkSize}).floats(0, 1)
	step := uint32(0)
	perValue(b, "number", func() {
		step++
		AddNoiseOfVariance(philox.Stream{Seed: 1}, step, 0, to, variance, 0.1)
	})
}

// What AddNoiseOfVariance took before: a block and its numbers one by one.
func BenchmarkNormalOneByOne(b *testing.B) {
	to := make([]float64, benchmarkSize)
	step := uint32(0)
	for b.Loop() {
		step++
		s := philox.Stream{Seed: 1}
		var block [4]uint32
		for i := range to {
			if i%4 == 0 {
				block = s.Block(uint32(i/4), step)
			}
			to[i] = philox.Normal(block[i%4])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchmarkSize, "ns/number")
}
