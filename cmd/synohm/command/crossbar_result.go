package command

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/synohm/synohm/devices/lines"
	"github.com/synohm/synohm/internal/npz"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/viz"
)

// solved is a solution as it is printed and written. What stands once for each
// input vector is the value itself where there is one vector, else a list.
type solved struct {
	Rows    int    `json:"rows"`
	Cols    int    `json:"cols"`
	Vectors int    `json:"vectors"`
	Cell    string `json:"cell"`
	Wires   wires  `json:"wires"`

	Currents   any `json:"currents_a"`        // [bit line]
	Ideal      any `json:"ideal_currents_a"`  // [bit line], without the resistance of lines, sources and senses
	Loss       any `json:"loss"`              // see loss
	In         any `json:"source_currents_a"` // [word line]
	Power      any `json:"power"`             // see power
	VWord      any `json:"v_word,omitempty"`  // V, [word line][bit line]
	VBit       any `json:"v_bit,omitempty"`   // V, [word line][bit line]
	Iterations any `json:"iterations"`
	Newton     any `json:"newton_steps"`
	Residual   any `json:"residual"`

	RunDir string `json:"run_dir"`

	notes []string
	p     *problem
	all   []vector
}

type wires struct {
	Word   float64 `json:"r_word_ohm"`
	Bit    float64 `json:"r_bit_ohm"`
	Source float64 `json:"r_source_ohm"`
	Sense  float64 `json:"r_sense_ohm"`
}

// vector is the solution of one input vector.
type vector struct {
	lines.Solution
	ideal []float64
	loss  loss
	power power
}

// loss is the share of the ideal current that does not arrive: 1 - I/I_ideal of
// a bit line. Below zero more arrives than would by ideal lines.
type loss struct {
	PerColumn []share `json:"per_column"`
	Mean      share   `json:"mean"`  // over the bit lines that have an ideal current
	Total     share   `json:"total"` // of the sums of |I| and |I_ideal|
}

// share is null where nothing is shared out.
type share float64

func (s share) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(s)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(s))
}

func (s share) String() string {
	if math.IsNaN(float64(s)) {
		return "-"
	}
	return fmt.Sprintf("%.4g %%", 100*float64(s))
}

// power is what the drivers deliver, and where it turns into heat.
type power struct {
	Total float64 `json:"total_w"`
	Cells float64 `json:"cells_w"`
	Lines float64 `json:"lines_w"` // with sources and senses
}

// result sums a solution up.
func (p *problem) result(solutions []lines.Solution) *solved {
	n := &p.network
	w := n.Wires
	s := &solved{Rows: n.Rows, Cols: n.Cols, Vectors: len(solutions), Cell: p.cell, Wires: wires{w.Word, w.Bit, w.Source, w.Sense}, p: p}
	for k, sol := range solutions {
		ideal := p.ideal(p.drives[k].Word)
		s.all = append(s.all, vector{sol, ideal, lost(sol.Out, ideal), p.power(p.drives[k].Word, sol)})
	}
	s.Currents = each(s.all, func(v vector) []float64 { return v.Out })
	s.Ideal = each(s.all, func(v vector) []float64 { return v.ideal })
	s.Loss = each(s.all, func(v vector) loss { return v.loss })
	s.In = each(s.all, func(v vector) []float64 { return v.In })
	s.Power = each(s.all, func(v vector) power { return v.power })
	s.VWord = each(s.all, func(v vector) [][]float64 { return table(v.Word, n.Cols) })
	s.VBit = each(s.all, func(v vector) [][]float64 { return table(v.Bit, n.Cols) })
	s.Iterations = each(s.all, func(v vector) int { return v.Iterations })
	s.Newton = each(s.all, func(v vector) int { return v.Newton })
	s.Residual = each(s.all, func(v vector) float64 { return v.Residual })
	s.notes = p.notes(s.all)
	return s
}

// each gives something of every vector, or of the only one.
func each[T any](all []vector, of func(vector) T) any {
	if len(all) == 1 {
		return of(all[0])
	}
	list := make([]T, len(all))
	for i, v := range all {
		list[i] = of(v)
	}
	return list
}

// table cuts values into rows.
func table(values []float64, cols int) [][]float64 {
	var rows [][]float64
	for len(values) > 0 {
		rows, values = append(rows, values[:cols]), values[cols:]
	}
	return rows
}

// current is that of a cell.
func (p *problem) current(cell int, v float64) float64 {
	g := p.network.G[cell]
	if p.network.Curve == nil {
		return g * v
	}
	i, _ := p.network.Curve.Current(g, v)
	return i
}

// ideal are the currents of the bit lines where nothing but the cells resists,
// 0 where they cancel but for rounding.
func (p *problem) ideal(word []float64) []float64 {
	out, sizes := make([]float64, p.network.Cols), make([]float64, p.network.Cols)
	for i, v := range word {
		for j := range out {
			current := p.current(i*p.network.Cols+j, v)
			out[j] += current
			sizes[j] += math.Abs(current)
		}
	}
	for j, size := range sizes {
		if math.Abs(out[j]) < 1e-16*float64(len(word))*size {
			out[j] = 0
		}
	}
	return out
}

func lost(out, ideal []float64) loss {
	l := loss{Mean: share(math.NaN())}
	var sum, sumIdeal, shares float64
	n := 0
	for j, i := range out {
		s := 1 - i/ideal[j]
		if ideal[j] == 0 {
			s = math.NaN()
		} else {
			shares += s
			n++
		}
		l.PerColumn = append(l.PerColumn, share(s))
		sum, sumIdeal = sum+math.Abs(i), sumIdeal+math.Abs(ideal[j])
	}
	if n > 0 {
		l.Mean = share(shares / float64(n))
	}
	l.Total = share(1 - sum/sumIdeal) // NaN where there is none
	return l
}

func (p *problem) power(word []float64, s lines.Solution) (w power) {
	for i, v := range word {
		w.Total += float64(v * s.In[i])
	}
	for k := range s.Word {
		v := s.Word[k] - s.Bit[k]
		w.Cells += float64(v * p.current(k, v))
	}
	w.Lines = w.Total - w.Cells
	return w
}

const (
	muchLost = 0.5 // share of the current from which a note says so
	// cubicTop is where I = G (V - V^3/4) is highest, 2/sqrt(3) V.
	cubicTop = 1.1547005383792517
)

// notes say what someone who looks at a few numbers would not see.
func (p *problem) notes(all []vector) (notes []string) {
	add := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	rows, cols, g := p.network.Rows, p.network.Cols, p.network.G
	openRows, openCols := rows, cols
	usedCol := make([]bool, cols)
	for i := range rows {
		used := false
		for j := range cols {
			if g[i*cols+j] > 0 {
				used, usedCol[j] = true, true
			}
		}
		if used {
			openRows--
		}
	}
	for _, used := range usedCol {
		if used {
			openCols--
		}
	}
	if openRows+openCols > 0 {
		add("%d of %d word lines and %d of %d bit lines have open cells alone", openRows, rows, openCols, cols)
	}
	worst, falls := share(math.Inf(-1)), 0
	for _, v := range all {
		if v.loss.Total > worst { // not NaN, where a vector has no current at all
			worst = v.loss.Total
		}
		for k := range v.Word {
			if math.Abs(v.Word[k]-v.Bit[k]) > cubicTop {
				falls++
			}
		}
	}
	if worst >= muchLost {
		add("%v of the ideal current is lost in the lines%s", worst, map[bool]string{true: ", in the worst of the vectors"}[len(all) > 1])
	}
	if _, cubic := p.network.Curve.(lines.Cubic); cubic && falls > 0 {
		add("%d cells are at more than %.4g V, where a cubic cell's current falls: there may be other solutions", falls, cubicTop)
	}
	return notes
}

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
			fmt.Fprintf(t, "%d\t%.8g\t%.8g\t%v\n", j, v.Out[j]*factor, v.ideal[j]*factor, v.loss.PerColumn[j])
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
	fmt.Fprintf(w, "solver   %d iterations", v.Iterations)
	if v.Newton > 0 {
		fmt.Fprintf(w, " in %d steps of Newton's method", v.Newton)
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
