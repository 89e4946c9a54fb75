package drives_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/synohm/synohm/neurons/drives"
	"github.com/synohm/synohm/neurons/drives/drivestest"
	"github.com/synohm/synohm/sim"
)

// chiSquared gives the probability of counts at least as far from a Poisson
// distribution. Neighbouring numbers are taken together until ten are expected.
func chiSquared(counts map[int]int, mean float64) float64 {
	n := 0
	for _, c := range counts {
		n += c
	}
	p := distuv.Poisson{Lambda: mean}
	x, bins, expected, found, left := 0.0, 0, 0.0, 0, 1.0
	last := int(mean + 10*math.Sqrt(mean) + 20)
	seen := 0
	for k := 0; k < last; k++ {
		q := p.Prob(float64(k))
		expected, found, left = expected+q*float64(n), found+counts[k], left-q
		seen += counts[k]
		if expected >= 10 && left*float64(n) >= 10 {
			x += math.Pow(float64(found)-expected, 2) / expected
			bins, expected, found = bins+1, 0, 0
		}
	}
	expected, found = expected+left*float64(n), found+n-seen
	x += math.Pow(float64(found)-expected, 2) / expected
	return distuv.ChiSquared{K: float64(bins)}.Survival(x)
}

// Five tests at a level of 1e-3 in all.
func TestPoissonNumbersAreDistributedSo(t *testing.T) {
	for _, mean := range []float64{0.01, 0.5, 2, 20, 500} {
		t.Run(fmt.Sprint(mean), func(t *testing.T) {
			const size, steps = 400, 500
			d := drive(t, "poisson_generator", fmt.Sprintf("rate: %g kHz", mean), drives.Setting{Size: size, StepMS: 1, Seed: 3, Weight: 1, Delay: 1})
			counts := map[int]int{}
			each(d, size, 1, steps+1, func(_ int, spikes []float32, _ []float64) {
				for _, n := range spikes {
					counts[int(n)]++
				}
			})
			require.Greater(t, chiSquared(counts, mean), 2e-4)
		})
	}
}

// Neighbours share a block of words, and steps follow each other: numbers must
// have no correlation, at most 5/sqrt(n).
func TestPoissonTrainsAreIndependent(t *testing.T) {
	const size, steps = 64, 4000
	d := drive(t, "poisson_generator", "rate: 2 kHz", drives.Setting{Size: size, StepMS: 1, Seed: 5, Weight: 1, Delay: 1})
	rows := make([][]float32, 0, steps)
	each(d, size, 1, steps+1, func(_ int, spikes []float32, _ []float64) { rows = append(rows, append([]float32(nil), spikes...)) })
	for _, lag := range [][2]int{{1, 0}, {2, 0}, {3, 0}, {4, 0}, {0, 1}, {0, 2}, {1, 1}} { // neurons, steps
		n, sum := 0.0, 0.0
		for k := range steps - lag[1] {
			for i := range size - lag[0] {
				sum += (float64(rows[k][i]) - 2) * (float64(rows[k+lag[1]][i+lag[0]]) - 2) / 2
				n++
			}
		}
		require.InDelta(t, 0, sum/n, 5/math.Sqrt(n), "lag of %d neurons and %d steps", lag[0], lag[1])
	}
}

// The intervals of a Poisson process of m spikes a step, its times moved to the
// end of their step: of a true interval X, exponential of mean 1/m, the
// interval on the grid is floor(X + U) with U uniform in [0, 1), so its mean is
// 1/m and its variance 1/m^2 + E[f (1-f)], f = X - floor(X). NEST's test of
// this rate (R21) is |1-CV| < 0.001 in continuous time; on a grid of 0.1 ms
// the exact value is 1.1268, and the error of the mean of the trains' values
// is held below that bar.
func TestPoissonIntervals(t *testing.T) {
	const m, trains, steps = 1.289225, 64, 100_000
	// Moments of f, exponential and cut at 1.
	q := math.Exp(-m)
	f1 := (1/m - q*(1+1/m)) / (1 - q)
	f2 := (2/(m*m) - q*(1+2/m+2/(m*m))) / (1 - q)
	want := math.Sqrt(1 + m*m*(f1-f2))

	d := drive(t, "poisson_generator", "rate: 12892.25 Hz", drives.Setting{Size: trains, StepMS: 0.1, Seed: 1, Weight: 1, Delay: 1})
	var last [trains]int
	var intervals [trains]moments
	each(d, trains, 1, steps+1, func(k int, spikes []float32, _ []float64) {
		for i, n := range spikes {
			for ; n > 0; n-- {
				if last[i] > 0 {
					intervals[i].add(float64(k - last[i]))
				}
				last[i] = k
			}
		}
	})
	var cv, mean moments
	for i := range intervals {
		cv.add(math.Sqrt(intervals[i].variance()) / intervals[i].mean())
		mean.add(intervals[i].mean())
	}
	require.Less(t, 2*cv.error(), 0.001)
	require.InDelta(t, want, cv.mean(), 5*cv.error())
	require.InDelta(t, 1/m, mean.mean(), 5*mean.error())
}

// R20: 1000 cells with alpha-shaped currents (tau_m 5 ms, tau_syn 0.5 ms, C 1
// pF, weight J 0.01 pA) whose mean potential is 20 mV by Campbell's theorem.
// The membrane is integrated exactly, with spikes added at the end of a step.
func TestPoissonDriveAndCampbell(t *testing.T) {
	const size, tauM, tauS, c, j, h = 1000, 5.0, 0.5, 1.0, 0.01, 0.1
	rate := 1000 * 20 / (j * tauM * math.E * tauS) // Hz
	d := drive(t, "poisson_generator", fmt.Sprintf("rate: %g Hz", rate), drives.Setting{Size: size, StepMS: h, Seed: 2, Weight: j, Delay: 1})
	b := 1/tauS - 1/tauM
	g := 1 / b
	p11, p33 := math.Exp(-h/tauS), math.Exp(-h/tauM)
	p32 := g / c * (p33 - p11)
	p31 := g / c * (g*(p33-p11) - h*p11)
	var di, i, v [size]float64
	each(d, size, 0, 2001, func(_ int, spikes []float32, _ []float64) {
		for n, w := range spikes {
			v[n] = p31*di[n] + p32*i[n] + p33*v[n]
			i[n] = h*p11*di[n] + p11*i[n]
			di[n] = p11*di[n] + math.E/tauS*float64(w)
		}
	})
	var m moments
	for _, x := range v {
		m.add(x)
	}
	require.InDelta(t, 20, m.mean(), 0.05)
	// Variance: rate times the integral of the squared response, summed here.
	square := 0.0
	for s := 0.0; s < 100; s += 0.001 {
		psp := j * math.E / (tauS * c) * ((math.Exp(-s/tauM)-math.Exp(-s/tauS))/(b*b) - s*math.Exp(-s/tauS)/b)
		square += psp * psp * 0.001
	}
	want := rate * 1e-3 * square
	require.InDelta(t, want, m.variance(), 5*want*math.Sqrt(2.0/size)) // five standard errors of a normal variance
}

// Trains at the head of projections have the exact rate, the variance of one
// spike a step at most, and no more coincidences than chance makes.
func TestPoissonSenders(t *testing.T) {
	const size, steps, chance = 100, 20_000, 0.05
	m := model(t, "poisson_generator")
	p, err := m.Emit(drives.Setting{Size: size, StepMS: 0.1, Seed: 9}, sim.Part{Hi: size}, drivestest.Decode(t, m, "rate: 500 Hz"))
	require.NoError(t, err)
	counts, together := make([]float64, size), make([]float64, 5)
	var spikes []int32
	for k := range steps {
		spikes = p.Advance(sim.Input{Step: int64(k)}, spikes[:0])
		for j, i := range spikes {
			counts[i]++
			for _, before := range spikes[max(0, j-4):j] {
				if lag := i - before; lag <= 4 {
					together[lag]++
				}
			}
		}
	}
	for lag := 1; lag <= 4; lag++ {
		want := chance * chance * steps * float64(size-lag)
		require.InDelta(t, want, together[lag], 5*math.Sqrt(want), "trains %d apart", lag)
	}
	var c moments
	for _, n := range counts {
		c.add(n)
	}
	require.InDelta(t, chance*steps, c.mean(), 5*math.Sqrt(chance*(1-chance)*steps/size))
	want := chance * (1 - chance) * steps
	require.InDelta(t, want, c.variance(), 5*want*math.Sqrt(2.0/(size-1)))
}

func TestPoissonRefuses(t *testing.T) {
	m := model(t, "poisson_generator")
	s := drives.Setting{Size: 1, StepMS: 0.1}
	p := drivestest.Decode(t, m, "rate: 1001 Hz")
	_, err := m.Emit(s, sim.Part{}, p)
	require.EqualError(t, err, "rate: makes 0.1001 spikes in a step of 0.1 ms; a train that projections come from has one spike a step at most and is near Poisson up to 0.1 of them: take a step of at most 0.0999 ms, or more trains (size) of a lower rate, or drive the population itself (to)")
	_, err = m.Emit(s, sim.Part{}, drivestest.Decode(t, m, "rate: 1 kHz"))
	require.NoError(t, err)
	_, err = m.New(s, p)
	require.NoError(t, err)
	s.StepMS = 2
	_, err = m.New(s, drivestest.Decode(t, m, "rate: 1e7 Hz"))
	require.ErrorContains(t, err, "rate: makes 2e+04 spikes in a step of 2 ms, at most 10000 are possible; take a shorter step")
	s.StepMS = 1
	_, err = m.New(s, drivestest.Decode(t, m, "rate: 1e7 Hz"))
	require.NoError(t, err)
}
