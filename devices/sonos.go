package devices

import (
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
)

// SONOS is a charge-trapping transistor of 40 nm that is read below its
// threshold. It was measured by its current at the one drain voltage of a read;
// here it conducts I/(0.1 V), so that the 1600 nA of the source are its 16 uS.
// With t the time since programming and xi drawn at programming:
//
//	I(t)     = max(0, m + A (1 - exp(-m/B)) * xi)
//	m        = target + p0 + p1 x + ... + p10 x^10, x = min(target, 1400 nA); all p are 0 at t = 0
//	one read = standard deviation 12.58037 (1 - exp(-I/215.36557)), nA
//
// A, B and the polynomial were fitted at 0, 1, 2, 3, 4 and 5 days, and are
// interpolated linearly in between. They are those of CrossSim's SONOS, which
// fits them to the figures of the paper. CrossSim takes the polynomials beyond
// 1400 nA too, where they dive: that of day 1 is -39 nA at 1400 nA, -246 nA at
// 1600 nA and -3496 nA at 1800 nA, and more than that of any later day. No cell
// does this, so the drift of larger targets is here that of 1400 nA.
//
// 1800 nA, which is 18 uS, and five days are the measured range; just after
// programming cells were measured up to 3200 nA. Only distributions are known:
// a cell keeps its place in them.
type SONOS struct {
	IMax float64 `yaml:"i_max" unit:"nA" default:"1600 nA" range:"(0, 3200]" doc:"largest current that is asked for, at 0.1 V"`
}

const (
	sonosAmp = 100   // nA at 0.1 V of a cell of 1 uS
	sonosDay = 86400 // s
	sonosTop = 1800  // nA, up to which the drift was measured
	sonosFit = 1400  // nA, up to which its polynomials hold

	sonosReadA, sonosReadB = 12.58037, 215.36557 // nA
)

// sonosDays is the drift of the mean and the spread, day by day, for currents
// in nA.
var sonosDays = []struct {
	drift []float64 // lowest power first
	a, b  float64   // nA
}{
	{make([]float64, 11), 19.88665, 176.3115},
	{[]float64{6.83650e-01, 6.51250e-03, -4.03163e-04, 3.37944e-06, -1.87435e-08, 5.88902e-11, -1.07685e-13, 1.17751e-16, -7.60016e-20, 2.67255e-23, -3.94954e-27}, 25.59102, 186.85544},
	{[]float64{6.60925e-01, 8.60627e-03, -1.72936e-04, 7.44096e-07, -5.94866e-09, 2.36734e-11, -4.83740e-14, 5.56072e-17, -3.65397e-20, 1.28405e-23, -1.87450e-27}, 28.72753, 193.56834},
	{[]float64{1.15821e00, 1.96116e-02, -4.70807e-04, 3.67510e-06, -2.08786e-08, 6.59752e-11, -1.19499e-13, 1.28435e-16, -8.11574e-20, 2.78802e-23, -4.02057e-27}, 31.04318, 198.90332},
	{[]float64{8.72216e-01, 1.70926e-02, -2.23370e-04, 1.57526e-06, -1.32779e-08, 5.08256e-11, -1.01251e-13, 1.14633e-16, -7.46124e-20, 2.60559e-23, -3.78724e-27}, 33.76214, 204.77023},
	{[]float64{1.15294e00, 1.03149e-02, -6.05199e-05, 1.76086e-08, -6.46690e-09, 3.39044e-11, -7.53872e-14, 8.98185e-17, -6.00346e-20, 2.12615e-23, -3.11099e-27}, 34.57909, 207.34309},
}

// SONOSModel describes the cell.
func SONOSModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "sonos",
			Summary: "charge-trapping transistor: drift of mean and spread over five days, noise of a read",
			Equation: "I(t) = max(0, m + A (1 - exp(-m/B)) * xi), m = target + p0 + p1 x + ... + p10 x^10, nA at 0.1 V, x = min(target, 1400 nA)\n" +
				"A = 19.88665, 25.59102, 28.72753, 31.04318, 33.76214, 34.57909 nA at 0 to 5 days\n" +
				"B = 176.3115, 186.85544, 193.56834, 198.90332, 204.77023, 207.34309 nA; linear in t between days, p = 0 at t = 0\n" +
				"one read: standard deviation 12.58037 (1 - exp(-I/215.36557)) nA",
			Reference: "Agrawal et al., Subthreshold operation of SONOS analog memory to enable accurate low-power neural network inference, IEDM (2022), Fig. 10 and 11; fits of CrossSim's SONOS, where the polynomials are",
			Omits:     "how one cell moves within the distribution, temperature, random telegraph noise, the curve of the current over the drain voltage",
			Params:    &SONOS{},
		},
		New: func(params any) (Cell, error) { return params.(*SONOS), nil },
	}
}

// Window is from 0 to i_max.
func (p *SONOS) Window() (low, high float64) { return 0, p.IMax / sonosAmp }

// Measured is where the drift was: up to 18 uS and five days.
func (p *SONOS) Measured() Measured {
	return Measured{High: float64(sonosTop) / sonosAmp, Until: 5 * sonosDay}
}

// Make makes cells that conduct nothing.
func (p *SONOS) Make(n int, seed uint64, first uint32) Cells {
	return makeStatistical(sonosLaw(), "sonos", n, seed, first)
}

// sonosCurrent is mean and standard deviation of the current of a target, nA,
// some seconds after programming.
func sonosCurrent(target, seconds float64) (mean, std float64) {
	t := seconds / sonosDay
	k := clamp(float64(int(min(t, 5))), 0, 4)
	part := t - k
	from, to := sonosDays[int(k)], sonosDays[int(k)+1]
	between := func(a, b float64) float64 { return a + float64(part*(b-a)) }
	x := min(target, sonosFit)
	mean = max(0, target+between(polynomial(x, from.drift), polynomial(x, to.drift)))
	a, b := between(from.a, to.a), between(from.b, to.b)
	return mean, max(0, a*(1-kernels.Exp(-mean/b)))
}

func sonosLaw() law {
	about := func(target, seconds, xi float64) float64 { // uS
		mean, std := sonosCurrent(target*sonosAmp, seconds)
		return max(0, mean+float64(std*xi)) / sonosAmp
	}
	return law{
		program: func(target, xi float64) float64 { return about(target, 0, xi) },
		trait:   Variable{Name: "place", Doc: "place in the distribution, in standard deviations, drawn at the last programming"},
		draw:    func(_, xi, _ float64) float64 { return xi },
		later: func(seconds float64, c run, g, sigma []float32) {
			for i, target := range c.target {
				g[i] = float32(about(float64(target), seconds, float64(c.trait[i])))
			}
			for i := range sigma {
				sigma[i] = float32(sonosReadA * (1 - kernels.Exp(-float64(g[i])*sonosAmp/sonosReadB)) / sonosAmp)
			}
		},
	}
}

var (
	_ Cell    = (*SONOS)(nil)
	_ Limited = (*SONOS)(nil)
)
