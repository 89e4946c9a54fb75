package command

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	watch "github.com/synohm/synohm/internal/progress"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/internal/units"
	"github.com/synohm/synohm/tasks"
)

// newDevice is the parent of the verbs that look at one kind of memory cell.
func newDevice() *cobra.Command {
	return family(&cobra.Command{
		Use: "device", Short: "Look at one kind of memory cell: its spread, its drift, its pulses",
		Long: "Look at one kind of memory cell, without a network. synohm list devices names the\n" +
			"cells, synohm describe devices/NAME shows what can be set with --set.",
	}, newDeviceSample(), newDevicePulse(), newDeviceFit(), newDeviceSweep())
}

// oneCell wants the name of a cell.
func oneCell(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return badInput{fmt.Errorf("device %s needs the name of one cell, see synohm list devices", c.Name())}
	}
	return nil
}

// chosenCell is a cell of the catalogue with what --set changed of it.
type chosenCell struct {
	Model  devices.Model
	Params any // filled and checked; nil where there is nothing to set
	Cell   devices.Cell
}

// chooseCell makes the cell of a name; each of sets is key=value.
func chooseCell(name string, sets []string) (chosenCell, error) {
	model, ok := devices.Find(name)
	if !ok {
		return chosenCell{}, badInput{fmt.Errorf("there is no cell %q%s", name, config.DidYouMean(name, devices.Catalog().Names()))}
	}
	tree, err := config.Parse("parameters of "+name, []byte("cell: "+name))
	if err != nil {
		return chosenCell{}, err
	}
	var known []string
	for _, f := range config.EntryFields(model.Entry) {
		known = append(known, f.Key)
	}
	var unknown []error
	for _, s := range sets {
		key, value, err := config.SplitAssignment(s)
		if err != nil {
			return chosenCell{}, badInput{fmt.Errorf("--set %q: expected key=value, for example --set 'g_max=20 uS'", s)}
		}
		if key == "cell" {
			return chosenCell{}, badInput{fmt.Errorf("--set cell=%s: the cell is named after the verb", value)}
		}
		if top := strings.FieldsFunc(key, func(r rune) bool { return r == '.' || r == '[' }); len(top) > 0 && !slices.Contains(known, top[0]) {
			unknown = append(unknown, fmt.Errorf("--set %s: %s has no such parameter%s", s, name, config.DidYouMean(top[0], known)))
			continue
		}
		if err := tree.Set(key, value); err != nil {
			return chosenCell{}, badInput{err}
		}
	}
	if unknown != nil {
		return chosenCell{}, badInput{errors.Join(unknown...)}
	}
	var settings struct {
		Cell config.Variant `yaml:",inline" catalog:"devices" key:"cell"`
	}
	if problems := tree.Decode(&settings, config.Catalogs{"devices": devices.Catalog()}); len(problems) > 0 {
		return chosenCell{}, problems.Err()
	}
	cell, err := model.New(settings.Cell.Value)
	if err != nil {
		return chosenCell{}, badInput{err}
	}
	return chosenCell{Model: model, Params: settings.Cell.Value, Cell: cell}, nil
}

// quantity reads a number, bare in the unit that a flag is in, or with a unit.
func quantity(flag, text, unit string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		v, err = units.Parse(text, units.MustUnit(unit))
	}
	if err != nil {
		return 0, fmt.Errorf("--%s: %w; a bare number is in %s", flag, err, unit)
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("--%s %s: is not a finite number", flag, text)
	}
	return v, nil
}

// deviceWork does the work of a verb that writes into a folder: under Ctrl-C,
// with progress where it takes long. The folder ends with what came of it.
func deviceWork(c *cobra.Command, folder *runfolder.Folder, work func(ctx context.Context) error) error {
	start := time.Now()
	err := work(longWork(c))
	return errors.Join(err, folder.Finish(outcome(err), err, time.Now(), time.Since(start)))
}

// longWork is the context of work that tells how far it is once it has taken two
// seconds.
func longWork(c *cobra.Command) context.Context {
	show := newProgress(c.ErrOrStderr(), "auto")
	show.after = 2 * time.Second
	return watch.With(c.Context(), show.update)
}

// outcome is what a manifest says of work that ended with an error, or without.
func outcome(err error) string {
	switch {
	case err == nil:
		return "done"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	}
	return "failed"
}

// deviceFolder makes the folder of what a verb writes: the one asked for, which
// must not exist, or a new one below runs/. What identifies the call gives the
// hash in its name.
func deviceFolder(out, name string, seed uint64, call any, warnings []string) (*runfolder.Folder, error) {
	text, err := json.Marshal(call)
	if err != nil {
		return nil, err
	}
	return runfolder.Create("runs", out, name, runfolder.Manifest{
		Synohm: tasks.Version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Kernels: kernels.Path(), Workers: 1, Seed: seed,
		ConfigHash: fmt.Sprintf("%x", sha256.Sum256(text)), Warnings: warnings,
	}, time.Now())
}
