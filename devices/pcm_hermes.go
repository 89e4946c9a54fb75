package devices

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
)

// PCMHermes is the phase-change cell of the IBM HERMES chip, of one device or
// of two that share a conductance: the equations of PCM with other functions of
// r = target/g_max. With two devices:
//
//	s  = 0.16603222 + 4.71806468 r - 8.48101252 r^2 + 4.68961419 r^3, uS at g_max 20.7 uS
//	m  = clamp(-0.0387 ln r - 0.0182, 0.072, 0.13) for r < 0.0945, else 0.0736 - 0.0126 r - 0.0436 r^2
//	d  = clamp(-0.0117 ln r - 0.0057, 0.0091, 0.04) for r < 0.3055, else 0.0073 + 0.0093 r - 0.0118 r^2
//	Q  = clamp(-0.0117 ln r - 0.0069, 0.015, 0.04) for r < 0.16, else 0.0123 + 0.0211 r - 0.0280 r^2 + 0.0069 r^3
//
// and with one:
//
//	s  = 0.15781817 + 2.32443916 r - 2.16310839 r^2 + 0.68841818 r^3, uS at g_max 10.35 uS
//	m  = as above
//	d  = clamp(-0.0120 ln r - 0.0023, 0.0124, 0.04) for r < 0.3039, else 0.0104 + 0.0116 r - 0.0165 r^2
//	Q  = clamp(-0.0078 ln r + 0.0038, 0.0179, 0.04) for r < 0.1591, else 0.0088 + 0.0768 r - 0.1352 r^2 + 0.0664 r^3
//
// The constants are those of aihwkit's HermesNoiseModel. Two devices are taken
// to hold the same conductance, which drifts more than the way in which the
// chip programs them (Vasilopoulos et al. 2023). As for PCM, Q is of the target
// and not of what was programmed.
type PCMHermes struct {
	Devices    int     `yaml:"devices" default:"2" range:"[1, 2]" doc:"devices that share a conductance: 1 or 2"`
	GMax       float64 `yaml:"g_max" unit:"uS" default:"0 uS" range:"[0, 1e6]" doc:"largest conductance; 0 takes that of the measurement, 20.7 uS with two devices and 10.35 uS with one"`
	T0         float64 `yaml:"t_0" unit:"s" default:"0 s" range:"[0, 1e6]" doc:"time from programming to the first read of the measurement; 0 takes 300 s with two devices and 200 s with one"`
	TRead      float64 `yaml:"t_read" unit:"s" default:"512 ns" range:"[1e-15, 1]" doc:"duration of a read"`
	ProgScale  float64 `yaml:"prog_scale" default:"1" range:"[0, 1000]" doc:"factor of the noise of programming"`
	DriftScale float64 `yaml:"drift_scale" default:"1" range:"[0, 1000]" doc:"factor of the drift exponent"`
	ReadScale  float64 `yaml:"read_scale" default:"1" range:"[0, 1000]" doc:"factor of the noise of a read"`
}

// hermesFit is what was measured of one device or of two.
type hermesFit struct {
	gMax, t0                        float64 // uS, s
	prog                            []float64
	driftMean, driftStd, accumulate func(r float64) float64
}

// branches is a clamped line in ln r for small r, a polynomial from there on.
func branches(from, slope, offset, low, high float64, poly ...float64) func(r float64) float64 {
	return func(r float64) float64 {
		if r < from {
			return clamp(offset+float64(slope*math.Log(r)), low, high)
		}
		return polynomial(r, poly)
	}
}

func hermesFits(devices int) hermesFit {
	mean := branches(0.0945, -0.0387, -0.0182, 0.0720, 0.13, 0.0736, -0.0126, -0.0436)
	if devices == 1 {
		return hermesFit{
			gMax: 10.35, t0: 200,
			prog:       []float64{0.15781817, 2.32443916, -2.16310839, 0.68841818},
			driftMean:  mean,
			driftStd:   branches(0.3039, -0.0120, -0.0023, 0.0124, 0.04, 0.0104, 0.0116, -0.0165),
			accumulate: branches(0.1591, -0.0078, 0.0038, 0.0179, 0.04, 0.0088, 0.0768, -0.1352, 0.0664),
		}
	}
	return hermesFit{
		gMax: 20.7, t0: 300,
		prog:       []float64{0.16603222, 4.71806468, -8.48101252, 4.68961419},
		driftMean:  mean,
		driftStd:   branches(0.3055, -0.0117, -0.0057, 0.0091, 0.04, 0.0073, 0.0093, -0.0118),
		accumulate: branches(0.16, -0.0117, -0.0069, 0.015, 0.04, 0.0123, 0.0211, -0.0280, 0.0069),
	}
}

// PCMHermesModel describes the cell.
func PCMHermesModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "pcm-hermes",
			Summary: "phase-change cell of the IBM HERMES chip, of one or two devices",
			Equation: "as pcm, with r = target/g_max and\n" +
				"noise of programming, uS\n" +
				"  two devices  (0.16603222 + 4.71806468 r - 8.48101252 r^2 + 4.68961419 r^3) * g_max/20.7 uS\n" +
				"  one device   (0.15781817 + 2.32443916 r - 2.16310839 r^2 + 0.68841818 r^3) * g_max/10.35 uS\n" +
				"m              clamp(-0.0387 ln r - 0.0182, 0.072, 0.13) for r < 0.0945, else 0.0736 - 0.0126 r - 0.0436 r^2\n" +
				"d, two         clamp(-0.0117 ln r - 0.0057, 0.0091, 0.04) for r < 0.3055, else 0.0073 + 0.0093 r - 0.0118 r^2\n" +
				"d, one         clamp(-0.0120 ln r - 0.0023, 0.0124, 0.04) for r < 0.3039, else 0.0104 + 0.0116 r - 0.0165 r^2\n" +
				"Q, two         clamp(-0.0117 ln r - 0.0069, 0.015, 0.04) for r < 0.16, else 0.0123 + 0.0211 r - 0.0280 r^2 + 0.0069 r^3\n" +
				"Q, one         clamp(-0.0078 ln r + 0.0038, 0.0179, 0.04) for r < 0.1591, else 0.0088 + 0.0768 r - 0.1352 r^2 + 0.0664 r^3",
			Reference: "Le Gallo et al., Nature Electronics 6 (2023), and Khaddam-Aljameh et al., JSSC (2022); constants of aihwkit's HermesNoiseModel",
			Omits:     "correlation between successive reads, temperature, random telegraph noise, the chip's way to split a target between two devices",
			Params:    &PCMHermes{},
		},
		New: func(params any) (Cell, error) { return params.(*PCMHermes), nil },
	}
}

func (p *PCMHermes) gMax() float64 {
	if p.GMax > 0 {
		return p.GMax
	}
	return hermesFits(p.Devices).gMax
}

// Window is from a cell in full reset to g_max.
func (p *PCMHermes) Window() (low, high float64) { return 0, p.gMax() }

// Measured is up to 20.7 uS with two devices and 10.35 uS with one.
func (p *PCMHermes) Measured() Measured { return Measured{High: hermesFits(p.Devices).gMax} }

// Make makes cells in full reset.
func (p *PCMHermes) Make(n int, seed uint64, first uint32) Cells {
	return makeStatistical(p.fit().law(), "pcm-hermes", n, seed, first)
}

func (p *PCMHermes) fit() *phaseChange {
	f := hermesFits(p.Devices)
	c := &phaseChange{
		gMax: p.gMax(), t0: f.t0, tRead: p.TRead,
		progScale: p.ProgScale * p.gMax() / f.gMax, driftScale: p.DriftScale, readScale: p.ReadScale,
		prog: f.prog, driftMean: f.driftMean, driftStd: f.driftStd, accumulate: f.accumulate,
	}
	if p.T0 > 0 {
		c.t0 = p.T0
	}
	return c
}

var (
	_ Cell    = (*PCMHermes)(nil)
	_ Limited = (*PCMHermes)(nil)
)
