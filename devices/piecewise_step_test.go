package devices_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
)

// Two nodes are linear steps; one node is equal steps.
func TestPiecewiseStepLimits(t *testing.T) {
	two := follow(t, pulsedCell(t, "piecewise-step", func(p *devices.PiecewiseStep) {
		p.WMax, p.WMin, p.Up, p.Down = 1, -1, []float64{1.5, 0.5}, []float64{0.2, 1.8}
	}), 400, -900)
	line := follow(t, pulsedCell(t, "linear-step", func(p *devices.LinearStep) {
		p.WMax, p.WMin, p.GammaUp, p.GammaDown = 1, -1, 0.5, 0.8
	}), 400, -900)
	require.InDeltaSlice(t, line, two, 1e-12)
	one := follow(t, plain(t, "piecewise-step"), 10)
	require.InDelta(t, 0.01, one[10], 1e-15)
}

// Between nodes the step is linear in the weight, at a node it is the node's.
func TestPiecewiseStepInterpolates(t *testing.T) {
	cell := pulsedCell(t, "piecewise-step", func(p *devices.PiecewiseStep) {
		p.WMax, p.WMin, p.Up, p.Down = 1, -1, []float64{1, 2, 4}, []float64{3, 1, 0}
	}).(devices.Nominal).Nominal()
	from := []float64{-1, -0.5, 0, 0.25, 0.999}
	up, down := cell.Make(5, 0, 0).(devices.Weighted), cell.Make(5, 0, 0).(devices.Weighted)
	up.SetWeights(0, from)
	down.SetWeights(0, from)
	up.Pulse(0, nil, fill[int32](5, 1))
	down.Pulse(0, nil, fill[int32](5, -1))
	require.InDeltaSlice(t, []float64{-0.999, -0.4985, 0.002, 0.2525, 1}, weights(up, 5), 1e-12)
	require.InDeltaSlice(t, []float64{-1, -0.502, -0.001, 0.24925, 0.998999}, weights(down, 5), 1e-12)
}

func TestPiecewiseStepIsChecked(t *testing.T) {
	p := devices.PiecewiseStep{StepParams: devices.StepParams{WMax: 1, GMax: 1}, Up: nil, Down: make([]float64, 1001)}
	require.ErrorContains(t, p.Validate(), "piecewise_up")
	require.ErrorContains(t, p.Validate(), "piecewise_down")
}
