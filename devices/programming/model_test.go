package programming_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/programming"
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
		target[k] = float32(5 + k)
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
