package command

import "github.com/spf13/cobra"

// newCrossbar holds what is done with a crossbar alone, outside any network.
func newCrossbar() *cobra.Command {
	return family(&cobra.Command{Use: "crossbar", Short: "Work with a crossbar alone, outside any network"}, newCrossbarSolve(), newCrossbarSelect())
}
