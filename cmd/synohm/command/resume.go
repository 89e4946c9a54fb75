package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/tasks"
)

func newResume() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "resume RUNDIR",
		Short: "Go on with a run that was interrupted or killed",
		Long: "Go on with a simulation or a training from the last checkpoint in its run folder. It ends\n" +
			"with the same bits as a run that was not interrupted, for any number of workers.\n" +
			"Checkpoints of a simulation are written by synohm run --checkpoint-every, and where it is\n" +
			"interrupted (Ctrl-C); those of a training every task.checkpoint epochs.",
		Example: "  synohm run configs/bench/brunel-delta.yaml --out runs/long --checkpoint-every 1s\n" +
			"  synohm resume runs/long",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return badInput{fmt.Errorf("%s needs one run folder, for example runs/<time>-<name>-<hash>", c.Name())}
			}
			return nil
		},
	}
	s := newCommonSettings(cmd)
	every := checkpointFlag(cmd)
	cmd.Flags().Lookup("checkpoint-every").Usage += " (default that of the run)"
	cmd.RunE = func(c *cobra.Command, args []string) error {
		if err := s.read(); err != nil {
			return err
		}
		o := s.options(c.ErrOrStderr())
		var err error
		if o.CheckpointEvery, err = parseCheckpoint(*every); err != nil {
			return err
		}
		res, err := tasks.Resume(c.Context(), args[0], o)
		return show(c, s, res, err)
	}
	return cmd
}
