package devices_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/progress"
)

// What takes long ends where its context does: with nothing, and the cell as it
// was.
func TestLongWorkCanBeCancelled(t *testing.T) {
	d, err := devices.ReadPulses("testdata/pulses.csv")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	seen := 0
	ctx = progress.With(ctx, func(_ string, done, total int) {
		if seen++; done == 1 {
			cancel()
		}
		require.LessOrEqual(t, done, total)
	})
	_, err = devices.FitPulses(ctx, d)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 2, seen, "the first cell was fitted, the second one begun")

	m, _ := devices.Find("linear-ion-drift")
	cell, err := m.New(config.EntryDefaults(m.Entry))
	require.NoError(t, err)
	c := cell.Make(1, 1, 0).(devices.Traced)
	var before, after [1]float32
	c.Conductance(0, before[:], nil)
	ctx, cancel = context.WithCancel(context.Background())
	ctx = progress.With(ctx, func(_ string, done, _ int) {
		if done == 50 {
			cancel()
		}
	})
	_, err = c.Trace(ctx, 0, func(t float64) float64 { return 2 * math.Sin(2*math.Pi*t) }, 1, 100)
	require.ErrorIs(t, err, context.Canceled)
	c.Conductance(1, after[:], nil)
	require.Equal(t, before, after)
}

// Numbers that no conductance can be are refused with the field.
func TestConductancesStayNumbers(t *testing.T) {
	for _, c := range []struct {
		name   string
		params interface{ Validate() error }
		field  string
	}{
		{"yakopcic", &devices.Yakopcic{A1: 1e300, B: 0.05, VRead: 0.1, Eta: 1}, "a_1"},
		{"yakopcic", &devices.Yakopcic{A1: 0.17, B: 1000, VRead: 5, Eta: 1}, "a_1"},
		{"vteam", &devices.VTEAM{ROn: 1e-300, ROff: 1000, XOff: 3}, "r_on"},
		{"messaris", &devices.Messaris{ROn: 1600, ROff: 3000, RStart: 1600, IP: 1e100, BP: 2, VRead: 0.1, TP: 1, TN: 1}, "i_p"},
	} {
		require.ErrorContains(t, c.params.Validate(), c.field, c.name)
	}
}
