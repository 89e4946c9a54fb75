package lines_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices/lines"
	"github.com/synohm/synohm/internal/kernels"
)

// Power balance: what the ends give is what the resistors take.
func TestPowerBalance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := networks(19).Draw(t, "network")
		d := drives(n, false).Draw(t, "drive")
		s := one(t, n, d, lines.Options{Nodes: true})
		var given, taken, size float64
		take := func(ohm, i float64) { taken += ohm * i * i }
		at := func(k int) (w, u float64) { return s.Word[k], s.Bit[k] }
		for i, v := range d.Word {
			given += v * s.In[i]
			size += math.Abs(v * s.In[i])
			take(n.Wires.Source+n.Wires.Word, s.In[i])
			for j := range n.Cols {
				w, u := at(i*n.Cols + j)
				taken += n.G[i*n.Cols+j] * (w - u) * (w - u)
				if j > 0 && n.Wires.Word > 0 {
					before, _ := at(i*n.Cols + j - 1)
					take(n.Wires.Word, (before-w)/n.Wires.Word)
				}
				if i > 0 && n.Wires.Bit > 0 {
					_, above := at((i-1)*n.Cols + j)
					take(n.Wires.Bit, (above-u)/n.Wires.Bit)
				}
			}
		}
		for j, x := range s.Out {
			given -= volt(d.Bit, j) * x
			size += math.Abs(volt(d.Bit, j) * x)
			take(n.Wires.Sense+n.Wires.Bit, x)
		}
		require.InDelta(t, given, taken, 1e-8*size+1e-13*total(n)+1e-30)
	})
}

func total(n *lines.Network) (g float64) {
	for _, x := range n.G {
		g += x
	}
	return g
}

func TestSuperposition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := networks(19).Draw(t, "network")
		a, b := ends(n.Rows, false).Draw(t, "a"), ends(n.Rows, false).Draw(t, "b")
		c := make([]float64, n.Rows)
		for i := range c {
			c[i] = 2*a[i] - b[i]
		}
		s, err := n.Solve(context.Background(), []lines.Drive{{Word: a}, {Word: b}, {Word: c}}, lines.Options{})
		require.NoError(t, err)
		for j := range n.Cols {
			require.InDelta(t, 2*s[0].Out[j]-s[1].Out[j], s[2].Out[j], 1e-9*total(n))
		}
	})
}

// What 1 V at word line i sends out of bit line j is what 1 V at bit line j sends
// out of word line i; the matrix of all is what Effective gives either way.
func TestReciprocity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := networks(19).Draw(t, "network")
		eff, err := lines.Effective(context.Background(), n, lines.Options{Tolerance: 1e-11})
		require.NoError(t, err)
		i, j := rapid.IntRange(0, n.Rows-1).Draw(t, "i"), rapid.IntRange(0, n.Cols-1).Draw(t, "j")
		word := lines.Drive{Word: make([]float64, n.Rows)}
		word.Word[i] = 1
		bit := lines.Drive{Word: make([]float64, n.Rows), Bit: make([]float64, n.Cols)}
		bit.Bit[j] = 1
		s, err := n.Solve(context.Background(), []lines.Drive{word, bit}, lines.Options{Tolerance: 1e-11})
		require.NoError(t, err)
		require.InDelta(t, s[0].Out[j], -s[1].In[i], 1e-9*total(n))
		require.InDelta(t, s[0].Out[j], eff[i*n.Cols+j], 1e-9*total(n))
	})
}

// With inputs of one sign, more resistance anywhere never brings more current to
// all outputs together.
func TestLossGrowsWithResistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := networks(19).Draw(t, "network")
		d := lines.Drive{Word: make([]float64, n.Rows)}
		for i := range d.Word {
			d.Word[i] = 1
		}
		sum := func(n *lines.Network) (total float64) {
			for _, x := range one(t, n, d, lines.Options{}).Out {
				total += x
			}
			return total
		}
		before := sum(n)
		more := *n
		factor := rapid.Float64Range(1, 4).Draw(t, "factor")
		w := []*float64{&more.Wires.Word, &more.Wires.Bit, &more.Wires.Source, &more.Wires.Sense}[rapid.IntRange(0, 3).Draw(t, "which")]
		*w = *w*factor + factor - 1
		require.LessOrEqual(t, sum(&more), before*(1+1e-9))
	})
}

// The crossbar with word and bit lines exchanged, driven from the other side, has
// the same currents, the other way round.
func TestExchangedLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := networks(19).Draw(t, "network")
		d := drives(n, true).Draw(t, "drive")
		m := &lines.Network{Rows: n.Cols, Cols: n.Rows, G: make([]float64, len(n.G))}
		m.Wires = lines.Wires{Word: n.Wires.Bit, Bit: n.Wires.Word, Source: n.Wires.Sense, Sense: n.Wires.Source}
		for i := range n.Rows {
			for j := range n.Cols {
				m.G[(n.Cols-1-j)*n.Rows+n.Rows-1-i] = n.G[i*n.Cols+j]
			}
		}
		back := func(v []float64) []float64 { v = slices.Clone(v); slices.Reverse(v); return v }
		e := lines.Drive{Word: back(d.Bit), Bit: back(d.Word)}
		if d.Bit == nil {
			e.Word = make([]float64, n.Cols)
		}
		s, x := one(t, n, d, lines.Options{}), one(t, m, e, lines.Options{})
		for i, c := range back(x.Out) {
			require.InDelta(t, -c, s.In[i], 1e-7*total(n))
		}
		for j, c := range back(x.In) {
			require.InDelta(t, -c, s.Out[j], 1e-7*total(n))
		}
	})
}

// Word lines have no order where bit lines have no resistance.
func TestRowsOfIdealBitLinesMayBeExchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := networks(19).Draw(t, "network")
		n.Wires.Bit = 0
		d := drives(n, true).Draw(t, "drive")
		order := rapid.Permutation(seq(n.Rows)).Draw(t, "order")
		m := *n
		m.G = nil
		e := lines.Drive{Bit: d.Bit}
		for _, i := range order {
			m.G = append(m.G, n.G[i*n.Cols:(i+1)*n.Cols]...)
			e.Word = append(e.Word, d.Word[i])
		}
		s, x := one(t, n, d, lines.Options{}), one(t, &m, e, lines.Options{})
		require.InDeltaSlice(t, s.Out, x.Out, 1e-7*total(n))
		for k, i := range order {
			require.InDelta(t, s.In[i], x.In[k], 1e-7*total(n))
		}
	})
}

func seq(n int) []int {
	a := make([]int, n)
	for i := range a {
		a[i] = i
	}
	return a
}

// The same bits for any number of workers, and for a batch as for its drives one
// by one.
func TestSameBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := networks(40).Draw(t, "network")
		n.Curve = rapid.SampledFrom([]lines.Curve{nil, nil, lines.Sinh{}}).Draw(t, "curve")
		var batch []lines.Drive
		for range rapid.IntRange(1, 11).Draw(t, "drives") {
			batch = append(batch, drives(n, true).Draw(t, "drive"))
		}
		var all []lines.Solution
		for _, d := range batch {
			all = append(all, one(t, n, d, lines.Options{Nodes: true}))
		}
		for _, workers := range []int{1, 2, 3, 8} {
			s, err := n.Solve(context.Background(), batch, lines.Options{Nodes: true, Workers: workers})
			require.NoError(t, err)
			require.Equal(t, all, s, "%d workers", workers)
			require.Equal(t, all[0], one(t, n, batch[0], lines.Options{Nodes: true, Workers: workers}))
		}
	})
}

// A solution that starts from one of other conductances is the same to the
// tolerance, and takes fewer iterations.
func TestWarmStart(t *testing.T) {
	n, v := random(64, 1e-6, 1e-4, 5)
	s, err := n.Prepare(lines.Options{Nodes: true})
	require.NoError(t, err)
	d := lines.Drive{Word: v}
	before, err := s.Solve(context.Background(), []lines.Drive{d})
	require.NoError(t, err)
	m := *n
	m.G = slices.Clone(n.G)
	for k := range m.G {
		m.G[k] *= 1 + 1e-6*math.Sin(float64(k))
	}
	require.NoError(t, s.Update(m.G))
	warm, err := s.SolveFrom(context.Background(), d, &before[0])
	require.NoError(t, err)
	cold := one(t, &m, d, lines.Options{})
	relative(t, cold.Out, warm.Out, 1e-9)
	require.Less(t, warm.Iterations, cold.Iterations)
	m.G[3] = -1
	require.ErrorContains(t, s.Update(m.G), "cell (0, 3)")
	_, err = s.SolveFrom(context.Background(), d, &cold)
	require.ErrorContains(t, err, "Options.Nodes")
}

// 128 x 128 of 10 to 1000 uS with 10 ohm lose 97 % (the reference solution took
// 21 iterations of the Gauss-Seidel preconditioned method).
func TestBadWires(t *testing.T) {
	n, v := random(128, 1e-5, 1e-3, 10)
	s := one(t, n, lines.Drive{Word: v}, lines.Options{Nodes: true})
	var got, ideal float64
	for j := range n.Cols {
		got += s.Out[j]
		for i := range n.Rows {
			ideal += v[i] * n.G[i*n.Cols+j]
		}
	}
	require.InDelta(t, 0.97, 1-got/ideal, 0.01)
	require.LessOrEqual(t, s.Iterations, 30)
	require.LessOrEqual(t, s.Residual, 1e-10)
	kirchhoff(t, n, lines.Drive{Word: v}, &s, 1e-10)
}

// Ranges far beyond any device: a solution that obeys Kirchhoff's law, or an
// error that says how near it came.
func TestExtremeRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := &lines.Network{Rows: rapid.IntRange(1, 12).Draw(t, "rows"), Cols: rapid.IntRange(1, 12).Draw(t, "cols")}
		n.G = rapid.SliceOfN(orZero(positive(1e-12, 1)), n.Rows*n.Cols, n.Rows*n.Cols).Draw(t, "g")
		ohm := orZero(positive(1e-3, 1e9))
		n.Wires = lines.Wires{Word: ohm.Draw(t, "word"), Bit: ohm.Draw(t, "bit"), Source: ohm.Draw(t, "source"), Sense: ohm.Draw(t, "sense")}
		d := drives(n, true).Draw(t, "drive")
		s, err := n.Solve(context.Background(), []lines.Drive{d}, lines.Options{Nodes: true})
		if err != nil {
			require.ErrorContains(t, err, "rounding leaves")
			return
		}
		kirchhoff(t, n, d, &s[0], 1e-9)
		var in, out, size float64
		for _, x := range s[0].In {
			in += x
			size += math.Abs(x)
		}
		for _, x := range s[0].Out {
			out += x
			size += math.Abs(x)
		}
		require.InDelta(t, in, out, 1e-6*size+1e-13*total(n))
	})
}

func TestLooseLines(t *testing.T) {
	// Row 1 and column 1 are joined to each other and to nothing else.
	n := &lines.Network{Rows: 2, Cols: 2, G: []float64{1e-3, 0, 0, 1e-3}, Wires: lines.Wires{Word: 1, Bit: 1}}
	for _, wires := range []lines.Wires{{Word: 1, Bit: 1}, {}, {Word: 1}, {Bit: 1, Source: 1}} {
		n.Wires = wires
		d := lines.Drive{Word: []float64{1, math.NaN()}, Bit: []float64{0, math.NaN()}}
		s := one(t, n, d, lines.Options{Nodes: true})
		require.InDelta(t, 1/(1000+wires.Source+wires.Word+2*wires.Bit), s.Out[0], 1e-15)
		require.Equal(t, []float64{0, 0, 0, 0, 0, 0}, []float64{s.Out[1], s.In[1], s.Word[2], s.Word[3], s.Bit[1], s.Bit[3]})
		d = lines.Drive{Word: []float64{math.NaN(), math.NaN()}, Bit: []float64{math.NaN(), math.NaN()}}
		s = one(t, n, d, lines.Options{})
		require.Equal(t, []float64{0, 0, 0, 0}, append(s.Out, s.In...))
	}
}

// The same bits from every form of the kernels.
func TestSameBitsOfEveryKernel(t *testing.T) {
	defer func() { require.NoError(t, kernels.Use("auto")) }()
	n, v := random(70, 1e-6, 1e-4, 5)
	var first lines.Solution
	for k, form := range kernels.Forms() {
		require.NoError(t, kernels.Use(form))
		s := one(t, n, lines.Drive{Word: v}, lines.Options{Nodes: true})
		if k == 0 {
			first = s
		}
		require.Equal(t, first, s, form)
	}
}

// Lines so bad that far bit lines get a share of 1e-3 to 1e-5 of what a cell
// would let through, and less of what the nearest ones get: every current has
// its digits. The oracle's voltages at the ends are sums of positive numbers.
func TestTinyCurrents(t *testing.T) {
	for _, ohm := range []float64{1e2, 1e3, 1e4} {
		n, v := random(20, 1e-4, 1e-3, ohm)
		clear(v[1:])
		d := lines.Drive{Word: v}
		s := one(t, n, d, lines.Options{})
		want := (&oracle{n: n}).solve(t, d)
		end := want.Bit[19*20:]
		for j := range end {
			end[j] /= ohm
		}
		relative(t, end, s.Out, 1e-8)
	}
}
