package lines_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices/lines"
)

// One cell behind resistors: V = I R + v(I), found by bisection.
func TestOneCurvedCell(t *testing.T) {
	for _, curve := range []lines.Curve{lines.Sinh{}, lines.Cubic{}} {
		for _, volt := range []float64{1, -0.5, 0.01, 0} {
			const g, ohm = 1e-2, 30.0 + 5 + 20 + 10
			low, high := -1.0, 1.0
			for range 200 {
				v := (low + high) / 2
				if i, _ := curve.Current(g, v); i*ohm+v < volt {
					low = v
				} else {
					high = v
				}
			}
			i, _ := curve.Current(g, low)
			n := &lines.Network{Rows: 1, Cols: 1, G: []float64{g}, Curve: curve, Wires: lines.Wires{Word: 30, Bit: 5, Source: 20, Sense: 10}}
			s := one(t, n, lines.Drive{Word: []float64{volt}}, lines.Options{})
			require.InDelta(t, i, s.Out[0], 1e-14)
			require.InDelta(t, i, s.In[0], 1e-14)
			require.Nil(t, s.Word)
		}
	}
}

// Kirchhoff's current law at every node with the curves' own currents, for every
// geometry and drive.
func TestCurvesObeyKirchhoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := networks(9).Draw(t, "network")
		n.Curve = rapid.SampledFrom([]lines.Curve{lines.Sinh{}, lines.Cubic{}}).Draw(t, "curve")
		d := drives(n, true).Draw(t, "drive")
		if _, cubic := n.Curve.(lines.Cubic); cubic { // stay where it rises
			for _, v := range [][]float64{d.Word, d.Bit} {
				for k := range v {
					v[k] *= 0.25
				}
			}
		}
		s := one(t, n, d, lines.Options{Nodes: true})
		kirchhoff(t, n, d, &s, 1e-9)
	})
}

// kirchhoff wants the currents into every node to add up to 0, to a share of
// the largest current that the network can carry.
func kirchhoff(t require.TestingT, n *lines.Network, d lines.Drive, s *lines.Solution, share float64) {
	o := &oracle{n: n}
	o.parent = make([]int, o.nodes())
	for k := range o.parent {
		o.parent[k] = k
	}
	o.wires(func(a, b int, ohm float64) {
		if ohm == 0 {
			o.parent[o.find(a)] = o.find(b)
		}
	})
	volt := make([]float64, o.nodes())
	held := map[int]bool{}
	copy(volt, s.Word)
	copy(volt[n.Rows*n.Cols:], s.Bit)
	for i, v := range d.Word {
		volt[o.source(i)] = v
		if math.IsNaN(v) {
			volt[o.source(i)] = s.Word[i*n.Cols]
		} else {
			held[o.find(o.source(i))] = true
		}
	}
	for j := range n.Cols {
		v := 0.0
		if d.Bit != nil {
			v = d.Bit[j]
		}
		volt[o.sense(j)] = v
		if math.IsNaN(v) {
			volt[o.sense(j)] = s.Bit[(n.Rows-1)*n.Cols+j]
		} else {
			held[o.find(o.sense(j))] = true
		}
	}
	into := make([]float64, o.nodes())
	scale := 0.0
	flow := func(a, b int, i, size float64) {
		into[o.find(a)] -= i
		into[o.find(b)] += i
		scale = max(scale, size)
	}
	o.wires(func(a, b int, ohm float64) {
		if ohm > 0 {
			flow(a, b, (volt[a]-volt[b])/ohm, math.Abs(volt[a])/ohm)
		} else if ra, rb := volt[a], volt[b]; true {
			require.InDelta(t, ra, rb, 1e-12, "no drop over a line of no resistance")
		}
	})
	curve := n.Curve
	for i := range n.Rows {
		for j := range n.Cols {
			a, b := o.word(i, j), o.bit(i, j)
			g := n.G[i*n.Cols+j]
			v := volt[a] - volt[b]
			current := g * v
			if curve != nil {
				current, _ = curve.Current(g, v)
			}
			flow(a, b, current, g*math.Abs(volt[a]))
		}
	}
	for k, x := range into {
		if !held[k] {
			require.InDelta(t, 0, x, share*scale, "node %d", k)
		}
	}
	// Held nodes: what goes in is what the ends say.
	for i, v := range d.Word {
		if math.IsNaN(v) {
			require.Zero(t, s.In[i])
		} else if f := o.find(o.source(i)); n.Wires.Source+n.Wires.Word > 0 {
			require.InDelta(t, -into[f], s.In[i], share*scale, "driver %d", i)
		}
	}
	for j := range n.Cols {
		if d.Bit != nil && math.IsNaN(d.Bit[j]) {
			require.Zero(t, s.Out[j])
		} else if f := o.find(o.sense(j)); n.Wires.Sense+n.Wires.Bit > 0 {
			require.InDelta(t, into[f], s.Out[j], share*scale, "sense %d", j)
		}
	}
}

func TestKirchhoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := networks(19).Draw(t, "network")
		d := drives(n, true).Draw(t, "drive")
		s := one(t, n, d, lines.Options{Nodes: true})
		kirchhoff(t, n, d, &s, 1e-9)
	})
}

func TestNewtonSaysWhyItFails(t *testing.T) {
	n := &lines.Network{Rows: 1, Cols: 1, G: []float64{1e-3}, Curve: lines.Sinh{}}
	_, err := n.Solve(context.Background(), []lines.Drive{{Word: []float64{1e3}}}, lines.Options{})
	require.ErrorContains(t, err, "lower the voltages")
	n = &lines.Network{Rows: 1, Cols: 1, G: []float64{1}, Curve: lines.Cubic{}, Wires: lines.Wires{Word: 10, Bit: 10}}
	_, err = n.Solve(context.Background(), []lines.Drive{{Word: []float64{30}}}, lines.Options{})
	require.Error(t, err)
}

// From the solution of a drive little different fewer steps do.
func TestNewtonStartsFromASolution(t *testing.T) {
	n := readme(0.5, 0.25)
	n.Curve = lines.Sinh{}
	s, err := n.Prepare(lines.Options{Nodes: true})
	require.NoError(t, err)
	before, err := s.Solve(context.Background(), []lines.Drive{{Word: []float64{1.5, 2.3, 1.7}}})
	require.NoError(t, err)
	d := lines.Drive{Word: []float64{1.5001, 2.3001, 1.7001}}
	warm, err := s.SolveFrom(context.Background(), d, &before[0])
	require.NoError(t, err)
	cold := one(t, n, d, lines.Options{})
	require.Less(t, warm.Newton, cold.Newton)
	relative(t, cold.Out, warm.Out, 1e-10)
}
