package command

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/synohm/synohm/internal/npz"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/viz"
)

// write keeps the results in a folder.
func (s *solved) write(folder *runfolder.Folder) error {
	short := *s
	short.VWord, short.VBit = nil, nil // they are in nodes.npz
	if err := folder.JSON("result.json", &short); err != nil {
		return err
	}
	if err := folder.Write("nodes.npz", s.nodes); err != nil {
		return err
	}
	return s.plots(folder)
}

// nodes writes what belongs to nodes and cells for NumPy.
func (s *solved) nodes(to io.Writer) error {
	w := npz.NewWriter(to)
	var word, bit, in, out, ideal, volts []float64
	for k, v := range s.all {
		word, bit = append(word, v.Word...), append(bit, v.Bit...)
		in, out, ideal = append(in, v.In...), append(out, v.Out...), append(ideal, v.ideal...)
		volts = append(volts, s.p.drives[k].Word...)
	}
	for _, a := range []struct {
		name   string
		shape  []int
		values []float64
	}{
		{"r_ohm", []int{s.Rows, s.Cols}, s.p.r},
		{"v_in", []int{s.Vectors, s.Rows}, volts},
		{"v_word", []int{s.Vectors, s.Rows, s.Cols}, word},
		{"v_bit", []int{s.Vectors, s.Rows, s.Cols}, bit},
		{"source_currents_a", []int{s.Vectors, s.Rows}, in},
		{"currents_a", []int{s.Vectors, s.Cols}, out},
		{"ideal_currents_a", []int{s.Vectors, s.Cols}, ideal},
	} {
		if err := w.Write(a.name, a.shape, a.values); err != nil {
			return err
		}
	}
	return w.Close()
}

// title says what was solved.
func (s *solved) title() string {
	return fmt.Sprintf("%d x %d %s cells, word lines of %g and bit lines of %g ohm a segment", s.Rows, s.Cols, s.Cell, s.Wires.Word, s.Wires.Bit)
}

// plots draws the first vector.
func (s *solved) plots(folder *runfolder.Folder) error {
	v, title := s.all[0], s.title()
	if s.Vectors > 1 {
		title += fmt.Sprintf("; vector 0 of %d", s.Vectors)
	}
	across := make([]float64, len(v.Word))
	for k := range across {
		across[k] = v.Word[k] - v.Bit[k]
	}
	matrix := func(name string, values []float64) sim.Snapshot {
		return sim.Snapshot{Name: name, Kind: sim.KindMatrix, Unit: "V", Shape: []int{s.Rows, s.Cols}, Values: values}
	}
	nodes, err := viz.Heatmaps(title, "bit line", "word line", matrix("word lines", v.Word), matrix("bit lines", v.Bit), matrix("across the cells", across))
	if err != nil {
		return err
	}
	if err := folder.Write("plots/voltages.png", func(w io.Writer) error { return viz.WritePNG(w, nodes) }); err != nil {
		return err
	}
	factor, unit := amperes(v.Out, v.ideal)
	series := func(name string, currents []float64) viz.Series {
		c := viz.Series{Name: name}
		for j, i := range currents {
			c.X, c.Y = append(c.X, float64(j)), append(c.Y, i*factor)
		}
		return c
	}
	missing := viz.Series{Name: "lost"}
	for j, l := range v.loss.PerColumn {
		missing.X, missing.Y = append(missing.X, float64(j)), append(missing.Y, 100*float64(l))
	}
	currents, err := viz.Columns(title, "bit line",
		viz.Panel{YLabel: "current (" + unit + ")", Series: []viz.Series{series("with these lines", v.Out), series("ideal lines", v.ideal)}},
		viz.Panel{YLabel: "lost (%)", Series: []viz.Series{missing}})
	if err != nil {
		return err
	}
	return folder.Write("plots/currents.png", func(w io.Writer) error { return viz.WritePNG(w, currents) })
}

// amperes chooses the unit in which the largest of some currents is from 1 to
// 1000.
func amperes(lists ...[]float64) (factor float64, unit string) {
	largest := 0.0
	for _, l := range lists {
		for _, i := range l {
			largest = max(largest, math.Abs(i))
		}
	}
	factor = 1
	for _, unit = range []string{"A", "mA", "uA", "nA"} {
		if largest*factor >= 1 || largest == 0 {
			return factor, unit
		}
		factor *= 1e3
	}
	return factor, "pA"
}

// A table for people has at most headRows + tailRows rows.
const headRows, tailRows = 20, 4

// print shows a solution to people.
func (s *solved) print(w io.Writer) {
	fmt.Fprintf(w, "%s, %g ohm at sources, %g ohm at senses\n\n", s.title(), s.Wires.Source, s.Wires.Sense)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if s.Vectors == 1 {
		v := s.all[0]
		factor, unit := amperes(v.Out, v.ideal)
		fmt.Fprintf(t, "bit line\tcurrent (%s)\tideal (%s)\tlost\n", unit, unit)
		long(t, s.Cols, 3, func(j int) {
			fmt.Fprintf(t, "%d\t%.8g\t%.8g\t%v\n", j, v.Out[j]*factor+0, v.ideal[j]*factor+0, v.loss.PerColumn[j])
		})
	} else {
		fmt.Fprint(t, "vector\tpower (W)\tlost in all\tmean of the bit lines\titerations\tresidual\n")
		long(t, s.Vectors, 5, func(k int) {
			v := s.all[k]
			fmt.Fprintf(t, "%d\t%.4g\t%v\t%v\t%d\t%.1e\n", k, v.power.Total, v.loss.Total, v.loss.Mean, v.Iterations, v.Residual)
		})
	}
	t.Flush()
	if s.Vectors > 1 {
		fmt.Fprintf(w, "\ncurrents: %s, or --json\n", "currents_a in "+s.RunDir+"/nodes.npz")
		return
	}
	v := s.all[0]
	fmt.Fprintf(w, "\nlost     %v in all, %v in the mean of the bit lines\n", v.loss.Total, v.loss.Mean)
	fmt.Fprintf(w, "power    %.6g W, %.6g W of it in the cells\n", v.power.Total, v.power.Cells)
	if s.Method == "elimination" {
		fmt.Fprintf(w, "solver   elimination, as the lines are bad; residual of rounded voltages %.1e\n", v.Residual)
		return
	}
	fmt.Fprintf(w, "solver   %d iterations", v.Iterations)
	if v.Newton > 0 {
		steps := "steps"
		if v.Newton == 1 {
			steps = "step"
		}
		fmt.Fprintf(w, " in %d %s of Newton's method", v.Newton, steps)
	}
	fmt.Fprintf(w, ", residual %.1e\n", v.Residual)
}

// long writes the first and the last rows of a table with so many tabs a row.
func long(w io.Writer, n, tabs int, row func(int)) {
	for k := range n {
		if n > headRows+tailRows && k >= headRows && k < n-tailRows {
			if k == headRows { // the tabs keep the columns in line
				fmt.Fprintf(w, "...%s\n", strings.Repeat("\t", tabs))
			}
			continue
		}
		row(k)
	}
}
