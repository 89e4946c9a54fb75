package devices

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
)

// PCM is a phase-change memory cell by its measured statistics: what is left
// of a target after programming, how it drifts as the amorphous phase relaxes,
// and the 1/f noise that has gathered when it is read. With r = target/g_max,
// ln the natural logarithm and t the time since programming:
//
//	programming  G0 = max(0, target + prog_scale * s * xi)
//	             s  = (0.26348 + 1.9650 r - 1.1731 r^2) * g_max/25 uS
//	drift        G(t) = G0 * ((t + t_0)/t_0)^(-nu)
//	             nu = drift_scale * |m + d * xi'|, drawn at programming
//	             m  = clamp(-0.0155 ln r + 0.0244, 0.049, 0.1)
//	             d  = clamp(-0.0125 ln r - 0.0059, 0.008, 0.045)
//	one read     G(t) * (1 + read_scale * Q * sqrt(ln((t + t_0 + t_read)/(2 t_read))) * xi'')
//	             Q  = min(0.0088/r^0.65, 0.2)
//
// Fitted to measurements by Nandakumar et al. (ICECS 2019) and Joshi et al.
// (2020); the form and the constants are those of aihwkit's PCMLikeNoiseModel.
// Its documentation has r = target/g_max in Q and its program what was
// programmed instead; the maintainers say that the documentation is right
// (aihwkit issue 436), and so it is here.
//
// The noise of a read is that of all the time since programming, and drawn anew
// at every read: reads that follow closely on each other are less alike here
// than those of a cell.
type PCM struct {
	GMax       float64 `yaml:"g_max" unit:"uS" default:"25 uS" range:"(0, 1e6]" doc:"largest conductance; the noise of programming grows with it"`
	T0         float64 `yaml:"t_0" unit:"s" default:"20 s" range:"(0, 1e6]" doc:"time from programming to the first read of the measurement, from which drift counts"`
	TRead      float64 `yaml:"t_read" unit:"s" default:"250 ns" range:"[1e-15, 1]" doc:"duration of a read"`
	ProgScale  float64 `yaml:"prog_scale" default:"1" range:"[0, 1000]" doc:"factor of the noise of programming"`
	DriftScale float64 `yaml:"drift_scale" default:"1" range:"[0, 1000]" doc:"factor of the drift exponent"`
	ReadScale  float64 `yaml:"read_scale" default:"1" range:"[0, 1000]" doc:"factor of the noise of a read"`
}

const (
	pcmReference = 25   // uS, g_max of the measurement
	leastShare   = 1e-7 // of g_max, below which a target counts as this: the logarithm has no value at 0
)

// PCMModel describes the cell.
func PCMModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "pcm",
			Summary: "phase-change cell: noise of programming, drift, 1/f noise of a read",
			Equation: "r = target/g_max\n" +
				"programming  G0 = max(0, target + prog_scale * (0.26348 + 1.9650 r - 1.1731 r^2) * g_max/25 uS * xi)\n" +
				"drift        G(t) = G0 * ((t + t_0)/t_0)^(-nu), nu = drift_scale * |m + d * xi'|\n" +
				"             m = clamp(-0.0155 ln r + 0.0244, 0.049, 0.1), d = clamp(-0.0125 ln r - 0.0059, 0.008, 0.045)\n" +
				"one read     G(t) * (1 + read_scale * Q * sqrt(ln((t + t_0 + t_read)/(2 t_read))) * xi''), Q = min(0.0088/r^0.65, 0.2)",
			Reference: "Joshi et al., Nature Communications 11, 2473 (2020), and Nandakumar et al., ICECS (2019); constants of aihwkit's PCMLikeNoiseModel, with Q of the target as its documentation has it and its program has not (issue 436)",
			Omits:     "correlation between successive reads, temperature, random telegraph noise, pulses (see pcm-pulsed)",
			Params:    &PCM{},
		},
		New: func(params any) (Cell, error) { return params.(*PCM), nil },
	}
}

// Window is from a cell in full reset to g_max.
func (p *PCM) Window() (low, high float64) { return 0, p.GMax }

// Measured is up to 25 uS; the source sets no bound on the time.
func (p *PCM) Measured() Measured { return Measured{High: pcmReference} }

// Make makes cells in full reset.
func (p *PCM) Make(n int, seed uint64, first uint32) Cells {
	return makeStatistical(p.fit().law(), "pcm", n, seed, first)
}

func (p *PCM) fit() *phaseChange {
	return &phaseChange{
		gMax: p.GMax, t0: p.T0, tRead: p.TRead,
		progScale: p.ProgScale * p.GMax / pcmReference, driftScale: p.DriftScale, readScale: p.ReadScale,
		prog:       []float64{0.26348, 1.9650, -1.1731},
		driftMean:  func(r float64) float64 { return clamp(0.0244-float64(0.0155*math.Log(r)), 0.049, 0.1) },
		driftStd:   func(r float64) float64 { return clamp(-0.0059-float64(0.0125*math.Log(r)), 0.008, 0.045) },
		accumulate: func(r float64) float64 { return min(0.0088*kernels.Exp(-0.65*math.Log(r)), 0.2) },
	}
}

// phaseChange is what the models of phase-change cells have in common: noise
// of programming by a polynomial of r = target/g_max, drift by a power of the
// time whose exponent is drawn at programming, and 1/f noise that has gathered
// since.
type phaseChange struct {
	gMax, t0, tRead                  float64
	progScale, driftScale, readScale float64
	prog                             []float64 // uS, lowest power of r first
	driftMean, driftStd, accumulate  func(r float64) float64
}

// share is r, never so small that its logarithm has no value.
func (p *phaseChange) share(target float64) float64 { return max(math.Abs(target/p.gMax), leastShare) }

func (p *phaseChange) law() law {
	return law{
		program: func(target, xi float64) float64 {
			return max(0, target+float64(p.progScale*polynomial(target/p.gMax, p.prog)*xi))
		},
		trait: Variable{Name: "nu", Doc: "drift exponent, drawn at the last programming"},
		draw: func(target, _, xi float64) float64 {
			r := p.share(target)
			return p.driftScale * math.Abs(p.driftMean(r)+float64(p.driftStd(r)*xi))
		},
		later: p.later,
	}
}

func (p *phaseChange) later(seconds float64, c run, g, sigma []float32) {
	t := seconds + p.t0
	logRatio := math.Log(t / p.t0)
	for i, x := range c.prog {
		g[i] = float32(float64(x) * kernels.Exp(-float64(c.trait[i])*logRatio))
	}
	if sigma == nil {
		return
	}
	gathered := p.readScale * math.Sqrt(max(0, math.Log((t+p.tRead)/(2*p.tRead))))
	for i := range sigma {
		sigma[i] = float32(float64(g[i]) * p.accumulate(p.share(float64(c.target[i]))) * gathered)
	}
}

var (
	_ Cell    = (*PCM)(nil)
	_ Limited = (*PCM)(nil)
)
