package devices_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices"
)

// The mean of the pulses times the step is lr x d, of every cell, within five
// standard errors of what is drawn, for all kinds of management.
func TestOuterUpdateIsUnbiased(t *testing.T) {
	x := []float32{0.9, -0.4, 0.05, 0, 0.6}
	d := []float32{-0.02, 0.011, 0.004}
	const lr, step, trials = 0.1, 0.0001, 4000
	for name, u := range map[string]devices.OuterUpdate{
		"plain":   {Step: 40 * step, Slots: 31, Seed: 3}, // finer ones would be cut
		"managed": {Step: step, Slots: 31, Manage: true, Seed: 3},
		"length":  {Step: step, Slots: 31, ManageLength: true, Seed: 3},
		"long":    {Step: step, Slots: 64, Manage: true, Seed: 3},
	} {
		t.Run(name, func(t *testing.T) {
			n := len(x) * len(d)
			sum, sum2 := make([]float64, n), make([]float64, n)
			pulses := make([]int32, n)
			var slots int
			for trial := range uint32(trials) {
				var err error
				slots, err = u.Pulses(trial, 7, x, d, lr, pulses)
				require.NoError(t, err)
				for k, p := range pulses {
					sum[k] += float64(p) / trials
					sum2[k] += float64(p) * float64(p) / trials
				}
			}
			// k = 0.1*0.9*0.02/0.0001 = 18: so many slots where they are managed.
			require.Equal(t, map[string]int{"plain": 31, "managed": 31, "length": 18, "long": 64}[name], slots)
			for i, xi := range x {
				for j, dj := range d {
					k := i*len(d) + j
					want := lr * float64(xi) * float64(dj) / u.Step
					require.InDelta(t, want, sum[k], 5*math.Sqrt((sum2[k]-sum[k]*sum[k]+1e-9)/trials)+1e-6, "row %d, column %d", i, j)
				}
			}
		})
	}
}

// A cell of a known step learns an outer product: after many updates the mean
// change of conductance is lr x d.
func TestOuterUpdateMovesConductances(t *testing.T) {
	cell := pulsedCell(t, "constant-step", func(p *devices.ConstantStep) {
		withoutSpread(p)
		p.DwMinStd, p.WMax, p.WMin = 0, 1, -1
	})
	const rows, cols, updates = 20, 30, 200
	c := cell.Make(rows*cols, 1, 0).(devices.Pulsed)
	x, d := make([]float32, rows), make([]float32, cols)
	for i := range x {
		x[i] = float32(i) / rows
	}
	for j := range d {
		d[j] = float32(j-15) / 15
	}
	u := devices.OuterUpdate{Step: devices.StepOf(cell.(devices.Nominal)), Slots: 31, ManageLength: true, Seed: 5}
	pulses := make([]int32, rows*cols)
	const lr = 0.02 // uS
	for step := range uint32(updates) {
		_, err := u.Pulses(0, step, x, d, lr, pulses)
		require.NoError(t, err)
		c.Pulse(0, nil, pulses)
	}
	g := make([]float32, rows*cols)
	c.Conductance(0, g, nil)
	var slope, norm float64
	for i, xi := range x {
		for j, dj := range d {
			want := updates * lr * float64(xi) * float64(dj)
			slope += want * (float64(g[i*cols+j]) - 12.5)
			norm += want * want
		}
	}
	// A row's train serves all its cells, so no more than 20 draws are
	// independent in an update: 5 % are more than five standard errors.
	require.InDelta(t, 1, slope/norm, 0.05)
}

// Signs are those of the product, no cell gets more pulses than slots, and with
// the largest change beyond the slots the largest cell gets all of them.
func TestOuterUpdateSignsAndLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vec := func(name string) []float32 {
			return rapid.SliceOfN(rapid.Float32Range(-2, 2), 1, 6).Draw(t, name)
		}
		x, d, lr := vec("x"), vec("d"), rapid.Float64Range(-1, 1).Draw(t, "lr")
		u := devices.OuterUpdate{
			Step: rapid.Float64Range(1e-3, 1).Draw(t, "step"), Slots: rapid.IntRange(1, 64).Draw(t, "slots"),
			Manage: rapid.Bool().Draw(t, "manage"), ManageLength: rapid.Bool().Draw(t, "length"), Seed: 1,
		}
		pulses := make([]int32, len(x)*len(d))
		slots, err := u.Pulses(0, 0, x, d, lr, pulses)
		require.NoError(t, err)
		require.LessOrEqual(t, slots, u.Slots)
		for i := range x {
			for j := range d {
				p := float64(pulses[i*len(d)+j])
				require.GreaterOrEqual(t, p*lr*float64(x[i])*float64(d[j]), 0.0)
				require.LessOrEqual(t, math.Abs(p), float64(slots))
			}
		}
	})
	u := devices.OuterUpdate{Step: 1e-3, Slots: 31, ManageLength: true}
	pulses := make([]int32, 4)
	slots, err := u.Pulses(0, 0, []float32{1, 0.5}, []float32{1, 0}, 1, pulses)
	require.NoError(t, err)
	require.Equal(t, 31, slots)
	require.Equal(t, int32(31), pulses[0])
	require.Zero(t, pulses[1]+pulses[3])
	require.InDelta(t, 15.5, pulses[2], 5*2.8) // half of the row's slots
}

func TestOuterUpdateRefuses(t *testing.T) {
	ok := devices.OuterUpdate{Step: 1e-3, Slots: 31}
	x, d, pulses := []float32{1}, []float32{1}, make([]int32, 1)
	nan := float32(math.NaN())
	for _, bad := range []func() error{
		func() error { _, err := ok.Pulses(0, 0, []float32{nan}, d, 1, pulses); return err },
		func() error { _, err := ok.Pulses(0, 0, x, []float32{nan}, 1, pulses); return err },
		func() error { _, err := ok.Pulses(0, 0, x, d, math.Inf(1), pulses); return err },
		func() error { _, err := ok.Pulses(0, 0, x, d, 1, nil); return err },
		func() error {
			_, err := devices.OuterUpdate{Step: 0, Slots: 31}.Pulses(0, 0, x, d, 1, pulses)
			return err
		},
		func() error {
			_, err := devices.OuterUpdate{Step: 1, Slots: 65}.Pulses(0, 0, x, d, 1, pulses)
			return err
		},
	} {
		require.Error(t, bad())
	}
	slots, err := ok.Pulses(0, 0, x, d, 0, pulses)
	require.NoError(t, err)
	require.Zero(t, slots)
}

func BenchmarkOuterUpdate(b *testing.B) {
	const n = 512
	x, d := make([]float32, n), make([]float32, n)
	for i := range x {
		x[i], d[i] = float32(i)/n, float32(i)/n-0.5
	}
	pulses := make([]int32, n*n)
	u := devices.OuterUpdate{Step: 1e-3, Slots: 31, Manage: true}
	for b.Loop() {
		if _, err := u.Pulses(0, 0, x, d, 0.001, pulses); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*n*n/b.Elapsed().Seconds(), "cells/s")
}
