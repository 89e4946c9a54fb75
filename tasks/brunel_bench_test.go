package tasks_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/tasks"
)

// BenchmarkBrunel runs the shipped network on one worker.
func BenchmarkBrunel(b *testing.B) {
	for b.Loop() {
		x, err := tasks.Load("../configs/bench/brunel-delta.yaml", nil, nil)
		require.NoError(b, err)
		res, err := tasks.Run(context.Background(), x, tasks.RunOptions{Workers: 1, Runs: b.TempDir()})
		require.NoError(b, err)
		b.ReportMetric(res.Speed["rtf"], "rtf")
	}
}
