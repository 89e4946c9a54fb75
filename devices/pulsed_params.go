package devices

import (
	"errors"
	"math"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
)

// StepParams are what all cells have in common that pulses move by steps. The
// weight w is normalised: 0 is the symmetric middle of a pair, w_min and w_max
// are its bounds. Spreads between cells ("dtod", device to device) are normal:
//
//	b_max = |w_max (1 + w_max_dtod xi)|      b_min = -|w_min (1 + w_min_dtod xi)|
//	gain = 1 + dw_min_dtod xi, or exp(dw_min_dtod xi)      r = up_down_dtod xi
//	scale_up   = |gain + r + min(up_down, 0)| dw_min
//	scale_down = |gain - r - max(up_down, 0)| dw_min
//	G = max(0, g_min + (w - w_min)/(w_max - w_min) (g_max - g_min))
//
// A step changes w; then w is kept within b_min and b_max; then what is read is
// w + write_noise_std dw_min xi. These are the equations of aihwkit's pulsed
// devices as its code has them (Rasch et al., A flexible and fast PyTorch
// toolkit for simulating training and inference on analog crossbar arrays,
// AICAS 2021).
//
// Defaults are the baseline of Gokmen and Vlasov, Acceleration of deep neural
// network training with resistive cross-point devices, Frontiers in
// Neuroscience 10 (2016): steps of 0.001 within 0.6, spreads of 30 %. The
// source gives no conductances; 0 to 25 uS is an assumption.
type StepParams struct {
	DwMin          float64 `yaml:"dw_min" default:"0.001" range:"(0, 10]" doc:"size of a step at w = 0, before the rule"`
	DwMinDtod      float64 `yaml:"dw_min_dtod" default:"0.3" range:"[0, 10]" doc:"spread of the step between cells, relative"`
	DwMinLogNormal bool    `yaml:"dw_min_dtod_log_normal" default:"false" doc:"steps are log-normally distributed over cells"`
	DwMinStd       float64 `yaml:"dw_min_std" default:"0.3" range:"[0, 1000]" doc:"noise of a step from pulse to pulse, in steps"`
	UpDown         float64 `yaml:"up_down" default:"0" range:"(-1, 1)" doc:"by how much up steps are larger than down steps, in steps"`
	UpDownDtod     float64 `yaml:"up_down_dtod" default:"0.01" range:"[0, 10]" doc:"spread of up_down between cells"`

	WMax     float64 `yaml:"w_max" default:"0.6" range:"[0, 1000]" doc:"upper bound of the weight"`
	WMaxDtod float64 `yaml:"w_max_dtod" default:"0.3" range:"[0, 10]" doc:"spread of the upper bound between cells, relative"`
	WMin     float64 `yaml:"w_min" default:"-0.6" range:"[-1000, 0]" doc:"lower bound of the weight"`
	WMinDtod float64 `yaml:"w_min_dtod" default:"0.3" range:"[0, 10]" doc:"spread of the lower bound between cells, relative"`

	WriteNoiseStd float64 `yaml:"write_noise_std" default:"0" range:"[0, 10000]" doc:"noise of what is read after a pulse, in dw_min; the weight below it keeps its value"`

	CorruptProb  float64 `yaml:"corrupt_devices_prob" default:"0" range:"[0, 1]" doc:"share of cells that are stuck"`
	CorruptRange float64 `yaml:"corrupt_devices_range" default:"1000" range:"[0, 1000]" doc:"stuck cells stand anywhere within this distance of 0, and within their bounds"`

	Lifetime     float64 `yaml:"lifetime" default:"0" range:"[0, inf)" doc:"updates of the network in which the weight leaks to 1/e; 0 does not leak"`
	LifetimeDtod float64 `yaml:"lifetime_dtod" default:"0" range:"[0, 10]" doc:"spread of the lifetime between cells, relative"`
	UpdatePeriod float64 `yaml:"update_period" unit:"s" default:"1 us" range:"(0, inf)" doc:"time of one update, to which the lifetime refers (an assumption)"`
	Reset        float64 `yaml:"reset" default:"0" range:"[-1000, 1000]" doc:"weight that the cell leaks to"`
	ResetDtod    float64 `yaml:"reset_dtod" default:"0" range:"[0, 1000]" doc:"spread of the reset weight between cells"`

	GMin float64 `yaml:"g_min" unit:"uS" default:"0 uS" range:"[0, 1e6]" doc:"conductance at w_min (an assumption)"`
	GMax float64 `yaml:"g_max" unit:"uS" default:"25 uS" range:"(0, 1e6]" doc:"conductance at w_max (an assumption)"`
}

// Validate wants ranges that are not empty.
func (p *StepParams) Validate() error {
	var errs []error
	if !(p.WMin < p.WMax) {
		errs = append(errs, config.FieldError{Field: "w_max", Rule: "must be above w_min"})
	}
	if !(p.GMin < p.GMax) {
		errs = append(errs, config.FieldError{Field: "g_max", Rule: "must be above g_min"})
	}
	if p.Lifetime > 0 && p.Lifetime <= 1 {
		errs = append(errs, config.FieldError{Field: "lifetime", Rule: "must be above 1 update, or 0 for a cell that does not leak"})
	}
	return errors.Join(errs...)
}

// Window is the range of conductances between the nominal bounds.
func (p *StepParams) Window() (low, high float64) { return p.GMin, p.GMax }

// nominal takes all spread and noise away.
func (p StepParams) nominal() StepParams {
	p.DwMinDtod, p.DwMinStd, p.UpDownDtod, p.WMaxDtod, p.WMinDtod = 0, 0, 0, 0, 0
	p.WriteNoiseStd, p.CorruptProb, p.LifetimeDtod, p.ResetDtod = 0, 0, 0, 0
	return p
}

// population is what tells cells from each other.
type population struct {
	low, high  []float64 // bounds of w
	up, down   []float64 // sizes of a step before the rule
	tau, reset []float64 // time constant of the leak, s, and where it leads; nil without leak
	stuck      []bool    // nil where no cell is
}

var purposePulsedCell = philox.Purpose("devices.pulsed.cell")

// cellWords are four words of a cell: part 0 and 1 are for the population of
// all rules, 2 and on for a rule's own.
func cellWords(seed uint64, cell, part uint32) [4]float64 {
	s := philox.Stream{Seed: seed, Purpose: purposePulsedCell}
	return philox.Normal4(s.Block(cell, part))
}

// draw draws the population of n cells, numbered from first.
func (p *StepParams) draw(n int, seed uint64, first uint32) population {
	of := population{low: make([]float64, n), high: make([]float64, n), up: make([]float64, n), down: make([]float64, n)}
	if p.Lifetime > 0 {
		of.tau, of.reset = make([]float64, n), make([]float64, n)
	}
	if p.CorruptProb > 0 {
		of.stuck = make([]bool, n)
	}
	for i := range n {
		xi := cellWords(seed, first+uint32(i), 0)
		high := float64(p.WMax * (1 + float64(p.WMaxDtod*xi[0])))
		low := float64(p.WMin * (1 + float64(p.WMinDtod*xi[1])))
		if low > high {
			low, high = high, low
		}
		of.low[i], of.high[i] = -math.Abs(low), math.Abs(high)
		gain := 1 + float64(p.DwMinDtod*xi[2])
		if p.DwMinLogNormal {
			gain = math.Exp(p.DwMinDtod * xi[2])
		}
		r := float64(p.UpDownDtod * xi[3])
		of.up[i] = float64(math.Abs(min(p.UpDown, 0)+gain+r) * p.DwMin)
		of.down[i] = float64(math.Abs(gain-r-max(p.UpDown, 0)) * p.DwMin)
		p.drawRare(&of, i, seed, first+uint32(i))
	}
	return of
}

// drawRare draws what most cells do not have: that they are stuck, and a leak.
func (p *StepParams) drawRare(of *population, i int, seed uint64, cell uint32) {
	if of.stuck == nil && of.tau == nil {
		return
	}
	word := philox.Stream{Seed: seed, Purpose: purposePulsedCell}.Block(cell, 1)
	if of.stuck != nil && philox.Uniform(word[0]) < p.CorruptProb {
		low, high := max(of.low[i], -p.CorruptRange), min(of.high[i], p.CorruptRange)
		at := low + float64((high-low)*philox.Uniform(word[1]))
		of.low[i], of.high[i], of.up[i], of.down[i] = at, at, 0, 0
		of.stuck[i] = true
	}
	if of.tau != nil {
		// A share 1/lifetime is lost in every update.
		updates := p.Lifetime * (1 + float64(p.LifetimeDtod*philox.Normal(word[2])))
		if updates > 1 {
			of.tau[i] = -p.UpdatePeriod / math.Log1p(-1/updates)
		}
		of.reset[i] = p.Reset + float64(p.ResetDtod*philox.Normal(word[3]))
	}
}
