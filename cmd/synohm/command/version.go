package command

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/tasks"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version",
		Args: cobra.NoArgs,
		Run: func(c *cobra.Command, _ []string) {
			fmt.Fprintf(c.OutOrStdout(), "synohm %s (%s, %s/%s)\n", tasks.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		},
	}
}
