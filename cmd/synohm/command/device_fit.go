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
	"go.yaml.in/yaml/v3"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/units"
	"github.com/synohm/synohm/viz"
)

// fitting is what is fitted to what.
type fitting struct {
	File string   `json:"file"`
	Only []string `json:"cells,omitempty"` // of devices.FittedCells
	Unit string   `json:"unit"`            // of the values: weight, or a conductance
}

// fitted is what came of it.
type fitted struct {
	fitting
	Pulses int                `json:"pulses"` // each way
	Scale  devices.PulseScale `json:"scale"`  // value = offset + factor * weight
	Fits   []fittedCell       `json:"fits"`   // the best first
	Best   string             `json:"best"`
	YAML   string             `json:"yaml"` // of the best, for a configuration
	RunDir string             `json:"run_dir"`
	Notes  []string           `json:"notes,omitempty"`

	data devices.PulseData
}

// manyMicrosiemens is more than memory cells conduct in an array: where values
// without a unit go beyond it, they are more likely nanosiemens.
const manyMicrosiemens = 1e4

// fittedCell is one of the cells.
type fittedCell struct {
	Cell       string         `json:"cell"`
	RMSE       float64        `json:"rmse"` // in the unit of the values
	R2         float64        `json:"r2"`
	Parameters int            `json:"parameters"` // fitted ones, the starts of the two runs among them
	BIC        float64        `json:"bic"`
	StepNoise  float64        `json:"step_noise"`  // standard deviation of a step at w = 0, in the unit of the values
	WriteNoise float64        `json:"write_noise"` // of what is read after a pulse
	Params     map[string]any `json:"cell_params"`

	fit  devices.PulseFit
	yaml string
}

func newDeviceFit() *cobra.Command {
	var (
		s      fitting
		out    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use: "fit FILE.csv", Short: "Fit pulsed cells to a measured run of pulses up and down",
		Long: "Fit pulsed cells to a measurement: a CSV of two columns, the value after each pulse of\n" +
			"a run up and after each pulse of a run down. The table shows of each cell the root of\n" +
			"the mean squared error, the share of the variance that it has (R2), the number of\n" +
			"fitted parameters, and the Bayesian information criterion, by which the best is chosen.\n" +
			"Below it the best cell, as it stands in a configuration. Its noise of a pulse and of\n" +
			"a write is estimated from what is left over; one run tells nothing of the spread\n" +
			"between cells. All fits and a plot go to a new folder.\n\n" +
			"A table of conductance and spread by target is not fitted: see the cell measured. To\n" +
			"use a run of pulses as it is: the cell measured-pulses.",
		Example: "  synohm device fit pulses.csv\n  synohm device fit pulses.csv --cell soft-bounds --cell exp-step --unit nS --json",
	}
	f := cmd.Flags()
	f.StringArrayVar(&s.Only, "cell", nil, "fit this `cell` alone; may stand several times (default all: "+strings.Join(devices.FittedCells(), ", ")+")")
	f.StringVar(&s.Unit, "unit", "", "`unit` of the values: weight, or a conductance such as uS (default weight where 0 lies inside the values, else uS)")
	f.BoolVar(&asJSON, "json", false, "print the results as one JSON object")
	f.StringVar(&out, "out", "", "`folder` for results and plot; it must not exist (default runs/<time>-fit-<file>-<hash>)")
	cmd.RunE = func(c *cobra.Command, args []string) error {
		if len(args) != 1 {
			return badInput{fmt.Errorf("device fit needs one CSV file of pulses up and down")}
		}
		s.File = args[0]
		res, err := s.run(longWork(c))
		if errors.Is(err, context.Canceled) {
			return err
		}
		if err != nil {
			return badInput{err}
		}
		folder, err := deviceFolder(out, "fit-"+fileWord(s.File), 0, s, res.Notes)
		if err != nil {
			return err
		}
		res.RunDir = folder.Path
		err = deviceWork(c, folder, func(context.Context) error {
			return errors.Join(folder.JSON("result.json", res), folder.Bytes("cell.yaml", []byte(res.YAML)),
				folder.Write("plots/fit.png", res.plot))
		})
		if err != nil {
			return err
		}
		for _, n := range res.Notes {
			fmt.Fprintln(c.ErrOrStderr(), "note:", n)
		}
		fmt.Fprintln(c.ErrOrStderr(), "plot:", filepath.Join(folder.Path, "plots", "fit.png"))
		if asJSON {
			return json.NewEncoder(c.OutOrStdout()).Encode(res)
		}
		return res.print(c.OutOrStdout())
	}
	return cmd
}

// fileWord is the name of a file without folder and ending, as a word.
func fileWord(path string) string {
	base := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	word := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, base)
	return word[:min(len(word), 40)]
}

func (s *fitting) run(ctx context.Context) (*fitted, error) {
	data, err := devices.ReadPulses(s.File)
	if err != nil {
		return nil, err
	}
	uS := 0.0 // of a value of 1; 0 for weights
	if s.Unit != "" && s.Unit != "weight" {
		if uS, err = units.Parse("1 "+s.Unit, units.MustUnit("uS")); err != nil {
			return nil, fmt.Errorf("--unit %s: is neither weight nor a unit of conductance such as uS, nS or S", s.Unit)
		}
		if least := min(slices.Min(data.Up), slices.Min(data.Down)); least < 0 {
			return nil, fmt.Errorf("--unit %s: the value %g is no conductance; leave --unit out for normalised weights", s.Unit, least)
		}
	}
	fits, err := devices.FitPulses(ctx, data, s.Only...)
	if err != nil {
		return nil, err
	}
	res := &fitted{Pulses: len(data.Up), Scale: fits[0].Scale, data: data}
	if s.Unit == "" {
		s.Unit = "weight"
		if res.Scale.Offset > 0 {
			s.Unit, uS = "uS", 1
			if most := max(slices.Max(data.Up), slices.Max(data.Down)); most > manyMicrosiemens {
				res.Notes = append(res.Notes, fmt.Sprintf("the largest value, %g, is taken for %g uS = %g mS; if the values are in nS, give --unit nS", most, most, most/1e3))
			}
		}
	}
	res.fitting = *s
	for _, f := range fits {
		if uS > 0 && !f.SetConductances(uS) {
			res.Notes = append(res.Notes, fmt.Sprintf("the lower bound of %s lies below 0 uS, so its g_min and g_max are left at their defaults", f.Name))
		}
		cell := fittedCell{Cell: f.Name, RMSE: f.RMSE, R2: f.R2, Parameters: f.Free, BIC: f.BIC, StepNoise: f.StepNoise, WriteNoise: f.WriteNoise, fit: f}
		if cell.yaml, cell.Params, err = snippet(f); err != nil {
			return nil, err
		}
		res.Fits = append(res.Fits, cell)
	}
	slices.SortStableFunc(res.Fits, func(a, b fittedCell) int {
		switch {
		case a.BIC < b.BIC:
			return -1
		case a.BIC > b.BIC:
			return 1
		}
		return 0
	})
	res.Best, res.YAML = res.Fits[0].Cell, res.Fits[0].yaml
	return res, nil
}

// snippet writes a fitted cell as a configuration has it.
func snippet(f devices.PulseFit) (text string, params map[string]any, err error) {
	tree, err := config.Parse(f.Name, []byte("{}"))
	if err != nil {
		return "", nil, err
	}
	var part struct {
		Cell config.Variant `yaml:",inline" catalog:"devices" key:"cell" under:"cell_params"`
	}
	part.Cell = config.Variant{Kind: f.Name, Value: f.Params}
	out, err := tree.NonDefault(&part)
	if err != nil {
		return "", nil, err
	}
	var back struct {
		Params map[string]any `yaml:"cell_params"`
	}
	err = yaml.Unmarshal(out, &back)
	return string(out), back.Params, err
}

// print writes the table of the fits and the best of them.
func (r *fitted) print(w io.Writer) error {
	unit := r.Unit
	if unit == "weight" {
		unit = "normalised weights"
	}
	fmt.Fprintf(w, "%s: %d pulses each way, values in %s\n", r.File, r.Pulses, unit)
	if r.Scale != (devices.PulseScale{Factor: 1}) {
		fmt.Fprintf(w, "value = %.6g + %.6g * weight\n", r.Scale.Offset, r.Scale.Factor)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "cell\tRMSE\tR2\tparameters\tBIC\tnoise of a step\twrite noise\t")
	for _, f := range r.Fits {
		fmt.Fprintf(t, "%s\t%.5g\t%.5f\t%d\t%.1f\t%.4g\t%.4g\t\n", f.Cell, f.RMSE, f.R2, f.Parameters, f.BIC, f.StepNoise, f.WriteNoise)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nthe best by BIC, for a configuration:\n\n%s", r.YAML)
	return err
}

// plot draws the data, first up and then down, and every fit.
func (r *fitted) plot(w io.Writer) error {
	join := func(up, down []float64) []float64 { return append(append([]float64{}, up...), down...) }
	line := func(name string, y []float64) viz.Series {
		s := thinned(name, 0, y)
		s.X, s.Y = s.X[1:], s.Y[1:] // there is no value before the first pulse
		return s
	}
	series := []viz.Series{line("measured", join(r.data.Up, r.data.Down))}
	for _, f := range r.Fits {
		series = append(series, line(fmt.Sprintf("%s, RMSE %.3g", f.Cell, f.RMSE), join(f.fit.Up, f.fit.Down)))
	}
	img, err := viz.Traces(filepath.Base(r.File)+": pulses up, then down", "pulse", "value, "+r.Unit, series)
	if err != nil {
		return err
	}
	return viz.WritePNG(w, img)
}
