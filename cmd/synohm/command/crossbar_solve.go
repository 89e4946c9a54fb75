package command

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/devices/lines"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/matrixcsv"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/internal/units"
	"github.com/synohm/synohm/tasks"
)

// solveFlags are how a solution was asked for.
type solveFlags struct {
	r, v                     string
	word, bit, source, sense string
	cell, out                string
	json                     bool
	workers                  int
}

func newCrossbarSolve() *cobra.Command {
	var f solveFlags
	cmd := &cobra.Command{
		Use:   "solve --r R.csv --v V.csv --r-word OHM --r-bit OHM",
		Short: "Solve a crossbar with the resistance of its lines",
		Long: "Solve the whole network of a crossbar by Kirchhoff's laws: what arrives at the\n" +
			"end of its bit lines, beside what would arrive if its lines were ideal.\n\n" +
			"R.csv holds the resistances of the cells in ohm, a word line a row, a bit line a\n" +
			"column; inf is an open cell. Word lines are driven from the left, bit lines end in\n" +
			"ground at the bottom; a segment of line lies before every cell of a word line and\n" +
			"behind every cell of a bit line. V.csv holds the voltages of the word lines in V, one\n" +
			"a row, with a column for each input vector; a single line of as many values as there\n" +
			"are word lines is one vector too.\n\n" +
			"Cells are linear (I = G V), cubic (I = G (V - V^3/4)) or sinh (I = G sinh(2V)/2), with\n" +
			"V in volts and G the inverse of what R.csv holds.\n\n" +
			"Plots, a result.json and the voltages of all nodes in nodes.npz go to a folder.",
		Example: "  synohm crossbar solve --r R.csv --v V.csv --r-word 0.5 --r-bit 0.5\n" +
			"  synohm crossbar solve --r R.csv --v V.csv --r-word 2 --r-bit '500 mohm' --r-source '1 kohm' --json\n" +
			"  synohm crossbar solve --r R.csv --v V.csv --r-word 0.5 --r-bit 0.5 --cell sinh --out solved",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return badInput{fmt.Errorf("crossbar solve takes its files by --r and --v, not %q", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := f.read()
			if err != nil {
				return badInput{err}
			}
			return p.run(c, &f)
		},
	}
	f.lineFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.v, "v", "", "`file` of the word lines' voltages, V")
	flags.StringVar(&f.out, "out", "", "`folder` of the results; it must not exist (default runs/<time>-crossbar-<hash>)")
	return cmd
}

// lineFlags are those of the crossbar itself.
func (f *solveFlags) lineFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.r, "r", "", "`file` of the cells' resistances, ohm")
	flags.StringVar(&f.word, "r-word", "", "`ohm` of a segment of a word line, 0 for ideal ones")
	flags.StringVar(&f.bit, "r-bit", "", "`ohm` of a segment of a bit line, 0 for ideal ones")
	flags.StringVar(&f.source, "r-source", "0", "`ohm` of the driver of a word line")
	flags.StringVar(&f.sense, "r-sense", "0", "`ohm` of the sense amplifier of a bit line")
	flags.StringVar(&f.cell, "cell", "linear", "`kind` of current of the cells: linear, cubic or sinh")
	flags.BoolVar(&f.json, "json", false, "print the results as one JSON object")
	flags.IntVar(&f.workers, "workers", 0, "`N` goroutines solve; 0 takes one a processor; the results do not depend on it")
}

// problem is a crossbar that is to be solved.
type problem struct {
	network lines.Network
	r       []float64 // ohm, as they were read
	drives  []lines.Drive
	cell    string
	workers int
}

// cells are the kinds of current.
func cells() []string { return []string{"linear", "cubic", "sinh"} }

// read settles the flags and reads the files, and returns all mistakes at once.
func (f *solveFlags) read() (*problem, error) {
	p := &problem{cell: f.cell, workers: f.workers}
	errs := f.settle(p)
	table := func(flag, name, what string, check func(float64) string) *matrixcsv.Matrix {
		if name == "" {
			errs = append(errs, fmt.Errorf("--%s is missing: a file of %s", flag, what))
			return nil
		}
		m, err := matrixcsv.ReadFile(name, matrixcsv.Options{MaxValues: lines.MaxCells, Check: check})
		if err != nil {
			errs = append(errs, err)
		}
		return m
	}
	r := table("r", f.r, "the cells' resistances in ohm", resistance)
	v := table("v", f.v, "the word lines' voltages in V", voltage)
	if r != nil && v != nil {
		if err := p.fit(r, v, f); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return p, p.network.Check()
}

// settle reads the flags of the crossbar itself.
func (f *solveFlags) settle(p *problem) (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, w := range []struct {
		flag, text, what string
		ohm              *float64
	}{
		{"r-word", f.word, "a segment of a word line", &p.network.Wires.Word},
		{"r-bit", f.bit, "a segment of a bit line", &p.network.Wires.Bit},
		{"r-source", f.source, "the driver of a word line", &p.network.Wires.Source},
		{"r-sense", f.sense, "the sense amplifier of a bit line", &p.network.Wires.Sense},
	} {
		if w.text == "" {
			bad("--%s is missing: the resistance of %s in ohm, 0 for an ideal one", w.flag, w.what)
			continue
		}
		ohm, err := parseOhm(w.text)
		if err != nil {
			bad("--%s: %w", w.flag, err)
			continue
		}
		*w.ohm = ohm
	}
	switch f.cell {
	case "linear":
	case "cubic":
		p.network.Curve = lines.Cubic{}
	case "sinh":
		p.network.Curve = lines.Sinh{}
	default:
		bad("--cell: there is no cell %q%s", f.cell, config.DidYouMean(f.cell, cells()))
	}
	if f.workers < 0 || f.workers > 1024 {
		bad("--workers %d is not in 0 to 1024", f.workers)
	}
	if f.workers == 0 {
		p.workers = runtime.GOMAXPROCS(0)
	}
	return errs
}

// cells makes the network of resistances.
func (p *problem) cells(r *matrixcsv.Matrix) {
	p.network.Rows, p.network.Cols, p.r = r.Rows, r.Cols, r.Values
	p.network.G = make([]float64, len(r.Values))
	for i, ohm := range r.Values {
		p.network.G[i] = 1 / ohm // 0 for an open cell
	}
}

// fit makes the network of the resistances and the drives of the voltages.
func (p *problem) fit(r, v *matrixcsv.Matrix, f *solveFlags) error {
	rows, vectors := v.Rows, v.Cols
	if rows != r.Rows && rows == 1 && vectors == r.Rows { // a vector that lies down
		rows, vectors = vectors, rows
	}
	if rows != r.Rows {
		return fmt.Errorf("%s is %d x %d (rows x columns), but %s has %d word lines (rows): a voltage is wanted for each, in a column, and a column for each input vector", f.v, v.Rows, v.Cols, f.r, r.Rows)
	}
	if vectors > lines.MaxCells/len(r.Values) {
		return fmt.Errorf("%s has %d input vectors for %d cells: at most %d cells in all can be solved at once; split the file", f.v, vectors, len(r.Values), lines.MaxCells)
	}
	p.cells(r)
	p.drives = make([]lines.Drive, vectors)
	for k := range p.drives {
		p.drives[k].Word = make([]float64, rows)
		for i := range rows {
			p.drives[k].Word[i] = v.Values[i*vectors+k]
		}
	}
	return nil
}

// least is the resistance below which a cell is a short, and 1/R may overflow.
const least = 1e-6 // ohm

func resistance(ohm float64) string {
	switch {
	case ohm >= least:
		return ""
	case ohm < 0:
		return "is a negative resistance"
	case math.IsNaN(ohm):
		return "is no resistance; an open cell is inf"
	}
	return fmt.Sprintf("is a short, not a cell: the least resistance is %g ohm, and an open cell is inf", least)
}

// most is the highest voltage that is taken; sinh(2V) overflows above 355 V.
const most = 100 // V

func voltage(v float64) string {
	if math.Abs(v) <= most {
		return ""
	}
	return fmt.Sprintf("is no voltage from -%d to %d V", most, most)
}

// leastLine and mostLine bound the resistance of lines that are not ideal; far
// beyond any line, they keep what is computed from it within numbers.
const leastLine, mostLine = 1e-15, 1e15 // ohm

// parseOhm reads a resistance, in ohm where it has no unit.
func parseOhm(text string) (ohm float64, err error) {
	ohm, err = strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		ohm, err = units.Parse(text, units.MustUnit("ohm"))
	}
	if err == nil && ohm != 0 && !(ohm >= leastLine && ohm <= mostLine) {
		err = fmt.Errorf("%q is neither 0 nor from %g to %g ohm", text, leastLine, mostLine)
	}
	return ohm, err
}

// hash names a problem by all that decides its solution.
func (p *problem) hash() string {
	h := sha256.New()
	w := p.network.Wires
	fmt.Fprintln(h, p.network.Rows, p.network.Cols, p.cell, w.Word, w.Bit, w.Source, w.Sense)
	write := func(values []float64) { _ = binary.Write(h, binary.LittleEndian, values) } // a hash takes all
	write(p.r)
	for _, d := range p.drives {
		write(d.Word)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// run solves the problem, keeps the results in a folder and prints them.
func (p *problem) run(c *cobra.Command, f *solveFlags) error {
	start, hash := time.Now(), p.hash()
	folder, err := runfolder.Create("runs", f.out, "crossbar", tasks.Manifest(0, tasks.RunOptions{Workers: p.workers}, hash), start)
	if err != nil {
		return err
	}
	res, err := p.solve(longWork(c), folder)
	if res != nil {
		folder.Manifest.Warnings = res.notes
	}
	if err := errors.Join(err, folder.Finish(outcome(err), err, time.Now(), time.Since(start))); err != nil {
		fmt.Fprintln(c.ErrOrStderr(), "what there is:", folder.Path)
		return err
	}
	for _, note := range res.notes {
		fmt.Fprintln(c.ErrOrStderr(), "note:", note)
	}
	fmt.Fprintln(c.ErrOrStderr(), "plots and voltages of all nodes:", folder.Path)
	if f.json {
		return json.NewEncoder(c.OutOrStdout()).Encode(res)
	}
	res.print(c.OutOrStdout())
	return nil
}

// tolerances of the relative residual: the one that is wanted, and the one that
// is still taken, with a note, where rounding allows no better.
var tolerances = []float64{1e-12, 1e-8}

// solve finds the solution and writes it into the folder.
func (p *problem) solve(ctx context.Context, folder *runfolder.Folder) (*solved, error) {
	method := "iteration"
	var solutions []lines.Solution
	var err error
	for _, tolerance := range tolerances {
		solutions, err = p.network.Solve(ctx, p.drives, lines.Options{Workers: p.workers, Nodes: true, Tolerance: tolerance})
		if err == nil || ctx.Err() != nil {
			break
		}
		// Elimination takes longer, but lines as bad as may be.
		if direct, no := p.network.SolveDirect(ctx, p.drives); no == nil {
			solutions, err, method = direct, nil, "elimination"
			break
		}
	}
	if err != nil {
		return nil, err
	}
	res := p.result(solutions, method)
	res.RunDir = folder.Path
	return res, res.write(folder)
}
