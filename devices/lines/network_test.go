package lines_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices/lines"
)

// The case in badcrossbar's README (version 1.1), solved there by SuperLU;
// ngspice gives the same to 2e-15.
func TestREADMECase(t *testing.T) {
	n := &lines.Network{Rows: 3, Cols: 5, Wires: lines.Wires{Word: 0.5, Bit: 0.5}}
	for _, r := range []float64{345, 903, 755, 257, 646, 652, 401, 508, 166, 454, 442, 874, 190, 244, 635} {
		n.G = append(n.G, 1/r)
	}
	s, err := n.Solve(context.Background(), []lines.Drive{{Word: []float64{1.5, 2.3, 1.7}}}, lines.Options{Nodes: true})
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{0.011585025421546973, 0.009190641636252411, 0.015115681173257949, 0.025833208221257207, 0.009811792882657442}, s[0].Out, 1e-14)
	require.InDelta(t, 1.4763217091, s[0].Word[4], 1e-10)
}
