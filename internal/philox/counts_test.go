package philox

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// chiSquared is the p-value of counts against probabilities of the numbers
// from 0, neighbours put together until at least ten are expected.
func chiSquared(counts, mass []float64) float64 {
	n := 0.0
	for _, c := range counts {
		n += c
	}
	chi, bins, seen, expected := 0.0, -1.0, 0.0, 0.0
	rest, restMass := n, 1.0
	for k := range mass {
		seen += counts[k]
		expected += n * mass[k]
		restMass -= mass[k]
		rest -= counts[k]
		if expected >= 10 && n*restMass >= 10 || k == len(mass)-1 {
			if k == len(mass)-1 {
				seen, expected = seen+rest, expected+n*restMass
			}
			chi += (seen - expected) * (seen - expected) / expected
			bins++
			seen, expected = 0, 0
		}
	}
	return 1 - distuv.ChiSquared{K: max(1, bins)}.CDF(chi)
}

func hypergeometricMass(k, n, good, bad float64) float64 {
	lc := func(n, k float64) float64 {
		a, _ := math.Lgamma(n + 1)
		b, _ := math.Lgamma(k + 1)
		c, _ := math.Lgamma(n - k + 1)
		return a - b - c
	}
	if k > good || k > n || n-k > bad {
		return 0
	}
	return math.Exp(lc(good, k) + lc(bad, n-k) - lc(good+bad, n))
}

func TestBinomialMassAgainstGonum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := float64(rapid.IntRange(1, 2000).Draw(t, "n"))
		k := float64(rapid.IntRange(0, int(n)).Draw(t, "k"))
		p := rapid.Float64Range(0.001, 0.999).Draw(t, "p")
		want := distuv.Binomial{N: n, P: p}.Prob(k)
		require.InDelta(t, want, binomialMass(k, n, p), 1e-10*want+1e-300)
	})
	// The terms of a large one sum to 1: the mode's is right to 1e-12.
	sum, term := 0.0, binomialMass(2e9, 4e9, 0.5)
	for k := 2e9; term > 1e-20; k++ {
		sum += term
		term *= (4e9 - k) / (k + 1)
	}
	require.InDelta(t, 1, 2*sum-binomialMass(2e9, 4e9, 0.5), 1e-11)
}

func TestBinomialAndHypergeometricDistributions(t *testing.T) {
	const draws = 40_000
	for _, c := range []struct {
		n int64
		p float64
	}{{1, 0.3}, {7, 0.5}, {40, 0.02}, {300, 0.5}, {2000, 0.9}, {100_000, 1e-4}} {
		t.Run(fmt.Sprintf("binomial %d %g", c.n, c.p), func(t *testing.T) {
			counts, mass := make([]float64, c.n+1), make([]float64, c.n+1)
			w := Stream{Seed: 3}.Words(1)
			for range draws {
				counts[Binomial(w.Uniform(), c.n, c.p)]++
			}
			for k := range mass {
				mass[k] = distuv.Binomial{N: float64(c.n), P: c.p}.Prob(float64(k))
			}
			require.Greater(t, chiSquared(counts, mass), 1e-4)
		})
	}
	for _, c := range []struct{ n, good, bad int64 }{{3, 2, 2}, {10, 90, 10}, {150, 200, 300}, {99, 100, 2}, {2000, 5000, 100_000}} {
		t.Run(fmt.Sprint("hypergeometric ", c), func(t *testing.T) {
			counts, mass := make([]float64, c.n+1), make([]float64, c.n+1)
			w := Stream{Seed: 4}.Words(1)
			for range draws {
				counts[Hypergeometric(w.Uniform(), c.n, c.good, c.bad)]++
			}
			for k := range mass {
				mass[k] = hypergeometricMass(float64(k), float64(c.n), float64(c.good), float64(c.bad))
			}
			require.Greater(t, chiSquared(counts, mass), 1e-4)
		})
	}
}

// Any sizes give a number that can be.
func TestCountsStayInTheirBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.OneOf(rapid.Int64Range(0, 50), rapid.Int64Range(0, 1<<40))
		good, bad := size.Draw(t, "good"), size.Draw(t, "bad")
		n := min(rapid.OneOf(rapid.Int64Range(0, 100), rapid.Int64Range(0, 1<<28)).Draw(t, "n"), good+bad)
		u := Uniform52(rapid.Uint32().Draw(t, "high"), rapid.Uint32().Draw(t, "low"))
		k := Hypergeometric(u, n, good, bad)
		require.True(t, k >= 0 && k <= n && k <= good && n-k <= bad, "%d of %d from %d and %d", k, n, good, bad)
		b := Binomial(u, n, rapid.Float64Range(0, 1).Draw(t, "p"))
		require.True(t, b >= 0 && b <= n)
	})
}

func BenchmarkBinomial(b *testing.B) {
	for _, n := range []int64{4, 1000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := Stream{Seed: 1}.Words(0)
			var sum int64
			for b.Loop() {
				sum += Binomial(w.Uniform(), n, 0.5)
			}
			_ = sum
		})
	}
}
