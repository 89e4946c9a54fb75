package lines_test

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices/lines"
)

// extended solves a network by Gauss elimination of its equations with 400 bits,
// and returns the currents of the word lines and of the bit lines.
func extended(n *lines.Network, d lines.Drive) (in, out []float64) {
	num := func(x float64) *big.Float { return new(big.Float).SetPrec(400).SetFloat64(x) }
	op := func() *big.Float { return new(big.Float).SetPrec(400) }
	one := num(1)
	cells := n.Rows * n.Cols
	a := make([][]*big.Float, 2*cells)
	for i := range a {
		a[i] = make([]*big.Float, 2*cells+1)
		for j := range a[i] {
			a[i][j] = num(0)
		}
	}
	join := func(i, j int, g *big.Float) {
		a[i][i].Add(a[i][i], g)
		a[j][j].Add(a[j][j], g)
		a[i][j].Sub(a[i][j], g)
		a[j][i].Sub(a[j][i], g)
	}
	gw, gb := op().Quo(one, num(n.Wires.Word)), op().Quo(one, num(n.Wires.Bit))
	gin := op().Quo(one, op().Add(num(n.Wires.Source), num(n.Wires.Word)))
	gout := op().Quo(one, op().Add(num(n.Wires.Sense), num(n.Wires.Bit)))
	for i := range n.Rows {
		k := i * n.Cols
		a[k][k].Add(a[k][k], gin)
		a[k][2*cells].Mul(gin, num(d.Word[i]))
		for j := range n.Cols {
			k := i*n.Cols + j
			join(k, cells+k, num(n.G[k]))
			if j+1 < n.Cols {
				join(k, k+1, gw)
			}
			if i+1 < n.Rows {
				join(cells+k, cells+k+n.Cols, gb)
			} else {
				a[cells+k][cells+k].Add(a[cells+k][cells+k], gout)
			}
		}
	}
	for p := range a { // positive definite, so no pivots are looked for
		for i := p + 1; i < len(a); i++ {
			if a[i][p].Sign() == 0 {
				continue
			}
			f := op().Quo(a[i][p], a[p][p])
			for j := p; j <= 2*cells; j++ {
				a[i][j].Sub(a[i][j], op().Mul(f, a[p][j]))
			}
		}
	}
	v := make([]*big.Float, len(a))
	for p := len(a) - 1; p >= 0; p-- {
		s := op().Set(a[p][2*cells])
		for j := p + 1; j < len(a); j++ {
			s.Sub(s, op().Mul(a[p][j], v[j]))
		}
		v[p] = s.Quo(s, a[p][p])
	}
	for i := range n.Rows {
		x, _ := op().Mul(gin, op().Sub(num(d.Word[i]), v[i*n.Cols])).Float64()
		in = append(in, x)
	}
	for j := range n.Cols {
		x, _ := op().Mul(gout, v[cells+(n.Rows-1)*n.Cols+j]).Float64()
		out = append(out, x)
	}
	return in, out
}

// Lines of up to 1e15 ohm beside cells of 10 ohm to 1 gigaohm: the currents that
// arrive keep twelve digits each, be they ever so small.
func TestDirectKeepsItsDigits(t *testing.T) {
	for i, ohm := range []float64{1e-3, 1, 1e3, 1e6, 1e9, 1e12, 1e15} {
		t.Run(fmt.Sprint(ohm), func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, uint64(i)))
			n := &lines.Network{Rows: 4, Cols: 5, Wires: lines.Wires{Word: ohm, Bit: ohm / 7, Source: 50}}
			for range 20 {
				n.G = append(n.G, math.Pow(10, -9+8*r.Float64()))
			}
			d := lines.Drive{Word: []float64{1, 0.3, 0.7, 0.01}}
			s, err := n.SolveDirect(context.Background(), []lines.Drive{d})
			require.NoError(t, err)
			_, out := extended(n, d)
			for j := range out {
				require.InEpsilon(t, out[j], s[0].Out[j], 1e-12)
			}
			turned := &lines.Network{Rows: 5, Cols: 4, Wires: lines.Wires{Word: ohm / 7, Bit: ohm, Sense: 50}}
			for j := range 5 {
				for i := range 4 {
					turned.G = append(turned.G, n.G[(3-i)*5+4-j])
				}
			}
			back := lines.Drive{Word: make([]float64, 5), Bit: []float64{0.01, 0.7, 0.3, 1}}
			s2, err := turned.SolveDirect(context.Background(), []lines.Drive{back})
			require.NoError(t, err)
			for j := range out {
				require.InEpsilon(t, -out[j], s2[0].In[4-j], 1e-12, "the same network, turned by half a circle and mirrored")
			}
		})
	}
}

// Elimination and iteration find the same, also where ends float.
func TestDirectAgreesWithSolve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := &lines.Network{Rows: rapid.IntRange(1, 9).Draw(t, "rows"), Cols: rapid.IntRange(1, 9).Draw(t, "cols")}
		ohm := rapid.Float64Range(0.1, 1000)
		n.Wires = lines.Wires{Word: ohm.Draw(t, "word"), Bit: ohm.Draw(t, "bit"), Source: ohm.Draw(t, "source"), Sense: ohm.Draw(t, "sense")}
		for range n.Rows * n.Cols {
			n.G = append(n.G, rapid.Float64Range(1e-6, 1e-3).Draw(t, "g"))
		}
		end := rapid.Custom(func(t *rapid.T) float64 {
			if rapid.IntRange(0, 4).Draw(t, "floats") == 0 {
				return math.NaN()
			}
			return rapid.Float64Range(-1, 1).Draw(t, "volts")
		})
		d := lines.Drive{Word: rapid.SliceOfN(end, n.Rows, n.Rows).Draw(t, "words"), Bit: rapid.SliceOfN(end, n.Cols, n.Cols).Draw(t, "bits")}
		d.Bit[0] = 0 // one end at least is held
		want, err := n.Solve(context.Background(), []lines.Drive{d}, lines.Options{Tolerance: 1e-12, Nodes: true})
		require.NoError(t, err)
		other := lines.Drive{Word: make([]float64, n.Rows)} // nothing floats there, nothing flows
		batch, err := n.SolveDirect(context.Background(), []lines.Drive{d, other, d, d})
		require.NoError(t, err)
		require.Equal(t, batch[0], batch[2])
		require.Equal(t, batch[0], batch[3])
		require.Equal(t, make([]float64, n.Cols), batch[1].Out)
		got := batch[3:]
		for _, p := range []struct{ want, got []float64 }{
			{want[0].Word, got[0].Word}, {want[0].Bit, got[0].Bit},
		} {
			for k := range p.want {
				require.InDelta(t, p.want[k], p.got[k], 1e-10)
			}
		}
		for i := range want[0].In {
			require.InDelta(t, want[0].In[i], got[0].In[i], 1e-11)
		}
		for j := range want[0].Out {
			require.InDelta(t, want[0].Out[j], got[0].Out[j], 1e-11)
		}
		require.Less(t, got[0].Residual, 1e-9)
	})
}

func TestDirectRefuses(t *testing.T) {
	ctx := context.Background()
	one := []lines.Drive{{Word: []float64{1}}}
	n := lines.Network{Rows: 1, Cols: 1, G: []float64{1}, Wires: lines.Wires{Word: 1, Bit: 1}}
	for name, c := range map[string]struct {
		change func(*lines.Network)
		drives []lines.Drive
		want   string
	}{
		"ideal lines": {func(n *lines.Network) { n.Wires.Bit = 0 }, one, "lines that resist"},
		"curves":      {func(n *lines.Network) { n.Curve = lines.Sinh{} }, one, "ohmic cells"},
		"sizes":       {func(n *lines.Network) { n.Rows = 2 }, one, "1 conductances for 2 x 1 cells"},
		"drives":      {func(*lines.Network) {}, []lines.Drive{{}}, "0 voltages for 1 word lines"},
		"loose":       {func(n *lines.Network) { n.G = []float64{0} }, []lines.Drive{{Word: []float64{math.NaN()}}}, "joined to no driver"},
		"large":       {func(n *lines.Network) { n.Rows, n.Cols, n.G = 300, 300, make([]float64, 90_000) }, nil, "at most 16777216 cells times their shorter side"},
	} {
		t.Run(name, func(t *testing.T) {
			n := n
			c.change(&n)
			_, err := n.SolveDirect(ctx, c.drives)
			require.ErrorContains(t, err, c.want)
		})
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	_, err := n.SolveDirect(stopped, one)
	require.ErrorIs(t, err, context.Canceled)
}
