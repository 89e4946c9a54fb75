package learning_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/forward"
	"github.com/synohm/synohm/learning/learningtest"
	"github.com/synohm/synohm/sim"
)

// scripted is a learner of one number, its count of steps, whose network names
// the right class for as many examples as the script says.
type scripted struct {
	steps  []int64
	errors []float64 // that the network has after each epoch of two steps
	fails  int64     // step whose loss is no number, from 1
}

func (s *scripted) State() []sim.Variable {
	return []sim.Variable{{Name: "steps", Values: s.steps}}
}

func (s *scripted) Layers() []sim.Layer { return nil }

func (s *scripted) Learn(context.Context, learning.Step, learning.Batch) (learning.Report, error) {
	s.steps[0]++
	if s.steps[0] == s.fails {
		return learning.Report{Loss: math.NaN()}, nil
	}
	return learning.Report{Loss: float64(s.steps[0]), Values: []learning.Value{{Name: "steps", Value: float64(s.steps[0])}}}, nil
}

func (s *scripted) Scores(_ context.Context, _ sim.Key, b learning.Batch, scores []float32) error {
	clear(scores)
	wrong := int(math.Round(s.errors[s.steps[0]/2-1] * float64(b.N)))
	for i, y := range b.Y {
		class := int(y)
		if i < wrong {
			class = (class + 1) % learningtest.Classes
		}
		scores[i*learningtest.Classes+class] = 1
	}
	return nil
}

func scriptedTraining(t testing.TB, patience int, script ...float64) (*learning.Training, *scripted) {
	l := &scripted{steps: make([]int64, 1), errors: script}
	tr := &learning.Training{
		Trainer: learning.Trainer{Epochs: len(script), Batch: 10, Schedule: learning.Schedule{Kind: "constant"}, Patience: patience, Evaluate: 1},
		Learner: l, Classes: learningtest.Classes, Seed: 1, Workers: 1,
		Train: learningtest.Quadrants{N: 25}, Validation: learningtest.Quadrants{N: 20}, Test: learningtest.Quadrants{N: 20},
	}
	require.NoError(t, tr.Begin())
	return tr, l
}

func TestBatchLargerThanTheData(t *testing.T) {
	tr, _ := scriptedTraining(t, 0, 0.5)
	tr.Batch = 26
	require.ErrorContains(t, tr.Begin(), "a batch of 26 examples is larger than the 25 of the training data")
}

// The loss of an epoch is the mean of its steps, and the errors are those of the
// network after it.
func TestEpochTellsMeansAndErrors(t *testing.T) {
	tr, _ := scriptedTraining(t, 0, 0.5, 0.25)
	var got []learning.Epoch
	tr.After = func(_ context.Context, e learning.Epoch) error { got = append(got, e); return nil }
	require.NoError(t, tr.Run(context.Background()))
	require.Len(t, got, 2)
	for i, want := range []struct{ loss, err float64 }{{1.5, 0.5}, {3.5, 0.25}} {
		require.Equal(t, i+1, got[i].Epoch)
		require.InDelta(t, want.loss, got[i].Loss, 1e-12)
		require.InDelta(t, want.loss, got[i].Values[0].Value, 1e-12)
		require.InDelta(t, want.err, got[i].Test, 1e-12)
		require.InDelta(t, want.err, got[i].Validation, 1e-12)
	}
}

// Patience ends a training after so many epochs without a better error, and
// takes the best network back; cut at any epoch it ends the same.
func TestPatienceTakesTheBestBack(t *testing.T) {
	script := []float64{0.5, 0.3, 0.4, 0.2, 0.2, 0.35, 0.1, 0}
	tr, l := scriptedTraining(t, 2, script...)
	require.NoError(t, tr.Run(context.Background()))
	require.Equal(t, 6, tr.Done())
	require.Equal(t, int64(8), l.steps[0], "the network of epoch 4")

	for cut := 1; cut <= 6; cut++ {
		first, _ := scriptedTraining(t, 2, script...)
		stop := errors.New("stop")
		var saved []sim.Variable
		first.After = func(context.Context, learning.Epoch) error {
			if first.Done() < cut {
				return nil
			}
			for _, v := range first.State() {
				saved = append(saved, sim.Variable{Name: v.Name, Values: sim.CopyValues(v.Values)})
			}
			return stop
		}
		require.ErrorIs(t, first.Run(context.Background()), stop)
		second, l := scriptedTraining(t, 2, script...)
		require.NoError(t, second.Restore(func(name string) (any, error) {
			i := slices.IndexFunc(saved, func(v sim.Variable) bool { return v.Name == name })
			require.GreaterOrEqual(t, i, 0, name)
			return saved[i].Values, nil
		}))
		require.NoError(t, second.Run(context.Background()))
		require.Equal(t, 6, second.Done(), "cut after epoch %d", cut)
		require.Equal(t, int64(8), l.steps[0], "cut after epoch %d", cut)
	}
}

func TestLossThatIsNoNumber(t *testing.T) {
	tr, l := scriptedTraining(t, 0, 0.5, 0.5)
	l.fails = 4
	err := tr.Run(context.Background())
	var d *learning.Diverged
	require.ErrorAs(t, err, &d)
	require.Equal(t, 2, d.Epoch)
	require.Equal(t, 2, d.Step)
	require.ErrorContains(t, err, "smaller rate")
	require.Equal(t, 1, tr.Done())
}

// Weights that leave the numbers are found with their layer.
func TestDivergedNamesTheLayer(t *testing.T) {
	rule := learningtest.Rule(forward.FFEntry()).(*forward.FF)
	rule.Rate = 1e38
	tr := learningtest.Training(t, rule, learningtest.Setting(t, learningtest.Dense(12, 10), 5, 1), 100)
	err := tr.Run(context.Background())
	var d *learning.Diverged
	require.ErrorAs(t, err, &d)
	require.Equal(t, 1, d.Epoch)
	require.NotEmpty(t, d.Layer)
	require.ErrorContains(t, err, "layer "+d.Layer)
}

func TestCancelEndsWithinAnEpoch(t *testing.T) {
	tr, l := scriptedTraining(t, 0, 0.5, 0.5)
	ctx, cancel := context.WithCancel(context.Background())
	tr.Progress = func(done, _ int) {
		if done == 3 {
			cancel()
		}
	}
	require.ErrorIs(t, tr.Run(ctx), context.Canceled)
	require.Equal(t, int64(3), l.steps[0])
	require.Equal(t, 1, tr.Done())
}

// Every row that is not nothing has mean square 1 and its direction; rows of
// zeros stay.
func TestNormaliseRows(t *testing.T) {
	s := learning.Stack{Workers: 3}
	from := []float32{3, 4, 0, 0, 0, 0, 0, 0, 1e3, -1e3, 1e3, 1e3}
	to := make([]float32, len(from))
	s.NormaliseRows(to, from, 4)
	for i, want := range []float64{6. / 5, 8. / 5, 0, 0, 0, 0, 0, 0, 1, -1, 1, 1} {
		require.InDelta(t, want, to[i], 1e-6)
	}
}

func TestConcat(t *testing.T) {
	to := make([]float32, 6)
	require.NoError(t, learning.Concat(to, 2, []float32{1, 2}, []float32{3, 4, 5, 6}))
	require.Equal(t, []float32{1, 3, 4, 2, 5, 6}, to)
	require.Error(t, learning.Concat(to[:5], 2, []float32{1, 2}, []float32{3, 4, 5, 6}))
}
