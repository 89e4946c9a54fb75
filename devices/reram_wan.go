package devices

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
)

// ReRAMWan is the resistive cell of the NeuRRAM chip by the distribution of its
// conductance about the target, which widens as cells relax. With
// r = target/g_max, t the time since programming and xi drawn at programming:
//
//	G(t) = max(0, target + noise_scale * s(t) * g_max/40 uS * xi)
//	s(1 s) = 0.348 + 16.030 r - 43.853 r^2 + 45.393 r^3 - 16.815 r^4, uS
//	s(1 d) = 0.701 + 22.086 r - 50.773 r^2 + 47.095 r^3 - 16.458 r^4
//	s(2 d) = 0.782 + 20.274 r - 43.507 r^2 + 37.062 r^3 - 11.934 r^4
//	one read: standard deviation read_noise * g_max
//
// The fit, to figures of the paper, is that of aihwkit's ReRamWan2022NoiseModel.
// It was measured at these three times only: before 1 s the cell is as at 1 s;
// between the times s is interpolated linearly in ln t; beyond 2 d, which is
// outside the measured range, the line of the last two goes on.
//
// Only the distributions at the three times are known, not how one cell moves
// between them: a cell keeps its place in the distribution. aihwkit sets a
// reference of 40 uS but divides by g_max instead, so its noise is that of a 40
// uS cell for any g_max; here it is scaled as meant.
//
// The spread was measured by reading, so it holds the noise of one read, and
// read_noise is 0 unless it is set. aihwkit puts the noise between reads at about
// 1 % of the largest weight, the difference of two cells: 0.0071 for each.
type ReRAMWan struct {
	GMax       float64 `yaml:"g_max" unit:"uS" default:"40 uS" range:"(0, 1e6]" doc:"largest conductance; the spread grows with it"`
	NoiseScale float64 `yaml:"noise_scale" default:"1" range:"[0, 1000]" doc:"factor of the spread about the target"`
	ReadNoise  float64 `yaml:"read_noise" default:"0" range:"[0, 1]" doc:"standard deviation of one read over g_max; about 0.0071 for the noise between reads"`
}

const wanReference = 40 // uS, g_max of the measurement

// wanSpread is s at the times of the measurement, uS.
var wanSpread = []struct {
	seconds float64
	s       []float64 // lowest power of r first
}{
	{1, []float64{0.348, 16.030, -43.853, 45.393, -16.815}},
	{86400, []float64{0.701, 22.086, -50.773, 47.095, -16.458}},
	{172800, []float64{0.782, 20.274, -43.507, 37.062, -11.934}},
}

// ReRAMWanModel describes the cell.
func ReRAMWanModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "reram-wan",
			Summary: "resistive cell of the NeuRRAM chip: spread about the target at 1 s, 1 d and 2 d",
			Equation: "G(t) = max(0, target + noise_scale * s(t) * g_max/40 uS * xi), r = target/g_max\n" +
				"s(1 s) = 0.348 + 16.030 r - 43.853 r^2 + 45.393 r^3 - 16.815 r^4 uS\n" +
				"s(1 d) = 0.701 + 22.086 r - 50.773 r^2 + 47.095 r^3 - 16.458 r^4 uS\n" +
				"s(2 d) = 0.782 + 20.274 r - 43.507 r^2 + 37.062 r^3 - 11.934 r^4 uS\n" +
				"linear in ln t between these times, as at 1 s before; one read has standard deviation read_noise * g_max",
			Reference: "Wan et al., Nature 608 (2022), Extended Data Fig. 3; fit of aihwkit's ReRamWan2022NoiseModel, scaled with g_max/40 uS as it is meant there",
			Omits:     "how one cell moves within the distribution, temperature, random telegraph noise, a shift of the mean",
			Params:    &ReRAMWan{},
		},
		New: func(params any) (Cell, error) { return params.(*ReRAMWan), nil },
	}
}

// Window is from 0 to g_max.
func (p *ReRAMWan) Window() (low, high float64) { return 0, p.GMax }

// Measured is up to 40 uS and to two days after programming.
func (p *ReRAMWan) Measured() Measured { return Measured{High: wanReference, Until: 172800} }

// Make makes cells that conduct nothing.
func (p *ReRAMWan) Make(n int, seed uint64, first uint32) Cells {
	return makeStatistical(p.law(), "reram-wan", n, seed, first)
}

// spread is the standard deviation about a target some seconds after
// programming, uS.
func (p *ReRAMWan) spread(target, seconds float64) float64 {
	r := target / p.GMax
	k := 0
	for k+2 < len(wanSpread) && seconds > wanSpread[k+1].seconds {
		k++
	}
	a, b := wanSpread[k], wanSpread[k+1]
	part := math.Log(max(seconds, a.seconds)/a.seconds) / math.Log(b.seconds/a.seconds)
	low, high := polynomial(r, a.s), polynomial(r, b.s)
	return p.NoiseScale * p.GMax / wanReference * max(0, low+float64(part*(high-low)))
}

func (p *ReRAMWan) law() law {
	about := func(target, seconds, xi float64) float64 {
		return max(0, target+float64(p.spread(target, seconds)*xi))
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
				sigma[i] = float32(p.ReadNoise * p.GMax)
			}
		},
	}
}

var (
	_ Cell    = (*ReRAMWan)(nil)
	_ Limited = (*ReRAMWan)(nil)
)
