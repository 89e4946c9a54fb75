package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/tasks"
)

func newValidate() *cobra.Command {
	return &cobra.Command{
		Use: "validate CONFIG...", Short: "Check configurations, every mistake at once",
		Example: "  synohm validate configs/*.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return badInput{fmt.Errorf("validate needs at least one file")}
			}
			var all config.Problems
			for _, file := range args {
				_, err := tasks.Load(file, nil, nil)
				if ps, ok := err.(config.Problems); ok {
					all = append(all, ps...)
				} else if err != nil {
					return err
				} else {
					fmt.Fprintln(c.OutOrStdout(), file+": ok")
				}
			}
			if len(all) > 0 {
				return all
			}
			return nil
		},
	}
}
