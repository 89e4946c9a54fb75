package neurons

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// squid is the classic Hodgkin-Huxley membrane (J. Physiol. 117, 1952) with
// today's sign and rest: c 1 uF/cm2; 120, 36 and 0.3 mS/cm2; 50, -77 and
// -54.387 mV; current in uA/cm2.
type squid struct{ current float64 }

func squidRates(v float64) (alpha, beta [3]float64) {
	lin := func(x, s float64) float64 {
		if x == 0 {
			return s
		}
		return x / math.Expm1(x/s)
	}
	return [3]float64{0.1 * lin(-(v+40), 10), 0.07 * math.Exp(-(v+65)/20), 0.01 * lin(-(v+55), 10)},
		[3]float64{4 * math.Exp(-(v+65)/18), 1 / (1 + math.Exp(-(v+35)/10)), 0.125 * math.Exp(-(v+65)/80)}
}

func (s *squid) slopes(y, f *vec) {
	a, b := squidRates(y[0])
	f[0] = s.current - 120*y[1]*y[1]*y[1]*y[2]*(y[0]-50) - 36*math.Pow(y[3], 4)*(y[0]+77) - 0.3*(y[0]+54.387)
	for i := range 3 {
		f[1+i] = a[i]*(1-y[1+i]) - b[i]*y[1+i]
	}
}

func (s *squid) relax(*vec, float64) { panic("the squid is not stiff") }

// Upward crossings of 0 mV from the steady gates at -65 mV, by SciPy 1.10
// (DOP853, tolerances 1e-13).
func TestRKF45ClassicHodgkinHuxley(t *testing.T) {
	for _, c := range []struct {
		current float64
		at      []float64
	}{
		{10, []float64{1.900971952, 16.822582650, 31.471826641, 46.109001560, 60.745283012, 75.381498294, 90.017708676}},
		{7, []float64{2.375674268, 19.640986648, 36.788188423, 53.933093335, 71.077809866, 88.222511121}},
		{20, []float64{1.270734015, 13.333099208, 24.931630512, 36.500044882}},
	} {
		t.Run(fmt.Sprint(c.current), func(t *testing.T) {
			s := &squid{c.current}
			r := newRKF45(4, 1e-11)
			a, b := squidRates(-65)
			y := vec{-65, a[0] / (a[0] + b[0]), a[1] / (a[1] + b[1]), a[2] / (a[2] + b[2])}
			const h = 0.01
			next := h
			var got []float64
			var f, g vec
			for k := 0; len(got) < len(c.at); k++ {
				old := y
				r.begin()
				_, ok := r.run(s, &y, &next, h)
				require.True(t, ok)
				if old[0] < 0 && y[0] >= 0 {
					s.slopes(&old, &f)
					s.slopes(&y, &g)
					got = append(got, h*(float64(k)+hermiteRoot(old[0], y[0], h*f[0], h*g[0])))
				}
				require.Less(t, k, 10000)
			}
			for i := range got {
				require.InDelta(t, c.at[i], got[i], 1e-6)
			}
		})
	}
}

// hermiteRoot is where the cubic with these values and slopes at 0 and 1
// passes 0.
func hermiteRoot(a, b, da, db float64) float64 {
	lo, hi := 0.0, 1.0
	for range 60 {
		x := (lo + hi) / 2
		y := a*(1+2*x)*(1-x)*(1-x) + da*x*(1-x)*(1-x) + b*x*x*(3-2*x) + db*x*x*(x-1)
		if y < 0 {
			lo = x
		} else {
			hi = x
		}
	}
	return lo
}

// spiral is a damped rotation, with a known solution.
type spiral struct{}

func (spiral) slopes(y, f *vec) {
	f[0], f[1] = -0.1*y[0]-y[1], y[0]-0.1*y[1]
}

func (spiral) relax(y *vec, _ float64) { *y = vec{-7} }

// One step has an error of the sixth power of its length, and its estimate is
// of the fifth.
func TestRKF45Order(t *testing.T) {
	r := newRKF45(2, 1)
	errorOf := func(h float64) (real, estimated float64) {
		y := vec{1, 0}
		estimated = r.try(spiral{}, &y, h)
		return math.Hypot(r.y[0]-math.Exp(-0.1*h)*math.Cos(h), r.y[1]-math.Exp(-0.1*h)*math.Sin(h)), estimated
	}
	e1, d1 := errorOf(0.2)
	e2, d2 := errorOf(0.1)
	require.InDelta(t, 6, math.Log2(e1/e2), 0.15)
	require.InDelta(t, 5, math.Log2(d1/d2), 0.15)
}

// The error follows the tolerance, whatever the spans that a run is cut into.
func TestRKF45Tolerance(t *testing.T) {
	for _, tolerance := range []float64{1e-4, 1e-6, 1e-8, 1e-10} {
		for _, spans := range []int{1, 10, 1000} {
			r, y := newRKF45(2, tolerance), vec{1, 0}
			next, span := 1.0, 20/float64(spans)
			for range spans {
				r.begin()
				_, ok := r.run(spiral{}, &y, &next, span)
				require.True(t, ok)
			}
			require.InDelta(t, math.Exp(-2)*math.Cos(20), y[0], 100*tolerance)
			require.InDelta(t, math.Exp(-2)*math.Sin(20), y[1], 100*tolerance)
		}
	}
}

// The peak is found within its step: here y = sin t e^(-t/10) grows to 0.5 at
// a time that a long step passes by far.
func TestRKF45StopsAtThePeak(t *testing.T) {
	r := newRKF45(2, 1e-9)
	r.peak = 0.5
	y, next := vec{0, -1}, 1.0 // y[0] = sin t e^(-t/10)
	r.begin()
	left, ok := r.run(spiral{}, &y, &next, 2)
	require.True(t, ok)
	at := 2 - left
	require.InDelta(t, 0.5, math.Sin(at)*math.Exp(-0.1*at), 1e-7)
	require.InDelta(t, 0.5, y[0], 2e-9)
	require.GreaterOrEqual(t, y[0], 0.5)
}

// broken has no slope anywhere.
type broken struct{ spiral }

func (broken) slopes(_, f *vec) { f[0], f[1] = math.NaN(), 1 }

func TestRKF45GivesUp(t *testing.T) {
	r, y, next := newRKF45(2, 1e-6), vec{1}, 0.1
	r.begin()
	left, ok := r.run(broken{}, &y, &next, 1)
	require.False(t, ok)
	require.Zero(t, left)
	require.Equal(t, -7.0, y[0], "the stable method has finished")
}

func TestRKF45AllocatesNothing(t *testing.T) {
	r, y, next := newRKF45(2, 1e-6), vec{1}, 0.1
	require.Zero(t, testing.AllocsPerRun(10, func() {
		r.begin()
		r.run(spiral{}, &y, &next, 1)
	}))
	p := cells(t, AEIFCondExpModel(), 4, 0.1, "i_e: 1000 pA")
	in, spikes := quiet(4), make([]int32, 0, 4)
	require.Zero(t, testing.AllocsPerRun(200, func() { p.Advance(in, spikes[:0]) }))
}

// relaxed agrees with the closed form on both sides of its switch, and at a
// rate of 0.
func TestRelaxed(t *testing.T) {
	require.Equal(t, 5.0, relaxed(2, 6, 0, 0.5))
	for _, b := range []float64{-1e-2, 1e-9, 0.9e-3, 1e-3, 1.1e-3, 1, 50, 1e9} {
		want := 2 + (6-2*b)*-math.Expm1(-b)/b
		if b > 1 {
			want = 6/b + (2-6/b)*math.Exp(-b)
		}
		require.InEpsilon(t, want, relaxed(2, 6, b, 1), 1e-12, "b = %g", b)
	}
}
