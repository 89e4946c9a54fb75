package lines_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices/lines"
)

// Voltages across cells of the schemes, without lines: Chen, IEEE TED 60 (2013),
// table I: full and half selected and unselected cells.
func TestSchemesHoldCells(t *testing.T) {
	n := &lines.Network{Rows: 3, Cols: 4, G: make([]float64, 12)}
	for k := range n.G {
		n.G[k] = 1e-5
	}
	for scheme, want := range map[lines.Scheme][4]float64{ // selected, its row, its column, the rest
		lines.Grounded:     {1, 1, 0, 0},
		lines.HalfVoltage:  {1, 0.5, 0.5, 0},
		lines.ThirdVoltage: {1, 1. / 3, 1. / 3, -1. / 3},
		// A path through three cells in series: 3 side cells of the row, 6 of the
		// rest, 2 of the column, in parallel each; shares 1/3 : 1/6 : 1/2.
		lines.Floating: {1, 1. / 3, 1. / 2, 1. / 6 * -1},
	} {
		d, err := lines.Selected(3, 4, 1, 2, 1, scheme)
		require.NoError(t, err)
		s := one(t, n, d, lines.Options{Nodes: true})
		across := func(i, j int) float64 { return s.Word[i*4+j] - s.Bit[i*4+j] }
		require.InDeltaSlice(t, want[:], []float64{across(1, 2), across(1, 0), across(0, 2), across(2, 3)}, 1e-12, scheme.String())
	}
	_, err := lines.Selected(3, 4, 3, 2, 1, lines.Grounded)
	require.ErrorContains(t, err, "outside")
	_, err = lines.Selected(3, 4, 1, 2, 1, 9)
	require.ErrorContains(t, err, "none of the schemes")
}

// With floating lines the selected bit line also gets what sneaks through all
// other cells: of equal ones, G (1 + 1/(1/(n-1) + 1/((n-1)(m-1)) + 1/(m-1))).
func TestSneakPaths(t *testing.T) {
	const rows, cols, g = 30, 20, 1e-5
	n := &lines.Network{Rows: rows, Cols: cols, G: make([]float64, rows*cols), Wires: lines.Wires{Word: 1e-6, Bit: 1e-6}}
	for k := range n.G {
		n.G[k] = g
	}
	d, err := lines.Selected(rows, cols, 4, 7, 0.1, lines.Floating)
	require.NoError(t, err)
	s := one(t, n, d, lines.Options{})
	sneak := 1 / (1./(rows-1) + 1./((rows-1)*(cols-1)) + 1./(cols-1))
	require.InDelta(t, 0.1*g*(1+sneak), s.Out[7], 1e-6*0.1*g*sneak)
}

func TestOneTransistor(t *testing.T) {
	n := readme(0, 0)
	m, err := n.OneTransistor([]int{2}, 100)
	require.NoError(t, err)
	s := one(t, m, lines.Drive{Word: []float64{1, 1, 1}}, lines.Options{})
	for j, r := range []float64{442, 874, 190, 244, 635} {
		require.InDelta(t, 1/(r+100), s.Out[j], 1e-16)
	}
	require.Equal(t, 1/345., n.G[0])
	_, err = n.OneTransistor([]int{3}, 100)
	require.ErrorContains(t, err, "row 3")
	_, err = n.OneTransistor(nil, -1)
	require.ErrorContains(t, err, "-1 ohm")
	n.Curve = lines.Sinh{}
	_, err = n.OneTransistor([]int{1}, 1)
	require.ErrorContains(t, err, "not ohmic")
	_, err = lines.Effective(context.Background(), n, lines.Options{})
	require.ErrorContains(t, err, "not ohmic")
}
