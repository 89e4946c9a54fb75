package lines_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices/lines"
	"github.com/synohm/synohm/internal/spice"
)

// ngspice as an oracle: it knows nothing of crossbars, is given every segment
// of every line as an element of its own, and finds the operating point by
// Newton's method on a sparse LU, to a relative tolerance of 1e-12. Where
// segments of 0.01 ohm stand beside megohms the rounding of its LU is larger: of
// the case "unequal wires" a solution in extended precision is 1.2e-10 from
// ngspice and 4e-15 from this package.

// netlist writes a network under a drive, element by element. Currents are
// measured in the order rows, then columns, of the ends that do not float.
func netlist(n *lines.Network, d lines.Drive) *spice.Circuit {
	var c spice.Circuit
	word := func(i, j int) string { return fmt.Sprintf("w_%d_%d", i, j) }
	bit := func(i, j int) string { return fmt.Sprintf("b_%d_%d", i, j) }
	for i := range n.Rows {
		if v := d.Word[i]; !math.IsNaN(v) {
			source, meter, behind := fmt.Sprintf("s_%d", i), fmt.Sprintf("m_%d", i), fmt.Sprintf("d_%d", i)
			c.Source(source, spice.Ground, v)
			c.Meter(source, meter)
			c.Resistor(meter, behind, n.Wires.Source)
			c.Resistor(behind, word(i, 0), n.Wires.Word)
		}
		for j := range n.Cols {
			if j+1 < n.Cols {
				c.Resistor(word(i, j), word(i, j+1), n.Wires.Word)
			}
			if i+1 < n.Rows {
				c.Resistor(bit(i, j), bit(i+1, j), n.Wires.Bit)
			}
			g, across := n.G[i*n.Cols+j], fmt.Sprintf("v(%s,%s)", word(i, j), bit(i, j))
			switch {
			case g == 0: // nothing joins the lines
			case n.Curve == lines.Cubic{}:
				c.Current(word(i, j), bit(i, j), fmt.Sprintf("%.17g*(%s-%s*%s*%s/4)", g, across, across, across, across))
			case n.Curve == lines.Sinh{}:
				c.Current(word(i, j), bit(i, j), fmt.Sprintf("%.17g*sinh(2*%s)/2", g, across))
			default:
				c.Resistor(word(i, j), bit(i, j), 1/g)
			}
		}
	}
	for j := range n.Cols {
		v := 0.0
		if d.Bit != nil {
			v = d.Bit[j]
		}
		if !math.IsNaN(v) {
			end, meter, behind := fmt.Sprintf("e_%d", j), fmt.Sprintf("o_%d", j), fmt.Sprintf("f_%d", j)
			c.Resistor(bit(n.Rows-1, j), behind, n.Wires.Bit)
			c.Resistor(behind, meter, n.Wires.Sense)
			c.Meter(meter, end)
			c.Source(end, spice.Ground, v)
		}
	}
	return &c
}

// network draws conductances between 1 and 100 uS, every eighth cell open.
func network(r *rand.Rand, rows, cols int, curve lines.Curve, w lines.Wires) *lines.Network {
	n := &lines.Network{Rows: rows, Cols: cols, Wires: w, Curve: curve, G: make([]float64, rows*cols)}
	for i := range n.G {
		if n.G[i] = (1 + 99*r.Float64()) * 1e-6; r.IntN(8) == 0 {
			n.G[i] = 0
		}
	}
	return n
}

func TestAgainstNgspice(t *testing.T) {
	uniform := func(r *rand.Rand, n *lines.Network) lines.Drive { // -1 to 1 V on the rows
		d := lines.Drive{Word: make([]float64, n.Rows)}
		for i := range d.Word {
			d.Word[i] = 2*r.Float64() - 1
		}
		return d
	}
	transposed := func(r *rand.Rand, n *lines.Network) lines.Drive { // the same on the columns
		d := lines.Drive{Word: make([]float64, n.Rows), Bit: make([]float64, n.Cols)}
		for j := range d.Bit {
			d.Bit[j] = 2*r.Float64() - 1
		}
		return d
	}
	half := func(r *rand.Rand, n *lines.Network) lines.Drive { // one cell at 1 V, its row and column at 1/2
		d := lines.Drive{Word: make([]float64, n.Rows), Bit: make([]float64, n.Cols)}
		for i := range d.Word {
			d.Word[i] = 0.5
		}
		for j := range d.Bit {
			d.Bit[j] = 0.5
		}
		d.Word[r.IntN(n.Rows)], d.Bit[r.IntN(n.Cols)] = 1, 0
		return d
	}
	floating := func(r *rand.Rand, n *lines.Network) lines.Drive { // one row and one column are driven, all else floats
		d := lines.Drive{Word: make([]float64, n.Rows), Bit: make([]float64, n.Cols)}
		for i := range d.Word {
			d.Word[i] = math.NaN()
		}
		for j := range d.Bit {
			d.Bit[j] = math.NaN()
		}
		d.Word[r.IntN(n.Rows)], d.Bit[r.IntN(n.Cols)] = 1, 0
		return d
	}
	one := lines.Wires{Word: 1, Bit: 1}
	for i, c := range []struct {
		name       string
		rows, cols int
		curve      lines.Curve
		wires      lines.Wires
		drive      func(*rand.Rand, *lines.Network) lines.Drive
	}{
		{"one cell", 1, 1, nil, lines.Wires{Word: 3, Bit: 2, Source: 50, Sense: 20}, uniform},
		{"a row", 1, 9, nil, one, uniform},
		{"a column", 9, 1, nil, one, uniform},
		{"square", 32, 32, nil, one, uniform},
		{"poor wires", 32, 32, nil, lines.Wires{Word: 100, Bit: 300}, uniform},
		{"poor wires that nothing passes", 32, 32, nil, lines.Wires{Word: 1e5, Bit: 1e5}, uniform},
		{"unequal wires", 12, 31, nil, lines.Wires{Word: 0.01, Bit: 40, Source: 100, Sense: 7}, uniform},
		{"ideal word lines", 8, 11, nil, lines.Wires{Bit: 5}, uniform},
		{"ideal bit lines", 11, 8, nil, lines.Wires{Word: 5}, uniform},
		{"ideal lines behind real ends", 8, 11, nil, lines.Wires{Source: 100, Sense: 60}, uniform},
		{"ideal", 8, 11, nil, lines.Wires{}, uniform},
		{"transposed", 20, 13, nil, lines.Wires{Word: 2, Bit: 3, Source: 10, Sense: 5}, transposed},
		{"V/2", 16, 16, nil, one, half},
		{"floating", 10, 14, nil, lines.Wires{Word: 10, Bit: 20, Source: 10, Sense: 5}, floating},
		{"cubic", 32, 32, lines.Cubic{}, one, uniform},
		{"cubic, poor wires", 13, 17, lines.Cubic{}, lines.Wires{Word: 200, Bit: 100, Source: 1000, Sense: 500}, uniform},
		{"cubic, transposed", 12, 9, lines.Cubic{}, lines.Wires{Word: 20, Bit: 30}, transposed},
		{"cubic, ideal word lines", 7, 9, lines.Cubic{}, lines.Wires{Bit: 30, Sense: 10}, uniform},
		{"sinh", 32, 32, lines.Sinh{}, one, uniform},
		{"sinh, poor wires", 17, 13, lines.Sinh{}, lines.Wires{Word: 200, Bit: 100, Source: 1000, Sense: 500}, uniform},
		{"sinh, V/2", 16, 12, lines.Sinh{}, lines.Wires{Word: 10, Bit: 10}, half},
		{"sinh, floating", 9, 8, lines.Sinh{}, lines.Wires{Word: 10, Bit: 20}, floating},
		{"sinh, ideal", 6, 5, lines.Sinh{}, lines.Wires{}, uniform},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, uint64(i)))
			n := network(r, c.rows, c.cols, c.curve, c.wires)
			if c.rows == 1 || c.cols == 1 {
				n.G[0] = 30e-6
			}
			d := c.drive(r, n)
			want := netlist(n, d).Solve(t)
			all, err := n.Solve(context.Background(), []lines.Drive{d}, lines.Options{Tolerance: 1e-12, Nodes: true})
			require.NoError(t, err)
			got := all[0]

			// The largest differences, relative to the largest current and voltage.
			var amperes, volts, largestA, largestV float64
			measured := want.Amperes
			ends := func(driven []float64, currents []float64) {
				for k, v := range currents {
					if driven != nil && math.IsNaN(driven[k]) {
						require.Zero(t, v, "nothing flows into an end that floats")
						continue
					}
					amperes, largestA = max(amperes, math.Abs(v-measured[0])), max(largestA, math.Abs(measured[0]))
					measured = measured[1:]
				}
			}
			ends(d.Word, got.In)
			ends(d.Bit, got.Out)
			require.Empty(t, measured)
			for i := range n.Rows {
				for j := range n.Cols {
					for name, v := range map[string]float64{"w": got.Word[i*n.Cols+j], "b": got.Bit[i*n.Cols+j]} {
						u := want.Volts[fmt.Sprintf("%s_%d_%d", name, i, j)]
						volts, largestV = max(volts, math.Abs(u-v)), max(largestV, math.Abs(u))
					}
				}
			}
			t.Logf("currents differ by %.1e, voltages by %.1e", amperes/largestA, volts/largestV)
			limit := 2e-11
			if c.name == "unequal wires" {
				limit = 1e-9
			}
			require.LessOrEqual(t, amperes, limit*largestA)
			require.LessOrEqual(t, volts, limit*largestV)
		})
	}
}
