// Package command holds the verbs of the synohm command, one file each.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/tasks"
)

// Exit codes of the command.
const (
	exitDone        = 0
	exitFailed      = 1
	exitBadInput    = 2
	exitInterrupted = 3
)

// badInput marks errors of how the command was called.
type badInput struct{ error }

// Main runs the command and returns its exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		if _, ok := <-signals; ok {
			fmt.Fprintln(stderr, "\ninterrupted: finishing the step and writing what there is; once more to stop at once")
			cancel()
			// Some programs send a signal twice, to a process and to its group;
			// what comes at once is the same wish.
			for first := time.Now(); time.Since(first) < 500*time.Millisecond; {
				<-signals
			}
			os.Exit(exitInterrupted)
		}
	}()
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		fmt.Fprintln(stderr, "synohm: interrupted")
		return exitInterrupted
	}
	fmt.Fprintln(stderr, "synohm:", err)
	var problems config.Problems
	var bad badInput
	switch {
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.As(err, &problems):
		fmt.Fprintf(stderr, "%d mistake(s); see synohm describe and synohm list for what there is\n", len(problems))
		return exitBadInput
	case strings.HasPrefix(err.Error(), "unknown command"): // cobra has no type for it
		return exitBadInput
	case errors.As(err, &bad), errors.Is(err, runfolder.ErrPlace):
		return exitBadInput
	}
	return exitFailed
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "synohm",
		Short: "Simulate networks that compute with physics",
		Long: "Synohm runs simulation configurations: spiking networks whose weights are ideal\n" +
			"numbers, integers, or the conductances of a modelled resistive-memory crossbar.",
		Example:       "  synohm run configs/lsm-digits.yaml\n  synohm run configs/lsm-digits.yaml --set substrate=ideal --seed 2",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       tasks.Version,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return badInput{err} })
	root.AddCommand(newRun(), newResume(), newSweep(), newValidate(), newList(), newDescribe(), newSchema(), newCrossbar(), newDevice(), newData(), newVersion())
	return root
}

// family is a command that does nothing but hold verbs.
func family(cmd *cobra.Command, verbs ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(verbs...)
	cmd.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		var names []string
		for _, v := range verbs {
			names = append(names, v.Name())
		}
		return badInput{fmt.Errorf("%s has no verb %q%s", c.CommandPath(), args[0], config.DidYouMean(args[0], names))}
	}
	return cmd
}
