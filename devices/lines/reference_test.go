package lines_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices/lines"
)

// readme is the network in badcrossbar's README (version 1.1).
func readme(word, bit float64) *lines.Network {
	n := &lines.Network{Rows: 3, Cols: 5, Wires: lines.Wires{Word: word, Bit: bit}}
	for _, r := range []float64{345, 903, 755, 257, 646, 652, 401, 508, 166, 454, 442, 874, 190, 244, 635} {
		n.G = append(n.G, 1/r)
	}
	return n
}

// relative wants numbers that agree to a share of each.
func relative(t require.TestingT, want, got []float64, share float64, args ...any) {
	require.Len(t, got, len(want), args...)
	for k := range want {
		require.InDelta(t, want[k], got[k], share*math.Abs(want[k]), args...)
	}
}

// Solved by badcrossbar with SuperLU; ngspice gives the same to 2e-15.
func TestREADMECase(t *testing.T) {
	d := lines.Drive{Word: []float64{1.5, 2.3, 1.7}}
	s := one(t, readme(0.5, 0.5), d, lines.Options{Nodes: true})
	relative(t, []float64{0.011585025421546973, 0.009190641636252411, 0.015115681173257949, 0.025833208221257207, 0.009811792882657442}, s.Out, 1e-12)
	relative(t, []float64{
		1.4921029068, 1.4863511405, 1.4814173697, 1.4774569106, 1.4763217091,
		2.2840511076, 2.2698463633, 2.2584615855, 2.2492891286, 2.2468240209,
		1.6880778109, 1.6780586596, 1.6689968671, 1.6643072825, 1.6630016953,
	}, s.Word, 1e-10)

	s = one(t, readme(0.5, 0.25), d, lines.Options{})
	relative(t, []float64{0.0116157855, 0.0092081182, 0.0151529669, 0.025973649, 0.0098316698}, s.Out, 1e-8)
}

func TestOneCell(t *testing.T) {
	n := &lines.Network{Rows: 1, Cols: 1, G: []float64{1e-3}, Wires: lines.Wires{Word: 3, Bit: 4, Source: 5, Sense: 6}}
	s := one(t, n, lines.Drive{Word: []float64{0.2}}, lines.Options{Nodes: true})
	want := 0.2 / (3 + 4 + 5 + 6 + 1000)
	relative(t, []float64{want, want, 0.2 - 8*want, 10 * want}, []float64{s.In[0], s.Out[0], s.Word[0], s.Bit[0]}, 1e-14)
}

func TestIdealLinesMultiply(t *testing.T) {
	n := readme(0, 0)
	v := []float64{1.5, -2.3, 1.7}
	s := one(t, n, lines.Drive{Word: v}, lines.Options{})
	want := make([]float64, 5)
	for i, x := range v {
		for j := range want {
			want[j] += x * n.G[i*5+j]
		}
	}
	relative(t, want, s.Out, 1e-14)
	require.Zero(t, s.Iterations)
}

// A ladder of one word line over grounded bit lines without resistance has the
// input conductance of a continued fraction. Far down the line nothing arrives
// but a share of 1e-80, and that share is right.
func TestNothingArrives(t *testing.T) {
	const cols, ohm, g = 200, 1e4, 1e-4
	n := &lines.Network{Rows: 1, Cols: cols, Wires: lines.Wires{Word: ohm}}
	for range cols {
		n.G = append(n.G, g)
	}
	input := make([]float64, cols) // of the ladder from each node on
	for j := cols - 1; j >= 0; j-- {
		input[j] = g
		if j+1 < cols {
			input[j] += 1 / (ohm + 1/input[j+1])
		}
	}
	v := 1.0
	var want []float64
	for j := range cols {
		v /= 1 + ohm*input[j]
		want = append(want, v*g)
	}
	require.Less(t, want[cols-1], 1e-80)
	s := one(t, n, lines.Drive{Word: []float64{1}}, lines.Options{})
	relative(t, want, s.Out, 1e-12)
	require.InDelta(t, 1/(ohm+1/input[0]), s.In[0], 1e-16)
}

func TestWrongNetworks(t *testing.T) {
	good := readme(1, 1)
	drive := []lines.Drive{{Word: []float64{1, 1, 1}}}
	for message, change := range map[string]func(n *lines.Network){
		"0 x 5 cells":          func(n *lines.Network) { n.Rows = 0 },
		"3 x 0 cells":          func(n *lines.Network) { n.Cols = 0 },
		"14 conductances":      func(n *lines.Network) { n.G = n.G[:14] },
		"cell (1, 2): a":       func(n *lines.Network) { n.G = append([]float64{}, n.G...); n.G[7] = math.NaN() },
		"cell (0, 1): a":       func(n *lines.Network) { n.G = append([]float64{}, n.G...); n.G[1] = -1 },
		"word line resistance": func(n *lines.Network) { n.Wires.Word = math.NaN() },
		"sense resistance":     func(n *lines.Network) { n.Wires.Sense = -1 },
	} {
		n := *good
		change(&n)
		_, err := n.Solve(context.Background(), drive, lines.Options{})
		require.ErrorContains(t, err, message)
	}
	for message, d := range map[string]lines.Drive{
		"2 voltages for 3 word lines":             {Word: []float64{1, 2}},
		"1 voltages for 5 bit lines":              {Word: []float64{1, 2, 3}, Bit: []float64{1}},
		"drive 0: word line 1 at +Inf V; must be": {Word: []float64{1, math.Inf(1), 3}},
	} {
		_, err := good.Solve(context.Background(), []lines.Drive{d}, lines.Options{})
		require.ErrorContains(t, err, message)
	}
	_, err := good.Solve(context.Background(), drive, lines.Options{Tolerance: math.NaN()})
	require.ErrorContains(t, err, "tolerance")
	_, err = good.Solve(context.Background(), drive, lines.Options{Workers: -1})
	require.ErrorContains(t, err, "workers")
}

func TestSolveStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, n := range []*lines.Network{readme(1, 1), {Rows: 1, Cols: 1, G: []float64{1}, Wires: lines.Wires{Source: 1}}} {
		for _, curve := range []lines.Curve{nil, lines.Sinh{}} {
			n.Curve = curve
			_, err := n.Solve(ctx, []lines.Drive{{Word: make([]float64, n.Rows)}, {Word: []float64{1, 1, 1}[:n.Rows]}}, lines.Options{})
			require.ErrorIs(t, err, context.Canceled)
		}
	}
}
