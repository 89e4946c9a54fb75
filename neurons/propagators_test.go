package neurons

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/integrate/quad"
	"pgregory.net/rapid"
)

// bits of the numbers of the oracle, far more than cancel.
const oracleBits = 600

func bigFloat(x float64) *big.Float { return new(big.Float).SetPrec(oracleBits).SetFloat64(x) }

// bigExp is exp(x) for x <= 0: the series at x / 2^k, squared k times.
func bigExp(x *big.Float) *big.Float {
	const k = 40
	y := bigFloat(0).SetMantExp(x, -k)
	sum, term := bigFloat(1), bigFloat(1)
	for n := 1; n < 60; n++ {
		term.Mul(term, y)
		term.Quo(term, bigFloat(float64(n)))
		sum.Add(sum, term)
	}
	for range k {
		sum.Mul(sum, sum)
	}
	return sum
}

// textbook is the closed form with divisions by the difference of the time
// constants, which may not be equal, in 600 bits.
func textbook(h, tauM, tauSyn float64) (first, second float64) {
	H, m, s := bigFloat(h), bigFloat(tauM), bigFloat(tauSyn)
	decay := func(tau *big.Float) *big.Float {
		x := bigFloat(0).Quo(H, tau)
		return bigExp(x.Neg(x))
	}
	em, es := decay(m), decay(s)
	g := bigFloat(0).Mul(m, s) // 1/(1/tau_syn - 1/tau_m)
	g.Quo(g, bigFloat(0).Sub(m, s))
	a := bigFloat(0).Sub(em, es)
	a.Mul(a, g)
	b := bigFloat(0).Mul(H, es)
	b.Sub(a, b)
	b.Mul(b, g)
	first, _ = a.Float64()
	second, _ = b.Float64()
	return first, second
}

// The propagators are exact for all pairs of time constants: far apart, close,
// closer than the sum of a few rounding errors.
func TestPropagatorsAgainstTextbook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tauM := math.Pow(10, rapid.Float64Range(-2, 4).Draw(t, "log10 tau_m"))
		away := math.Pow(10, rapid.Float64Range(-16, 3).Draw(t, "log10 of the relative difference"))
		tauSyn := tauM * (1 + away)
		if rapid.Bool().Draw(t, "shorter") {
			tauSyn = tauM / (1 + away)
		}
		if tauSyn == tauM {
			tauSyn = math.Nextafter(tauM, 0)
		}
		h := math.Min(tauM, tauSyn) * math.Pow(10, rapid.Float64Range(-4, 2).Draw(t, "log10 of the relative step"))
		wantFirst, wantSecond := textbook(h, tauM, tauSyn)
		first, second := pscPropagators(h, tauM, tauSyn)
		require.InEpsilon(t, wantFirst, first, 1e-13)
		require.InEpsilon(t, wantSecond, second, 1e-13)
	})
}

// Where they are equal the closed form has no value, the integral has.
func TestPropagatorsAgainstQuadrature(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tauM := math.Pow(10, rapid.Float64Range(-2, 4).Draw(t, "log10 tau_m"))
		tauSyn := tauM * rapid.SampledFrom([]float64{1, 1 + 1e-15, 1 - 1e-12, 1 + 1e-8, 1 - 1e-3, 0.5, 2}).Draw(t, "tau_syn/tau_m")
		h := tauM * math.Pow(10, rapid.Float64Range(-4, 1).Draw(t, "log10 of the relative step"))
		first, second := pscPropagators(h, tauM, tauSyn)
		current := func(s float64) float64 { return math.Exp(-(h-s)/tauM - s/tauSyn) }
		require.InEpsilon(t, quad.Fixed(current, 0, h, 40, quad.Legendre{}, 0), first, 1e-12)
		require.InEpsilon(t, quad.Fixed(func(s float64) float64 { return s * current(s) }, 0, h, 40, quad.Legendre{}, 0), second, 1e-12)
		if tauSyn == tauM { // the limits
			require.InEpsilon(t, h*math.Exp(-h/tauM), first, 1e-15)
			require.InEpsilon(t, h*h/2*math.Exp(-h/tauM), second, 1e-15)
		}
	})
}

// Both forms meet where one takes over from the other.
func TestPropagatorsAreContinuous(t *testing.T) {
	for _, y := range []float64{1, -1} {
		tauM := 10.0
		tauSyn := 1 / (1/tauM + y/5)
		if y < 0 {
			tauM = 1 / (1/20.0 - y/5)
			tauSyn = 20
		}
		wantFirst, wantSecond := textbook(5, tauM, tauSyn)
		for _, h := range []float64{5 * (1 - 1e-15), 5, 5 * (1 + 1e-15)} {
			first, second := pscPropagators(h, tauM, tauSyn)
			require.InEpsilon(t, wantFirst, first, 1e-14)
			require.InEpsilon(t, wantSecond, second, 1e-14)
		}
	}
}
