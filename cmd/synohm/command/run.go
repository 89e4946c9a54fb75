package command

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"
	"golang.org/x/term"

	"github.com/synohm/synohm/tasks"
)

func newRun() *cobra.Command {
	v := viper.New()
	v.SetEnvPrefix("SYNOHM")
	v.AutomaticEnv()
	var sets []string
	cmd := &cobra.Command{
		Use:   "run CONFIG",
		Short: "Run a configuration",
		Long: "Run a configuration and keep its results in a run folder. Results go to stdout,\n" +
			"progress and messages to stderr. Every setting but --set is also read from the\n" +
			"environment: SYNOHM_SEED, SYNOHM_WORKERS, SYNOHM_OUT, SYNOHM_PROGRESS, SYNOHM_JSON.",
		Example: "  synohm run configs/lsm-digits.yaml\n" +
			"  synohm run configs/lsm-digits.yaml --set 'populations[liquid].size=400' --seed 3\n" +
			"  synohm run configs/lsm-digits.yaml --set substrate=ideal --json",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return badInput{fmt.Errorf("run needs one configuration file, for example configs/lsm-digits.yaml")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			var seed *uint64
			if v.IsSet("seed") && v.GetString("seed") != "" {
				var s uint64
				if _, err := fmt.Sscan(v.GetString("seed"), &s); err != nil {
					return badInput{fmt.Errorf("seed %q is not a whole number from 0 up", v.GetString("seed"))}
				}
				seed = &s
			}
			workers := v.GetInt("workers")
			if workers < 0 || workers > 1024 {
				return badInput{fmt.Errorf("workers %d is not in 0 to 1024", workers)}
			}
			if workers == 0 {
				workers = runtime.GOMAXPROCS(0)
			}
			mode := v.GetString("progress")
			if mode != "auto" && mode != "plain" && mode != "none" {
				return badInput{fmt.Errorf("progress %q is none of auto, plain, none", mode)}
			}
			x, err := tasks.Load(args[0], sets, seed)
			if err != nil {
				return err
			}
			p := newProgress(c.ErrOrStderr(), mode)
			res, err := tasks.Run(c.Context(), x, tasks.RunOptions{Workers: workers, Out: v.GetString("out"), Runs: "runs", Progress: p.update})
			p.end()
			if err != nil {
				if res != nil {
					fmt.Fprintln(c.ErrOrStderr(), "what there is:", res.RunDir)
				}
				return err
			}
			if v.GetBool("json") {
				return json.NewEncoder(c.OutOrStdout()).Encode(res)
			}
			printResult(c.OutOrStdout(), res)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&sets, "set", nil, "change a value of the file, path=value; may stand several times")
	f.String("seed", "", "seed, instead of the file's")
	f.Int("workers", 0, "goroutines that simulate; 0 takes one a processor; the results do not depend on it")
	f.String("out", "", "run folder; it must not exist (default runs/<time>-<name>-<hash>)")
	f.Bool("json", false, "print the results as one JSON object")
	f.String("progress", "auto", "auto, plain or none")
	for _, name := range []string{"seed", "workers", "out", "json", "progress"} {
		if err := v.BindPFlag(name, f.Lookup(name)); err != nil {
			panic("command: " + err.Error())
		}
	}
	return cmd
}

func printResult(w io.Writer, r *tasks.Result) {
	var keys []string
	width := 0
	for k := range r.Metrics {
		keys = append(keys, k)
		width = max(width, len(k))
	}
	sort.Strings(keys)
	for _, k := range keys {
		if strings.Contains(k, "accuracy") {
			fmt.Fprintf(w, "%-*s  %.2f %%\n", width, k, 100*r.Metrics[k])
			continue
		}
		fmt.Fprintf(w, "%-*s  %.6g\n", width, k, r.Metrics[k])
	}
	fmt.Fprintf(w, "%-*s  %s\n%-*s  %.1f s\n%-*s  %s\n", width, "spikes_sha256", r.Spikes, width, "wall_s", r.WallS, width, "run_dir", r.RunDir)
}

// progress shows how far a run is and how long it will take.
type progress struct {
	mu      sync.Mutex
	w       io.Writer
	live    bool // rewrite one line, on a terminal
	off     bool
	phase   string
	started time.Time
	shown   time.Time
}

func newProgress(w io.Writer, mode string) *progress {
	p := &progress{w: w, off: mode == "none"}
	if f, ok := w.(*os.File); ok && mode == "auto" {
		p.live = term.IsTerminal(int(f.Fd()))
	}
	return p
}

// update is called by any worker; it prints ten times a second at most on a
// terminal, every five seconds and at the end of a phase elsewhere.
func (p *progress) update(phase string, done, total int) {
	if p.off {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if phase != p.phase {
		p.phase, p.started, p.shown = phase, now, now
	}
	every := 5 * time.Second
	if p.live {
		every = 100 * time.Millisecond
	}
	if done < total && now.Sub(p.shown) < every {
		return
	}
	p.shown = now
	spent := now.Sub(p.started)
	left := time.Duration(float64(spent) / float64(done) * float64(total-done)).Round(time.Second)
	line := fmt.Sprintf("%s: %d of %d, %s left", phase, done, total, left)
	if done >= total {
		line = fmt.Sprintf("%s: %d done in %s", phase, total, spent.Round(100*time.Millisecond))
	}
	if !p.live {
		fmt.Fprintln(p.w, line)
		return
	}
	fmt.Fprintf(p.w, "\r\033[K%s", line)
	if done >= total {
		fmt.Fprintln(p.w)
	}
}

func (p *progress) end() {}
