// Package devicetest is the contract that every cell model keeps.
package devicetest

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/config"
)

// Check holds a cell to the contract, with its default parameters.
func Check(t *testing.T, m devices.Model) {
	CheckWith(t, m, config.EntryDefaults(m.Entry))
}

// CheckWith is Check with parameters of the caller, for a cell that some have
// no default of.
func CheckWith(t *testing.T, m devices.Model, p any) {
	require.NotEmpty(t, m.Summary)
	require.NotEmpty(t, m.Equation)
	require.NotEmpty(t, m.Reference)
	if m.Params != nil {
		for _, f := range config.EntryFields(m.Entry) {
			require.NotEmpty(t, f.Doc, "%s has no doc", f.Key)
		}
	}
	if v, ok := p.(interface{ Validate() error }); ok {
		require.NoError(t, v.Validate(), "the parameters are legal")
	}
	cell, err := m.New(p)
	require.NoError(t, err)
	low, high := cell.Window()
	require.True(t, low >= 0 && low < high && !math.IsInf(high, 0), "window %g to %g uS", low, high)

	t.Run("factory", func(t *testing.T) { factory(t, cell) })
	t.Run("saved", func(t *testing.T) { saved(t, cell) })
	if f, ok := cell.(devices.Formed); ok {
		t.Run("moments", func(t *testing.T) { moments(t, cell, f) })
	}
	switch cell.Make(1, 1, 0).(type) {
	case devices.Programmable:
		t.Run("programmed", func(t *testing.T) { programmed(t, cell) })
	case devices.Pulsed:
		t.Run("pulsed", func(t *testing.T) { pulsed(t, cell) })
	case devices.Driven:
		t.Run("driven", func(t *testing.T) { driven(t, cell) })
	default:
		_, ok := cell.(devices.Formed)
		require.True(t, ok, "cells that nothing changes are formed")
	}
}

const n = 1003

// read gives conductances and the noise of a read, and checks them.
func read(t *testing.T, c devices.Cells, size int, at float64) (g, sigma []float32) {
	g, sigma = make([]float32, size), make([]float32, size)
	c.Conductance(at, g, sigma)
	for i := range g {
		require.True(t, g[i] >= 0 && !math.IsInf(float64(g[i]), 0), "cell %d conducts %g uS", i, g[i])
		require.True(t, sigma[i] >= 0 && !math.IsInf(float64(sigma[i]), 0), "cell %d is read with noise %g uS", i, sigma[i])
	}
	again := make([]float32, size)
	c.Conductance(at, again, nil)
	require.Equal(t, g, again, "looking at cells does not change them")
	return g, sigma
}

// factory: a cell does not depend on who else was made with it.
func factory(t *testing.T, cell devices.Cell) {
	whole, _ := read(t, cell.Make(n, 5, 0), n, 0)
	a, _ := read(t, cell.Make(101, 5, 0), 101, 0)
	b, _ := read(t, cell.Make(n-101, 5, 101), n-101, 0)
	require.Equal(t, whole, append(a, b...))
}

// change does something to a block, the k-th time.
func change(c devices.Cells, low, high float64, k int, cells []int32, size int) {
	at := func(i int) int {
		if cells != nil {
			return int(cells[i])
		}
		return i
	}
	if cells != nil {
		size = len(cells)
	}
	switch c := c.(type) {
	case devices.Programmable:
		target := make([]float32, size)
		for i := range target {
			target[i] = float32(low + (high-low)*float64((at(i)*7+k)%11)/10)
		}
		c.Program(float64(k), cells, target)
	case devices.Pulsed:
		pulses := make([]int32, size)
		for i := range pulses {
			pulses[i] = int32((at(i)*7+k)%11 - 5)
		}
		c.Pulse(float64(k), cells, pulses)
	case devices.Driven:
		volts := make([]float64, size)
		for i := range volts {
			volts[i] = float64((at(i)*7+k)%11-5) / 5
		}
		if err := c.Apply(float64(k), cells, volts, 1e-7); err != nil {
			panic(err)
		}
	}
}

// saved: a block goes on from a copy of its state as if it had never stopped,
// and a list of cells is changed like all of them.
func saved(t *testing.T, cell devices.Cell) {
	low, high := cell.Window()
	whole := cell.Make(n, 5, 40)
	change(whole, low, high, 1, nil, n)
	half := cell.Make(n, 5, 40)
	require.NoError(t, devices.CopyState(half, whole))
	change(whole, low, high, 2, nil, n)
	var even, odd []int32
	for i := range int32(n) {
		if i%2 == 0 {
			even = append(even, i)
		} else {
			odd = append(odd, i)
		}
	}
	change(half, low, high, 2, odd, n)
	change(half, low, high, 2, even, n)
	for _, at := range []float64{2, 3, 4000, 3e7} {
		want, wantSigma := read(t, whole, n, at)
		got, gotSigma := read(t, half, n, at)
		require.Equal(t, want, got, "at %g s", at)
		require.Equal(t, wantSigma, gotSigma, "at %g s", at)
	}
	for _, v := range whole.State() {
		require.NotEmpty(t, v.Name)
		require.NotEmpty(t, v.Doc, v.Name)
	}
}

func moments(t *testing.T, cell devices.Cell, f devices.Formed) {
	const n = 40_003
	g, _ := read(t, cell.Make(n, 5, 0), n, 0)
	var sum, sum2 float64
	for _, x := range g {
		sum += float64(x)
		sum2 += float64(x) * float64(x)
	}
	mean, std := f.Moments()
	got := sum / n
	require.InDelta(t, mean, got, 5*std/math.Sqrt(n)+1e-6*mean)
	require.InDelta(t, std, math.Sqrt(math.Max(0, sum2/n-got*got)), 5*std/math.Sqrt(2*n)+1e-4*mean)
}

// programmed: cells come near their targets, and within the window do so in the
// order of the targets on average.
func programmed(t *testing.T, cell devices.Cell) {
	low, high := cell.Window()
	before := -1.0
	for _, x := range []float64{0.1, 0.5, 0.9} {
		target := make([]float32, n)
		for i := range target {
			target[i] = float32(low + x*(high-low))
		}
		c := cell.Make(n, 7, 0).(devices.Programmable)
		c.Program(0, nil, target)
		g, _ := read(t, c, n, 0)
		mean := 0.0
		for _, v := range g {
			mean += float64(v) / n
		}
		require.Greater(t, mean, before)
		require.InDelta(t, target[0], mean, 0.1*(high-low), "cells come near their target")
		before = mean
	}
}

// pulsed: pulses at once are the pulses one after the other; up does not lower
// the mean, down does not raise it.
func pulsed(t *testing.T, cell devices.Cell) {
	mean := func(g []float32) (m float64) {
		for _, x := range g {
			m += float64(x) / n
		}
		return m
	}
	fill := func(k int32) []int32 {
		p := make([]int32, n)
		for i := range p {
			p[i] = k
		}
		return p
	}
	one, many := cell.Make(n, 3, 0).(devices.Pulsed), cell.Make(n, 3, 0).(devices.Pulsed)
	start, _ := read(t, one, n, 0)
	many.Pulse(1, nil, fill(20))
	for range 20 {
		one.Pulse(1, nil, fill(1))
	}
	a, _ := read(t, one, n, 1)
	b, _ := read(t, many, n, 1)
	require.Equal(t, a, b)
	require.GreaterOrEqual(t, mean(a), mean(start))
	many.Pulse(2, nil, fill(-200))
	down, _ := read(t, many, n, 2)
	require.LessOrEqual(t, mean(down), mean(b))
}

// driven: a pulse in two halves is the pulse, and no voltage does nothing.
func driven(t *testing.T, cell devices.Cell) {
	volts := make([]float64, n)
	for i := range volts {
		volts[i] = float64(i%11-5) / 5
	}
	whole, halves := cell.Make(n, 3, 0).(devices.Driven), cell.Make(n, 3, 0).(devices.Driven)
	const width = 1e-7
	require.NoError(t, whole.Apply(0, nil, volts, width))
	require.NoError(t, halves.Apply(0, nil, volts, width/2))
	require.NoError(t, halves.Apply(width/2, nil, volts, width/2))
	a, _ := read(t, whole, n, width)
	b, _ := read(t, halves, n, width)
	for i := range a {
		require.InEpsilon(t, float64(a[i])+1e-9, float64(b[i])+1e-9, 1e-4, "cell %d at %g V", i, volts[i])
	}
	require.Zero(t, whole.Current(0, 0), "no voltage, no current")
	bad := make([]float64, n)
	bad[3] = math.NaN()
	require.Error(t, whole.Apply(1, nil, bad, width))
	require.Error(t, whole.Apply(1, nil, volts, -1))
}
