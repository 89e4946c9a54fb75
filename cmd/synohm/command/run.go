package command

import (
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/tasks"
)

func newRun() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run CONFIG",
		Short: "Run a configuration",
		Long: "Run a configuration and keep its results in a run folder. Results go to stdout,\n" +
			"progress and messages to stderr.\n\n" + settingsHelp,
		Example: "  synohm run configs/lsm-digits.yaml\n" +
			"  synohm run configs/lsm-digits.yaml --set 'populations[liquid].size=400' --seed 3\n" +
			"  synohm run configs/lsm-digits.yaml --set substrate=ideal --json",
		Args: oneConfig,
	}
	s := newSettings(cmd)
	cmd.RunE = func(c *cobra.Command, args []string) error {
		if err := s.read(); err != nil {
			return err
		}
		x, err := tasks.Load(args[0], s.sets, s.seed)
		if err != nil {
			return err
		}
		if x.Sweep != nil {
			fmt.Fprintf(c.ErrOrStderr(), "note: %s has a sweep block, which synohm sweep runs; this is a single run\n", args[0])
		}
		res, err := tasks.Run(c.Context(), x, s.options(newProgress(c.ErrOrStderr(), s.progress)))
		if err != nil {
			if res != nil {
				fmt.Fprintln(c.ErrOrStderr(), "what there is:", res.RunDir)
			}
			return err
		}
		if s.json {
			return json.NewEncoder(c.OutOrStdout()).Encode(res)
		}
		printResult(c.OutOrStdout(), res)
		return nil
	}
	return cmd
}

// oneConfig wants exactly one file.
func oneConfig(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return badInput{fmt.Errorf("%s needs one configuration file, for example configs/lsm-digits.yaml", c.Name())}
	}
	return nil
}

// printResult shows the metrics, and the figures of others beside them.
func printResult(w io.Writer, r *tasks.Result) {
	width := len("spikes_sha256")
	var keys []string
	for k := range r.Metrics {
		keys = append(keys, k)
		width = max(width, len(k))
	}
	sort.Strings(keys)
	value := func(metric string, v float64) string {
		if strings.Contains(metric, "accuracy") {
			return fmt.Sprintf("%.2f %%", 100*v)
		}
		return fmt.Sprintf("%.6g", v)
	}
	for _, k := range keys {
		fmt.Fprintf(w, "%-*s  %s\n", width, k, value(k, r.Metrics[k]))
		for _, p := range r.Published {
			if p.Metric == k {
				fmt.Fprintf(w, "%-*s  %s  %s\n", width, "  published", value(k, p.Value), p.By)
			}
		}
	}
	fmt.Fprintf(w, "%-*s  %s\n%-*s  %.1f s\n%-*s  %s\n", width, "spikes_sha256", r.Spikes, width, "wall_s", r.WallS, width, "run_dir", r.RunDir)
}
