package philox

import (
	"fmt"
	"math"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

var inf = math.Inf(1)

// The cut normal distributions against their distribution functions, by
// Kolmogorov and Smirnov, and their means.
func TestCutDistributions(t *testing.T) {
	for _, c := range []struct {
		kind            DrawKind
		a, b, low, high float64
	}{
		{NormalDraw, 87.8, 8.78, 0, inf},        // weights of the microcircuit
		{NormalDraw, 0.75, 0.375, 0.1, inf},     // its inhibitory delays
		{NormalDraw, -3, 1, 0, inf},             // 3 standard deviations out
		{NormalDraw, 3, 1, -inf, 0},             //
		{NormalDraw, 0, 1, 1, 1.5},              //
		{NormalDraw, 0, 2, -1, 5},               //
		{LognormalDraw, 0.2, 0.7, 0.5, 4},       //
		{LognormalDraw, -1, 0.5, 0, inf},        // a cut that cuts nothing
		{LognormalDraw, 0, 1, math.Exp(2), inf}, //
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			d, err := NewDraw(c.kind, c.a, c.b, c.low, c.high)
			require.NoError(t, err)
			const n = 100_000
			s := Stream{Seed: 5, Purpose: Purpose("test")}
			x := make([]float64, 0, n)
			var sum, sum2 float64 // of what is normal
			for i := uint32(0); i < n; i++ {
				v := d.Value(s.Word(i, 0))
				require.True(t, v >= c.low && v <= c.high)
				if c.kind == LognormalDraw {
					v = math.Log(v)
				}
				z := (v - c.a) / c.b
				x, sum, sum2 = append(x, z), sum+z, sum2+z*z
			}
			zl, zh := (c.low-c.a)/c.b, (c.high-c.a)/c.b
			if c.kind == LognormalDraw {
				zl, zh = (math.Log(c.low)-c.a)/c.b, (math.Log(c.high)-c.a)/c.b
			}
			u := distuv.UnitNormal
			above := func(z float64) float64 { return 0.5 * math.Erfc(z/math.Sqrt2) }
			mass := above(zl) - above(zh)
			edge := func(z float64) float64 { // z phi(z), 0 at infinity
				if math.IsInf(z, 0) {
					return 0
				}
				return z * u.Prob(z)
			}
			mean := (u.Prob(zl) - u.Prob(zh)) / mass
			variance := 1 + (edge(zl)-edge(zh))/mass - mean*mean
			std := math.Sqrt(variance)
			require.InDelta(t, mean, sum/n, 5*std/math.Sqrt(n))
			require.InDelta(t, variance, sum2/n-sum/n*sum/n, variance*5*math.Sqrt(8/float64(n)))
			sort.Float64s(x)
			var ks float64
			for i, z := range x {
				f := (above(zl) - above(z)) / mass
				ks = math.Max(ks, math.Max(f-float64(i)/n, float64(i+1)/n-f))
			}
			require.Less(t, ks, 1.95/math.Sqrt(n), "critical value at p = 0.001")
		})
	}
}

// The ends of a cut tail are those of the exact distribution: no resolution is
// lost to probabilities near 1.
func TestTailsOfCutDistributions(t *testing.T) {
	d, err := NewDraw(NormalDraw, 0, 1, 3, inf)
	require.NoError(t, err)
	span := 0.5 * math.Erfc(3/math.Sqrt2)
	for _, u := range []uint32{0, 1, 1000, 1 << 31, math.MaxUint32 - 1, math.MaxUint32} {
		want := -distuv.UnitNormal.Quantile(span * Uniform(^u))
		require.InEpsilon(t, want, d.Value(u), 1e-13)
	}
	require.Greater(t, d.Value(math.MaxUint32), 7.2, "beyond the 6.3 of a word alone: the quantile of 2^-33 times the tail")
	// Neighbouring words give different numbers, in the middle too.
	m, err := NewDraw(NormalDraw, 0, 1, -1, 1)
	require.NoError(t, err)
	for _, u := range []uint32{5, 1 << 30, 1 << 31, 3 << 30} {
		require.Greater(t, m.Value(u+1), m.Value(u))
	}
}

func TestQuantileAgainstGonum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := math.Exp(-rapid.Float64Range(0, 600).Draw(t, "log"))
		if p == 1 {
			return
		}
		want := distuv.UnitNormal.Quantile(p)
		require.InDelta(t, want, quantile(p), 1e-12*math.Max(1, math.Abs(want)))
	})
}

func TestDrawsKeepOrderAndSign(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]DrawKind{Constant, NormalDraw, UniformDraw, LognormalDraw}).Draw(t, "kind")
		f := rapid.Float64Range(-5, 5)
		a, b := f.Draw(t, "a"), rapid.Float64Range(0, 5).Draw(t, "b")
		low, high := -inf, inf
		if kind == NormalDraw || kind == LognormalDraw {
			low, high = f.Draw(t, "low"), f.Draw(t, "high")
		}
		d, err := NewDraw(kind, a, b, low, high)
		if err != nil {
			return
		}
		u := rapid.Uint32Range(0, math.MaxUint32-1).Draw(t, "u")
		require.LessOrEqual(t, d.Value(u), d.Value(u+1))
		require.Equal(t, [4]float64{d.Value(u), d.Value(u + 1), d.Value(0), d.Value(1 << 30)}, d.Value4([4]uint32{u, u + 1, 0, 1 << 30}))
		scale := rapid.Float64Range(0.1, 10).Draw(t, "factor")
		require.InDelta(t, scale*d.Value(u), d.Times(scale).Value(u), 1e-9*math.Max(1, math.Abs(scale*d.Value(u))))
		if d.cut && kind == NormalDraw || kind == Constant {
			require.Equal(t, -d.Value(u), d.Negated().Value(^u))
		}
	})
	for _, bad := range [][4]float64{{math.NaN(), 1, 0, 1}, {0, math.NaN(), 0, 1}, {0, 1, math.NaN(), 1}, {0, 1, 2, 1}, {0, 1, 9, 10}, {0, -1, 0, 1}, {inf, 1, 0, 1}} {
		_, err := NewDraw(NormalDraw, bad[0], bad[1], bad[2], bad[3])
		require.Error(t, err, fmt.Sprint(bad))
	}
}

func BenchmarkDraw(b *testing.B) {
	for name, low := range map[string]float64{"normal": -inf, "cut": 0} {
		b.Run(name, func(b *testing.B) {
			d, _ := NewDraw(NormalDraw, 1, 0.5, low, inf)
			s := Stream{Seed: 1}
			var sum float64
			for b.Loop() {
				sum += drawBlock(d, s)
			}
			b.ReportMetric(float64(b.N)*1024/b.Elapsed().Seconds(), "draws/s")
		})
	}
}

func drawBlock(d Draw, s Stream) (sum float64) {
	for i := uint32(0); i < 256; i++ {
		for _, u := range s.Block(i, 1) {
			sum += d.Value(u)
		}
	}
	return sum
}
