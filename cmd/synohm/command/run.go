package command

import (
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/internal/units"
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
			"  synohm run configs/lsm-digits.yaml --set substrate=ideal --json\n" +
			"  synohm run configs/bench/brunel-delta.yaml --checkpoint-every 1s",
		Args: oneConfig,
	}
	s := newSettings(cmd)
	every := checkpointFlag(cmd)
	cmd.RunE = func(c *cobra.Command, args []string) error {
		if err := s.read(); err != nil {
			return err
		}
		o := s.options(c.ErrOrStderr())
		var err error
		if o.CheckpointEvery, err = parseCheckpoint(*every); err != nil {
			return err
		}
		x, err := tasks.Load(args[0], s.sets, s.seed)
		if err != nil {
			return err
		}
		if x.Sweep != nil {
			fmt.Fprintf(c.ErrOrStderr(), "note: %s has a sweep block, which synohm sweep runs; this is a single run\n", args[0])
		}
		if o.CheckpointEvery > 0 {
			switch x.Task.Variant.Value.(type) {
			case *tasks.Simulate:
			case *tasks.Train:
				fmt.Fprintln(c.ErrOrStderr(), "note: --checkpoint-every is for simulations; a training keeps a checkpoint every task.checkpoint epochs")
			default:
				fmt.Fprintf(c.ErrOrStderr(), "note: the task %s keeps no checkpoints\n", x.Task.Variant.Kind)
			}
		}
		res, err := tasks.Run(c.Context(), x, o)
		return show(c, s, res, err)
	}
	return cmd
}

// checkpointFlag adds the flag of how often the state is saved.
func checkpointFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("checkpoint-every", "", "save the state each such `time` of simulation, such as 1s, for synohm resume")
}

// parseCheckpoint gives ms, 0 for nothing.
func parseCheckpoint(text string) (ms float64, err error) {
	if text == "" {
		return 0, nil
	}
	ms, err = units.Parse(text, units.MustUnit("ms"))
	if err == nil && ms <= 0 {
		err = fmt.Errorf("%q is not above zero", text)
	}
	if err != nil {
		return 0, badInput{fmt.Errorf("checkpoint-every: %w", err)}
	}
	return ms, nil
}

// show prints the results of a run, or where what there is of them lies.
func show(c *cobra.Command, s *settings, res *tasks.Result, err error) error {
	if err != nil {
		if res != nil {
			fmt.Fprintln(c.ErrOrStderr(), "what there is:", res.RunDir)
			if tasks.Resumable(res.RunDir) {
				fmt.Fprintln(c.ErrOrStderr(), "to go on: synohm resume", res.RunDir)
			}
		}
		return err
	}
	if s.json {
		return json.NewEncoder(c.OutOrStdout()).Encode(res)
	}
	printResult(c.OutOrStdout(), res)
	return nil
}

// oneConfig wants exactly one file.
func oneConfig(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return badInput{fmt.Errorf("%s needs one configuration file, for example configs/lsm-digits.yaml", c.Name())}
	}
	return nil
}

// printResult shows rates and metrics, the figures of others beside them, and
// how fast the run was.
func printResult(w io.Writer, r *tasks.Result) {
	width := len("spikes_sha256")
	sorted := func(m map[string]float64, prefix string) (keys []string) {
		for k := range m {
			keys = append(keys, k)
			width = max(width, len(prefix+k))
		}
		sort.Strings(keys)
		return keys
	}
	const rate = "rate_hz " // of a population
	rates, metrics, speed := sorted(r.Rates, rate), sorted(r.Metrics, ""), sorted(r.Speed, "")
	value := func(metric string, v float64) string {
		if strings.Contains(metric, "accuracy") || strings.HasSuffix(metric, "_error") && metric != "line_error" {
			return fmt.Sprintf("%.2f %%", 100*v)
		}
		return fmt.Sprintf("%.6g", v)
	}
	for _, k := range rates {
		fmt.Fprintf(w, "%-*s  %.4g\n", width, rate+k, r.Rates[k])
	}
	for _, k := range metrics {
		fmt.Fprintf(w, "%-*s  %s\n", width, k, value(k, r.Metrics[k]))
		for _, p := range r.Published {
			if p.Metric == k {
				fmt.Fprintf(w, "%-*s  %s  %s\n", width, "  published", value(k, p.Value), p.By)
			}
		}
	}
	for _, k := range speed {
		fmt.Fprintf(w, "%-*s  %.4g\n", width, k, r.Speed[k])
	}
	for _, s := range []struct{ key, value string }{{"rule", r.Rule}, {"spikes_sha256", r.Spikes}, {"weights_sha256", r.Weights}} {
		if s.value != "" {
			fmt.Fprintf(w, "%-*s  %s\n", width, s.key, s.value)
		}
	}
	fmt.Fprintf(w, "%-*s  %.1f s\n%-*s  %s\n", width, "wall_s", r.WallS, width, "run_dir", r.RunDir)
}
