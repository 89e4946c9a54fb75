package devices_test

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/config"
)

// The cells of these tests do what they are told, so that what is seen is the
// effect: exact are programmed, stepping pulsed by 1 uS, following driven by
// 1 uS for every V*s. They are read with a noise of a tenth of what they
// conduct, in a window of 10 to 90 uS.
type plainCell struct{ kind string }

func (plainCell) Window() (low, high float64) { return 10, 90 }

func (c plainCell) Make(n int, _ uint64, _ uint32) devices.Cells {
	p := plainCells{make([]float32, n)}
	for i := range p.g {
		p.g[i] = 50
	}
	switch c.kind {
	case "stepping":
		return steppingCells{p}
	case "rigid": // stepping, but cannot be set
		return rigidCells{steppingCells{p}}
	case "following":
		return followingCells{p}
	}
	return exactCells{p}
}

type plainCells struct{ g []float32 }

func (p plainCells) Conductance(_ float64, g, sigma []float32) {
	copy(g, p.g)
	for i := range sigma {
		sigma[i] = p.g[i] / 10
	}
}

func (p plainCells) State() []devices.Variable {
	return []devices.Variable{{Name: "g", Unit: "uS", Doc: "conductance", Values: p.g}}
}

func (p plainCells) at(cells []int32, k int) *float32 {
	if cells == nil {
		return &p.g[k]
	}
	return &p.g[cells[k]]
}

func (p plainCells) put(cells []int32, g []float32) {
	for k, x := range g {
		*p.at(cells, k) = x
	}
}

type exactCells struct{ plainCells }

func (p exactCells) Program(_ float64, cells []int32, target []float32) { p.put(cells, target) }

type steppingCells struct{ plainCells }

func (p steppingCells) Pulse(_ float64, cells []int32, pulses []int32) {
	for k, n := range pulses {
		g := p.at(cells, k)
		*g = min(max(*g+float32(n), 10), 90)
	}
}

func (p steppingCells) Set(_ float64, cells []int32, g []float32) { p.put(cells, g) }

type rigidCells struct{ steppingCells }

func (rigidCells) Set() {} // of another signature, which hides the right one

type followingCells struct{ plainCells }

func (p followingCells) Apply(_ float64, cells []int32, volts []float64, seconds float64) error {
	for k, v := range volts {
		g := p.at(cells, k)
		*g = min(max(*g+float32(v*seconds), 10), 90)
	}
	return nil
}

func (p followingCells) Current(cell int, volt float64) float64 {
	return 1e-6 * float64(p.g[cell]) * volt
}

func (p followingCells) Set(_ float64, cells []int32, g []float32) { p.put(cells, g) }

var (
	_ devices.Programmable = exactCells{}
	_ devices.Settable     = steppingCells{}
	_ devices.Settable     = followingCells{}
	_ devices.Driven       = followingCells{}
	_ devices.Pulsed       = rigidCells{}
)

// defaults are the settings of an effect as they are without a word.
func defaults[T any](change func(*T)) *T {
	e := new(T)
	config.Defaults(e, nil)
	if change != nil {
		change(e)
	}
	return e
}

func block(t require.TestingT, kind string, e devices.Effects, n int, seed uint64, first uint32) *devices.Block {
	b, err := devices.NewBlock(plainCell{kind}, e, n, seed, first)
	require.NoError(t, err)
	return b
}

func fill[T any](n int, x T) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = x
	}
	return s
}

func look(b *devices.Block, t float64) (g, sigma []float32) {
	g, sigma = make([]float32, b.Len()), make([]float32, b.Len())
	b.Conductance(t, g, sigma)
	return g, sigma
}

const many = 200_003

// hasMoments checks mean and standard deviation within five standard errors;
// excess is the kurtosis of the law beyond 3.
func hasMoments(t *testing.T, x []float64, mean, std, excess float64) {
	t.Helper()
	n := float64(len(x))
	m, s := stat.MeanStdDev(x, nil)
	require.InDelta(t, mean, m, 5*std/math.Sqrt(n))
	require.InDelta(t, std, s, 5*std*math.Sqrt((excess+2)/(4*n)))
}

// follows compares with a distribution function by Kolmogorov and Smirnov, at
// p = 0.001.
func follows(t *testing.T, x []float64, cdf func(float64) float64) {
	t.Helper()
	x = append([]float64(nil), x...)
	sort.Float64s(x)
	n, worst := float64(len(x)), 0.0
	for i, v := range x {
		p := cdf(v)
		worst = max(worst, math.Abs(p-float64(i)/n), math.Abs(p-float64(i+1)/n))
	}
	require.Less(t, worst, 1.95/math.Sqrt(n))
}

// isShare checks a number of cells against a probability, within five standard
// errors.
func isShare(t *testing.T, p float64, count, n int) {
	t.Helper()
	require.InDelta(t, p*float64(n), count, 5*math.Sqrt(float64(n)*p*(1-p))+1e-9)
}

// Everything off, a block is the cells of the model to the bit.
func TestNothingSwitchedOnIsTheModel(t *testing.T) {
	for _, m := range devices.Builtin() {
		p := config.EntryDefaults(m.Entry)
		cell := m.New(p)
		b, err := devices.NewBlock(cell, devices.Effects{}, 1001, 7, 3)
		require.NoError(t, err)
		g, sigma := look(b, 5)
		wantG, wantSigma := make([]float32, 1001), make([]float32, 1001)
		cell.Make(1001, 7, 3).Conductance(5, wantG, wantSigma)
		require.Equal(t, wantG, g, m.Name)
		require.Equal(t, wantSigma, sigma, m.Name)
		require.Equal(t, devices.Faults{}, b.Faults())
	}
}

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

// everything switches all effects on, each so strong that it shows.
func everything() devices.Effects {
	return devices.Effects{
		Levels:      &devices.LevelsEffect{N: 9},
		Spread:      &devices.SpreadEffect{Device: 0.1, Cycle: 0.1, Shape: "lognormal"},
		Endurance:   &devices.EnduranceEffect{Cycles: 6, Shape: 2, Then: "as_it_is"},
		Retention:   &devices.RetentionEffect{Tau: 1e6, Towards: "low", Activation: 0.5, Temperature: 310, At: 300},
		ReadDisturb: &devices.ReadDisturbEffect{PerRead: 1e-4, Towards: "high"},
		Telegraph:   &devices.TelegraphEffect{Fraction: 0.3, Amplitude: 0.2, TauHigh: 0.5, TauLow: 2, Decades: 2},
		Stuck:       &devices.StuckEffect{On: 0.02, Off: 0.03, Unformed: 0.04, Random: 0.05, Pristine: 0.1},
	}
}

// only keeps what one kind of cells can have.
func only(kind string, e devices.Effects) devices.Effects {
	if kind != "exact" {
		e.Levels = nil
		e.Spread = &devices.SpreadEffect{Device: e.Spread.Device, Shape: e.Spread.Shape}
	}
	return e
}

// work does the k-th piece of work to the cells of a block that are numbered
// from first, or to those of a list.
func work(t require.TestingT, b *devices.Block, kind string, k int, first int, cells []int32) {
	n := b.Len()
	if cells != nil {
		n = len(cells)
	}
	number := func(i int) int {
		if cells != nil {
			i = int(cells[i])
		}
		return (first+i)*7 + k
	}
	at := float64(k * k)
	switch kind {
	case "exact":
		target := make([]float32, n)
		for i := range target {
			target[i] = float32(10 + number(i)%81)
		}
		require.NoError(t, b.Program(at, cells, target))
	case "stepping":
		pulses := make([]int32, n)
		for i := range pulses {
			pulses[i] = int32(number(i)%5 - 2)
		}
		require.NoError(t, b.Pulse(at, cells, pulses))
	case "following":
		volts := make([]float64, n)
		for i := range volts {
			volts[i] = float64(number(i)%5 - 2)
		}
		require.NoError(t, b.Apply(at, cells, volts, 0.5))
	}
}

func readAll(b *devices.Block, first int) {
	times := make([]uint32, b.Len())
	for i := range times {
		times[i] = uint32((first + i) % 90)
	}
	b.Reads(times)
}

// A cell does not depend on who else is in its block or in a list, and a block
// goes on from a copy of its state as if it had never stopped.
func TestBlocksSplitAndCopied(t *testing.T) {
	const n, cut = 1003, 101
	for _, kind := range []string{"exact", "stepping", "following"} {
		t.Run(kind, func(t *testing.T) {
			e := only(kind, everything())
			whole, a, b := block(t, kind, e, n, 5, 40), block(t, kind, e, cut, 5, 40), block(t, kind, e, n-cut, 5, 40+cut)
			var even, odd []int32
			for i := range int32(n) {
				if i%2 == 0 {
					even = append(even, i)
				} else {
					odd = append(odd, i)
				}
			}
			for k := 1; k < 8; k++ {
				if k == 4 {
					copied := block(t, kind, e, n, 5, 40)
					require.NoError(t, devices.CopyState(copied, whole))
					whole = copied
				}
				if k%2 == 0 {
					work(t, whole, kind, k, 0, nil)
				} else {
					work(t, whole, kind, k, 0, odd)
					work(t, whole, kind, k, 0, even)
				}
				work(t, a, kind, k, 0, nil)
				work(t, b, kind, k, cut, nil)
				readAll(whole, 0)
				readAll(a, 0)
				readAll(b, cut)
				for _, later := range []float64{0, 0.3, 1e4, 3e7} {
					at := float64(k*k) + 1 + later
					g, sigma := look(whole, at)
					ga, sa := look(a, at)
					gb, sb := look(b, at)
					require.Equal(t, g, append(ga, gb...))
					require.Equal(t, sigma, append(sa, sb...))
					again := make([]float32, n)
					whole.Conductance(at, again, nil)
					require.Equal(t, g, again, "looking changes nothing")
				}
			}
			require.NotZero(t, whole.Faults().Worn)
			for _, v := range whole.State() {
				require.NotEmpty(t, v.Doc, v.Name)
			}
		})
	}
	require.Error(t, devices.CopyState(block(t, "exact", everything(), 3, 1, 0), block(t, "exact", devices.Effects{}, 3, 1, 0)))
}

// Switching an effect on changes no number of another: what all do together is
// what each does alone, put together in the order of docs/effects.md.
func TestEffectsTogetherAreEachAlone(t *testing.T) {
	const n, at = 5003, 3000.0
	all := everything()
	all.Retention.Tau = 2e4
	seen := func(e devices.Effects, times int) []float32 {
		b := block(t, "exact", e, n, 5, 0)
		for k := range times {
			require.NoError(t, b.Program(float64(k)*500, nil, fill[float32](n, 40))) // a level
		}
		b.Reads(fill[uint32](n, 500))
		g, _ := look(b, at)
		return g
	}
	const times = 4
	cycle := seen(devices.Effects{Spread: &devices.SpreadEffect{Cycle: 0.1, Shape: "lognormal"}}, times)
	var after [times + 1][]float32 // how it is after so many programmings
	for k := 1; k <= times; k++ {
		after[k] = seen(devices.Effects{Spread: &devices.SpreadEffect{Cycle: 0.1, Shape: "lognormal"}}, k)
	}
	device := seen(devices.Effects{Spread: &devices.SpreadEffect{Device: 0.1, Shape: "lognormal"}}, times)
	telegraph := seen(devices.Effects{Telegraph: all.Telegraph}, times)
	stuck := seen(devices.Effects{Stuck: all.Stuck}, times)
	lives := make([]int, n)
	for k := times; k > 0; k-- {
		b := block(t, "exact", devices.Effects{Endurance: &devices.EnduranceEffect{Cycles: 6, Shape: 2, Then: "on"}}, n, 5, 0)
		for range k {
			require.NoError(t, b.Program(0, nil, fill[float32](n, 40)))
		}
		g, _ := look(b, 0)
		for i := range g {
			if g[i] == 90 {
				lives[i] = k
			}
		}
	}
	together := seen(all, times)
	tau := 2e4 * math.Exp(0.5/8.617333262e-5*(1/310.0-1/300.0))
	broken := 0
	for i := range together {
		if stuck[i] != 40 {
			require.Equal(t, stuck[i], together[i])
			continue
		}
		g, written := float64(cycle[i]), 500*(times-1)
		if lives[i] > 0 {
			g, written = float64(after[lives[i]][i]), 500*(lives[i]-1)
			broken++
		}
		g = 10 + (g-10)*math.Exp(-(at-float64(written))/tau)
		g = 90 + (g-90)*math.Pow(1-1e-4, 500)
		g *= float64(device[i]) / 40 * float64(telegraph[i]) / 40
		require.InEpsilon(t, g, together[i], 1e-5, "cell %d", i)
	}
	require.Greater(t, broken, 100)
}

func TestEffectsAreRefused(t *testing.T) {
	lines := func(err error) string { require.Error(t, err); return err.Error() }
	// Every mistake at once.
	bad := devices.Effects{
		Levels:    &devices.LevelsEffect{N: 1},
		Spread:    &devices.SpreadEffect{Device: math.NaN(), Shape: "round"},
		Telegraph: defaults(func(e *devices.TelegraphEffect) { e.TauHigh = 0 }),
		Stuck:     &devices.StuckEffect{On: 0.6, Off: 0.6},
	}
	_, err := devices.NewBlock(plainCell{"exact"}, bad, 3, 1, 0)
	for _, want := range []string{"levels.n: must be in [2, 65536]", "spread.device: must be a finite number",
		"spread.shape: must be one of normal, lognormal", "telegraph.tau_high: must be in [1e-9, 1e12] s",
		"stuck: on, off, unformed and random are fractions of all cells; together they must not exceed 1"} {
		require.Contains(t, lines(err), want)
	}
	cyclic := devices.Effects{Levels: defaults[devices.LevelsEffect](nil), Spread: &devices.SpreadEffect{Cycle: 0.1, Shape: "normal"},
		Endurance: defaults[devices.EnduranceEffect](nil), Retention: defaults[devices.RetentionEffect](nil),
		ReadDisturb: defaults[devices.ReadDisturbEffect](nil)}
	for kind, want := range map[string][]string{
		"stepping":  {"levels", "spread.cycle"},
		"following": {"levels", "spread.cycle"},
		"rigid":     {"levels", "spread.cycle", "retention", "read_disturb"},
		"exact":     nil,
	} {
		err := devices.CheckEffects(plainCell{kind}, cyclic)
		var got []string
		if err != nil {
			for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
				got = append(got, e.(config.FieldError).Field)
			}
		}
		require.Equal(t, want, got, kind)
	}
	err = devices.CheckEffects(formed(0), cyclic)
	require.Contains(t, lines(err), "endurance")
	require.NotContains(t, lines(err), "retention")
	require.NoError(t, devices.CheckEffects(formed(0), devices.Effects{Retention: cyclic.Retention, ReadDisturb: cyclic.ReadDisturb,
		Spread: &devices.SpreadEffect{Device: 0.1, Shape: "normal"}, Telegraph: defaults[devices.TelegraphEffect](nil), Stuck: &devices.StuckEffect{}}))
}

func TestBlockRefusesWhatItCannotDo(t *testing.T) {
	b := block(t, "exact", devices.Effects{}, 3, 1, 0)
	for _, c := range []struct {
		cells  []int32
		target []float32
		want   string
	}{
		{nil, []float32{40}, "1 targets for 3 cells"},
		{[]int32{0, 1}, []float32{40}, "1 targets for 2 cells"},
		{[]int32{1, 0}, []float32{40, 40}, "ascending"},
		{[]int32{3}, []float32{40}, "numbered from 0 to 2"},
		{[]int32{-1}, []float32{40}, "numbered from 0 to 2"},
		{[]int32{2}, []float32{91}, "cell 2 cannot be brought to 91 uS: its window is 10 to 90 uS"},
		{[]int32{2}, []float32{float32(math.NaN())}, "the target of cell 2 is not a number"},
	} {
		require.ErrorContains(t, b.Program(0, c.cells, c.target), c.want)
	}
	require.Equal(t, []uint32{0, 0, 0}, b.Wear())
	require.ErrorContains(t, b.Pulse(0, nil, make([]int32, 3)), "pulses")
	require.ErrorContains(t, b.Apply(0, nil, make([]float64, 3), 1), "voltage")
	require.ErrorContains(t, block(t, "stepping", devices.Effects{}, 3, 1, 0).Pulse(0, nil, make([]int32, 2)), "2 numbers of pulses for 3 cells")
	require.ErrorContains(t, block(t, "following", devices.Effects{}, 3, 1, 0).Apply(0, nil, make([]float64, 2), 1), "2 voltages for 3 cells")
	require.ErrorContains(t, block(t, "stepping", devices.Effects{}, 3, 1, 0).Program(0, nil, make([]float32, 3)), "programmed")
}

// Effects are read from a file as every part of a configuration.
func TestEffectsFromAFile(t *testing.T) {
	type file struct {
		Effects devices.Effects `yaml:"effects"`
	}
	tree, err := config.Parse("f.yaml", []byte(`effects:
  spread: {device: 5 %, shape: lognormal}
  stuck: {on: 0.01}
  retention: {tau: 10 year, activation: 1.1 eV, temperature: 358 K}
  telegraph: {}
`))
	require.NoError(t, err)
	var f file
	problems := tree.Decode(&f, nil)
	require.Len(t, problems, 1, "a fraction is a bare number")
	require.NoError(t, tree.Set("effects.spread.device", "0.05"))
	f = file{}
	require.Empty(t, tree.Decode(&f, nil))
	require.Equal(t, &devices.SpreadEffect{Device: 0.05, Shape: "lognormal"}, f.Effects.Spread)
	require.Equal(t, &devices.StuckEffect{On: 0.01, Pristine: 0.1}, f.Effects.Stuck)
	require.Equal(t, &devices.RetentionEffect{Tau: 315576000, Towards: "low", Activation: 1.1, Temperature: 358, At: 300}, f.Effects.Retention)
	require.NotNil(t, f.Effects.Telegraph)
	require.Nil(t, f.Effects.Endurance)
	tree, err = config.Parse("f.yaml", []byte("effects:\n  stuck: {on: 0.7, off: 0.7}\n  levels: {n: 1}\n"))
	require.NoError(t, err)
	got := tree.Decode(&f, nil).Error()
	require.Contains(t, got, "f.yaml:2: effects.stuck: ")
	require.Contains(t, got, "f.yaml:3: effects.levels.n: 1: must be in [2, 65536]")
}

// The page that tells when effects act names every key.
func TestThePageNamesEveryKey(t *testing.T) {
	page, err := os.ReadFile("../docs/effects.md")
	require.NoError(t, err)
	for _, e := range config.Fields(reflect.TypeOf(devices.Effects{})) {
		for _, f := range config.Fields(e.Type) {
			require.NotEmpty(t, f.Doc)
			require.Contains(t, string(page), "`"+e.Key+"."+f.Key+"`")
		}
	}
	_, example, _ := strings.Cut(string(page), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	tree, err := config.Parse("effects.md", []byte(example))
	require.NoError(t, err)
	var f struct {
		Effects devices.Effects `yaml:"effects"`
	}
	require.Empty(t, tree.Decode(&f, nil))
	require.NoError(t, devices.CheckEffects(plainCell{"exact"}, f.Effects))
}

// Whatever is switched on and done, cells conduct something that is a number
// and not negative.
func TestAnyEffectsKeepConductancesLegal(t *testing.T) {
	number := func(t *rapid.T, name string, low, high float64) float64 {
		return rapid.OneOf(rapid.Float64Range(low, high), rapid.SampledFrom([]float64{low, high})).Draw(t, name)
	}
	end := rapid.SampledFrom([]string{"low", "middle", "high"})
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"exact", "stepping", "following"}).Draw(t, "kind")
		e := only(kind, devices.Effects{
			Levels: &devices.LevelsEffect{N: rapid.IntRange(2, 65536).Draw(t, "levels")},
			Spread: &devices.SpreadEffect{Device: number(t, "device", 0, 2), Cycle: number(t, "cycle", 0, 2),
				Shape: rapid.SampledFrom([]string{"normal", "lognormal"}).Draw(t, "shape")},
			Endurance: &devices.EnduranceEffect{Cycles: number(t, "cycles", 1, 1e12), Shape: number(t, "weibull", 0.1, 50),
				Then: rapid.SampledFrom([]string{"on", "off", "as_it_is"}).Draw(t, "then")},
			Retention: &devices.RetentionEffect{Tau: number(t, "tau", 1e-300, 1e300), Towards: end.Draw(t, "retention"),
				Activation: number(t, "activation", 0, 10), Temperature: number(t, "temperature", 1, 2000), At: number(t, "at", 1, 2000)},
			ReadDisturb: &devices.ReadDisturbEffect{PerRead: number(t, "per_read", 0, 0.9999), Towards: end.Draw(t, "disturb")},
			Telegraph: &devices.TelegraphEffect{Fraction: number(t, "fraction", 0, 1), Amplitude: number(t, "amplitude", 0, 1),
				TauHigh: number(t, "tau_high", 1e-9, 1e12), TauLow: number(t, "tau_low", 1e-9, 1e12), Decades: number(t, "decades", 0, 6)},
			Stuck: &devices.StuckEffect{On: number(t, "on", 0, 0.2), Off: number(t, "off", 0, 0.2), Unformed: number(t, "unformed", 0, 0.2),
				Random: number(t, "random", 0, 0.2), Pristine: number(t, "pristine", 0, 1)},
		})
		for _, off := range []func(){
			func() { e.Levels = nil }, func() { e.Spread = nil }, func() { e.Endurance = nil }, func() { e.Retention = nil },
			func() { e.ReadDisturb = nil }, func() { e.Telegraph = nil }, func() { e.Stuck = nil },
		} {
			if rapid.IntRange(0, 3).Draw(t, "off") == 0 {
				off()
			}
		}
		const n = 50
		b := block(t, kind, e, n, rapid.Uint64().Draw(t, "seed"), rapid.Uint32Range(0, math.MaxUint32-n).Draw(t, "first"))
		for k := range rapid.IntRange(1, 6).Draw(t, "work") {
			work(t, b, kind, k, 0, nil)
			b.Reads(fill(n, rapid.Uint32().Draw(t, "reads")))
			g, sigma := look(b, float64(k*k)+1+number(t, "later", 0, 1e10))
			for i := range g {
				require.True(t, g[i] >= 0 && !math.IsInf(float64(g[i]), 0), "cell %d conducts %g", i, g[i])
				require.True(t, sigma[i] >= 0 && !math.IsInf(float64(sigma[i]), 0), "cell %d has noise %g", i, sigma[i])
			}
		}
	})
}

func BenchmarkConductance(b *testing.B) {
	const n = 1 << 20
	all := everything()
	for name, e := range map[string]devices.Effects{
		"none": {}, "spread": {Spread: all.Spread}, "retention": {Retention: all.Retention}, "read_disturb": {ReadDisturb: all.ReadDisturb},
		"telegraph": {Telegraph: &devices.TelegraphEffect{Fraction: 1, Amplitude: 0.1, TauHigh: 0.01, TauLow: 0.01}},
		"stuck":     {Stuck: all.Stuck}, "endurance": {Endurance: &devices.EnduranceEffect{Cycles: 1e6, Shape: 2, Then: "on"}}, "all": all,
	} {
		b.Run(name, func(b *testing.B) {
			c := block(b, "exact", e, n, 1, 0)
			require.NoError(b, c.Program(0, nil, fill[float32](n, 40)))
			g, sigma := make([]float32, n), make([]float32, n)
			t := 1.0
			for b.Loop() {
				c.Conductance(t, g, sigma)
				t += 0.1
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/cell")
		})
	}
}

func BenchmarkProgramWithEffects(b *testing.B) {
	const n = 1 << 20
	for name, e := range map[string]devices.Effects{"none": {}, "all": everything()} {
		b.Run(fmt.Sprint(name), func(b *testing.B) {
			c := block(b, "exact", e, n, 1, 0)
			target := fill[float32](n, 40)
			for b.Loop() {
				require.NoError(b, c.Program(0, nil, target))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/cell")
		})
	}
}
