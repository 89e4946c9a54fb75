package devices_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/config"
)

// pulsedCell makes a cell of the catalogue with its defaults, changed by change.
func pulsedCell[P any](t require.TestingT, name string, change func(P)) devices.Cell {
	m, ok := devices.Find(name)
	require.True(t, ok, name)
	p := config.EntryDefaults(m.Entry)
	if change != nil {
		change(p.(P))
	}
	if v, ok := p.(interface{ Validate() error }); ok {
		require.NoError(t, v.Validate())
	}
	c, err := m.New(p)
	require.NoError(t, err)
	return c
}

func plain(t require.TestingT, name string) devices.Cell { return pulsedCell[any](t, name, nil) }

// follow gives the nominal cell pulses, up where positive, and returns its
// weights, the first one before the first pulse.
func follow(t require.TestingT, cell devices.Cell, pulses ...int32) []float64 {
	c := cell.(devices.Nominal).Nominal().Make(1, 1, 0).(devices.Weighted)
	var path []float64
	at := func() float64 {
		var w [1]float64
		c.Weights(0, w[:])
		return w[0]
	}
	path = append(path, at())
	for _, n := range pulses {
		sign := int32(1)
		if n < 0 {
			sign = -1
		}
		for range n * sign {
			c.Pulse(0, nil, []int32{sign})
			path = append(path, at())
		}
	}
	return path
}

func weights(c devices.Cells, n int) []float64 {
	w := make([]float64, n)
	c.(devices.Weighted).Weights(0, w)
	return w
}

// hiddenWeights are those before write noise.
func hiddenWeights(c devices.Cells) []float64 { return c.State()[0].Values.([]float64) }

func meanStd(v []float64) (mean, std float64) {
	n := float64(len(v))
	for _, x := range v {
		mean += x / n
	}
	for _, x := range v {
		std += (x - mean) * (x - mean) / n
	}
	return mean, math.Sqrt(std)
}

// pulsedCells are all names of the catalogue whose cells are pulsed and need no
// file.
func pulsedCells() (names []string) {
	for _, m := range devices.Builtin() {
		p := config.EntryDefaults(m.Entry)
		c, err := m.New(p)
		if err != nil {
			continue
		}
		if _, ok := c.(devices.Nominal); !ok {
			continue
		}
		if _, ok := c.Make(1, 0, 0).(devices.Weighted); ok {
			names = append(names, m.Name)
		}
	}
	return names
}

// Of every pulsed cell: weights before write noise stay within the bounds that
// the cell shows at the end of many pulses, and without noise every pulse goes
// its way or nowhere.
func TestPulsesStayWithinBoundsAndGoTheirWay(t *testing.T) {
	names := pulsedCells()
	require.GreaterOrEqual(t, len(names), 18)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "cell")
		seed := rapid.Uint64().Draw(t, "seed")
		runs := rapid.SliceOfN(rapid.Int32Range(-200, 200), 1, 8).Draw(t, "pulses")
		cell := plain(t, name)
		const n = 4
		top, bottom := cell.Make(n, seed, 0), cell.Make(n, seed, 0)
		noisy := cell.Make(n, seed, 0)
		for _, k := range runs {
			noisy.(devices.Pulsed).Pulse(0, nil, fill[int32](n, k))
		}
		// The bounds are where a weight from far away is cut.
		top.(devices.Weighted).SetWeights(0, []float64{1e6, 1e6, 1e6, 1e6})
		bottom.(devices.Weighted).SetWeights(0, []float64{-1e6, -1e6, -1e6, -1e6})
		for i, w := range hiddenWeights(noisy) {
			require.GreaterOrEqual(t, w, hiddenWeights(bottom)[i])
			require.LessOrEqual(t, w, hiddenWeights(top)[i])
		}
		path := follow(t, cell, runs...)
		at := 1
		for _, k := range runs {
			for range max(k, -k) {
				if k > 0 {
					require.GreaterOrEqual(t, path[at], path[at-1])
				} else {
					require.LessOrEqual(t, path[at], path[at-1])
				}
				at++
			}
		}
	})
}

// The draws of a pulse depend on cell and pulse count alone: pulses at once are
// single pulses, in any order of the cells and whoever else is in the block.
func TestPulsesDependOnCellAndCountAlone(t *testing.T) {
	names := pulsedCells()
	rapid.Check(t, func(t *rapid.T) {
		cell := plain(t, rapid.SampledFrom(names).Draw(t, "cell"))
		seed := rapid.Uint64().Draw(t, "seed")
		plan := rapid.SliceOfN(rapid.Int32Range(-9, 9), 3, 3).Draw(t, "pulses")
		together := cell.Make(3, seed, 11).(devices.Pulsed)
		together.Pulse(0, nil, plan)
		for i, k := range plan {
			alone := cell.Make(1, seed, 11+uint32(i)).(devices.Pulsed)
			sign := int32(1)
			if k < 0 {
				sign = -1
			}
			for range k * sign {
				alone.Pulse(0, []int32{0}, []int32{sign})
			}
			require.Equal(t, weights(together, 3)[i], weights(alone, 1)[0])
		}
	})
}

// Noise of a step and of a write by moments: of a cell in the middle of its
// range without spread, after one pulse.
func TestNoiseOfStepsAndWrites(t *testing.T) {
	const n = 100_000
	for name, p := range map[string]struct{ step, std, write float64 }{
		"gokmen-vlasov": {0.0016, 0.3 * 0.0016, 0},
		"capacitor":     {0.005, 0.3 * 0.005, 0},
		"ecram":         {0.002, 0.3 * 0.002, 0},
		// y_up(0) = 1 + 1.18445 exp(-2.5), so the step is 0.00148126.
		"reram-es": {0.00148125459, 5 * 0.00148125459, 75 * 0.00135},
		"reram-sb": {0.002, 3.75 * 0.002, 56 * 0.002},
		// Half way up the power of 1 halves the step.
		"pow-step": {0.0005, 0.3 * 0.0005, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := devices.Find(name)
			params := config.EntryDefaults(m.Entry)
			withoutSpread(params)
			cell, err := m.New(params)
			require.NoError(t, err)
			c := cell.Make(n, 3, 0).(devices.Weighted)
			c.Pulse(0, nil, fill[int32](n, 1))
			mean, std := meanStd(hiddenWeights(c))
			require.InDelta(t, p.step, mean, 5*p.std/math.Sqrt(n))
			require.InDelta(t, p.std, std, 5*p.std/math.Sqrt(2*n))
			read := weights(c, n)
			for i, w := range hiddenWeights(c) {
				read[i] -= w
			}
			mean, std = meanStd(read)
			require.InDelta(t, 0, mean, 5*p.write/math.Sqrt(n)+1e-15)
			require.InDelta(t, p.write, std, 5*p.write/math.Sqrt(2*n)+1e-15)
		})
	}
}

// withoutSpread makes all cells alike and keeps the noise from pulse to pulse.
func withoutSpread(params any) {
	steps := func(p *devices.StepParams) {
		p.DwMinDtod, p.UpDownDtod, p.WMaxDtod, p.WMinDtod, p.LifetimeDtod, p.ResetDtod = 0, 0, 0, 0, 0, 0
	}
	switch p := params.(type) {
	case *devices.ConstantStep:
		steps(&p.StepParams)
	case *devices.LinearStep:
		steps(&p.StepParams)
		p.GammaUpDtod, p.GammaDownDtod = 0, 0
	case *devices.SoftBoundsReference:
		steps(&p.StepParams)
		p.RefStd = 0
	case *devices.ExpStep:
		steps(&p.StepParams)
	case *devices.PowStep:
		steps(&p.StepParams)
		p.GammaDtod = 0
	}
}

// Write noise leaves the weight below it alone: the same pulses with and
// without it give the same hidden weights.
func TestWriteNoiseIsNotKept(t *testing.T) {
	run := func(noise float64) devices.Cells {
		c := pulsedCell(t, "reram-es", func(p *devices.ExpStep) { p.WriteNoiseStd = noise }).Make(64, 9, 0)
		for range 20 {
			c.(devices.Pulsed).Pulse(0, nil, fill[int32](64, 3))
		}
		return c
	}
	quiet, loud := run(0), run(75)
	require.Equal(t, hiddenWeights(quiet), hiddenWeights(loud))
	require.NotEqual(t, weights(quiet, 64), weights(loud, 64))
}

// The nominal range of weights is that of conductances, and what lies below
// zero conducts nothing.
func TestWeightsBecomeConductances(t *testing.T) {
	cell := pulsedCell(t, "gokmen-vlasov", func(p *devices.ConstantStep) { p.GMin, p.GMax = 2, 42 })
	low, high := cell.Window()
	require.Equal(t, []float64{2, 42}, []float64{low, high})
	c := cell.Make(4000, 1, 0).(devices.Weighted)
	w := make([]float64, 4000)
	for i := range w {
		w[i] = float64(i)/1000 - 2
	}
	c.SetWeights(0, w)
	c.Weights(0, w)
	g, sigma := make([]float32, len(w)), make([]float32, len(w))
	c.Conductance(0, g, sigma)
	for i := range g {
		require.InDelta(t, max(0, 2+(w[i]+1)/2*40), g[i], 1e-5)
		require.Zero(t, sigma[i])
	}
	require.InEpsilon(t, 0.0016*20, devices.StepOf(cell.(devices.Nominal)), 1e-4)
	// At w = 0 a phase-change cell is at its lower bound: only up moves it.
	pcm := devices.StepOf(plain(t, "pcm-pulsed").(devices.Nominal))
	require.InEpsilon(t, 0.01*(1+27.235)*25/2, pcm, 1e-4)
}

func BenchmarkPulse(b *testing.B) {
	const n = 65536
	for _, name := range []string{"gokmen-vlasov", "ecram", "reram-es", "reram-array-om", "pow-step"} {
		for _, run := range []struct {
			name   string
			pulses int32
		}{{"one", 1}, {"hundred", 100}} {
			b.Run(name+"/"+run.name, func(b *testing.B) {
				c := plain(b, name).Make(n/int(run.pulses), 1, 0).(devices.Pulsed)
				p := fill(n/int(run.pulses), run.pulses)
				for b.Loop() {
					c.Pulse(0, nil, p)
				}
				b.ReportMetric(float64(b.N)*float64(len(p))*float64(run.pulses)/b.Elapsed().Seconds(), "pulses/s")
			})
		}
	}
}

// A cell that is put somewhere is read there, and retention moves it between
// pulses: of two cells that were pulsed up alike, the one that waited has gone
// back to the low end by exp(-1), and goes on from there.
func TestPulsedCellsCanBePut(t *testing.T) {
	for _, name := range []string{"idealized", "reram-es", "capacitor", "ecram"} {
		cell := pulsedCell[any](t, name, nil)
		c := cell.Make(3, 1, 0)
		c.(devices.Pulsed).Pulse(0, nil, []int32{5, 50, -50})
		g := make([]float32, 3)
		low, high := cell.Window()
		want := float32(low + 0.5*(high-low))
		c.(devices.Settable).Set(1, []int32{0, 2}, []float32{want, want})
		c.Conductance(1, g, nil)
		require.InDelta(t, want, g[0], 1e-4, name)
		require.InDelta(t, want, g[2], 1e-4, name)
	}
	cell := pulsedCell[any](t, "idealized", nil)
	low, _ := cell.Window()
	b, err := devices.NewBlock(cell, devices.Effects{Retention: &devices.RetentionEffect{Tau: 100, Towards: "low", Temperature: 300, At: 300}}, 1, 1, 0)
	require.NoError(t, err)
	require.NoError(t, b.Pulse(0, nil, []int32{1000}))
	g := make([]float32, 1)
	b.Conductance(0, g, nil)
	start := float64(g[0]) - low
	b.Conductance(100, g, nil)
	require.InEpsilon(t, start*math.Exp(-1), float64(g[0])-low, 1e-4)
	waited := g[0]
	require.NoError(t, b.Pulse(100, nil, []int32{1}))
	b.Conductance(100, g, nil)
	require.InDelta(t, waited, g[0], 0.01)
}
