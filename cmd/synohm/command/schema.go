package command

import (
	"github.com/spf13/cobra"

	"github.com/synohm/synohm/tasks"
)

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of configurations, for editors",
		Long: "Print the JSON Schema (draft-07) of configurations. Editors with a YAML language\n" +
			"server complete and check a file that begins with the line\n\n" +
			"  # yaml-language-server: $schema=schema.json",
		Example: "  synohm schema > schema.json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			text, err := tasks.Schema()
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
}
