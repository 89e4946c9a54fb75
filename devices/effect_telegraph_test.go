package devices_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/synohm/synohm/devices"
)

const year = 31557600.0 // s

func telegraph(t testing.TB, n int, seed uint64, high, low, decades float64) *devices.Block {
	e := devices.TelegraphEffect{Fraction: 1, Amplitude: 0.25, TauHigh: high, TauLow: low, Decades: decades}
	return block(t, "exact", devices.Effects{Telegraph: &e}, n, seed, 0)
}

// states are 1 for cells in the state of high conductance, 50 uS, and 0 for
// those in the other, 37.5 uS.
func states(t testing.TB, b *devices.Block, at float64) []float64 {
	g, sigma := look(b, at)
	x := make([]float64, len(g))
	for i, v := range g {
		require.True(t, v == 50 && sigma[i] == 5 || v == 37.5 && sigma[i] == 3.75, "%g uS, %g uS", v, sigma[i])
		if v == 50 {
			x[i] = 1
		}
	}
	return x
}

func sum(x []float64) (s int) {
	for _, v := range x {
		s += int(v)
	}
	return s
}

func TestTelegraphStationary(t *testing.T) {
	for _, c := range []struct{ high, low float64 }{{1, 1}, {0.3, 0.7}, {1e-6, 9e-6}, {1e6, 2e6}} {
		b := telegraph(t, many, 3, c.high, c.low, 0)
		for _, at := range []float64{0, 0.1, 12345.678, 10 * year} {
			isShare(t, c.high/(c.high+c.low), sum(states(t, b, at)), many)
		}
	}
	some := block(t, "exact", devices.Effects{Telegraph: &devices.TelegraphEffect{Fraction: 0.2, Amplitude: 1, TauHigh: 1, TauLow: 3}}, many, 3, 0)
	g, sigma := look(some, 7)
	low := 0
	for i, x := range g {
		if x != 50 {
			require.Zero(t, x)
			require.Zero(t, sigma[i])
			low++
		}
	}
	isShare(t, 0.2*0.75, low, many)
}

// The states at two times have correlation exp(-(a+b) dt), where rates a and b
// are the inverses of both times; averaged over the speeds of cells where those
// are spread.
func TestTelegraphAutocorrelation(t *testing.T) {
	const high, low = 0.3, 0.7 // s; a+b = 100/21 1/s
	rate := 1/high + 1/low
	for _, decades := range []float64{0, 2} {
		b := telegraph(t, many, 3, high, low, decades)
		for _, start := range []float64{0, year} {
			before := states(t, b, start)
			for _, dt := range []float64{0.02, 0.1, 0.2, 0.5, 3} {
				want, steps := 0.0, 1000
				for k := range steps {
					u := (float64(k)+0.5)/float64(steps) - 0.5
					want += math.Exp(-rate*dt*math.Pow(10, -decades*u)) / float64(steps)
				}
				got, se := correlation(before, states(t, b, start+dt))
				require.InDelta(t, want, got, 5*se, "%g s after %g s", dt, start)
			}
		}
	}
}

// correlation gives that of a sample with its standard error, from the
// influence of every pair on it: with both standardised, xy - r (x^2 + y^2)/2.
func correlation(x, y []float64) (r, se float64) {
	mx, sx := stat.MeanStdDev(x, nil)
	my, sy := stat.MeanStdDev(y, nil)
	r = stat.Correlation(x, y, nil)
	influence := make([]float64, len(x))
	for i := range x {
		u, v := (x[i]-mx)/sx, (y[i]-my)/sy
		influence[i] = u*v - r*(u*u+v*v)/2
	}
	return r, stat.StdDev(influence, nil) / math.Sqrt(float64(len(x)))
}

// Times in both states follow exponential distributions, and one has nothing
// to do with the next.
func TestTelegraphDwellTimes(t *testing.T) {
	for _, c := range []struct{ high, low, start float64 }{{1, 1, 0}, {0.5, 2, 0}, {3, 1, year / 10}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			b := telegraph(t, 1, 17, c.high, c.low, 0)
			dt := min(c.high, c.low) / 250 // what is shorter is missed: one dwell in 250
			var times [2][]float64
			g := make([]float32, 1)
			state, since := -1, 0.0
			for k := 0; len(times[0]) < 1200; k++ {
				at := c.start + float64(k)*dt
				b.Conductance(at, g, nil)
				now := 0
				if g[0] == 50 {
					now = 1
				}
				if now != state {
					if state >= 0 && since > 0 {
						times[state] = append(times[state], at-since)
					}
					state, since = now, at
				}
			}
			follows(t, times[1], distuv.Exponential{Rate: 1 / c.high}.CDF)
			follows(t, times[0], distuv.Exponential{Rate: 1 / c.low}.CDF)
			n := min(len(times[0]), len(times[1])) - 1
			require.InDelta(t, 0, stat.Correlation(times[0][:n], times[1][:n], nil), 5/math.Sqrt(float64(n)))
			require.InDelta(t, 0, stat.Correlation(times[0][:n], times[0][1:n+1], nil), 5/math.Sqrt(float64(n)))
		})
	}
}

// The state is a function of the time: it does not matter when one looked
// before, and neighbours have nothing to do with each other.
func TestTelegraphInAnyOrder(t *testing.T) {
	b := telegraph(t, 64, 3, 0.01, 0.02, 3)
	r := rand.New(rand.NewPCG(1, 2))
	at := make([]float64, 300)
	seen := make([][]float64, len(at))
	for k := range at {
		at[k] = math.Pow(10, 14*r.Float64()-4) // 0.1 ms to 300 years
		seen[k] = states(t, b, at[k])
	}
	for _, k := range r.Perm(len(at)) {
		require.Equal(t, seen[k], states(t, b, at[k]))
	}
	wide := telegraph(t, many, 3, 1, 1, 0)
	x := states(t, wide, 5)
	require.InDelta(t, 0, stat.Correlation(x[1:], x[:many-1], nil), 5/math.Sqrt(many))
	// Two times that are 2^32 windows apart do not repeat each other.
	require.InDelta(t, 0, stat.Correlation(x, states(t, wide, 5+math.Ldexp(0.5, 32)), nil), 5/math.Sqrt(many))
	// Beyond what a number can tell apart there is still a state.
	fast := telegraph(t, 1000, 3, 1e-9, 1e-9, 6)
	isShare(t, 0.5, sum(states(t, fast, 1e12)), 1000)
}
