package programming_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/programming"
	"github.com/synohm/synohm/internal/config"
)

// cell makes cells of the simplest kinds that there are, which begin at 20 uS.
type cell struct {
	kind  string
	sigma float32 // of a read, uS
}

func (cell) Window() (low, high float64) { return 1, 100 }

func (c cell) Make(n int, _ uint64, _ uint32) devices.Cells {
	f := &flat{g: make([]float32, n), sigma: c.sigma}
	for i := range f.g {
		f.g[i] = 20
	}
	switch c.kind {
	case "programmable":
		return &programmable{f}
	case "pulsed":
		return &pulsed{f}
	case "driven":
		return &driven{f}
	}
	return f
}

// flat are cells that lose 1 uS in every second.
type flat struct {
	g     []float32
	sigma float32
}

func (f *flat) Conductance(t float64, g, sigma []float32) {
	for i, x := range f.g {
		g[i] = x - float32(t)
		if sigma != nil {
			sigma[i] = f.sigma
		}
	}
}

func (f *flat) State() []devices.Variable { return []devices.Variable{{Name: "g", Values: f.g}} }

type programmable struct{ *flat }

func (p *programmable) Program(t float64, cells []int32, target []float32) {
	for k, c := range cells {
		p.g[c] = target[k] + float32(t)
	}
}

type pulsed struct{ *flat }

func (p *pulsed) Pulse(_ float64, cells []int32, pulses []int32) {
	for k, c := range cells {
		p.g[c] += float32(pulses[k])
	}
}

type driven struct{ *flat }

func (d *driven) Apply(_ float64, cells []int32, volts []float64, seconds float64) error {
	for k, c := range cells {
		if math.Abs(volts[k]) > 5 {
			return fmt.Errorf("cell %d breaks at %g V", c, volts[k])
		}
		d.g[c] += float32(volts[k] * seconds * 1e6)
	}
	return nil
}

func (d *driven) Current(int, float64) float64 { return 0 }

func model(t *testing.T, c devices.Cell, n int) programming.Port {
	b, err := devices.NewBlock(c, devices.Effects{}, n, 1, 0)
	require.NoError(t, err)
	p, err := programming.NewModel(b, 0, 7)
	require.NoError(t, err)
	return p
}

// Every kind of modelled cell is programmed through the same loops.
func TestModelsAreProgrammed(t *testing.T) {
	const n = 50
	cells, target := all(n, 0)
	for k := range target {
		target[k] = float32(5 + k) // of a window of 1 to 100 uS
	}
	for kind, a := range map[string]programming.Algorithm{
		"programmable": algorithm[*programming.OneShot](t, "one-shot", nil),
		"pulsed":       algorithm[*programming.WriteVerify](t, "write-verify", nil),
		"driven":       ispp(t, nil),
	} {
		r, err := programming.Run(t.Context(), model(t, cell{kind: kind}, n), a, limits(), cells, target)
		require.NoError(t, err)
		require.Equal(t, n, r.Count(programming.Reached), kind)
		require.Zero(t, r.Cells[15].Pulses, "it is at 20 uS already")
	}
}

// A read has the noise of the cells, drawn by cell and count.
func TestModelsAreReadWithNoise(t *testing.T) {
	const n = 4000
	cells, _ := all(n, 0)
	p := model(t, cell{kind: "pulsed", sigma: 2}, n)
	first, second := make([]float32, n), make([]float32, n)
	require.NoError(t, p.Read(t.Context(), cells, first))
	require.NoError(t, p.Read(t.Context(), cells, second))
	var mean, square, product float64
	for i := range first {
		a, b := float64(first[i])-20, float64(second[i])-20
		mean += a / n
		square += a * a / n
		product += a * b / n
	}
	require.InDelta(t, 0, mean, 5*2/math.Sqrt(n))
	require.InDelta(t, 4, square, 5*4*math.Sqrt(2./n))
	require.InDelta(t, 0, product, 5*4/math.Sqrt(n), "reads are independent")

	// The third cell alone, on a fresh port: its own first and second read.
	p = model(t, cell{kind: "pulsed", sigma: 2}, n)
	one := make([]float32, 1)
	for _, want := range []float32{first[3], second[3]} {
		require.NoError(t, p.Read(t.Context(), []int32{3}, one))
		require.Equal(t, want, one[0])
	}
}

// Waiting is time of the cells' clock: they drift, and epochs see it.
func TestModelsHaveAClock(t *testing.T) {
	p := model(t, cell{kind: "programmable"}, 3)
	cells, target := all(3, 50)
	a := algorithm(t, "write-verify", func(a *programming.WriteVerify) { a.Epochs, a.Delay = 2, 4 })
	r, err := programming.Run(t.Context(), p, a, limits(), cells, target)
	require.NoError(t, err)
	// Written at 0 s and 4 s, each time 4 uS lost until the next look.
	for _, c := range r.Cells {
		require.Equal(t, programming.Cell{Cell: c.Cell, Target: 50, G: 46, Verdict: programming.GaveUp, Pulses: 2, Reads: c.Reads}, c)
	}
	require.Equal(t, 8.0, p.(interface{ Time() float64 }).Time())
}

func TestModelsRefuseWhatTheyCannot(t *testing.T) {
	b, err := devices.NewBlock(cell{}, devices.Effects{}, 3, 1, 0)
	require.NoError(t, err)
	_, err = programming.NewModel(b, 0, 1)
	require.ErrorContains(t, err, "nothing programs them")

	p := model(t, cell{kind: "driven"}, 3)
	ctx := t.Context()
	g := make([]float32, 1)
	require.ErrorContains(t, p.Read(ctx, []int32{3}, g), "cell 3: does not exist; there are 3 cells")
	require.ErrorContains(t, p.Read(ctx, []int32{-1}, g), "cell -1")
	require.ErrorContains(t, p.Read(ctx, []int32{1}, nil), "1 cells and 0 values")
	require.ErrorContains(t, p.Pulse(ctx, []int32{1, 1}, []float64{1, 1}, 1e-6), "ascending")
	require.ErrorContains(t, p.Pulse(ctx, []int32{1}, []float64{math.NaN()}, 1e-6), "cell 1: a pulse of NaN V")
	require.ErrorContains(t, p.Pulse(ctx, []int32{1}, []float64{1}, 0), "a pulse of 0 s")
	require.ErrorContains(t, p.Pulse(ctx, []int32{1}, []float64{6}, 1e-6), "breaks")
	require.ErrorContains(t, p.Wait(ctx, -1), "-1 s")
	r, err := programming.Run(ctx, p, ispp(t, nil), limits(), []int32{1, 5}, []float32{1, 1})
	require.ErrorContains(t, err, "reading: cell 5: does not exist")
	require.Equal(t, programming.Unfinished, r.Cells[0].Verdict)
}

// A target that the cells cannot be asked for ends a run before it begins.
func TestTargetsLieInTheWindow(t *testing.T) {
	p := model(t, cell{kind: "pulsed"}, 3)
	for _, target := range []float32{0.5, 100.1} {
		r, err := programming.Run(t.Context(), p, ispp(t, nil), limits(), []int32{2}, []float32{target})
		require.ErrorContains(t, err, "target of cell 2")
		require.ErrorContains(t, err, "1 to 100 uS")
		require.Zero(t, r.Cells[0].Reads)
	}
}

// Every cell of the catalogue that something can be done to is programmed to
// targets all over its window by writing until it fits, and its wear is what
// the report says.
func TestCatalogueIsProgrammed(t *testing.T) {
	for _, m := range devices.Builtin() {
		c, err := m.New(config.EntryDefaults(m.Entry))
		if err != nil {
			continue // it takes a file
		}
		const n = 60
		b, err := devices.NewBlock(c, devices.Effects{}, n, 3, 0)
		require.NoError(t, err)
		port, err := programming.NewModel(b, 0, 1)
		if b.Wear() == nil {
			require.ErrorContains(t, err, "nothing programs them", m.Name)
			continue
		}
		require.NoError(t, err)
		if _, ok := b.Cells().(devices.Driven); ok {
			continue // see TestCompactModelsAreProgrammed
		}
		low, high := c.Window()
		cells, target := all(n, 0)
		for k := range target {
			target[k] = float32(low + (high-low)*(0.2+0.6*float64(k)/n))
		}
		a := algorithm(t, "write-verify", func(a *programming.WriteVerify) {
			a.Tolerance, a.Writes = 0.05*(high-low), 5000 // 2,500 of the smallest step are half a window
		})
		l := limits()
		l.Pulses = a.Writes
		r, err := programming.Run(t.Context(), port, a, l, cells, target)
		require.NoError(t, err)
		require.GreaterOrEqual(t, r.Count(programming.Reached), 57, "%s: %s", m.Name, r.Summary())
		for k, w := range b.Wear() {
			require.Equal(t, int(w), r.Cells[k].Pulses, m.Name)
		}
	}
}

// Cells with faults get the verdicts of their faults.
func TestFaultsAreFound(t *testing.T) {
	const n = 2000
	m, ok := devices.Find("generic")
	require.True(t, ok)
	c, err := m.New(config.EntryDefaults(m.Entry))
	require.NoError(t, err)
	b, err := devices.NewBlock(c, devices.Effects{Stuck: &devices.StuckEffect{On: 0.02, Off: 0.03, Unformed: 0.04, Pristine: 0.1}}, n, 3, 0)
	require.NoError(t, err)
	port, err := programming.NewModel(b, 0, 1)
	require.NoError(t, err)
	cells, target := all(n, 50)
	r, err := programming.Run(t.Context(), port, algorithm[*programming.WriteVerify](t, "write-verify", func(a *programming.WriteVerify) { a.Relative = 20 }), limits(), cells, target)
	require.NoError(t, err)
	f := b.Faults()
	require.Positive(t, f.On)
	require.Equal(t, f.On, r.Count(programming.StuckHigh))
	require.Equal(t, f.Off, r.Count(programming.StuckLow))
	require.Equal(t, f.Unformed, r.Count(programming.NotFormed))
	require.Equal(t, n-f.On-f.Off-f.Unformed, r.Count(programming.Reached), r.Summary())
}

// Compact models follow rising pulses to their targets, each by voltages and
// widths at which it moves. The current of linear ion drift speeds it up, so
// that high targets would take pulses too short to begin with.
func TestCompactModelsAreProgrammed(t *testing.T) {
	type ramp struct{ start, step, stop float64 }
	settings := map[string]struct {
		width      float64
		polarity   string
		from, to   float64 // targets, in parts of the window
		set, reset ramp
	}{
		"linear-ion-drift": {1e-3, "positive", 0.01, 0.05, ramp{0.6, 0.05, 2}, ramp{0.6, 0.05, 2}},
		"vteam":            {1e-7, "negative", 0.2, 0.8, ramp{0.2, 0.005, 0.4}, ramp{0.02, 0.01, 0.2}},
		"yakopcic":         {1e-5, "positive", 0.2, 0.8, ramp{0.2, 0.05, 3}, ramp{0.2, 0.05, 3}},
		"stanford-pku":     {1e-9, "positive", 0.2, 0.8, ramp{0.2, 0.05, 3}, ramp{0.2, 0.05, 3}},
		"messaris":         {1e-5, "positive", 0.2, 0.8, ramp{0.2, 0.05, 3}, ramp{0.2, 0.05, 3}},
	}
	for _, m := range devices.Builtin() {
		c, err := m.New(config.EntryDefaults(m.Entry))
		if err != nil {
			continue // it takes a file
		}
		if _, ok := c.Make(1, 1, 0).(devices.Driven); !ok {
			continue
		}
		name := m.Name
		pulses, ok := settings[name]
		require.True(t, ok, "voltages of %s", name)
		const n = 20
		b, err := devices.NewBlock(c, devices.Effects{}, n, 3, 0)
		require.NoError(t, err)
		port, err := programming.NewModel(b, 0, 1)
		require.NoError(t, err)
		low, high := b.Window()
		cells, target := all(n, 0)
		for k := range target {
			target[k] = float32(low + (high-low)*(pulses.from+(pulses.to-pulses.from)*float64(k)/n))
		}
		a := ispp(t, func(a *programming.ISPP) {
			a.Tolerance, a.Relative = 0, 8
			a.Width, a.Polarity, a.Hold = pulses.width, pulses.polarity, 800
			a.SetStart, a.SetStep, a.SetStop = pulses.set.start, pulses.set.step, pulses.set.stop
			a.ResetStart, a.ResetStep, a.ResetStop = pulses.reset.start, pulses.reset.step, pulses.reset.stop
		})
		r, err := programming.Run(t.Context(), port, a, limits(), cells, target)
		require.NoError(t, err)
		require.Equal(t, n, r.Count(programming.Reached), "%s: %s", name, r.Summary())
		g := make([]float32, n)
		b.Conductance(port.(interface{ Time() float64 }).Time(), g, nil)
		for k := range g {
			require.InEpsilon(t, target[k], g[k], 0.08, name)
		}
		t.Logf("%s: %s", name, r.Summary())
	}
}
