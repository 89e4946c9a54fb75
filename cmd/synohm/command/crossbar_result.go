package command

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/synohm/synohm/devices/lines"
)

// solved is a solution as it is printed and written. What stands once for each
// input vector is the value itself where there is one vector, else a list.
type solved struct {
	Rows    int    `json:"rows"`
	Cols    int    `json:"cols"`
	Vectors int    `json:"vectors"`
	Cell    string `json:"cell"`
	Wires   wires  `json:"wires"`

	Currents   any    `json:"currents_a"`        // [bit line]
	Ideal      any    `json:"ideal_currents_a"`  // [bit line], without the resistance of lines, sources and senses
	Loss       any    `json:"loss"`              // see loss
	In         any    `json:"source_currents_a"` // [word line]
	Power      any    `json:"power"`             // see power
	VWord      any    `json:"v_word,omitempty"`  // V, [word line][bit line]
	VBit       any    `json:"v_bit,omitempty"`   // V, [word line][bit line]
	Method     string `json:"method"`            // iteration or elimination
	Iterations any    `json:"iterations"`
	Newton     any    `json:"newton_steps"`
	Residual   any    `json:"residual"`

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
	const rounding = 1e-12 // below it a loss is that of the arithmetic
	if math.Abs(float64(s)) < rounding {
		return "0 %"
	}
	text := ""
	for digits := 4; digits <= 15; digits++ { // 100 % is said of nothing less
		if text = strconv.FormatFloat(100*float64(s), 'g', digits, 64); text != "100" || s == 1 {
			break
		}
	}
	return text + " %"
}

// power is what the drivers deliver, and where it turns into heat.
type power struct {
	Total float64 `json:"total_w"`
	Cells float64 `json:"cells_w"`
	Lines float64 `json:"lines_w"` // with sources and senses
}

// result sums a solution up.
func (p *problem) result(solutions []lines.Solution, method string) *solved {
	n := &p.network
	w := n.Wires
	s := &solved{Rows: n.Rows, Cols: n.Cols, Vectors: len(solutions), Cell: p.cell, Wires: wires{w.Word, w.Bit, w.Source, w.Sense}, Method: method, p: p}
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
	s.notes = p.notes(s.all, method)
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
	muchLost = 0.5   // share of the current from which a note says so
	fair     = 1e-10 // residual from which a note says so
	// cubicTop is where I = G (V - V^3/4) is highest, 2/sqrt(3) V.
	cubicTop = 1.1547005383792517
)

// notes say what someone who looks at a few numbers would not see.
func (p *problem) notes(all []vector, method string) (notes []string) {
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
	worst, falls, residual := share(math.Inf(-1)), 0, 0.0
	for _, v := range all {
		if v.loss.Total > worst { // not NaN, where a vector has no current at all
			worst = v.loss.Total
		}
		residual = max(residual, v.Residual)
		for k := range v.Word {
			if g[k] > 0 && math.Abs(v.Word[k]-v.Bit[k]) > cubicTop {
				falls++
			}
		}
	}
	if worst >= muchLost {
		add("%v of the ideal current is lost in the lines%s", worst, map[bool]string{true: ", in the worst of the vectors"}[len(all) > 1])
	}
	if residual > fair && method == "iteration" { // elimination spoils the voltages' last digit alone
		add("rounding leaves a residual of %.1e of the currents of the sources: resistances are too far apart for better", residual)
	}
	if _, cubic := p.network.Curve.(lines.Cubic); cubic && falls > 0 {
		add("%d cells are at more than %.4g V, where a cubic cell's current falls: there may be other solutions", falls, cubicTop)
	}
	return notes
}
