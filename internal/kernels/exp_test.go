package kernels

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/philox"
)

// bigExp is exp(x) with 200 bits: the Taylor series of x/2^20, squared 20 times.
func bigExp(x float64) *big.Float {
	const prec, squarings = 200, 20
	r := new(big.Float).SetPrec(prec).SetFloat64(x)
	r.SetMantExp(r, -squarings)
	sum, term := big.NewFloat(1).SetPrec(prec), big.NewFloat(1).SetPrec(prec)
	for k := 1; k < 40; k++ {
		term.Mul(term, r)
		term.Quo(term, big.NewFloat(float64(k)))
		sum.Add(sum, term)
	}
	for range squarings {
		sum.Mul(sum, sum)
	}
	return sum
}

// ulps is the distance of y from exp(x) in units of the last place of y.
func ulps(x, y float64) float64 {
	d := new(big.Float).Sub(bigExp(x), big.NewFloat(y))
	d.Quo(d, big.NewFloat(math.Nextafter(y, math.Inf(1))-y))
	f, _ := d.Float64()
	return math.Abs(f)
}

func TestExpIsWithinOneUlp(t *testing.T) {
	s := philox.Stream{Seed: 1, Purpose: philox.Purpose("kernels.test.exp")}
	worst, where := 0.0, 0.0
	for i := range uint32(4000) {
		u := 2*philox.Uniform(s.Word(i, 0)) - 1
		for _, scale := range []float64{1e-9, 0.5, 3, 40, 708} {
			x := scale * u
			if d := ulps(x, Exp(x)); d > worst {
				worst, where = d, x
			}
		}
	}
	require.Less(t, worst, 1.0, "at %g", where)
	t.Logf("largest error %.3f ulp, at %g", worst, where)
}

func TestExpIsRoundedOnceWhereItIsSubnormal(t *testing.T) {
	// At -715 nine bits are gone, so that 0.8 ulp of a normal number is 1/512.
	for x := -745.13; x < -715; x += 0.0137 {
		require.LessOrEqual(t, ulps(x, Exp(x)), 0.502, "at %g", x)
	}
}

func TestExpAtTheEdges(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct{ x, want float64 }{
		{0, 1}, {math.Copysign(0, -1), 1}, {5e-324, 1}, {-5e-324, 1}, {1e-17, 1},
		{inf, inf}, {-inf, 0}, {1e300, inf}, {-1e300, 0}, {math.MaxFloat64, inf},
		{709.782712893384, 1.7976931348622732e308}, // the largest that stays finite
		{709.7827128933841, inf},
		{-745.1332191019411, 5e-324}, // the least that is not 0
		{-745.1332191019412, 0},
		{math.Ln2, 2}, {-math.Ln2, 0.5},
	} {
		require.Equal(t, c.want, Exp(c.x), "exp(%g)", c.x)
	}
	require.True(t, math.IsNaN(Exp(math.NaN())))
	require.False(t, math.Signbit(Exp(-inf)))
}

// The bits are the same on every processor: what a compiler fuses, or another
// order of additions, changes some of these results.
func TestExpBits(t *testing.T) {
	h := fnv.New64a()
	for _, x := range testFloats(10000, 5, -30, 30) {
		require.NoError(t, binary.Write(h, binary.LittleEndian, Exp(x)))
	}
	require.Equal(t, uint64(0x6ed682d5aa138184), h.Sum64())
}

func BenchmarkExpPortable(b *testing.B) {
	x := testFloats(1000, 1, -20, 1)
	sum := 0.0
	for b.Loop() {
		sum += expOver(x)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(x)), "ns/value")
}

//go:noinline
func expOver(x []float64) (sum float64) {
	for _, v := range x {
		sum += Exp(v)
	}
	return sum
}

// testFloats draws n values from low to high.
func testFloats(n int, seed uint64, low, high float64) []float64 {
	s := philox.Stream{Seed: seed, Purpose: philox.Purpose("kernels.test.floats")}
	x := make([]float64, n)
	for i := range x {
		x[i] = low + (high-low)*philox.Uniform(s.Word(uint32(i), 0))
	}
	return x
}
