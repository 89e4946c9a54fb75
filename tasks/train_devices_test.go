package tasks_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/tasks"
)

// onDevices is a small forward-forward network whose substrates are named, so
// that one word says what it learns on.
func onDevices(t testing.TB) string {
	return configuration(t, fmt.Sprintf(`synohm: 1
seed: 3
substrates:
  - {name: ecram, kind: crossbar, cell: ecram, headroom: 3, mapping: {kind: differential, sides: both}, programming: {kind: write-verify, tolerance: 1 uS, writes: 1000}, tile: {rows: 300}}
  - {name: pcm, kind: crossbar, cell: pcm, headroom: 3, update: {granularity: 0.01}, tile: {cols: 7}}
  - {name: formed, kind: crossbar, cell: reram-formed}
  - {name: fresh, kind: crossbar, cell: pcm, refresh_every: 1 h}
substrate: ideal
layers:
  - {name: first, size: 12, gain: 1.25}
  - {name: second, size: 10}
task:
  kind: train
  data: {kind: mnist, path: %s, train: 120, test: 40}
  epochs: 3
  batch: 20
  plots: false
  rule:
    kind: ff
    goodness: sum
    theta: 12
    optimiser: {kind: sgd, momentum: 0.9}
    rate: 0.003
`, smallSet(t)))
}

// Training on arrays gives the same weights and the same counts for any number
// of workers, and when it is cut and resumed: by matrices of changes, by pulses
// that meet (without momentum), and by writes of what has added up.
func TestTrainingOnDevicesGivesTheSameBits(t *testing.T) {
	file := onDevices(t)
	for _, sets := range [][]string{
		{"substrate=ecram"},
		{"substrate=ecram", "task.rule.optimiser.momentum=0"},
		{"substrate=pcm"},
	} {
		t.Run(fmt.Sprint(sets), func(t *testing.T) {
			x := load(t, file, sets...)
			want := run(t, x, 1)
			require.Greater(t, want.Metrics["programming_pulses"], 0.0)
			require.Greater(t, want.Metrics["programming_energy_j"], 0.0)
			untrained := run(t, load(t, file, append(sets, "task.epochs=1", "task.rule.rate=1e-30")...), 1)
			require.NotEqual(t, untrained.Weights, want.Weights)
			require.Less(t, untrained.Metrics["programming_pulses"], want.Metrics["programming_pulses"])
			for _, workers := range []int{2, 3} {
				got := run(t, x, workers)
				require.Equal(t, want.Weights, got.Weights)
				require.Equal(t, want.Metrics, got.Metrics)
			}
			out := filepath.Join(t.TempDir(), "r")
			ctx, cancel := context.WithCancel(t.Context())
			_, err := tasks.Run(ctx, x, tasks.RunOptions{Workers: 2, Out: out, Progress: func(phase string, done, _ int) {
				if phase == tasks.PhaseTrain && done >= 9 { // within the second epoch of 6 steps
					cancel()
				}
			}})
			require.ErrorIs(t, err, context.Canceled)
			got, err := tasks.Resume(t.Context(), out, tasks.RunOptions{Workers: 3})
			require.NoError(t, err)
			require.Equal(t, want.Weights, got.Weights)
			require.Equal(t, want.Metrics, got.Metrics)
		})
	}
}

// What cannot be trained on devices is said before anything is made, with the
// layer.
func TestTrainingOnDevicesRefuses(t *testing.T) {
	file := onDevices(t)
	for _, c := range []struct {
		sets []string
		want string
	}{
		{[]string{"substrate=formed"}, "layers[first]: "},
		{[]string{"substrate=formed"}, "layers[second]: "},
		{[]string{"substrate=formed"}, "formed cells are not programmed, so no rule can change weights made of them; choose a pulsed cell, such as ecram, or one that is programmed, such as pcm"},
		{[]string{"layers[second].substrate=formed"}, "layers[second]: "},
		{[]string{"substrate=fresh"}, "are not compensated or refreshed"},
		{[]string{"substrate=ecram", "task.rule.optimiser.decay=0.001"}, "decay needs the weights as numbers, which they are on ideal memory alone; leave decay out"},
	} {
		_, err := tasks.Load(file, c.sets, nil)
		require.ErrorContains(t, err, c.want, c.sets)
	}
	_, err := tasks.Load(file, []string{"layers[second].substrate=formed"}, nil)
	require.NotContains(t, err.Error(), "layers[first]")
}
