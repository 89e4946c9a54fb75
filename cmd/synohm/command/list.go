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
	var kinds []string
	for k := range cats {
		kinds = append(kinds, k)
	}
	sort.Strings(kinds)
	return nil, badInput{fmt.Errorf("there is no kind %q; kinds: %s", kind, strings.Join(kinds, ", "))}
}

func newList() *cobra.Command {
	return &cobra.Command{
		Use: "list KIND", Short: "List what a configuration can name",
		Long:    "List the entries of a kind: neurons, sources, rules, synapses, plasticity, substrates,\ndevices, tasks, data, readouts.",
		Example: "  synohm list neurons",
		RunE: func(c *cobra.Command, args []string) error {
			kind := ""
			if len(args) > 0 {
				kind = args[0]
			}
			cat, err := find(kind)
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
