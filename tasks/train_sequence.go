package tasks

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/viz"
)

// allEpochs are those of all tasks.
func (t *Train) allEpochs() int {
	if t.Sequence == nil {
		return t.Epochs
	}
	return t.Epochs * t.Sequence.Tasks
}

// sequence is tasks that are learnt one after the other.
type sequence struct {
	learning.Retention
	epochs      int // of a task
	train, test []learning.Examples
}

// newSequence lets a training show its data task by task.
func newSequence(j *training, t *learning.Training) *sequence {
	pixels := j.set.Pixels()
	n := j.Sequence.Tasks
	s := &sequence{
		Retention: learning.Retention{Tasks: n, Accuracy: make([]float64, n*n)},
		epochs:    j.Epochs,
		train:     j.Sequence.Views(t.Train, j.x.Seed, pixels),
		test:      j.Sequence.Views(t.Test, j.x.Seed, pixels),
	}
	now := func() int { return max(0, t.Done()-1) / s.epochs }
	inTurn := func(tasks []learning.Examples) learning.Examples {
		return &learning.InTurn{Tasks: tasks, Now: now, Epochs: s.epochs}
	}
	t.Epochs = j.allEpochs()
	t.Train, t.Test = inTurn(s.train), inTurn(s.test)
	if t.Validation != nil {
		t.Validation = inTurn(j.Sequence.Views(t.Validation, j.x.Seed, pixels))
	}
	t.Extra = []sim.Variable{{Name: "accuracy", Values: s.Accuracy}}
	return s
}

// after measures all tasks where one is through, and tells the learner.
func (s *sequence) after(ctx context.Context, t *learning.Training) error {
	if t.Done()%s.epochs != 0 {
		return nil
	}
	task := t.Done()/s.epochs - 1
	for of, test := range s.test {
		wrong, err := t.Error(ctx, test)
		if err != nil {
			return err
		}
		s.Accuracy[task*s.Tasks+of] = 1 - wrong
	}
	e, ok := t.Learner.(learning.TaskEnder)
	if !ok || task == s.Tasks-1 {
		return nil
	}
	if err := e.EndTask(ctx, task, s.train[task]); err != nil {
		return fmt.Errorf("after task %d: %w", task+1, err)
	}
	return nil
}

// results are figures of all tasks; the test error is the mean over them.
func (s *sequence) results(m map[string]float64) {
	m["average_accuracy"], m["forgetting"], m["learnt_accuracy"] = s.Average(), s.Forgetting(), s.Learnt()
	m["test_error"] = 1 - s.Average()
}

// write keeps the accuracy on every task after every task.
func (s *sequence) write(f *runfolder.Folder, plots bool) error {
	err := f.Write("tasks.csv", func(w io.Writer) error {
		text := "after_task"
		for of := range s.Tasks {
			text += fmt.Sprintf(",task_%d", of+1)
		}
		for i, a := range s.Accuracy {
			if i%s.Tasks == 0 {
				text += fmt.Sprintf("\n%d", i/s.Tasks+1)
			}
			text += "," + strconv.FormatFloat(a, 'g', -1, 64)
		}
		_, err := io.WriteString(w, text+"\n")
		return err
	})
	if err != nil || !plots {
		return err
	}
	img, err := viz.Heatmap("accuracy on every task", "task, from 0", "task learnt last, from 0", sim.Snapshot{Name: "accuracy", Kind: sim.KindMatrix, Shape: []int{s.Tasks, s.Tasks}, Values: s.Accuracy})
	if err != nil {
		return err
	}
	return f.Write("plots/tasks.png", func(w io.Writer) error { return viz.WritePNG(w, img) })
}
