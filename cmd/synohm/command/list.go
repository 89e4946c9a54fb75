package command

import (
	"fmt"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/tasks"
)

// find looks a catalogue up by its kind.
func find(kind string) (catalog.Catalog, error) {
	cats := tasks.Catalogs()
	if c, ok := cats[kind]; ok {
		return c, nil
	}
	return nil, badInput{fmt.Errorf("there is no kind %q; kinds: %s", kind, strings.Join(kinds(), ", "))}
}

// kinds are the names of all catalogues.
func kinds() (names []string) {
	for k := range tasks.Catalogs() {
		names = append(names, k)
	}
	sort.Strings(names)
	return names
}

func newList() *cobra.Command {
	return &cobra.Command{
		Use: "list KIND", Short: "List what a configuration can name",
		Long:    "List the entries of a kind: neurons, sources, rules, synapses, plasticity, substrates,\ndevices, tasks, data, readouts.",
		Example: "  synohm list neurons",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return badInput{fmt.Errorf("list needs a kind: %s", strings.Join(kinds(), ", "))}
			}
			cat, err := find(args[0])
			if err != nil {
				return err
			}
			width := 16
			for _, e := range cat {
				width = max(width, len(e.Name))
			}
			for _, e := range cat {
				fmt.Fprintf(c.OutOrStdout(), "%-*s %s\n", width, e.Name, e.Summary)
			}
			return nil
		},
	}
}
