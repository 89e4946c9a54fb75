package learning_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/learningtest"
)

// Three tasks by hand. At the end 0.5, 0.7, 0.9: 0.7 on average. The best of task
// 1 was 0.95, after task 2, that of task 2 was 0.8: forgotten 0.45 and 0.1.
func TestRetention(t *testing.T) {
	r := learning.Retention{Tasks: 3, Accuracy: []float64{
		0.90, 0.10, 0.20,
		0.95, 0.80, 0.15,
		0.50, 0.70, 0.90,
	}}
	require.InDelta(t, 0.7, r.Average(), 1e-12)
	require.InDelta(t, (0.45+0.1)/2, r.Forgetting(), 1e-12)
	require.InDelta(t, (0.9+0.8+0.9)/3, r.Learnt(), 1e-12)
}

// The first task sees images as they are, the others the same pixels elsewhere,
// always at the same places, for training and for evaluation.
func TestTasksInTurn(t *testing.T) {
	const pixels = learningtest.Side * learningtest.Side
	s := learning.Sequence{Tasks: 3, Kind: "permuted"}
	images := learningtest.Quadrants{N: 30, Seed: 2}
	task := 0
	turn := &learning.InTurn{Tasks: s.Views(images, 7, pixels), Now: func() int { return task }, Epochs: 2}
	fill := func(of learning.Examples, epoch int) []float32 {
		var b learning.Batch
		of.Fill(epoch, []int32{5, 9}, &b)
		return append([]float32{}, b.X...)
	}
	plain := fill(images, 0)
	require.Equal(t, plain, fill(turn, 0))
	require.Equal(t, plain, fill(turn, 1))
	second := fill(turn, 2)
	require.NotEqual(t, plain, second)
	require.ElementsMatch(t, plain[:pixels], second[:pixels])
	require.Equal(t, second, fill(turn, 3))
	require.NotEqual(t, second, fill(turn, 4))
	task = 1
	require.Equal(t, second, fill(turn, -1))
	require.Equal(t, 30, turn.Len())
}
