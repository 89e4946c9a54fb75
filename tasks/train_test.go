package tasks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/tasks"
)

const trainText = `synohm: 1
seed: 3
substrate: ideal
layers:
  - {name: first, size: 24}
  - {name: second, size: 20}
task:
  kind: train
  data: {kind: mnist, path: '%s', train: 120, validation: 20, test: 40}
  epochs: 5
  batch: 20
  rule: {kind: ff}
`

// trainFile writes a training on the small set; pairs of texts are replaced.
func trainFile(t testing.TB, replace ...string) string {
	text := strings.NewReplacer(replace...).Replace(fmt.Sprintf(trainText, smallSet(t)))
	return configuration(t, text)
}

// lines are the epochs of a run without their times, and the results.
func lines(t testing.TB, dir string) (out []map[string]any) {
	data, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
	require.NoError(t, err)
	for _, text := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &m))
		delete(m, "seconds")
		out = append(out, m)
	}
	return out
}

// stopAt interrupts a training at a step.
func stopAt(step int) (context.Context, func(string, int, int)) {
	ctx, cancel := context.WithCancel(context.Background())
	return ctx, func(phase string, done, _ int) {
		if phase == tasks.PhaseTrain && done >= step {
			cancel()
		}
	}
}

// A training is the same for any number of workers, and tells every epoch.
func TestTrainForAnyNumberOfWorkers(t *testing.T) {
	x := load(t, trainFile(t))
	one := run(t, x, 1)
	require.Len(t, one.Weights, 64)
	got := lines(t, one.RunDir)
	require.Len(t, got, 6, "five epochs and the results")
	for i, m := range got[:5] {
		require.EqualValues(t, i+1, m["epoch"])
		for _, key := range []string{"loss", "test_error", "validation_error", "goodness_positive_1", "goodness_negative_2"} {
			require.Contains(t, m, key)
		}
	}
	require.FileExists(t, filepath.Join(one.RunDir, "network.npz"))
	require.FileExists(t, filepath.Join(one.RunDir, "plots", "layers.png"))
	for workers := 2; workers <= 3; workers++ {
		more := run(t, x, workers)
		require.Equal(t, one.Weights, more.Weights)
		require.Equal(t, got[:5], lines(t, more.RunDir)[:5])
	}
}

// A training that is cut in the middle of an epoch, and one whose last
// checkpoint is lost, end as the uncut one.
func TestTrainResumes(t *testing.T) {
	for _, rule := range []string{"ff, negatives: hard", "bp"} {
		t.Run(rule, func(t *testing.T) {
			file := trainFile(t, "kind: ff", "kind: "+rule, "epochs: 5", "epochs: 5\n  patience: 3")
			whole := run(t, load(t, file), 2)
			want := tree(t, whole.RunDir)
			for _, older := range []bool{false, true} {
				out := filepath.Join(t.TempDir(), "r")
				ctx, progress := stopAt(3*5 + 2) // five steps an epoch
				_, err := tasks.Run(ctx, load(t, file), tasks.RunOptions{Workers: 1, Out: out, Progress: progress})
				require.ErrorIs(t, err, context.Canceled)
				require.True(t, tasks.Resumable(out))
				require.Len(t, checkpointFiles(t, out), 2)
				if older {
					require.NoError(t, os.Remove(filepath.Join(out, "checkpoints", "3.npz")))
				}
				res, err := tasks.Resume(context.Background(), out, tasks.RunOptions{Workers: 3})
				require.NoError(t, err)
				require.Equal(t, whole.Weights, res.Weights)
				require.Equal(t, lines(t, whole.RunDir), lines(t, out))
				got := tree(t, out)
				for _, name := range []string{"network.npz", "plots/layers.png"} {
					require.True(t, want[name] == got[name], name) // no difference of pictures is printed
				}
			}
		})
	}
}

// A path of the file is relative to the file, also where a run goes on that lies
// elsewhere.
func TestTrainResumesWithARelativePath(t *testing.T) {
	set := smallSet(t)
	file := filepath.Join(filepath.Dir(set), "relative.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, trainText, filepath.Base(set)), 0o644))
	out := filepath.Join(t.TempDir(), "r")
	ctx, progress := stopAt(12)
	_, err := tasks.Run(ctx, load(t, file), tasks.RunOptions{Workers: 1, Out: out, Progress: progress})
	require.ErrorIs(t, err, context.Canceled)
	res, err := tasks.Resume(context.Background(), out, tasks.RunOptions{Workers: 1})
	require.NoError(t, err)
	require.Equal(t, run(t, load(t, file), 1).Weights, res.Weights)
}

func TestTrainInterruptedBeforeItsFirstCheckpoint(t *testing.T) {
	out := filepath.Join(t.TempDir(), "r")
	ctx, progress := stopAt(2)
	res, err := tasks.Run(ctx, load(t, trainFile(t)), tasks.RunOptions{Workers: 1, Out: out, Progress: progress})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, out, res.RunDir)
	require.False(t, tasks.Resumable(out))
	_, err = tasks.Resume(context.Background(), out, tasks.RunOptions{Workers: 1})
	require.ErrorContains(t, err, "no checkpoint to go on from")
	require.ErrorContains(t, err, "task.checkpoint")
}

// What was told of the epochs before is not made up where it is damaged.
func TestTrainResumeWithDamagedMetrics(t *testing.T) {
	for damage, want := range map[string]string{"{\"epoch\":": "metrics.jsonl:1", "{\"epoch\":1}\n": "has 1 epochs, the checkpoint is of epoch 2"} {
		out := filepath.Join(t.TempDir(), "r")
		ctx, progress := stopAt(12)
		_, err := tasks.Run(ctx, load(t, trainFile(t)), tasks.RunOptions{Workers: 1, Out: out, Progress: progress})
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, os.WriteFile(filepath.Join(out, "metrics.jsonl"), []byte(damage), 0o644))
		_, err = tasks.Resume(context.Background(), out, tasks.RunOptions{Workers: 1})
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "start the run anew")
	}
}

// A rate that is far too large ends a training with the place, and leaves the
// folder whole.
func TestTrainDiverges(t *testing.T) {
	for _, rule := range []string{"bp, rate: 100, optimiser: {kind: sgd, momentum: 0.99}"} {
		out := filepath.Join(t.TempDir(), "r")
		_, err := tasks.Run(context.Background(), load(t, trainFile(t, "kind: ff", "kind: "+rule, "epochs: 5", "epochs: 40")), tasks.RunOptions{Workers: 1, Out: out})
		require.ErrorContains(t, err, "has diverged at epoch", rule)
		require.ErrorContains(t, err, "task.rule.rate")
		require.NoFileExists(t, filepath.Join(out, "DONE"))
	}
}

func TestTrainRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		replace []string
		want    []string
	}{
		"unknown rule":       {[]string{"kind: ff", "kind: ff-colab"}, []string{"ff-colab", "ff-collab"}},
		"batch, by the file": {[]string{"batch: 20", "batch: 101"}, []string{"task.batch", "101", "100 of the training data"}},
		"patience":           {[]string{", validation: 20", "", "batch: 20", "batch: 20\n  patience: 2"}, []string{"task.patience", "task.data.validation"}},
		"populations":        {[]string{"layers:", "populations: [{name: p, model: lif_discrete, size: 3}]\nlayers:"}, []string{"populations", "layers"}},
		"decay on devices":   {[]string{"substrate: ideal", "substrate: crossbar", "kind: ff", "kind: ff, optimiser: {kind: adam, decay: 0.1}"}, []string{"decay"}},
		"no layers":          {[]string{"layers:\n  - {name: first, size: 24}\n  - {name: second, size: 20}\n", ""}, []string{"at least one layer"}},
		"long basis":         {[]string{"kind: ff", "kind: lls, basis: 30"}, []string{"task.rule"}},
		"votes":              {[]string{"kind: ff", "kind: ff, votes_from: 3"}, []string{"votes_from", "2 layers"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tasks.Load(trainFile(t, c.replace...), nil, nil)
			require.Error(t, err)
			for _, w := range c.want {
				require.ErrorContains(t, err, w)
			}
		})
	}
}

func TestTrainRefusesData(t *testing.T) {
	for name, c := range map[string]struct {
		replace []string
		want    []string
	}{
		"batch, by the data": {[]string{"train: 120, validation: 20, test: 40", "test: 40", "batch: 20", "batch: 121"}, []string{"task.batch", "121", "120 of the training data"}},
		"side":               {[]string{"test: 40", "test: 40, side: 20"}, []string{"28 x 28", "task.data.side", "20 x 20"}},
		"labels":             {[]string{"test: 40", "test: 40, classes: 4"}, []string{"label", "4"}},
	} {
		t.Run(name, func(t *testing.T) {
			x := load(t, trainFile(t, c.replace...))
			_, err := tasks.Run(context.Background(), x, tasks.RunOptions{Workers: 1, Out: filepath.Join(t.TempDir(), "r")})
			require.Error(t, err)
			for _, w := range c.want {
				require.ErrorContains(t, err, w)
			}
		})
	}
}

func TestLayersBelongToTrainings(t *testing.T) {
	_, err := tasks.Load(configuration(t, plain+"layers: [{name: first, size: 24}]\n"), nil, nil)
	require.ErrorContains(t, err, "layers")
}
