package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/philox"
	watch "github.com/synohm/synohm/internal/progress"
	"github.com/synohm/synohm/viz"
)

const (
	maxSample     = 1_000_000
	maxSampleTime = 3.2e10 // s, a thousand years
)

// sampling is how cells are sampled.
type sampling struct {
	Cell   string   `json:"cell"`
	Set    []string `json:"set,omitempty"`
	Target *float64 `json:"g_target_us,omitempty"` // nil for cells that are formed
	N      int      `json:"n"`
	T      float64  `json:"t_s"`
	Seed   uint64   `json:"seed"`
}

// sampled is what came of it. The spread at the top is that at the time asked
// for.
type sampled struct {
	sampling
	spread
	Programmed spread   `json:"programmed"` // just after programming, or as formed
	Warnings   []string `json:"warnings,omitempty"`
	RunDir     string   `json:"run_dir"`
}

// spread is a distribution in numbers, uS.
type spread struct {
	Mean float64 `json:"mean_us"`
	Std  float64 `json:"std_us"`
	Min  float64 `json:"min_us"`
	Q01  float64 `json:"q01_us"`
	Q05  float64 `json:"q05_us"`
	Q25  float64 `json:"q25_us"`
	Q50  float64 `json:"q50_us"`
	Q75  float64 `json:"q75_us"`
	Q95  float64 `json:"q95_us"`
	Q99  float64 `json:"q99_us"`
	Max  float64 `json:"max_us"`
}

func newDeviceSample() *cobra.Command {
	var (
		s                   sampling
		target, t, out      string
		asJSON, extrapolate bool
	)
	cmd := &cobra.Command{
		Use: "sample NAME", Short: "Program many cells to a target and show how their conductance spreads",
		Long: "Program N fresh cells to a target, and show mean, standard deviation and quantiles of\n" +
			"what they conduct: just after programming, without the noise of a read, and at the\n" +
			"time t after it, drifted and read once. With --t 0 the two are the same. Cells that\n" +
			"are formed and never programmed are sampled as they are formed. The results and a\n" +
			"plot go to a new folder.",
		Example: "  synohm device sample pcm --g-target 12.5 --n 100000 --t '1 d'\n" +
			"  synohm device sample pcm-hermes --g-target '5 uS' --set devices=1 --json\n" +
			"  synohm device sample measured --set path=cells.csv --g-target 20",
		Args: oneCell,
	}
	f := cmd.Flags()
	f.StringVar(&target, "g-target", "", "`conductance` to program to, in uS or with a unit")
	f.IntVar(&s.N, "n", 10_000, "`number` of cells")
	f.StringVar(&t, "t", "0", "`time` after programming, in s or with a unit such as h, d or y")
	f.Uint64Var(&s.Seed, "seed", 1, "seed `N`")
	f.StringArrayVar(&s.Set, "set", nil, "change a parameter of the cell, `key=value`; may stand several times")
	f.BoolVar(&asJSON, "json", false, "print the results as one JSON object")
	f.StringVar(&out, "out", "", "`folder` for results and plot; it must not exist (default runs/<time>-sample-<cell>-<hash>)")
	f.BoolVar(&extrapolate, "extrapolate", false, "go beyond what the model was measured in, with a warning")
	cmd.RunE = func(c *cobra.Command, args []string) error {
		s.Cell = args[0]
		chosen, err := chooseCell(s.Cell, s.Set)
		if err != nil {
			return err
		}
		if err := s.read(chosen.Cell, target, t); err != nil {
			return badInput{err}
		}
		warnings, err := s.beyond(chosen.Cell, extrapolate)
		if err != nil {
			return badInput{err}
		}
		for _, w := range warnings {
			fmt.Fprintln(c.ErrOrStderr(), "warning:", w)
		}
		folder, err := deviceFolder(out, "sample-"+s.Cell, s.Seed, s, warnings)
		if err != nil {
			return err
		}
		var res sampled
		err = deviceWork(c, folder, func(ctx context.Context) error {
			programmed, later, err := s.draw(ctx, chosen.Cell)
			if err != nil {
				return err
			}
			res = sampled{sampling: s, spread: spreadOf(later), Programmed: spreadOf(programmed), Warnings: warnings, RunDir: folder.Path}
			picture := func(w io.Writer) error { return s.plot(w, programmed, later) }
			return errors.Join(folder.JSON("result.json", res), folder.Write("plots/conductance.png", picture))
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(c.ErrOrStderr(), "plot:", filepath.Join(folder.Path, "plots", "conductance.png"))
		if asJSON {
			return json.NewEncoder(c.OutOrStdout()).Encode(res)
		}
		return res.print(c.OutOrStdout())
	}
	return cmd
}

// read takes the flags that depend on the cell, and tells all mistakes at once.
func (s *sampling) read(cell devices.Cell, target, t string) error {
	var errs []error
	if s.N < 1 || s.N > maxSample {
		errs = append(errs, fmt.Errorf("--n %d: is not in 1 to %d", s.N, maxSample))
	}
	var err error
	if s.T, err = quantity("t", t, "s"); err != nil {
		errs = append(errs, err)
	} else if s.T < 0 || s.T > maxSampleTime {
		errs = append(errs, fmt.Errorf("--t %s: is not in 0 to %g s", t, float64(maxSampleTime)))
	}
	s.Target = nil
	switch cell.Make(1, s.Seed, 0).(type) {
	case devices.Programmable:
		low, high := cell.Window()
		if target == "" {
			errs = append(errs, fmt.Errorf("%s needs --g-target, from %g to %g uS", s.Cell, low, high))
			break
		}
		g, err := quantity("g-target", target, "uS")
		if err == nil {
			err = devices.CheckWindow(cell, g, g)
		}
		if err != nil {
			errs = append(errs, err)
		}
		s.Target = &g
	case devices.Pulsed:
		errs = append(errs, fmt.Errorf("%s is not programmed to a target but goes up and down with pulses: see synohm device pulse %s", s.Cell, s.Cell))
	case devices.Driven:
		errs = append(errs, fmt.Errorf("%s is not programmed to a target but follows the voltage across it, so there is nothing to sample", s.Cell))
	default:
		if target != "" {
			errs = append(errs, fmt.Errorf("%s is formed and never programmed to a target: leave --g-target out to sample fresh cells", s.Cell))
		}
	}
	return errors.Join(errs...)
}

// beyond tells what is outside of the measured range: an error unless the user
// asked to go there.
func (s *sampling) beyond(cell devices.Cell, extrapolate bool) (warnings []string, err error) {
	if s.Target == nil {
		return nil, nil
	}
	err = devices.CheckRange(cell, devices.Measured{Low: *s.Target, High: *s.Target, From: s.T, Until: s.T})
	if err == nil {
		return nil, nil
	}
	if !extrapolate {
		return nil, fmt.Errorf("%w; --extrapolate goes there all the same", err)
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		warnings = append(warnings, "extrapolated, "+line)
	}
	return warnings, nil
}

var purposeSampleRead = philox.Purpose("command.device-sample.read")

// sampleBlock is how many cells are drawn between two looks at whether to stop.
const sampleBlock = 1 << 16

// draw programs fresh cells, and looks at them just then and later, uS.
func (s *sampling) draw(ctx context.Context, cell devices.Cell) (programmed, later []float64, err error) {
	for lo := 0; lo < s.N; lo += sampleBlock {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		now, then := s.some(cell, lo, min(sampleBlock, s.N-lo))
		programmed, later = append(programmed, now...), append(later, then...)
		watch.Report(ctx, "cells", len(later), s.N)
	}
	return programmed, later, nil
}

// some draws n cells from the one numbered lo, a multiple of four.
func (s *sampling) some(cell devices.Cell, lo, n int) (programmed, later []float64) {
	cells := cell.Make(n, s.Seed, uint32(lo))
	if p, ok := cells.(devices.Programmable); ok && s.Target != nil {
		targets := make([]float32, n)
		for i := range targets {
			targets[i] = float32(*s.Target)
		}
		p.Program(0, nil, targets)
	}
	g, sigma := make([]float32, n), make([]float32, n)
	cells.Conductance(0, g, nil)
	programmed, later = make([]float64, n), make([]float64, n)
	for i, x := range g {
		programmed[i] = float64(x)
	}
	if s.T == 0 {
		copy(later, programmed)
		return programmed, later
	}
	cells.Conductance(s.T, g, sigma)
	reads := philox.Stream{Seed: s.Seed, Purpose: purposeSampleRead}
	var words [4]uint32
	for i := range g {
		if i%4 == 0 {
			words = reads.Block(uint32((lo+i)/4), 0)
		}
		later[i] = max(0, float64(g[i])+float64(float64(sigma[i])*philox.Normal(words[i%4])))
	}
	return programmed, later
}

// spreadOf describes numbers, which it sorts.
func spreadOf(v []float64) spread {
	slices.Sort(v)
	n := float64(len(v))
	mean, std := meanAndStd(v)
	// The quantile is linear between the two numbers around it.
	at := func(p float64) float64 {
		k := float64(p * (n - 1))
		i := min(int(k), len(v)-1)
		j := min(i+1, len(v)-1)
		return v[i] + float64((k-float64(i))*(v[j]-v[i]))
	}
	return spread{
		Mean: mean, Std: std, Min: v[0], Max: v[len(v)-1],
		Q01: at(0.01), Q05: at(0.05), Q25: at(0.25), Q50: at(0.5), Q75: at(0.75), Q95: at(0.95), Q99: at(0.99),
	}
}

// duration shows a time in the largest unit of which it is at least one.
func duration(seconds float64) string {
	for _, u := range []struct {
		name string
		size float64
	}{{"year", 31557600}, {"d", 86400}, {"h", 3600}, {"min", 60}} {
		if seconds >= u.size {
			return fmt.Sprintf("%.4g %s", seconds/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.4g s", seconds)
}

// names are what the two looks at the cells are called.
func (s *sampling) names() (before, after string) {
	before, after = "just programmed", "read after "+duration(s.T)
	if s.Target == nil {
		before, after = "as formed", "read at "+duration(s.T)
	}
	return before, after
}

// plot draws both distributions, or the one where no time passes.
func (s *sampling) plot(w io.Writer, programmed, later []float64) error {
	marks := func(v []float64) []float64 {
		q := spreadOf(v)
		return []float64{q.Q05, q.Q50, q.Q95}
	}
	before, after := s.names()
	samples := []viz.Sample{{Name: before, Values: programmed, Marks: marks(programmed)}}
	if s.T > 0 {
		samples = append(samples, viz.Sample{Name: after, Values: later, Marks: marks(later)})
	}
	img, err := viz.Histogram(s.title(), "conductance, µS (dashed: 5, 50 and 95 %)", samples...)
	if err != nil {
		return err
	}
	return viz.WritePNG(w, img)
}

func (s *sampling) title() string {
	if s.Target == nil {
		return fmt.Sprintf("%d cells of %s, formed", s.N, s.Cell)
	}
	return fmt.Sprintf("%d cells of %s, programmed to %.6g µS", s.N, s.Cell, *s.Target)
}

// print writes the two distributions side by side.
func (r *sampled) print(w io.Writer) error {
	before, after := r.names()
	fmt.Fprintf(w, "%s, seed %d\n", r.title(), r.Seed)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, a, b any) {
		if r.T == 0 {
			fmt.Fprintf(t, "%s\t%v\t\n", name, a)
			return
		}
		fmt.Fprintf(t, "%s\t%v\t%v\t\n", name, a, b)
	}
	row("uS", before, after)
	a, b := r.Programmed, r.spread
	for _, line := range []struct {
		name string
		a, b float64
	}{
		{"mean", a.Mean, b.Mean}, {"std", a.Std, b.Std}, {"min", a.Min, b.Min}, {"1 %", a.Q01, b.Q01}, {"5 %", a.Q05, b.Q05},
		{"25 %", a.Q25, b.Q25}, {"50 %", a.Q50, b.Q50}, {"75 %", a.Q75, b.Q75}, {"95 %", a.Q95, b.Q95}, {"99 %", a.Q99, b.Q99}, {"max", a.Max, b.Max},
	} {
		row(line.name, fmt.Sprintf("%.5f", line.a), fmt.Sprintf("%.5f", line.b))
	}
	return t.Flush()
}
