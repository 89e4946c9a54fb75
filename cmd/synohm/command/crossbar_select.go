package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/devices/lines"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/matrixcsv"
)

// selectFlags are which cell is selected, and how.
type selectFlags struct {
	solveFlags
	row, col int
	volt     string
	scheme   string
}

// selected is what a scheme makes of a selected cell.
type selected struct {
	Scheme  string  `json:"scheme"`
	Current float64 `json:"current_a"`      // into the end of the selected bit line
	Own     float64 `json:"cell_current_a"` // through the selected cell
	Volt    float64 `json:"cell_volt"`      // across it
	Disturb float64 `json:"disturb_volt"`   // largest across another cell, as a magnitude
	Power   float64 `json:"power_w"`        // that the drivers deliver
}

func newCrossbarSelect() *cobra.Command {
	var f selectFlags
	cmd := &cobra.Command{
		Use:   "select --r R.csv --row I --col J --volt V --r-word OHM --r-bit OHM",
		Short: "Put a voltage across one cell of a passive crossbar",
		Long: "Put a voltage across one cell of a passive crossbar and tell, for each way to bias\n" +
			"the other lines, what the selected bit line carries beside the current of the cell\n" +
			"(sneak paths) and how much voltage the other cells see (disturb):\n\n" +
			"  grounded  all other lines at 0 V\n" +
			"  v/2       all other lines at V/2: half-selected cells see V/2, the rest nothing\n" +
			"  v/3       other word lines at V/3, other bit lines at 2V/3: all others see V/3\n" +
			"  floating  all other lines open\n\n" +
			"R.csv and the resistances are those of crossbar solve. Rows and columns count from 0.",
		Example: "  synohm crossbar select --r R.csv --row 1 --col 3 --volt 0.2 --r-word 0.5 --r-bit 0.5\n" +
			"  synohm crossbar select --r R.csv --row 0 --col 0 --volt '1.5 V' --r-word 2 --r-bit 2 --scheme v/3 --json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return badInput{fmt.Errorf("crossbar select takes its file by --r, not %q", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			results, err := f.run(c)
			if err != nil {
				return err
			}
			if f.json {
				return json.NewEncoder(c.OutOrStdout()).Encode(map[string]any{"row": f.row, "col": f.col, "schemes": results})
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "scheme\tbit line (A)\tcell (A)\tacross cell (V)\tacross others (V)\tpower (W)")
			for _, s := range results {
				fmt.Fprintf(w, "%s\t%.8g\t%.8g\t%.6g\t%.6g\t%.6g\n", s.Scheme, s.Current, s.Own, s.Volt, s.Disturb, s.Power)
			}
			return w.Flush()
		},
	}
	f.lineFlags(cmd)
	flags := cmd.Flags()
	flags.IntVar(&f.row, "row", 0, "word line of the selected `cell`, from 0")
	flags.IntVar(&f.col, "col", 0, "bit line of the selected `cell`, from 0")
	flags.StringVar(&f.volt, "volt", "", "`voltage` across the cell and its lines")
	flags.StringVar(&f.scheme, "scheme", "all", "`how` the other lines are biased: grounded, v/2, v/3, floating or all")
	return cmd
}

// schemes are the ways to bias lines that are not selected.
var schemes = []lines.Scheme{lines.Grounded, lines.HalfVoltage, lines.ThirdVoltage, lines.Floating}

// run solves the network under every scheme that is asked for.
func (f *selectFlags) run(c *cobra.Command) ([]selected, error) {
	p := &problem{cell: f.cell, workers: f.workers}
	errs := f.settle(p)
	names := []string{"all"}
	for _, s := range schemes {
		names = append(names, s.String())
	}
	if !slices.Contains(names, f.scheme) {
		errs = append(errs, fmt.Errorf("--scheme: there is no scheme %q%s", f.scheme, config.DidYouMean(f.scheme, names)))
	}
	volt, err := quantity("volt", f.volt, "V")
	if err == nil && voltage(volt) != "" {
		err = fmt.Errorf("--volt: %g %s", volt, voltage(volt))
	}
	errs = append(errs, err)
	if f.r == "" {
		errs = append(errs, fmt.Errorf("--r is missing: a file of the cells' resistances in ohm"))
	} else if r, err := matrixcsv.ReadFile(f.r, matrixcsv.Options{MaxValues: lines.MaxCells, Check: resistance}); err != nil {
		errs = append(errs, err)
	} else {
		p.cells(r)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, badInput{err}
	}
	n := &p.network
	var out []selected
	for _, s := range schemes {
		if f.scheme != "all" && f.scheme != s.String() {
			continue
		}
		drive, err := lines.Selected(n.Rows, n.Cols, f.row, f.col, volt, s)
		if err != nil {
			return nil, badInput{err}
		}
		sol, err := n.Solve(c.Context(), []lines.Drive{drive}, lines.Options{Workers: p.workers, Nodes: true, Tolerance: tolerances[1]})
		if err != nil {
			return nil, fmt.Errorf("scheme %v: %w", s, err)
		}
		out = append(out, f.look(n, &drive, &sol[0], s.String()))
	}
	return out, nil
}

// look reads the figures of a solution.
func (f *selectFlags) look(n *lines.Network, drive *lines.Drive, s *lines.Solution, scheme string) selected {
	at := f.row*n.Cols + f.col
	r := selected{Scheme: scheme, Current: s.Out[f.col], Volt: s.Word[at] - s.Bit[at]}
	r.Own = n.G[at] * r.Volt
	if n.Curve != nil {
		r.Own, _ = n.Curve.Current(n.G[at], r.Volt)
	}
	for k := range n.G {
		if k != at && n.G[k] > 0 {
			r.Disturb = max(r.Disturb, math.Abs(s.Word[k]-s.Bit[k]))
		}
	}
	for i, amp := range s.In {
		if v := drive.Word[i]; v == v { // a line that floats delivers nothing
			r.Power += float64(v * amp)
		}
	}
	for j, amp := range s.Out {
		if v := drive.Bit[j]; v == v {
			r.Power -= float64(v * amp)
		}
	}
	return r
}
