package command

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/config"
)

// newDevice is the parent of the verbs that look at one kind of memory cell.
func newDevice() *cobra.Command {
	cmd := &cobra.Command{
		Use: "device", Short: "Look at one kind of memory cell: its spread, its drift, its pulses",
		Long: "Look at one kind of memory cell, without a network. synohm list devices names the\n" +
			"cells, synohm describe devices/NAME shows what can be set with --set.",
		RunE: func(c *cobra.Command, args []string) error {
			var verbs []string
			for _, v := range c.Commands() {
				verbs = append(verbs, v.Name())
			}
			if len(args) == 0 {
				return badInput{fmt.Errorf("device needs a verb: %s", strings.Join(verbs, ", "))}
			}
			return badInput{fmt.Errorf("device has no verb %q%s", args[0], config.DidYouMean(args[0], verbs))}
		},
	}
	return cmd
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
	tree, err := config.Parse(name, []byte("cell: "+name))
	if err != nil {
		return chosenCell{}, err
	}
	for _, s := range sets {
		key, value, err := config.SplitAssignment(s)
		if err != nil {
			return chosenCell{}, badInput{fmt.Errorf("--set %q: expected key=value, for example --set 'g_max=20 uS'", s)}
		}
		if key == "cell" {
			return chosenCell{}, badInput{fmt.Errorf("--set cell=%s: the cell is named after the verb", value)}
		}
		if err := tree.Set(key, value); err != nil {
			return chosenCell{}, badInput{err}
		}
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
