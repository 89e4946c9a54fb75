package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/config"
	watch "github.com/synohm/synohm/internal/progress"
	"github.com/synohm/synohm/viz"
)

const (
	maxPulses     = 10_000_000
	maxPulseCells = 100_000
	maxPulseWork  = 200_000_000 // cells times pulses, about a minute
	lookEvery     = 1024        // pulses of any cell between two looks at whether to stop
	plotPoints    = 2000        // of a line; longer ones are drawn as their range
)

// pulsing is how cells are pulsed.
type pulsing struct {
	Cell      string   `json:"cell"`
	Set       []string `json:"set,omitempty"`
	Up        int      `json:"up"`
	Down      int      `json:"down"`
	NoiseFree bool     `json:"noise_free"`
	Cells     int      `json:"cells"`
	Seed      uint64   `json:"seed"`
	Period    float64  `json:"period_s"`
	// Of cells that follow a voltage.
	VoltUp   *float64 `json:"volt_up,omitempty"`
	VoltDown *float64 `json:"volt_down,omitempty"`
	Width    *float64 `json:"width_s,omitempty"`
}

// pulsed is what came of it: what is read of one cell after each pulse.
type pulsed struct {
	pulsing
	Unit       string    `json:"unit"` // weight (normalised) or uS
	Start      float64   `json:"start"`
	Trajectory []float64 `json:"trajectory,omitempty"` // of the first cell
	Mean       []float64 `json:"mean,omitempty"`       // over all cells
	Std        []float64 `json:"std,omitempty"`
	WindowLow  *float64  `json:"g_low_us,omitempty"` // what the nominal bounds of the weight conduct
	WindowHigh *float64  `json:"g_high_us,omitempty"`
	FitRMSE    *float64  `json:"fit_rmse,omitempty"` // of a cell that was fitted to a file, in its unit
	FitR2      *float64  `json:"fit_r2,omitempty"`
	RunDir     string    `json:"run_dir"`
}

func newDevicePulse() *cobra.Command {
	var (
		p                                       pulsing
		period, voltUp, voltDown, width, outDir string
		asJSON                                  bool
	)
	cmd := &cobra.Command{
		Use: "pulse NAME", Short: "Give a cell pulses up and then down and show where they take it",
		Long: "Give one fresh cell N pulses up and then N down, and show what is read after each.\n" +
			"Pulsed cells start at the normalised weight 0, or at the bound nearest to it, and are\n" +
			"read as weights. Cells that follow a voltage (compact models) start as they are made,\n" +
			"need --volt-up, --volt-down and --width, and are read in uS. With --noise-free it is\n" +
			"the nominal cell: no spread between cells, no noise of a pulse or of a write. The\n" +
			"results and a plot go to a new folder.",
		Example: "  synohm device pulse reram-es --up 1000 --down 1000 --noise-free\n" +
			"  synohm device pulse capacitor --up 300 --down 300 --cells 100 --period '1 ms' --json\n" +
			"  synohm device pulse vteam --up 20 --down 20 --volt-up -0.22 --volt-down 0.2 --width '10 ns' --set 'x_start=3 nm'",
		Args: oneCell,
	}
	f := cmd.Flags()
	f.IntVar(&p.Up, "up", 0, "`number` of up pulses")
	f.IntVar(&p.Down, "down", 0, "`number` of down pulses, which come after")
	f.BoolVar(&p.NoiseFree, "noise-free", false, "the nominal cell: no spread, no noise")
	f.IntVar(&p.Cells, "cells", 1, "`number` of cells; with more than one, mean and standard deviation over them too")
	f.StringVar(&period, "period", "0", "`time` from pulse to pulse, in s or with a unit, in which a capacitor leaks; 0 for none")
	f.StringVar(&voltUp, "volt-up", "", "`voltage` of an up pulse, in V or with a unit, for cells that follow a voltage")
	f.StringVar(&voltDown, "volt-down", "", "`voltage` of a down pulse, likewise")
	f.StringVar(&width, "width", "", "`time` that a pulse lasts, in s or with a unit, likewise")
	f.Uint64Var(&p.Seed, "seed", 1, "seed `N`")
	f.StringArrayVar(&p.Set, "set", nil, "change a parameter of the cell, `key=value`; may stand several times")
	f.BoolVar(&asJSON, "json", false, "print the results as one JSON object")
	f.StringVar(&outDir, "out", "", "`folder` for results and plot; it must not exist (default runs/<time>-pulse-<cell>-<hash>)")
	cmd.RunE = func(c *cobra.Command, args []string) error {
		p.Cell = args[0]
		chosen, err := chooseCell(p.Cell, p.Set)
		if err != nil {
			return err
		}
		if err := p.read(chosen.Cell, period, voltUp, voltDown, width); err != nil {
			return badInput{err}
		}
		folder, err := deviceFolder(outDir, "pulse-"+p.Cell, p.Seed, p, nil)
		if err != nil {
			return err
		}
		var res *pulsed
		err = deviceWork(c, folder, func(ctx context.Context) error {
			var err error
			if res, err = p.run(ctx, chosen.Cell); err != nil {
				return err
			}
			res.RunDir = folder.Path
			summary := *res
			summary.Trajectory, summary.Mean, summary.Std = nil, nil, nil
			return errors.Join(folder.JSON("result.json", summary), folder.Write("trajectory.csv", res.table),
				folder.Write("plots/trajectory.png", res.plot))
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(c.ErrOrStderr(), "plot:", filepath.Join(folder.Path, "plots", "trajectory.png"))
		if asJSON {
			return json.NewEncoder(c.OutOrStdout()).Encode(res)
		}
		return res.print(c.OutOrStdout())
	}
	return cmd
}

// read takes the flags that depend on the cell, and tells all mistakes at once.
func (p *pulsing) read(cell devices.Cell, period, voltUp, voltDown, width string) error {
	var errs []error
	report := func(text string, args ...any) { errs = append(errs, fmt.Errorf(text, args...)) }
	one := cell.Make(1, p.Seed, 0)
	_, weighted := one.(devices.Weighted)
	_, driven := one.(devices.Driven)
	if !weighted && !driven {
		return fmt.Errorf("%s has no pulses; cells that have: %s", p.Cell, strings.Join(pulsedNames(), ", "))
	}
	counted := true
	for _, n := range []struct {
		flag string
		n    int
	}{{"up", p.Up}, {"down", p.Down}} {
		if n.n < 0 || n.n > maxPulses {
			report("--%s %d: is not in 0 to %d", n.flag, n.n, maxPulses)
			counted = false
		}
	}
	if counted && (p.Up+p.Down < 1 || p.Up+p.Down > maxPulses) {
		report("%d pulses up and %d down: give 1 to %d in all with --up and --down", p.Up, p.Down, maxPulses)
	}
	if p.Cells < 1 || p.Cells > maxPulseCells {
		report("--cells %d: is not in 1 to %d", p.Cells, maxPulseCells)
	} else if counted && p.Cells > 1 && p.Cells*(p.Up+p.Down) > maxPulseWork {
		report("%d cells of %d pulses each: at most %d in all", p.Cells, p.Up+p.Down, maxPulseWork)
	}
	take := func(flag, text, unit string, low, high float64) *float64 {
		v, err := quantity(flag, text, unit)
		if err == nil && !(v >= low && v <= high) {
			err = fmt.Errorf("--%s %s: is not in %g to %g %s", flag, text, low, high, unit)
		}
		if err != nil {
			errs = append(errs, err)
		}
		return &v
	}
	p.Period = *take("period", period, "s", 0, 1e9)
	p.VoltUp, p.VoltDown, p.Width = nil, nil, nil
	for _, v := range []struct {
		flag, text, unit string
		needed           bool
		low, high        float64
		to               **float64
	}{
		{"volt-up", voltUp, "V", p.Up > 0, -1000, 1000, &p.VoltUp}, {"volt-down", voltDown, "V", p.Down > 0, -1000, 1000, &p.VoltDown},
		{"width", width, "s", true, 0, 1e6, &p.Width},
	} {
		switch {
		case v.text != "" && weighted:
			report("--%s: the pulses of %s are those of the measurement that it was fitted to; their voltage is not set", v.flag, p.Cell)
		case v.text != "":
			*v.to = take(v.flag, v.text, v.unit, v.low, v.high)
		case driven && v.needed:
			report("%s follows a voltage: give --%s", p.Cell, v.flag)
		}
	}
	if p.Width != nil && p.Period > 0 && p.Period < *p.Width {
		report("--period %s: is shorter than a pulse of %s", period, width)
	}
	return errors.Join(errs...)
}

// pulsedNames are the cells that device pulse takes.
func pulsedNames() (names []string) {
	for _, m := range devices.Builtin() {
		params := config.EntryDefaults(m.Entry)
		if _, ok := params.(*devices.MeasuredPulses); ok { // it needs a file
			names = append(names, m.Name)
			continue
		}
		cell, err := m.New(params)
		if err != nil {
			continue
		}
		switch cell.Make(1, 0, 0).(type) {
		case devices.Weighted, devices.Driven:
			names = append(names, m.Name)
		}
	}
	return names
}

// run pulses the cells. Pulses follow each other by the period, or by their
// width where that is longer.
func (p *pulsing) run(ctx context.Context, cell devices.Cell) (*pulsed, error) {
	res := &pulsed{pulsing: *p}
	if m, ok := cell.(*devices.MeasuredPulsesCell); ok {
		res.FitRMSE, res.FitR2 = &m.Fit.RMSE, &m.Fit.R2
	}
	if n, ok := cell.(devices.Nominal); ok && p.NoiseFree {
		cell = n.Nominal()
	}
	cells := cell.Make(p.Cells, p.Seed, 0)
	var give func(t float64, up bool) error
	var look func(t float64, to []float64)
	switch c := cells.(type) {
	case devices.Weighted:
		res.Unit = "weight"
		give, look = p.weights(c)
		low, high := cell.Window()
		res.WindowLow, res.WindowHigh = &low, &high
	case devices.Driven:
		res.Unit = "uS"
		give, look = p.volts(c)
	}
	now := make([]float64, p.Cells)
	look(0, now)
	res.Start = now[0]
	step := p.Period
	if p.Width != nil {
		step = max(step, *p.Width)
	}
	n := p.Up + p.Down
	res.Trajectory = make([]float64, n)
	if p.Cells > 1 {
		res.Mean, res.Std = make([]float64, n), make([]float64, n)
	}
	often := max(1, lookEvery/p.Cells) // pulses
	if _, slow := cells.(devices.Driven); slow {
		often = 1
	}
	for k := range n {
		if k%often == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			watch.Report(ctx, "pulses", k, n)
		}
		t := float64(k) * step
		if err := give(t, k < p.Up); err != nil {
			return nil, fmt.Errorf("pulse %d: %w", k+1, err)
		}
		if p.Width != nil {
			t += *p.Width
		}
		look(t, now)
		res.Trajectory[k] = now[0]
		if p.Cells > 1 {
			res.Mean[k], res.Std[k] = meanAndStd(now)
		}
	}
	watch.Report(ctx, "pulses", n, n)
	return res, nil
}

// weights pulses cells of a fixed step, and looks at their weights.
func (p *pulsing) weights(cells devices.Weighted) (give func(t float64, up bool) error, look func(t float64, to []float64)) {
	ups, downs := make([]int32, p.Cells), make([]int32, p.Cells)
	for i := range ups {
		ups[i], downs[i] = 1, -1
	}
	give = func(t float64, up bool) error {
		pulses := downs
		if up {
			pulses = ups
		}
		cells.Pulse(t, nil, pulses)
		return nil
	}
	return give, cells.Weights
}

// volts pulses cells that follow a voltage, and looks at their conductance.
func (p *pulsing) volts(cells devices.Driven) (give func(t float64, up bool) error, look func(t float64, to []float64)) {
	volts, g := make([]float64, p.Cells), make([]float32, p.Cells)
	give = func(t float64, up bool) error {
		v := p.VoltDown
		if up {
			v = p.VoltUp
		}
		for i := range volts {
			volts[i] = *v
		}
		return cells.Apply(t, nil, volts, *p.Width)
	}
	look = func(t float64, to []float64) {
		cells.Conductance(t, g, nil)
		for i, x := range g {
			to[i] = float64(x)
		}
	}
	return give, look
}

// meanAndStd sums distances from the first value, so that equal values have
// themselves as their mean and no spread.
func meanAndStd(v []float64) (mean, std float64) {
	n := float64(len(v))
	for _, x := range v {
		mean += x - v[0]
	}
	mean = v[0] + float64(mean/n)
	for _, x := range v {
		std += float64((x - mean) * (x - mean))
	}
	return mean, math.Sqrt(std / max(1, n-1))
}

func (r *pulsed) title() string {
	kind := ""
	if r.NoiseFree {
		kind = ", nominal"
	}
	return fmt.Sprintf("%s%s, %d pulses up and %d down", r.Cell, kind, r.Up, r.Down)
}

func (r *pulsed) quantity() string {
	if r.Unit == "uS" {
		return "conductance, µS"
	}
	return "normalised weight"
}

// plot draws the way of one cell, and of the mean of all where there are more.
func (r *pulsed) plot(w io.Writer) error {
	name := "one cell"
	if r.NoiseFree {
		name = "nominal cell"
	}
	series := []viz.Series{thinned(name, r.Start, r.Trajectory)}
	if r.Cells > 1 {
		above, below := slices.Clone(r.Mean), slices.Clone(r.Mean)
		for k, s := range r.Std {
			above[k] += s
			below[k] -= s
		}
		series = append(series, thinned(fmt.Sprintf("mean of %d", r.Cells), math.NaN(), r.Mean),
			thinned("mean + std", math.NaN(), above), thinned("mean - std", math.NaN(), below))
	}
	img, err := viz.Traces(r.title(), "pulse", r.quantity(), series)
	if err != nil {
		return err
	}
	return viz.WritePNG(w, img)
}

// thinned is a line over pulses for a plot, from what was before the first one;
// of a long line the lowest and highest value of each piece.
func thinned(name string, start float64, path []float64) viz.Series {
	s := viz.Series{Name: name, X: []float64{0}, Y: []float64{start}}
	add := func(k int) { s.X, s.Y = append(s.X, float64(k+1)), append(s.Y, path[k]) }
	piece := max(1, 2*len(path)/plotPoints)
	for lo := 0; lo < len(path); lo += piece {
		low, high := lo, lo
		for k := lo; k < min(lo+piece, len(path)); k++ {
			if path[k] < path[low] {
				low = k
			}
			if path[k] > path[high] {
				high = k
			}
		}
		add(min(low, high))
		if low != high {
			add(max(low, high))
		}
	}
	return s
}

// table writes a line a pulse.
func (r *pulsed) table(w io.Writer) error {
	head := "pulse,one_cell"
	if r.Cells > 1 {
		head += ",mean,std"
	}
	if _, err := fmt.Fprintf(w, "%s\n0,%.9g%s\n", head, r.Start, strings.Repeat(",", strings.Count(head, ",")-1)); err != nil {
		return err
	}
	for k, x := range r.Trajectory {
		line := fmt.Sprintf("%d,%.9g", k+1, x)
		if r.Cells > 1 {
			line += fmt.Sprintf(",%.9g,%.9g", r.Mean[k], r.Std[k])
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// print writes the way at pulses 1, 2, 5, 10, ... of each direction.
func (r *pulsed) print(w io.Writer) error {
	fmt.Fprintf(w, "%s, seed %d; %s\n", r.title(), r.Seed, r.quantity())
	if r.FitRMSE != nil {
		fmt.Fprintf(w, "fitted to the file with an RMSE of %.4g and R2 of %.4f\n", *r.FitRMSE, *r.FitR2)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	head := []string{"pulses", "one cell"}
	if r.Cells > 1 {
		head = append(head, "mean", "std")
	}
	fmt.Fprintln(t, strings.Join(head, "\t")+"\t")
	fmt.Fprintf(t, "start\t%.9g\t\n", r.Start+0)
	for _, run := range []struct {
		name string
		from int
		n    int
	}{{"up", 0, r.Up}, {"down", r.Up, r.Down}} {
		for _, k := range milestones(run.n) {
			i := run.from + k - 1
			fmt.Fprintf(t, "%d %s\t%.9g\t", k, run.name, r.Trajectory[i]+0) // -0 + 0 is 0
			if r.Cells > 1 {
				fmt.Fprintf(t, "%.6g\t%.6g\t", r.Mean[i]+0, r.Std[i])
			}
			fmt.Fprintln(t)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if r.WindowLow != nil {
		fmt.Fprintf(w, "the nominal range of the weight is %.6g to %.6g uS\n", *r.WindowLow, *r.WindowHigh)
	}
	return nil
}

// milestones are 1, 2, 5, 10, 20, ... up to n, and n.
func milestones(n int) (at []int) {
	for decade := 1; decade <= n; decade *= 10 {
		for _, k := range []int{decade, 2 * decade, 5 * decade} {
			if k < n {
				at = append(at, k)
			}
		}
	}
	if n > 0 {
		at = append(at, n)
	}
	return at
}
