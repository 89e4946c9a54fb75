package command

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/catalog"
)

// Parts that may be left out are described with what they hold, by its path.
func TestDescribePartsThatMayBeLeftOut(t *testing.T) {
	var out bytes.Buffer
	describe(&out, catalog.Entry{Name: "x", Summary: "s", Params: &devices.Effects{}})
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"telegraph (none) random telegraph noise",
		"telegraph.tau_high s 10 ms [1e-9, 1e12] mean time",
		"spread.shape normal normal|lognormal",
		"retention.activation eV 0 eV [0, 10]",
	} {
		require.Contains(t, text, want)
	}
}

// A name without its kind is found where one kind has it.
func TestDescribeByNameAlone(t *testing.T) {
	e, err := lookUp("pcm")
	require.NoError(t, err)
	with, err := lookUp("devices/pcm")
	require.NoError(t, err)
	require.Equal(t, with.Summary, e.Summary)
	_, err = lookUp("soft-bound")
	require.ErrorContains(t, err, `no kind has "soft-bound"; did you mean`)
	_, err = lookUp("qqqqqqqqqq")
	require.ErrorContains(t, err, "synohm list KIND shows the names of data, devices")
	_, err = lookUp("devices")
	require.ErrorContains(t, err, "devices is a kind; synohm list devices")
	// Names that several kinds have are listed with them.
	seen := map[string]int{}
	for _, kind := range kinds() {
		cat, err := find(kind)
		require.NoError(t, err)
		for _, n := range cat.Names() {
			seen[n]++
		}
	}
	for n, times := range seen {
		_, err := lookUp(n)
		if times == 1 {
			require.NoError(t, err, n)
			continue
		}
		require.ErrorContains(t, err, "several kinds have")
		require.Equal(t, times, strings.Count(err.Error(), "/"+n), n)
	}
}

// One step is one step.
func TestStepsOfNewtonAreCounted(t *testing.T) {
	for n, want := range map[int]string{1: " in 1 step of Newton's method,", 3: " in 3 steps of Newton's method,"} {
		v := vector{ideal: []float64{1}, loss: loss{PerColumn: []share{0}}}
		v.Out, v.Newton, v.Iterations = []float64{1}, n, 7
		var out bytes.Buffer
		(&solved{Rows: 1, Cols: 1, Vectors: 1, all: []vector{v}}).print(&out)
		require.Contains(t, out.String(), want)
	}
}

// A loss of the last digits is none, -0 is 0, and equal values have no spread.
func TestSmallNumbersPrintAsZero(t *testing.T) {
	require.Equal(t, "0 %", share(4.4e-16).String())
	require.Equal(t, "0 %", share(-2e-13).String())
	require.Equal(t, "1e-09 %", share(1e-11).String())
	equal := make([]float64, 7)
	for i := range equal {
		equal[i] = 0.1
	}
	mean, std := meanAndStd(equal)
	require.Equal(t, 0.1, mean)
	require.Zero(t, std)
	mean, std = meanAndStd([]float64{1, 2, 3, 6})
	require.InDelta(t, 3, mean, 1e-15)
	require.InDelta(t, 2.160246899469287, std, 1e-14) // sqrt(14/3)
	minus := math.Copysign(0, -1)
	r := pulsed{pulsing: pulsing{Cell: "x", Up: 1, Cells: 2}, Start: minus, Trajectory: []float64{minus}, Mean: []float64{minus}, Std: []float64{0}}
	var out bytes.Buffer
	require.NoError(t, r.print(&out))
	require.NotContains(t, out.String(), "-0")
}
