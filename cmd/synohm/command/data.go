package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/fetch"
	"github.com/synohm/synohm/tasks/images"
)

func newData() *cobra.Command {
	return family(&cobra.Command{Use: "data", Short: "List and fetch data sets"}, newDataList(), newDataFetch())
}

func newDataList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the data sets that can be fetched, and where they are",
		Example: "  synohm data list",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, s := range images.Sources() {
				place := "not here; synohm data fetch " + s.Name
				if dir, err := images.Find(s.Name); err == nil {
					place = dir
				}
				fmt.Fprintf(c.OutOrStdout(), "%s: %s, %.1f MB, licence %s\n  %s\n  %s\n", s.Name, s.Summary, float64(s.Size())/1e6, s.Licence, s.Reference, place)
			}
			return nil
		},
	}
}

func newDataFetch() *cobra.Command {
	var mirrors []string
	var mode string
	var tries int
	cmd := &cobra.Command{
		Use: "fetch NAME", Short: "Bring a data set into the cache folder",
		Long: "Bring a data set into the user's cache folder. Every file is checked by its SHA-256;\n" +
			"a download that was cut goes on where it ended.",
		Example: "  synohm data fetch mnist\n  synohm data fetch mnist --mirror http://fileserver/mnist/",
		RunE: func(c *cobra.Command, args []string) error {
			var names []string
			for _, s := range images.Sources() {
				names = append(names, s.Name)
			}
			if len(args) != 1 {
				return badInput{fmt.Errorf("data fetch needs the name of a data set: %v", names)}
			}
			if mode != "auto" && mode != "plain" && mode != "none" {
				return badInput{fmt.Errorf("progress %q is none of auto, plain, none", mode)}
			}
			if tries < 1 || tries > 1000 {
				return badInput{fmt.Errorf("tries %d is not in 1 to 1000", tries)}
			}
			for _, s := range images.Sources() {
				if s.Name != args[0] {
					continue
				}
				p := newProgress(c.ErrOrStderr(), mode)
				dir, err := s.Fetch(c.Context(), mirrors, fetch.Options{Tries: tries, Progress: func(name string, done, size int64) {
					p.update(name+" (kB)", int(done/1000), int(size/1000))
				}})
				if err != nil {
					return err
				}
				fmt.Fprintln(c.OutOrStdout(), dir)
				return nil
			}
			return badInput{fmt.Errorf("there is no data set %q%s", args[0], config.DidYouMean(args[0], names))}
		},
	}
	cmd.Flags().StringArrayVar(&mirrors, "mirror", nil, "address of a folder that holds the files, instead of the public ones; may stand several times")
	cmd.Flags().IntVar(&tries, "tries", 4, "how often every address is tried")
	cmd.Flags().StringVar(&mode, "progress", "auto", "auto, plain or none")
	return cmd
}
