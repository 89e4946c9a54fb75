package command

import (
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/tasks"
)

func newSweep() *cobra.Command {
	var (
		over   []string
		seeds  int
		resume bool
		metric string
	)
	cmd := &cobra.Command{
		Use:   "sweep CONFIG",
		Short: "Run a configuration over values and seeds",
		Long: "Run every combination of the values, each with several seeds, and write a table of\n" +
			"all runs (results.csv), their mean and standard deviation over the seeds\n" +
			"(summary.csv) and a plot with error bars, beside one run folder each. The values\n" +
			"come from --over or from the sweep: block of the file. The results do not depend\n" +
			"on --jobs.\n\n" + settingsHelp,
		Example: "  synohm sweep configs/lsm-digits.yaml --over substrate=ideal,quantised,crossbar --seeds 3\n" +
			"  synohm sweep configs/lsm-digits.yaml --over 'populations[liquid].size=200,500,1000' --jobs 2\n" +
			"  synohm sweep configs/lsm-digits.yaml --seeds 5 --out runs/seeds --resume",
		Args: oneConfig,
	}
	s := newSettings(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&over, "over", nil, "`path=a,b,c` to vary; may stand several times, and every combination is run")
	f.IntVar(&seeds, "seeds", 0, "`N` seeds of every combination, from the file's seed up (default the file's sweep block, or 1)")
	f.String("jobs", "1", "`N` runs at a time, which share the workers; 0 takes one a processor")
	f.BoolVar(&resume, "resume", false, "go on with the sweep in --out, or with the latest of the same values below runs/")
	f.StringVar(&metric, "metric", "", "what the plot shows (default test_accuracy, of a simulation the rate of its first population)")
	s.bind(cmd, "jobs")
	cmd.RunE = func(c *cobra.Command, args []string) error {
		if err := s.read(); err != nil {
			return err
		}
		if seeds < 0 || seeds > 10_000 {
			return badInput{fmt.Errorf("seeds %d is not in 1 to 10000", seeds)}
		}
		axes, err := parseAxes(over)
		if err != nil {
			return badInput{err}
		}
		plan, err := tasks.PlanSweep(args[0], s.sets, s.seed, axes, seeds, metric)
		if err != nil {
			return err
		}
		res, err := tasks.RunSweep(c.Context(), plan, tasks.SweepOptions{
			RunOptions: s.options(c.ErrOrStderr()), Jobs: s.jobs, Resume: resume,
		})
		if err != nil {
			if res != nil {
				fmt.Fprintf(c.ErrOrStderr(), "what there is: %s (%d of %d runs); the same command with --resume --out %s goes on\n", res.RunDir, res.Runs, len(plan.Points), res.RunDir)
			}
			return err
		}
		if s.json {
			return json.NewEncoder(c.OutOrStdout()).Encode(res)
		}
		printSweep(c.OutOrStdout(), plan, res)
		return nil
	}
	return cmd
}

// parseAxes reads path=a,b,c. The values are read as a YAML list, so one that
// holds a comma is written in quotes.
func parseAxes(over []string) ([]tasks.Axis, error) {
	var axes []tasks.Axis
	for _, text := range over {
		path, values, err := config.SplitAssignment(text)
		if err != nil {
			return nil, fmt.Errorf("--over %q: expected path=a,b,c, for example --over 'populations[liquid].size=200,400'", text)
		}
		var list []yaml.Node
		if err := yaml.Unmarshal([]byte("["+values+"]"), &list); err != nil {
			return nil, fmt.Errorf("--over %q: %s is not a list of values", text, values)
		}
		a := tasks.Axis{Path: path}
		for _, n := range list {
			if n.Kind != yaml.ScalarNode {
				return nil, fmt.Errorf("--over %q: only single values can be varied", text)
			}
			a.Values = append(a.Values, config.Scalar(n.Value))
		}
		if len(a.Values) == 0 {
			return nil, fmt.Errorf("--over %q: there is no value", text)
		}
		axes = append(axes, a)
	}
	return axes, nil
}

// printSweep shows mean and standard deviation of what the plot shows, and of
// the other accuracies on the test set or rates.
func printSweep(w io.Writer, plan *tasks.SweepPlan, r *tasks.SweepResult) {
	metrics := []string{plan.Metric}
	if len(r.Summary) > 0 {
		var others []string
		for m := range r.Summary[0].Mean {
			if (strings.HasPrefix(m, "test_accuracy") || strings.HasPrefix(m, "rate_hz.")) && m != plan.Metric {
				others = append(others, m)
			}
		}
		sort.Strings(others)
		metrics = append(metrics, others...)
	}
	var head []string
	for _, a := range plan.Over {
		head = append(head, a.Path)
	}
	rows := [][]string{append(append(head, "runs"), metrics...)}
	for _, s := range r.Summary {
		row := append(append([]string(nil), s.Values...), fmt.Sprint(s.Runs))
		for _, m := range metrics {
			cell := fmt.Sprintf("%.6g ± %.2g", s.Mean[m], s.Std[m])
			if strings.Contains(m, "accuracy") {
				cell = fmt.Sprintf("%.2f ± %.2f %%", 100*s.Mean[m], 100*s.Std[m])
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += fmt.Sprintf("%-*s  ", width[i], cell) // Go pads by runes
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	fmt.Fprintf(w, "%d runs in %.1f s: %s\n", r.Runs, r.WallS, r.RunDir)
}
