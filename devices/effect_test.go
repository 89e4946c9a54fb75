package devices_test

import (
	"math"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/synohm/synohm/devices"
)

func TestLevels(t *testing.T) {
	b := block(t, "exact", devices.Effects{Levels: &devices.LevelsEffect{N: 5}}, 6, 1, 0) // 10, 30 .. 90
	require.NoError(t, b.Program(0, nil, []float32{10, 19, 21, 55, 81, 90}))
	g, _ := look(b, 0)
	require.Equal(t, []float32{10, 10, 30, 50, 90, 90}, g)
	require.NoError(t, b.Program(0, []int32{1, 4}, []float32{41, 12}))
	g, _ = look(b, 0)
	require.Equal(t, []float32{10, 50, 30, 50, 10, 90}, g)
}

func TestSpread(t *testing.T) {
	normal := func(s float64) func(float64) float64 { return distuv.Normal{Mu: 1, Sigma: s}.CDF }
	lognormal := func(s float64) func(float64) float64 { return distuv.LogNormal{Mu: -s * s / 2, Sigma: s}.CDF }
	for _, c := range []struct {
		shape string
		std   float64
		cdf   func(float64) float64
	}{{"normal", 0.1, normal(0.1)}, {"lognormal", math.Sqrt(math.Exp(0.01) - 1), lognormal(0.1)}} {
		t.Run(c.shape, func(t *testing.T) {
			device := block(t, "exact", devices.Effects{Spread: &devices.SpreadEffect{Device: 0.1, Shape: c.shape}}, many, 3, 0)
			cycle := block(t, "exact", devices.Effects{Spread: &devices.SpreadEffect{Cycle: 0.1, Shape: c.shape}}, many, 3, 0)
			ratios := func(b *devices.Block) []float64 {
				require.NoError(t, b.Program(0, nil, fill[float32](many, 40)))
				g, sigma := look(b, 0)
				x := make([]float64, many)
				for i := range x {
					x[i] = float64(g[i]) / 40
					require.InDelta(t, g[i]/10, sigma[i], 1e-5)
				}
				return x
			}
			d1, d2, c1, c2 := ratios(device), ratios(device), ratios(cycle), ratios(cycle)
			require.Equal(t, d1, d2, "a cell keeps its gain")
			for _, x := range [][]float64{d1, c1, c2} {
				hasMoments(t, x, 1, c.std, 0.3)
				follows(t, x, c.cdf)
			}
			// Alone, and beside a neighbour that was programmed more often, a cell
			// draws what it draws among all.
			few := block(t, "exact", devices.Effects{Spread: &devices.SpreadEffect{Cycle: 0.1, Shape: c.shape}}, 2, 3, 0)
			require.NoError(t, few.Program(0, []int32{1}, []float32{40}))
			require.NoError(t, few.Program(0, nil, []float32{40, 40}))
			g, _ := look(few, 0)
			require.Equal(t, []float64{c1[0], c2[1]}, []float64{float64(g[0]) / 40, float64(g[1]) / 40})
			// Two programmings, two cells, and the two spreads have nothing to do
			// with each other.
			five := 5 / math.Sqrt(many)
			require.InDelta(t, 0, stat.Correlation(c1, c2, nil), five)
			require.InDelta(t, 0, stat.Correlation(c1[1:], c1[:many-1], nil), five)
			require.InDelta(t, 0, stat.Correlation(c1, d1, nil), five)
		})
	}
	// A wide one is cut: at 0 between cells, at the window for targets.
	wide := block(t, "exact", devices.Effects{Spread: &devices.SpreadEffect{Device: 2, Cycle: 2, Shape: "normal"}}, 1000, 3, 0)
	require.NoError(t, wide.Program(0, nil, fill[float32](1000, 40)))
	g, _ := look(wide, 0)
	inner := make([]float32, 1000)
	wide.Cells().Conductance(0, inner, nil)
	for i := range g {
		require.True(t, g[i] >= 0 && inner[i] >= 10 && inner[i] <= 90)
	}
	require.Contains(t, g, float32(0))
}

// Cells that get stuck later follow until then, and those of the factory are
// the same ones.
func TestStuckFromATimeOn(t *testing.T) {
	const n = 2000
	made := func(from float64) *devices.Block {
		e := devices.Effects{Stuck: &devices.StuckEffect{On: 0.1, Random: 0.1, From: from}}
		require.Equal(t, from > 0, e.Age(), "cells that change are looked at again")
		b := block(t, "exact", e, n, 3, 0)
		require.NoError(t, b.Program(0, nil, fill[float32](n, 40)))
		return b
	}
	later := made(10)
	g, sigma := look(later, 9.99)
	require.Equal(t, fill[float32](n, 40), g)
	require.Equal(t, fill[float32](n, 4), sigma)
	g, sigma = look(later, 10)
	factory, quiet := look(made(0), 10)
	require.Equal(t, factory, g)
	require.Equal(t, quiet, sigma)
	require.NotEqual(t, fill[float32](n, 40), g)
}

func TestStuck(t *testing.T) {
	e := devices.Effects{Stuck: &devices.StuckEffect{On: 0.02, Off: 0.03, Unformed: 0.04, Random: 0.2, Pristine: 0.1}}
	b := block(t, "exact", e, many, 3, 0)
	require.NoError(t, b.Program(0, nil, fill[float32](many, 40)))
	g, sigma := look(b, 0)
	var on, off, unformed int
	var random []float64
	for i, x := range g {
		switch x {
		case 90:
			on++
		case 10:
			off++
		case 0.1:
			unformed++
		case 40:
			require.Equal(t, float32(4), sigma[i])
			continue
		default:
			random = append(random, float64(x))
		}
		require.Zero(t, sigma[i])
	}
	isShare(t, 0.02, on, many)
	isShare(t, 0.03, off, many)
	isShare(t, 0.04, unformed, many)
	isShare(t, 0.2, len(random), many)
	hasMoments(t, random, 50, 80/math.Sqrt(12), -1.2)
	follows(t, random, distuv.Uniform{Min: 10, Max: 90}.CDF)
	require.Equal(t, devices.Faults{On: on, Off: off, Unformed: unformed, Random: len(random)}, b.Faults())
	// They stay.
	require.NoError(t, b.Program(5, nil, fill[float32](many, 60)))
	again, _ := look(b, 3e7)
	for i := range again {
		if g[i] == 40 {
			require.Equal(t, float32(60), again[i])
		} else {
			require.Equal(t, g[i], again[i])
		}
	}
	all := block(t, "exact", devices.Effects{Stuck: &devices.StuckEffect{On: 0.1, Off: 0.2, Random: 0.7}}, 1000, 3, 0)
	f := all.Faults()
	require.Equal(t, 1000, f.On+f.Off+f.Random, "fractions that sum to 1 leave nobody out")
}

func TestEnduranceIsWeibull(t *testing.T) {
	e := devices.Effects{Endurance: &devices.EnduranceEffect{Cycles: 50, Shape: 1.7, Then: "on"}}
	b := block(t, "stepping", e, many, 3, 0)
	broken := make([]float64, many)
	for k := 1; k <= 260; k++ {
		require.NoError(t, b.Pulse(0, nil, fill(many, int32(1-2*(k%2)))))
		if k == 1 || k == 20 || k == 50 || k == 100 {
			isShare(t, 1-math.Exp(-math.Pow(float64(k)/50, 1.7)), b.Faults().Worn, many)
		}
		g, _ := look(b, 0)
		for i, x := range g {
			if x == 90 && broken[i] == 0 {
				broken[i] = float64(k)
			}
		}
	}
	require.Equal(t, many, b.Faults().Worn)
	// The law of ceil(life): compared where its steps end.
	law := func(k float64) float64 { return 1 - math.Exp(-math.Pow(k/50, 1.7)) }
	sort.Float64s(broken)
	worst := 0.0
	for k := 1.0; k <= 260; k++ {
		worst = max(worst, math.Abs(law(k)-float64(sort.SearchFloat64s(broken, k+0.5))/many))
	}
	require.Less(t, worst, 1.95/math.Sqrt(many))
	require.Equal(t, fill(many, uint32(260)), b.Wear(), "pulses count beyond the life of a cell")
}

// Pulses at once wear like pulses one after the other, and a cell that stays as
// it is stays as the cycle left it that broke it.
func TestBrokenCellsStayAsTheyAre(t *testing.T) {
	e := devices.Effects{Endurance: &devices.EnduranceEffect{Cycles: 10, Shape: 2, Then: "as_it_is"}}
	one, many := block(t, "stepping", e, 1003, 3, 0), block(t, "stepping", e, 1003, 3, 0)
	require.NoError(t, many.Pulse(0, nil, fill[int32](1003, -30)))
	for range 30 {
		require.NoError(t, one.Pulse(0, nil, fill[int32](1003, -1)))
	}
	a, _ := look(one, 0)
	b, _ := look(many, 0)
	require.Equal(t, a, b)
	require.Equal(t, one.Wear(), many.Wear())
	require.Greater(t, one.Faults().Worn, 900)
	require.NoError(t, one.Pulse(0, nil, fill[int32](1003, 20)))
	after, _ := look(one, 0)
	moved := 0
	for i := range a {
		require.True(t, after[i] == a[i] || after[i] > a[i])
		if after[i] != a[i] {
			moved++
		}
	}
	require.LessOrEqual(t, moved, 1003-many.Faults().Worn)

	exact := block(t, "exact", devices.Effects{Endurance: &devices.EnduranceEffect{Cycles: 1, Shape: 50, Then: "as_it_is"}}, 100, 3, 0)
	for k := range 4 { // lives are near 1: the first or the second cycle is the last
		require.NoError(t, exact.Program(0, nil, fill(100, float32(20+k))))
	}
	g, _ := look(exact, 0)
	for _, x := range g {
		require.Contains(t, []float32{20, 21}, x)
	}
	following := block(t, "following", devices.Effects{Endurance: &devices.EnduranceEffect{Cycles: 1, Shape: 50, Then: "off"}}, 100, 3, 0)
	require.NoError(t, following.Apply(0, nil, make([]float64, 100), 1))
	require.Equal(t, make([]uint32, 100), following.Wear(), "no voltage is no wear")
	require.NoError(t, following.Apply(0, nil, fill(100, 1.0), 1))
	require.NoError(t, following.Apply(0, nil, fill(100, 1.0), 1))
	require.Equal(t, devices.Faults{Worn: 100}, following.Faults())
	g, sigma := look(following, 0)
	require.Equal(t, fill[float32](100, 10), g)
	require.Equal(t, fill[float32](100, 0), sigma)
}

func TestRetention(t *testing.T) {
	for towards, end := range map[string]float64{"low": 10, "middle": 50, "high": 90} {
		b := block(t, "exact", devices.Effects{Retention: defaults(func(e *devices.RetentionEffect) { e.Tau, e.Towards = 100, towards })}, 3, 1, 0)
		require.NoError(t, b.Program(0, nil, fill[float32](3, 40)))
		require.NoError(t, b.Program(70, []int32{1}, []float32{80}))
		g, sigma := look(b, 100)
		for i, want := range []float64{end + (40-end)*math.Exp(-1), end + (80-end)*math.Exp(-0.3), end + (40-end)*math.Exp(-1)} {
			require.InDelta(t, want, g[i], 1e-5)
			programmed := []float64{40, 80, 40}[i]
			require.InDelta(t, 0.1*min(want, programmed), sigma[i], 1e-5)
		}
		g, _ = look(b, 1e12)
		require.Equal(t, fill(3, float32(end)), g)
	}
	// Arrhenius: 1.1 eV from 300 K to 400 K is a factor of exp(-10.6375); a
	// formed cell ages from time 0 on.
	hot := devices.Effects{Retention: &devices.RetentionEffect{Tau: 1e6, Towards: "low", Activation: 1.1, Temperature: 400, At: 300}}
	b := block(t, "exact", hot, 1, 1, 0)
	g, _ := look(b, 1e6*math.Exp(-10.637474945))
	require.InDelta(t, 10+40*math.Exp(-1), g[0], 1e-4)
	cold := devices.Effects{Retention: &devices.RetentionEffect{Tau: 1, Towards: "low", Activation: 10, Temperature: 1, At: 300}}
	g, _ = look(block(t, "exact", cold, 1, 1, 0), 1e10)
	require.Equal(t, []float32{50}, g)
}

// Pulsed cells go on from what is left of them, as often as they are pulsed.
func TestRetentionOfPulsedCells(t *testing.T) {
	e := devices.Effects{Retention: defaults(func(e *devices.RetentionEffect) { e.Tau = 100 })}
	for _, kind := range []string{"stepping", "following"} {
		b := block(t, kind, e, 2, 1, 0)
		act := func(at float64, cells []int32, by int) {
			if kind == "stepping" {
				require.NoError(t, b.Pulse(at, cells, fill(len(cells), int32(by))))
			} else {
				require.NoError(t, b.Apply(at, cells, fill(len(cells), float64(by)), 1))
			}
		}
		act(50, []int32{1}, 7)
		want := 10 + 40*math.Exp(-0.5) + 7
		g, _ := look(b, 50)
		require.InDelta(t, want, g[1], 1e-4)
		require.InDelta(t, want-7, g[0], 1e-4)
		g, _ = look(b, 80)
		require.InDelta(t, 10+(want-10)*math.Exp(-0.3), g[1], 1e-4)
		require.InDelta(t, 10+40*math.Exp(-0.8), g[0], 1e-4)
	}
	// Many pulses of nothing lose as much as none, although the loss between
	// two is a tenth of what single precision can show.
	e.Retention.Tau = 1e5
	b := block(t, "stepping", e, 1, 1, 0)
	for k := range 100_001 {
		require.NoError(t, b.Pulse(float64(k)*1e-3, nil, []int32{0}))
	}
	g, _ := look(b, 100)
	require.InDelta(t, 10+40*math.Exp(-1e-3), g[0], 1e-3)
}

func TestReadDisturb(t *testing.T) {
	e := devices.Effects{ReadDisturb: &devices.ReadDisturbEffect{PerRead: 0.01, Towards: "high"}}
	b := block(t, "exact", e, 3, 1, 0)
	b.Reads([]uint32{1, 20, 0})
	b.Reads([]uint32{0, 30, 0})
	g, sigma := look(b, 0)
	require.InDelta(t, 90-40*0.99, g[0], 1e-5)
	require.InDelta(t, 90-40*math.Pow(0.99, 50), g[1], 1e-4)
	require.Equal(t, float32(50), g[2])
	require.Equal(t, fill[float32](3, 5), sigma, "noise does not grow")
	require.NoError(t, b.Program(0, []int32{1}, []float32{30}))
	g, _ = look(b, 0)
	require.Equal(t, float32(30), g[1])
	require.InDelta(t, 90-40*0.99, g[0], 1e-5)
	b.Reads([]uint32{math.MaxUint32, math.MaxUint32, 1})
	b.Reads([]uint32{math.MaxUint32, 0, 0})
	g, _ = look(b, 0)
	require.Equal(t, float32(90), g[0])

	s := block(t, "stepping", e, 1, 1, 0)
	s.Reads([]uint32{10})
	require.NoError(t, s.Pulse(0, nil, []int32{-5}))
	s.Reads([]uint32{10})
	g, _ = look(s, 0)
	left := 90 - 40*math.Pow(0.99, 10) - 5
	require.InDelta(t, 90-(90-left)*math.Pow(0.99, 10), g[0], 1e-4)
}
