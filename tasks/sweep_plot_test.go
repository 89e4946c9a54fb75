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

// Every combination is a point of its own, at the sum of what it has of the
// metrics.
func TestPlacesAgainstMetrics(t *testing.T) {
	sums := []Summary{
		{Values: []string{"ideal", "a"}, Mean: map[string]float64{"read_energy_j": 0, "test_error": 0.1}, metrics: []string{"read_energy_j", "test_error"}},
		{Values: []string{"ecram", "a"}, Mean: map[string]float64{"read_energy_j": 1e-5, "programming_energy_j": 3e-5, "test_error": 0.2}},
		{Values: []string{"ecram", "b"}, Mean: map[string]float64{"read_energy_j": 2e-5, "programming_energy_j": 5e-3, "test_error": 0.3}},
	}
	p := &SweepPlan{Sweep: Sweep{
		Over:    []Axis{{Path: "substrate", Values: []config.Scalar{"ideal", "ecram"}}, {Path: "task.rule.order", Values: []config.Scalar{"a", "b"}}},
		Against: []string{"programming_energy_j", "read_energy_j"},
	}}
	place, x, err := p.against(sums)
	require.NoError(t, err)
	require.Equal(t, viz.Axis{Label: "programming energy + read energy (J)", Log: true, Apart: true, Ticks: []viz.Tick{{At: 0, Label: "0"}, {At: 1e-4, Label: "1e-4"}, {At: 1e-3, Label: "1e-3"}}}, x)
	panel, err := p.panel("test_error", sums, place)
	require.NoError(t, err)
	require.Equal(t, "test error (%)", panel.YLabel)
	require.Len(t, panel.Series, 3)
	for i, want := range []struct {
		name string
		x, y float64
	}{{"ideal, order a", 0, 10}, {"ecram, order a", 4e-5, 20}, {"ecram, order b", 5.02e-3, 30}} {
		s := panel.Series[i]
		require.Equal(t, want.name, s.Name)
		require.InDeltaSlice(t, []float64{want.x, want.y}, []float64{s.X[0], s.Y[0]}, 1e-12)
	}

	// Sums within a decade, all above 0, have a linear axis.
	p.Against = []string{"read_energy_j"}
	_, x, err = p.against(sums[1:])
	require.NoError(t, err)
	require.Equal(t, viz.Axis{Label: "read energy (J)", Apart: true}, x)

	p.Against = []string{"none_such"}
	_, _, err = p.against(sums)
	require.EqualError(t, err, `sweep.against: there is no metric "none_such" to plot; there are read_energy_j, test_error`)
	p.Against = []string{"read_energy_j", "test_error"}
	_, _, err = p.against(sums)
	require.EqualError(t, err, "sweep.against: read_energy_j and test_error have no sum, one is an energy and the other is none; name metrics of one kind")
}
