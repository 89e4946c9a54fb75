package devices

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/config"
)

// statisticalCells are all programmable cells of the catalogue at their
// defaults.
func statisticalCells(t require.TestingT) map[string]Cell {
	cells := map[string]Cell{}
	for _, m := range Builtin() {
		p := config.EntryDefaults(m.Entry)
		if table, ok := p.(*Tabulated); ok {
			table.Path = "testdata/measured.csv"
		}
		if run, ok := p.(*MeasuredPulses); ok {
			run.Path = "testdata/pulses.csv"
		}
		cell, err := m.New(p)
		require.NoError(t, err)
		if _, ok := cell.Make(1, 1, 0).(*statistical); ok {
			cells[m.Name] = cell
		}
	}
	require.GreaterOrEqual(t, len(cells), 9)
	return cells
}

// programmedAt makes n cells, programs them to one target and looks at them
// some seconds later.
func programmedAt(cell Cell, target float64, n int, seconds float64) (g, sigma []float32) {
	c := cell.Make(n, 11, 3).(Programmable)
	targets := make([]float32, n)
	for i := range targets {
		targets[i] = float32(target)
	}
	const start = 100
	c.Program(start, nil, targets)
	g, sigma = make([]float32, n), make([]float32, n)
	c.Conductance(start+seconds, g, sigma)
	return g, sigma
}

// many is how many cells the moments are taken of.
const many = 100_000

// requireRectified holds numbers to max(0, N(mean, std)): the moments within
// five standard errors, and the Kolmogorov-Smirnov distance below a value that
// one in 100,000 samples exceeds; seeds are fixed, so no test flickers.
func requireRectified(t *testing.T, g []float32, mean, std float64) {
	t.Helper()
	wantMean, wantStd := (&FormedReRAM{GMean: mean, GStd: std}).Moments()
	requireMoments(t, g, wantMean, wantStd)
	requireLaw(t, g, func(x float64) float64 {
		if x < 0 {
			return 0
		}
		return normalCDF((x - mean) / std)
	})
}

// requireMoments compares mean and standard deviation; the standard error of
// the latter is by the fourth moment of the sample.
func requireMoments(t *testing.T, g []float32, mean, std float64) {
	t.Helper()
	n := float64(len(g))
	var m1, m2, m4 float64
	for _, x := range g {
		m1 += float64(x) / n
	}
	for _, x := range g {
		d := float64(x) - m1
		m2 += d * d / n
		m4 += d * d * d * d / n
	}
	require.InDelta(t, mean, m1, 5*std/math.Sqrt(n), "mean")
	require.InDelta(t, std, math.Sqrt(m2), 5*math.Sqrt((m4-m2*m2)/n)/(2*std), "standard deviation")
}

// requireLaw is the test of Kolmogorov and Smirnov; where the law has a point
// mass, many numbers are equal and only the step's upper end is compared.
func requireLaw(t *testing.T, g []float32, cdf func(float64) float64) {
	t.Helper()
	sorted := slices.Clone(g)
	slices.Sort(sorted)
	n := float64(len(sorted))
	worst := 0.0
	for i := 0; i < len(sorted); {
		j := i
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		x := float64(sorted[i])
		worst = max(worst, math.Abs(float64(j)/n-cdf(x)))
		if x > 0 {
			worst = max(worst, math.Abs(float64(i)/n-cdf(x)))
		}
		i = j
	}
	require.Less(t, worst, 2.47/math.Sqrt(n), "Kolmogorov-Smirnov")
}

func normalCDF(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

// of gives a State variable.
func of(c Cells, name string) any {
	for _, v := range c.State() {
		if v.Name == name {
			return v.Values
		}
	}
	return nil
}

// A cell in a block is what it would be alone: what it was told, when and how
// often decides, whatever happens to its neighbours.
func TestStatisticalCellsAreTheirOwnHistory(t *testing.T) {
	for name, cell := range statisticalCells(t) {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				n := rapid.IntRange(1, 13).Draw(t, "n")
				first := rapid.Uint32Range(0, 9).Draw(t, "first")
				low, high := cell.Window()
				block := cell.Make(n, 5, first).(Programmable)
				var alone []Programmable
				for i := range n {
					alone = append(alone, cell.Make(1, 5, first+uint32(i)).(Programmable))
				}
				now := 0.0
				for range rapid.IntRange(0, 4).Draw(t, "times") {
					now += rapid.Float64Range(0, 1e5).Draw(t, "pause")
					var list []int32
					var targets []float32
					for i := range n {
						if rapid.Bool().Draw(t, "told") {
							list = append(list, int32(i))
							targets = append(targets, float32(rapid.Float64Range(low, high).Draw(t, "target")))
							alone[i].Program(now, nil, targets[len(targets)-1:])
						}
					}
					if list != nil {
						block.Program(now, list, targets)
					}
				}
				now += rapid.Float64Range(0, 3.2e7).Draw(t, "wait")
				g, sigma := make([]float32, n), make([]float32, n)
				block.Conductance(now, g, sigma)
				one, oneSigma := make([]float32, 1), make([]float32, 1)
				for i := range n {
					alone[i].Conductance(now, one, oneSigma)
					require.Equal(t, one[0], g[i])
					require.Equal(t, oneSigma[0], sigma[i])
					require.False(t, math.IsNaN(float64(g[i]+sigma[i])) || math.IsInf(float64(g[i]+sigma[i]), 0))
					require.GreaterOrEqual(t, g[i], float32(0))
				}
			})
		})
	}
}

// Each programming draws anew; cells and programmings are independent.
func TestProgrammingDrawsAnew(t *testing.T) {
	for name, cell := range statisticalCells(t) {
		t.Run(name, func(t *testing.T) {
			low, high := cell.Window()
			const n = 20_000
			c := cell.Make(n, 3, 0).(Programmable)
			targets := make([]float32, n)
			for i := range targets {
				targets[i] = float32(low + 0.6*(high-low))
			}
			a, b := make([]float32, n), make([]float32, n)
			c.Program(0, nil, targets)
			c.Conductance(0, a, nil)
			c.Program(0, nil, targets)
			c.Conductance(0, b, nil)
			require.Equal(t, uint32(2), of(c, "times").([]uint32)[0])
			require.Less(t, math.Abs(correlation(a, b)), 5/math.Sqrt(n), "two programmings")
			require.Less(t, math.Abs(correlation(a[1:], a[:n-1])), 5/math.Sqrt(n), "neighbours")
		})
	}
}

func correlation(a, b []float32) float64 {
	n := float64(len(a))
	var ma, mb, ab, aa, bb float64
	for i := range a {
		ma += float64(a[i]) / n
		mb += float64(b[i]) / n
	}
	for i := range a {
		x, y := float64(a[i])-ma, float64(b[i])-mb
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}

func TestRanges(t *testing.T) {
	wan := &ReRAMWan{GMax: 40, NoiseScale: 1}
	require.NoError(t, CheckWindow(wan, 0, 40))
	require.ErrorContains(t, CheckWindow(wan, 1, 41), "targets from 1 to 41 uS: outside the window of these cells, 0 to 40 uS")
	require.ErrorContains(t, CheckWindow(wan, 41, 41), "target 41 uS: outside")
	require.Error(t, CheckWindow(wan, math.NaN(), math.NaN()))
	require.NoError(t, CheckRange(wan, Measured{High: 40, Until: 172800}))
	err := CheckRange(&ReRAMWan{GMax: 60}, Measured{High: 50, Until: 1e6})
	require.ErrorContains(t, err, "targets from 0 to 50 uS: measured were 0 to 40 uS")
	require.ErrorContains(t, err, "times from 0 to 1e+06 s after programming: measured were 0 to 172800 s")
	require.ErrorContains(t, CheckRange(&ReRAMMilo{}, Measured{Low: 50, High: 225, Volt: 0.6}), "reads at 0.6 V: measured were at most 0.5 V")
	require.Error(t, CheckRange(wan, Measured{Low: math.NaN(), High: math.NaN()}))
	require.NoError(t, CheckRange(&FormedReRAM{}, Measured{High: 1e9}), "a cell without a range")
}

func BenchmarkStatistical(b *testing.B) {
	for _, name := range []string{"pcm", "reram-wan", "reram-cmo", "sonos"} {
		cell := statisticalCells(b)[name]
		const n = 10_000
		c := cell.Make(n, 1, 0).(Programmable)
		_, high := cell.Window()
		targets := make([]float32, n)
		for i := range targets {
			targets[i] = float32(0.5 * high)
		}
		b.Run(name+"/program", func(b *testing.B) {
			for b.Loop() {
				c.Program(0, nil, targets)
			}
			b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "cells/s")
		})
		b.Run(name+"/conductance", func(b *testing.B) {
			g, sigma := make([]float32, n), make([]float32, n)
			for b.Loop() {
				c.Conductance(1000, g, sigma)
			}
			b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "cells/s")
		})
	}
}
