package kernels

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The counter adds w times the number of rows that have a target's bit.
func TestBitCounterCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{1, 63, 64, 200, 255, 256, 257, 511, 600}).Draw(t, "size")
		words := BitWords(size)
		n := rapid.SampledFrom([]int{1, 2, 7, 8, 9, 16, 31, 100, 247, 248, 249, 300}).Draw(t, "rows")
		rows := make([]uint64, n*words)
		density := rapid.IntRange(0, 3).Draw(t, "density")
		for i := range rows {
			rows[i] = rapid.Uint64().Draw(t, "word")
			for range density {
				rows[i] |= rapid.Uint64().Draw(t, "word")
			}
			if past := 64*(i%words+1) - size; past > 0 { // no bits beyond the last target
				rows[i] = rows[i] << min(past, 64) >> min(past, 64)
			}
		}
		var sources []int32
		for i := range n {
			sources = append(sources, int32(i))
		}
		w := rapid.Float32Range(-2, 2).Draw(t, "w")
		start := rapid.Float32Range(-2, 2).Draw(t, "start")
		run := func(form string) []float32 {
			require.NoError(t, Use(form))
			defer func() { require.NoError(t, Use("auto")) }()
			out := make([]float32, size)
			for i := range out {
				out[i] = start
			}
			NewBitCounter(words).Add(out, rows, words, 0, sources, w)
			return out
		}
		got := run("portable")
		require.Equal(t, got, run("auto"), "assembly and portable form")
		for i := range got {
			want := start
			for lo := 0; lo < n; lo += maxRows {
				count := 0
				for r := lo; r < min(n, lo+maxRows); r++ {
					count += int(rows[r*words+i/64] >> (i % 64) & 1)
				}
				want += float32(w * float32(count))
			}
			require.Equal(t, want, got[i], "target %d", i)
		}
	})
}

func addBits(c *BitCounter, to []float32, rows []uint64, words int, sources []int32) {
	c.Add(to, rows, words, 0, sources, 0.1)
}

func BenchmarkBitCounter(b *testing.B) {
	const size = 12500
	words := BitWords(size)
	lists := brunel(4000)
	rows := make([]uint64, len(lists)*words)
	for r, at := range lists {
		for _, i := range at {
			rows[r*words+int(i)/64] |= 1 << (i % 64)
		}
	}
	for _, n := range []int{1, 4, 8, 32, 128} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			to, c := make([]float32, size), NewBitCounter(words)
			k := 0
			sources := make([]int32, n)
			for b.Loop() {
				for i := range sources {
					sources[i] = int32((k*n + i*7) % len(lists))
				}
				addBits(c, to, rows, words, sources)
				k++
			}
			b.ReportMetric(float64(b.N)*float64(n)*1250/b.Elapsed().Seconds(), "synaptic-events/s")
		})
	}
}
