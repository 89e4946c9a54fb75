package tasks

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/viz"
)

func TestPlacesOfAnAxis(t *testing.T) {
	for _, c := range []struct {
		name   string
		scale  string
		values []config.Scalar
		at     []float64
		want   viz.Axis
	}{
		{"numbers", "auto", []config.Scalar{"2", "4", "16"}, []float64{2, 4, 16}, viz.Axis{Label: "x"}},
		{"one unit", "", []config.Scalar{"2 ms", "4 ms"}, []float64{2, 4}, viz.Axis{Label: "x (ms)"}},
		{"names", "", []config.Scalar{"ideal", "3"}, []float64{0, 1}, viz.Axis{Label: "x", Names: []string{"ideal", "3"}}},
		{"settings by their kinds", "", []config.Scalar{"{kind: ff, rate: 0.01}", "bp"}, []float64{0, 1}, viz.Axis{Label: "x", Names: []string{"ff", "bp"}}},
		{"settings of one kind", "", []config.Scalar{"{kind: ff, rate: 1}", "ff"}, []float64{0, 1}, viz.Axis{Label: "x", Names: []string{"{kind: ff, rate: 1}", "ff"}}},
		{"units that do not fit", "", []config.Scalar{"1 ms", "1 mV"}, []float64{0, 1}, viz.Axis{Label: "x", Names: []string{"1 ms", "1 mV"}}},
		{"three decades", "auto", []config.Scalar{"0", "0.1", "100"}, []float64{0, 0.1, 100},
			viz.Axis{Label: "x", Log: true, Ticks: []viz.Tick{{At: 0, Label: "0"}, {At: 0.1, Label: "0.1"}, {At: 100, Label: "100"}}}},
		{"negative", "auto", []config.Scalar{"-1", "0.1", "100"}, []float64{-1, 0.1, 100}, viz.Axis{Label: "x"}},
		{"kept linear", "linear", []config.Scalar{"0.1", "100"}, []float64{0.1, 100}, viz.Axis{Label: "x"}},
		{"made logarithmic", "log", []config.Scalar{"1 ohm", "10 ohm"}, []float64{1, 10},
			viz.Axis{Label: "x (ohm)", Log: true, Ticks: []viz.Tick{{At: 1, Label: "1"}, {At: 10, Label: "10"}}}},
		{"several units", "auto", []config.Scalar{"1 s", "1 h", "1 d"}, []float64{1, 3600, 86400},
			viz.Axis{Label: "x", Log: true, Ticks: []viz.Tick{{At: 1, Label: "1 s"}, {At: 3600, Label: "1 h"}, {At: 86400, Label: "1 d"}}}},
		{"several units, near each other", "auto", []config.Scalar{"30 s", "2 min"}, []float64{30, 120},
			viz.Axis{Label: "x", Ticks: []viz.Tick{{At: 30, Label: "30 s"}, {At: 120, Label: "2 min"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, axis := Axis{Path: "a.path", Label: "x", Scale: c.scale, Values: c.values}.place()
			require.Equal(t, c.want, axis)
			for i, v := range c.values {
				require.InEpsilon(t, 1+c.at[i]*c.at[i], 1+at[string(v)]*at[string(v)], 1e-12, v)
			}
		})
	}
	_, axis := Axis{Path: "a.path", Values: []config.Scalar{"1"}}.place()
	require.Equal(t, "a.path", axis.Label)
}
