package command

import "github.com/spf13/cobra"

// newCrossbar is the parent of what is done with a crossbar alone, outside any
// network.
func newCrossbar() *cobra.Command {
	cmd := &cobra.Command{Use: "crossbar", Short: "Work with a crossbar alone: solve its lines"}
	cmd.AddCommand(newCrossbarSolve())
	return cmd
}
