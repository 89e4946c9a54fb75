package philox

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"runtime"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// Known answers of Philox4x32-10 from Random123 (kat_vectors).
func TestBijectionKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		ctr  [4]uint32
		key  [2]uint32
		want [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{
			[4]uint32{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, [2]uint32{0xffffffff, 0xffffffff},
			[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
		},
		{
			[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
		},
	} {
		require.Equal(t, c.want, Bijection(c.ctr, c.key))
	}
}

func TestWordIsBlock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Stream{
			Seed:    rapid.Uint64().Draw(t, "seed"),
			Purpose: rapid.Uint32().Draw(t, "purpose"),
			Trial:   rapid.Uint32().Draw(t, "trial"),
		}
		e, step := rapid.Uint32().Draw(t, "entity"), rapid.Uint32().Draw(t, "step")
		require.Equal(t, s.Block(e/4, step)[e%4], s.Word(e, step))
	})
}

func TestNormalAgainstGonum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := rapid.Uint32().Draw(t, "u")
		want := distuv.UnitNormal.Quantile(Uniform(u))
		require.InDelta(t, want, Normal(u), 1e-12*math.Max(1, math.Abs(want)))
	})
	require.InDelta(t, -Normal(0), Normal(math.MaxUint32), 1e-7, "both ends of the range")
	require.InDelta(t, 6.338, Normal(math.MaxUint32), 0.001, "the quantile of 1 - 2^-33")
}

func TestNormalMoments(t *testing.T) {
	const n = 400_000
	s := Stream{Seed: 7, Purpose: Purpose("test")}
	x := make([]float64, 0, n)
	var m1, m2, m4 float64
	for i := uint32(0); i < n/4; i++ {
		for _, v := range Normal4(s.Block(i, 3)) {
			m1, m2, m4 = m1+v, m2+v*v, m4+v*v*v*v
			x = append(x, v)
		}
	}
	// Five standard errors: 1, sqrt 2 and sqrt 96 over sqrt n.
	require.InDelta(t, 0, m1/n, 5/math.Sqrt(n))
	require.InDelta(t, 1, m2/n, 5*math.Sqrt2/math.Sqrt(n))
	require.InDelta(t, 3, m4/n, 5*math.Sqrt(96)/math.Sqrt(n))

	sort.Float64s(x)
	var d float64 // Kolmogorov and Smirnov
	for i, v := range x {
		f := distuv.UnitNormal.CDF(v)
		d = math.Max(d, math.Max(f-float64(i)/n, float64(i+1)/n-f))
	}
	require.Less(t, d, 1.95/math.Sqrt(n), "critical value at p = 0.001")
}

func TestStreamsAreApart(t *testing.T) {
	base := Stream{Seed: 1, Purpose: Purpose("a"), Trial: 1}
	seen := map[[4]uint32]string{}
	add := func(name string, b [4]uint32) {
		require.NotContains(t, seen, b, name)
		seen[b] = name
	}
	add("base", base.Block(0, 0))
	add("step", base.Block(0, 1))
	add("entity", base.Block(1, 0))
	add("trial", Stream{1, Purpose("a"), 2}.Block(0, 0))
	add("purpose", Stream{1, Purpose("b"), 1}.Block(0, 0))
	add("seed", Stream{2, Purpose("a"), 1}.Block(0, 0))
	add("high word of the seed", Stream{1 | 1<<32, Purpose("a"), 1}.Block(0, 0))
	require.NotEqual(t, Fork(1, "in"), Fork(1, "rec"))
	require.NotEqual(t, Fork(1, "in"), Fork(2, "in"))
}

func TestPermutation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "n")
		p := Stream{Seed: rapid.Uint64().Draw(t, "seed")}.Permutation(n, 5)
		sort.Ints(p)
		for i, v := range p {
			require.Equal(t, i, v)
		}
	})
	// Every place equally likely: chi-squared of 5 places over 5,000 draws.
	var counts [5][5]float64
	for step := uint32(0); step < 5000; step++ {
		for i, v := range (Stream{Seed: 9}).Permutation(5, step) {
			counts[i][v]++
		}
	}
	var chi float64
	for i := range counts {
		for _, c := range counts[i] {
			chi += (c - 1000) * (c - 1000) / 1000
		}
	}
	require.Less(t, chi, distuv.ChiSquared{K: 16}.Quantile(0.9999))
}

func ExampleStream() {
	noise := Stream{Seed: 1, Purpose: Purpose("example.noise"), Trial: 0}
	// Neurons 0 to 3 at step 10, in any order, on any worker.
	for _, x := range Normal4(noise.Block(0, 10)) {
		fmt.Printf("%.3f ", x)
	}
	fmt.Println()
	// Output: -1.469 -0.497 -0.647 1.109
}

func BenchmarkBlock(b *testing.B) {
	s := Stream{Seed: 1}
	var sum uint32
	for b.Loop() {
		for i := uint32(0); i < 256; i++ {
			sum += s.Block(i, 1)[0]
		}
	}
	b.ReportMetric(float64(b.N)*1024/b.Elapsed().Seconds(), "words/s")
	_ = sum
}

func BenchmarkNormal(b *testing.B) {
	s := Stream{Seed: 1}
	var sum float64
	for b.Loop() {
		for i := uint32(0); i < 256; i++ {
			x := Normal4(s.Block(i, 1))
			sum += x[0] + x[3]
		}
	}
	b.ReportMetric(float64(b.N)*1024/b.Elapsed().Seconds(), "normals/s")
	_ = sum
}

func TestLogarithm(t *testing.T) {
	check := func(p float64) {
		want := math.Log(p)
		got := Logarithm(p)
		if runtime.GOARCH == "amd64" { // its math.Log fuses nothing
			require.Equal(t, want, got, "log(%g)", p)
		}
		require.InDelta(t, want, got, 2e-16*math.Max(1, math.Abs(want)), "log(%g)", p)
	}
	s := Stream{Seed: 4, Purpose: Purpose("test.logarithm")}
	for i := range uint32(200000) {
		u := Uniform(s.Word(i, 0))
		check(u)
		check(u * 0x1p-900)
	}
	for _, p := range []float64{Uniform(0), Uniform(math.MaxUint32), 1, 0.5, 0.075, 0.71, 0.7, 0x1p-1022, 1e300} {
		check(p)
	}
}

// The bits are the same on every processor: what a compiler fuses changes some
// of these numbers.
func TestNormalBits(t *testing.T) {
	s := Stream{Seed: 5, Purpose: Purpose("test.normal-bits")}
	h := fnv.New64a()
	for i := range uint32(10000) {
		require.NoError(t, binary.Write(h, binary.LittleEndian, Normal4(s.Block(i, 0))))
	}
	require.Equal(t, uint64(0xda234b03f994e1bf), h.Sum64())
}
