package lines_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices/lines"
)

// oracle solves a small network plainly: every node of every line and both
// terminals, joined by resistors; resistors of 0 ohm make two nodes one; what is
// not held is solved by a dense Cholesky decomposition.
type oracle struct {
	n      *lines.Network
	parent []int
}

func (o *oracle) word(i, j int) int { return i*o.n.Cols + j }
func (o *oracle) bit(i, j int) int  { return o.n.Rows*o.n.Cols + i*o.n.Cols + j }
func (o *oracle) source(i int) int  { return 2*o.n.Rows*o.n.Cols + i }
func (o *oracle) sense(j int) int   { return 2*o.n.Rows*o.n.Cols + o.n.Rows + j }
func (o *oracle) nodes() int        { return 2*o.n.Rows*o.n.Cols + o.n.Rows + o.n.Cols }
func (o *oracle) find(k int) int {
	for o.parent[k] != k {
		k = o.parent[k]
	}
	return k
}

// wires calls f for every resistor of the lines.
func (o *oracle) wires(f func(a, b int, ohm float64)) {
	w := o.n.Wires
	for i := range o.n.Rows {
		f(o.source(i), o.word(i, 0), w.Source+w.Word)
		for j := range o.n.Cols - 1 {
			f(o.word(i, j), o.word(i, j+1), w.Word)
		}
	}
	for j := range o.n.Cols {
		f(o.sense(j), o.bit(o.n.Rows-1, j), w.Sense+w.Bit)
		for i := range o.n.Rows - 1 {
			f(o.bit(i, j), o.bit(i+1, j), w.Bit)
		}
	}
}

func (o *oracle) solve(t require.TestingT, d lines.Drive) lines.Solution {
	n := o.n
	o.parent = make([]int, o.nodes())
	for k := range o.parent {
		o.parent[k] = k
	}
	o.wires(func(a, b int, ohm float64) {
		if ohm == 0 {
			o.parent[o.find(a)] = o.find(b)
		}
	})
	held := map[int]float64{}
	for i, v := range d.Word {
		if !math.IsNaN(v) {
			held[o.find(o.source(i))] = v
		}
	}
	for j := range n.Cols {
		if v := volt(d.Bit, j); !math.IsNaN(v) {
			held[o.find(o.sense(j))] = v
		}
	}
	type resistor struct {
		a, b int
		g    float64
	}
	var all []resistor
	o.wires(func(a, b int, ohm float64) {
		if ohm > 0 {
			all = append(all, resistor{o.find(a), o.find(b), 1 / ohm})
		}
	})
	for i := range n.Rows {
		for j := range n.Cols {
			if g := n.G[i*n.Cols+j]; g > 0 {
				all = append(all, resistor{o.find(o.word(i, j)), o.find(o.bit(i, j)), g})
			}
		}
	}
	reached := map[int]bool{}
	for k := range held {
		reached[k] = true
	}
	for grown := true; grown; {
		grown = false
		for _, r := range all {
			if reached[r.a] != reached[r.b] {
				reached[r.a], reached[r.b], grown = true, true, true
			}
		}
	}
	index := map[int]int{}
	for k := range o.nodes() {
		f := o.find(k)
		_, isHeld := held[f]
		if _, known := index[f]; !known && !isHeld && reached[f] {
			index[f] = len(index)
		}
	}
	at := func(k int) float64 { return held[o.find(k)] }
	if len(index) > 0 {
		a, b, x := mat.NewSymDense(len(index), nil), mat.NewVecDense(len(index), nil), mat.NewVecDense(len(index), nil)
		for _, r := range all {
			i, iFree := index[r.a]
			j, jFree := index[r.b]
			if iFree {
				a.SetSym(i, i, a.At(i, i)+r.g)
				b.SetVec(i, b.AtVec(i)+r.g*held[r.b])
			}
			if jFree {
				a.SetSym(j, j, a.At(j, j)+r.g)
				b.SetVec(j, b.AtVec(j)+r.g*held[r.a])
			}
			if iFree && jFree && i != j {
				a.SetSym(i, j, a.At(i, j)-r.g)
			}
		}
		var c mat.Cholesky
		require.True(t, c.Factorize(a))
		require.NoError(t, c.SolveVecTo(x, b))
		at = func(k int) float64 {
			f := o.find(k)
			if i, free := index[f]; free {
				return x.AtVec(i)
			}
			return held[f]
		}
	}
	s := lines.Solution{In: make([]float64, n.Rows), Out: make([]float64, n.Cols)}
	for i := range n.Rows {
		for j := range n.Cols {
			w, u := at(o.word(i, j)), at(o.bit(i, j))
			s.Word, s.Bit = append(s.Word, w), append(s.Bit, u)
			s.In[i] += n.G[i*n.Cols+j] * (w - u)
			s.Out[j] += n.G[i*n.Cols+j] * (w - u)
		}
	}
	return s
}

func volt(v []float64, k int) float64 {
	if v == nil {
		return 0
	}
	return v[k]
}

func positive(low, high float64) *rapid.Generator[float64] {
	return rapid.Custom(func(t *rapid.T) float64 {
		return math.Exp(rapid.Float64Range(math.Log(low), math.Log(high)).Draw(t, "log"))
	})
}

// orZero is sometimes 0.
func orZero(g *rapid.Generator[float64]) *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Just(0.0), g, g)
}

// networks are small ones of every geometry; wires may have no resistance.
func networks(sides int) *rapid.Generator[*lines.Network] {
	return rapid.Custom(func(t *rapid.T) *lines.Network {
		n := &lines.Network{Rows: rapid.IntRange(1, sides).Draw(t, "rows"), Cols: rapid.IntRange(1, sides).Draw(t, "cols")}
		n.G = rapid.SliceOfN(orZero(positive(1e-5, 1e-1)), n.Rows*n.Cols, n.Rows*n.Cols).Draw(t, "g")
		ohm := orZero(positive(0.1, 1e3))
		n.Wires = lines.Wires{Word: ohm.Draw(t, "word"), Bit: ohm.Draw(t, "bit"), Source: ohm.Draw(t, "source"), Sense: ohm.Draw(t, "sense")}
		return n
	})
}

// ends are voltages, NaN where an end floats.
func ends(n int, floating bool) *rapid.Generator[[]float64] {
	v := rapid.Custom(func(t *rapid.T) float64 { return float64(rapid.IntRange(-2000, 2000).Draw(t, "mV")) / 1000 })
	if floating {
		v = rapid.OneOf(v, rapid.Just(math.NaN()))
	}
	return rapid.SliceOfN(v, n, n)
}

func drives(n *lines.Network, floating bool) *rapid.Generator[lines.Drive] {
	return rapid.Custom(func(t *rapid.T) lines.Drive {
		d := lines.Drive{Word: ends(n.Rows, floating).Draw(t, "word ends")}
		if rapid.Bool().Draw(t, "bit ends driven") {
			d.Bit = ends(n.Cols, floating).Draw(t, "bit ends")
		}
		return d
	})
}

func one(t require.TestingT, n *lines.Network, d lines.Drive, o lines.Options) lines.Solution {
	s, err := n.Solve(context.Background(), []lines.Drive{d}, o)
	require.NoError(t, err)
	return s[0]
}

// Every geometry and every drive, against the dense solution.
func TestAgainstDense(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := networks(19).Draw(t, "network")
		d := drives(n, true).Draw(t, "drive")
		got := one(t, n, d, lines.Options{Nodes: true, Tolerance: 1e-11})
		want := (&oracle{n: n}).solve(t, d)
		// What is left of the residual, 1e-11 of the drivers' currents, moves a
		// floating line that hangs on 10 uS by up to 1e-5.
		require.InDeltaSlice(t, want.Word, got.Word, 1e-5)
		require.InDeltaSlice(t, want.Bit, got.Bit, 1e-5)
		total := 0.0
		for _, g := range n.G {
			total += g
		}
		require.InDeltaSlice(t, want.In, got.In, 1e-9*total)
		require.InDeltaSlice(t, want.Out, got.Out, 1e-9*total)
	})
}
