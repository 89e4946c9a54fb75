package tasks_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/tasks"
)

const sequenceText = `synohm: 1
seed: 3
substrate: ideal
layers: [{name: hidden, size: 20}]
task:
  kind: train
  data: {kind: mnist, path: %s}
  epochs: 4
  batch: 20
  sequence: {tasks: 3}
  rule: {kind: ewc, rate: 0.1, examples: 100}
`

func loadText(t *testing.T, text string) (*tasks.Experiment, error) {
	file := filepath.Join(t.TempDir(), "net.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	return tasks.Load(file, nil, nil)
}

// A sequence that is cut in its second task and in its third, and gone on with,
// ends as the uncut one, springs and accuracies too.
func TestSequenceResumes(t *testing.T) {
	text := strings.Replace(sequenceText, "%s", smallSet(t), 1)
	run := func(o tasks.RunOptions) (*tasks.Result, error) {
		x, err := loadText(t, text)
		require.NoError(t, err)
		return tasks.Run(context.Background(), x, o)
	}
	whole, err := run(tasks.RunOptions{Workers: 1, Out: filepath.Join(t.TempDir(), "whole")})
	require.NoError(t, err)
	require.EqualValues(t, 12, whole.Metrics["epochs"])
	require.Greater(t, whole.Metrics["learnt_accuracy"], 0.5)
	require.InDelta(t, 1-whole.Metrics["test_error"], whole.Metrics["average_accuracy"], 1e-12)

	out := filepath.Join(t.TempDir(), "cut")
	cutAt := func(step int) (context.Context, func(string, int, int)) {
		ctx, cancel := context.WithCancel(context.Background())
		return ctx, func(_ string, done, _ int) {
			if done >= step {
				cancel()
			}
		}
	}
	x, err := loadText(t, text)
	require.NoError(t, err)
	ctx, progress := cutAt(6*5 + 2) // six steps an epoch
	_, err = tasks.Run(ctx, x, tasks.RunOptions{Workers: 2, Out: out, Progress: progress})
	require.ErrorIs(t, err, context.Canceled)
	ctx, progress = cutAt(6*8 + 1)
	_, err = tasks.Resume(ctx, out, tasks.RunOptions{Workers: 1, Progress: progress})
	require.ErrorIs(t, err, context.Canceled)
	res, err := tasks.Resume(context.Background(), out, tasks.RunOptions{Workers: 2})
	require.NoError(t, err)
	require.Equal(t, whole.Weights, res.Weights)
	require.Equal(t, whole.Metrics, res.Metrics)
	for _, name := range []string{"tasks.csv", "network.npz"} {
		want, err := os.ReadFile(filepath.Join(whole.RunDir, name))
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(out, name))
		require.NoError(t, err)
		require.Equal(t, want, got, name)
	}
	require.FileExists(t, filepath.Join(out, "plots", "tasks.png"))
}

func TestSequenceRefuses(t *testing.T) {
	text := strings.Replace(sequenceText, "%s", smallSet(t), 1)
	_, err := loadText(t, strings.Replace(text, "epochs: 4", "epochs: 4\n  patience: 2", 1))
	require.ErrorContains(t, err, "a sequence of tasks has no best network")
	_, err = loadText(t, strings.Replace(text, "substrate: ideal", "substrate: crossbar", 1))
	require.ErrorContains(t, err, "take the substrate ideal")
	_, err = loadText(t, strings.Replace(text, "tasks: 3", "tasks: 1", 1))
	require.ErrorContains(t, err, "tasks")
}
