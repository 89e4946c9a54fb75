package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/tasks"
)

const settingsHelp = "Settings come from flags, else from the environment (SYNOHM_SEED, SYNOHM_WORKERS,\n" +
	"SYNOHM_OUT, SYNOHM_JSON, SYNOHM_PROGRESS, SYNOHM_KERNELS), else from the file that\n" +
	"SYNOHM_SETTINGS names, or synohm/settings.yaml in the user's configuration folder.\n" +
	"They do not change the results, but for the seed and --set."

// settings are how a run is done: flags, else environment, else a file of the
// user, else defaults.
type settings struct {
	viper *viper.Viper
	keys  []string

	sets     []string
	seed     *uint64 // nil takes the file's
	workers  int
	jobs     int
	out      string
	json     bool
	progress string
}

// newSettings adds the flags to a command.
func newSettings(cmd *cobra.Command) *settings {
	f := cmd.Flags()
	f.String("seed", "", "seed `N`, instead of the file's")
	f.String("out", "", "run `folder`; it must not exist (default runs/<time>-<name>-<hash>)")
	s := newCommonSettings(cmd, "seed", "out")
	f.StringArrayVar(&s.sets, "set", nil, "change a value of the file, `path=value`; may stand several times")
	return s
}

// newCommonSettings adds the flags that do not change what is computed, and
// binds others that are there.
func newCommonSettings(cmd *cobra.Command, others ...string) *settings {
	s := &settings{viper: viper.New(), keys: []string{"seed", "workers", "out", "json", "progress", "kernels"}}
	f := cmd.Flags()
	f.String("workers", "0", "`N` goroutines simulate; 0 takes one a processor; the results do not depend on it")
	f.Bool("json", false, "print the results as one JSON object")
	f.String("progress", "auto", "`mode`: auto, plain or none")
	f.String("kernels", "auto", "`form` of the inner loops: auto takes the best that the processor has of portable, avx2 and avx512; the results are the same bits")
	s.viper.SetEnvPrefix("SYNOHM")
	for _, name := range append(others, "workers", "json", "progress", "kernels") {
		s.bind(cmd, name)
	}
	return s
}

func (s *settings) bind(cmd *cobra.Command, name string) {
	if err := errors.Join(s.viper.BindPFlag(name, cmd.Flags().Lookup(name)), s.viper.BindEnv(name)); err != nil {
		panic("command: " + err.Error())
	}
}

// read settles every setting, and returns all mistakes at once.
func (s *settings) read() error {
	var errs []error
	if err := s.readFile(); err != nil {
		errs = append(errs, err)
	}
	bad := func(name, rule string) {
		errs = append(errs, fmt.Errorf("%s %q %s", name, s.viper.GetString(name), rule))
	}
	if text := s.viper.GetString("seed"); text != "" {
		v, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			bad("seed", "is not a whole number from 0 to 18446744073709551615")
		}
		s.seed = &v
	}
	count := func(name string) int {
		n, err := strconv.Atoi(s.viper.GetString(name))
		if err != nil || n < 0 || n > 1024 {
			bad(name, "is not a whole number from 0 to 1024")
		}
		if n == 0 {
			n = runtime.GOMAXPROCS(0)
		}
		return n
	}
	s.workers = count("workers")
	if s.viper.IsSet("jobs") {
		s.jobs = count("jobs")
	}
	s.out, s.progress = s.viper.GetString("out"), s.viper.GetString("progress")
	if s.progress != "auto" && s.progress != "plain" && s.progress != "none" {
		bad("progress", "is none of auto, plain, none")
	}
	if err := kernels.Use(s.viper.GetString("kernels")); err != nil {
		errs = append(errs, err)
	}
	b, err := strconv.ParseBool(s.viper.GetString("json"))
	if err != nil {
		bad("json", "is neither true nor false")
	}
	s.json = b
	if len(errs) > 0 {
		return badInput{errors.Join(errs...)}
	}
	return nil
}

// readFile reads the user's settings, if there are any.
func (s *settings) readFile() error {
	name, asked := os.Getenv("SYNOHM_SETTINGS"), true
	if name == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return nil // a machine without a home has no settings
		}
		name, asked = filepath.Join(dir, "synohm", "settings.yaml"), false
	}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) && !asked {
		return nil
	}
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	defer f.Close()
	file := viper.New()
	file.SetConfigType("yaml")
	if err := file.ReadConfig(f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var errs []error
	known := append([]string{"jobs"}, s.keys...)
	keys := file.AllKeys()
	sort.Strings(keys)
	for _, k := range keys {
		if !slices.Contains(known, k) {
			errs = append(errs, fmt.Errorf("%s: %s: unknown setting%s", name, k, config.DidYouMean(k, known)))
		}
	}
	return errors.Join(append(errs, s.viper.MergeConfigMap(file.AllSettings()))...)
}

// options are the settings as the tasks take them. Notes go where messages go.
func (s *settings) options(messages io.Writer) tasks.RunOptions {
	return tasks.RunOptions{
		Workers: s.workers, Out: s.out, Runs: "runs", Progress: newProgress(messages, s.progress).update,
		Note: func(text string) { fmt.Fprintln(messages, "note:", text) },
	}
}
