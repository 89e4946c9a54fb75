package devices

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func pcm() *PCM {
	return &PCM{GMax: 25, T0: 20, TRead: 250e-9, ProgScale: 1, DriftScale: 1, ReadScale: 1}
}

// 1 s, 1 h, 1 d and 1 y of 365 days.
var pcmTimes = [4]float64{1, 3600, 86400, 31536000}

// Values of the constants of aihwkit's PCMLikeNoiseModel
// (src/aihwkit/inference/noise/pcm.py) at g_max 25 uS, to six digits: noise of
// programming, mean and spread of nu, Q, the drift at nu = mean after the four
// times, the noise of a read over the conductance then.
var pcmReferenceTable = []struct {
	target, prog, mean, std, q float64
	drift, read                [4]float64
}{
	{0, 0.263480, 0.100000, 0.045000, 0.200000,
		[4]float64{0.995133, 0.594610, 0.432954, 0.240006}, [4]float64{0.837930, 0.952951, 1.017362, 1.127392}},
	{2.5, 0.448249, 0.060090, 0.022882, 0.039308,
		[4]float64{0.997072, 0.731705, 0.604697, 0.424204}, [4]float64{0.164687, 0.187294, 0.199953, 0.221578}},
	{12.5, 0.952705, 0.049000, 0.008000, 0.013809,
		[4]float64{0.997612, 0.775129, 0.663524, 0.496946}, [4]float64{0.057854, 0.065795, 0.070242, 0.077839}},
	{25, 1.055380, 0.049, 0.008, 0.008800,
		[4]float64{0.997612, 0.775129, 0.663524, 0.496946}, [4]float64{0.036869, 0.041930, 0.044764, 0.049605}},
}

func TestPCMReferenceTable(t *testing.T) {
	fit := pcm().fit()
	l := fit.law()
	const half = 0.5000005e-6 // of the last digit of the table
	for _, row := range pcmReferenceTable {
		r := fit.share(row.target)
		require.InDelta(t, row.prog, l.program(row.target, 1)-row.target, half)
		require.InDelta(t, row.mean, fit.driftMean(r), half)
		require.InDelta(t, row.std, fit.driftStd(r), half)
		require.InDelta(t, row.q, fit.accumulate(r), half)
		require.InDelta(t, row.mean, l.draw(row.target, 0, 0), half)
		require.InDelta(t, row.mean+2*row.std, l.draw(row.target, 0, 2), 3*half)
		for k, seconds := range pcmTimes {
			c := run{target: []float32{float32(row.target)}, prog: []float32{8}, trait: []float32{float32(fit.driftMean(r))}}
			g, sigma := make([]float32, 1), make([]float32, 1)
			l.later(seconds, c, g, sigma)
			require.InDelta(t, row.drift[k], float64(g[0])/8, 2*half, "after %g s", seconds)
			require.InDelta(t, row.read[k], float64(sigma[0])/float64(g[0]), 2*half, "after %g s", seconds)
		}
	}
}

// Programming is the normal law about the target, cut at 0, and nu the absolute
// value of a normal number.
func TestPCMLaws(t *testing.T) {
	for _, row := range pcmReferenceTable {
		g, _ := programmedAt(pcm(), row.target, many, 0)
		requireRectified(t, g, row.target, row.prog)

		c := pcm().Make(many, 4, 0).(Programmable)
		targets := make([]float32, many)
		for i := range targets {
			targets[i] = float32(row.target)
		}
		c.Program(0, nil, targets)
		nu := of(c, "nu").([]float32)
		requireLaw(t, nu, func(x float64) float64 {
			return normalCDF((x-row.mean)/row.std) - normalCDF((-x-row.mean)/row.std)
		})
		require.Less(t, math.Abs(correlation(nu, of(c, "g").([]float32))), 5/math.Sqrt(many), "nu and conductance are drawn apart")
	}
}

// After a day the conductance is that of a product of independent numbers:
// mean (target) E[(t/t0)^-nu], the latter of a normal nu exp(-m L + s^2 L^2/2),
// L = ln((t + t_0)/t_0), and second moment (target^2 + s_prog^2) exp(-2 m L + 2 s^2 L^2).
func TestPCMDriftedMoments(t *testing.T) {
	row := pcmReferenceTable[2]
	g, _ := programmedAt(pcm(), row.target, many, 86400)
	l := math.Log(86420.0 / 20)
	mean := row.target * math.Exp(-row.mean*l+row.std*row.std*l*l/2)
	second := (row.target*row.target + row.prog*row.prog) * math.Exp(-2*row.mean*l+2*row.std*row.std*l*l)
	requireMoments(t, g, mean, math.Sqrt(second-mean*mean))
}

// Drift never raises a conductance, and a cell of twice the g_max is twice the
// cell.
func TestPCMDriftAndScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.Float64Range(0, 25).Draw(t, "target")
		early := rapid.Float64Range(0, 1e7).Draw(t, "early")
		late := early + rapid.Float64Range(0, 1e8).Draw(t, "later")
		a, _ := programmedAt(pcm(), target, 9, early)
		b, sigma := programmedAt(pcm(), target, 9, late)
		double := pcm()
		double.GMax = 50
		d, dSigma := programmedAt(double, 2*target, 9, late)
		for i := range a {
			require.LessOrEqual(t, b[i], a[i])
			require.InDelta(t, 2*b[i], d[i], 1e-5*float64(d[i]))
			require.InDelta(t, 2*sigma[i], dSigma[i], 1e-5*float64(dSigma[i]))
		}
	})
}

// Noise of programming at r = 0, 1/4, 1/2, 3/4 and 1 of aihwkit's
// HermesNoiseModel (src/aihwkit/inference/noise/hermes.py), five digits; the
// other functions by hand from its constants, on both sides of each branch.
func TestPCMHermesReference(t *testing.T) {
	for devices, want := range map[int][]float64{
		2: {0.16603, 0.88876, 0.99101, 0.91244, 1.0927},
		1: {0.15782, 0.61449, 0.86531, 0.97483, 1.00757},
	} {
		p := &PCMHermes{Devices: devices, TRead: 512e-9, ProgScale: 1, DriftScale: 1, ReadScale: 1}
		_, gMax := p.Window()
		for i, s := range want {
			target := gMax * float64(i) / 4
			require.InDelta(t, s, p.fit().law().program(target, 1)-target, 6e-6, "%d devices, r = %g", devices, float64(i)/4)
		}
		g, _ := programmedAt(p, gMax/2, many, 0)
		requireRectified(t, g, gMax/2, want[2])
	}
	one, two := hermesFits(1), hermesFits(2)
	require.Equal(t, []float64{10.35, 200, 20.7, 300}, []float64{one.gMax, one.t0, two.gMax, two.t0})
	for _, c := range []struct {
		what     string
		f        func(float64) float64
		r, value float64
	}{
		{"mean, at its bound", two.driftMean, 1e-7, 0.13},
		{"mean, logarithm", two.driftMean, 0.05, 0.0977348},  // -0.0387 ln 0.05 - 0.0182
		{"mean, polynomial", one.driftMean, 0.5, 0.0564},     // 0.0736 - 0.0063 - 0.0109
		{"spread of one, bound", one.driftStd, 1e-7, 0.04},   //
		{"spread of one, log", one.driftStd, 0.1, 0.0253310}, // -0.0120 ln 0.1 - 0.0023
		{"spread of one, poly", one.driftStd, 0.5, 0.012075}, // 0.0104 + 0.0058 - 0.004125
		{"spread of two, log", two.driftStd, 0.1, 0.0212402}, // -0.0117 ln 0.1 - 0.0057
		{"spread of two, poly", two.driftStd, 1, 0.0048},     // 0.0073 + 0.0093 - 0.0118
		{"Q of one, log", one.accumulate, 0.1, 0.0217602},    // -0.0078 ln 0.1 + 0.0038
		{"Q of one, poly", one.accumulate, 0.5, 0.0217},      // 0.0088 + 0.0384 - 0.0338 + 0.0083
		{"Q of two, log", two.accumulate, 0.1, 0.0200402},    // -0.0117 ln 0.1 - 0.0069
		{"Q of two, poly", two.accumulate, 1, 0.0123},        // 0.0123 + 0.0211 - 0.0280 + 0.0069
	} {
		require.InDelta(t, c.value, c.f(c.r), 1e-6, c.what)
	}
	// A read of a cell of two devices at g_max, an hour after programming:
	// drift ((3600 + 300)/300)^-0.0174, noise 0.0123 sqrt(ln(3900/1.024e-6)).
	p := &PCMHermes{Devices: 2, TRead: 512e-9, ProgScale: 1, DriftScale: 1, ReadScale: 1}
	g, sigma := make([]float32, 1), make([]float32, 1)
	p.fit().law().later(3600, run{target: []float32{20.7}, prog: []float32{10}, trait: []float32{0.0174}}, g, sigma)
	require.InDelta(t, 10*math.Pow(13, -0.0174), g[0], 1e-5)
	require.InDelta(t, float64(g[0])*0.0123*math.Sqrt(math.Log(3900/1.024e-6)), sigma[0], 1e-6)
}

func TestPCMJoshiReference(t *testing.T) {
	// 0.28638599 + 0.07585724 G - 0.00178767 G^2 (CrossSim's PCMJoshi) by hand.
	for target, s := range map[float64]float64{0: 0.28638599, 10: 0.86619139, 25: 1.06552324} {
		g, _ := programmedAt(&PCMJoshi{}, target, many, 1e6)
		requireRectified(t, g, target, s)
		require.InDelta(t, s, (&PCMJoshi{}).law().program(target, 1)-target, 1e-9)
	}
}
