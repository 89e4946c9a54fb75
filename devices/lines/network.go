package lines

import (
	"context"
	"fmt"
	"math"
)

// Wires are the resistances of the lines, in ohm, 0 for ideal ones.
type Wires struct {
	Word   float64 // a segment of a word line: before the first cell, and from cell to cell
	Bit    float64 // a segment of a bit line: from cell to cell, and behind the last
	Source float64 // of a driver, before the first segment
	Sense  float64 // of a sense amplifier, behind the last segment
}

// Curve is how the current of a cell depends on the voltage across it, for a
// conductance g at small voltages. Where it rises everywhere the network has one
// solution; where it falls, so long as the lines hold the cells to one.
type Curve interface {
	// Current returns the current in A and its derivative in S. It is called
	// by several goroutines at once.
	Current(g, v float64) (i, slope float64)
}

// Network is a crossbar: its cells and its lines.
type Network struct {
	Rows, Cols int
	G          []float64 // siemens, [Rows][Cols]
	Wires      Wires
	Curve      Curve // nil for ohmic cells
}

// MaxCells bounds a network before anything is allocated.
const MaxCells = 1 << 26

// Check refuses what is no crossbar.
func (n *Network) Check() error {
	if n.Rows < 1 || n.Cols < 1 || n.Rows > MaxCells/n.Cols {
		return fmt.Errorf("a crossbar of %d x %d cells: at least one and at most %d are possible", n.Rows, n.Cols, MaxCells)
	}
	if len(n.G) != n.Rows*n.Cols {
		return fmt.Errorf("%d conductances for %d x %d cells", len(n.G), n.Rows, n.Cols)
	}
	for i, g := range n.G {
		if !(g >= 0) || math.IsInf(g, 1) {
			return fmt.Errorf("cell (%d, %d): a conductance of %g S; must be finite and not negative", i/n.Cols, i%n.Cols, g)
		}
	}
	for _, w := range []struct {
		name string
		ohm  float64
	}{{"word line", n.Wires.Word}, {"bit line", n.Wires.Bit}, {"source", n.Wires.Source}, {"sense", n.Wires.Sense}} {
		if !(w.ohm >= 0) || math.IsInf(w.ohm, 1) {
			return fmt.Errorf("%s resistance of %g ohm; must be finite and not negative", w.name, w.ohm)
		}
	}
	return nil
}

// Drive is what is applied at the ends of the lines, in V. NaN is an end that
// floats. Word has a value for each row; a nil Bit is ground for each column.
// A transposed read drives Bit and grounds Word. A floating line that no path of
// cells joins to a driven one is at 0 V, with all that hangs on it.
type Drive struct {
	Word, Bit []float64
}

// Solution is the state of the network under one drive.
type Solution struct {
	Word, Bit []float64 // V at the nodes, [Rows][Cols]
	In        []float64 // A that every driver sends into its word line
	Out       []float64 // A that leaves every bit line through its end

	Iterations int // of the linear solver, in all
	Newton     int // steps of Newton's method, 0 for ohmic cells
	// What Kirchhoff's current law leaves over at all nodes, relative to what
	// the drivers would send into lines at 0 V, both in the 2-norm. It is
	// computed for the solution given, not what the iteration believes.
	Residual float64
}

// Options are the settings of a solution.
type Options struct {
	// Tolerance of the relative residual in the 2-norm, 1e-10 if 0, and of the
	// error's energy: its root, relative to that of the power that the drivers
	// give, which is about the relative error of the currents. A solution that
	// rounding keeps from it is an error, but for residuals that are the
	// rounding of voltages and harmless to the currents.
	Tolerance float64
	Workers   int  // 1 if 0; the numbers are the same for any
	Nodes     bool // also give the voltages of the nodes
}

// Solve finds the state of the network under every drive of a batch.
func (n *Network) Solve(ctx context.Context, batch []Drive, o Options) ([]Solution, error) {
	s, err := n.Prepare(o)
	if err != nil {
		return nil, err
	}
	return s.Solve(ctx, batch)
}
