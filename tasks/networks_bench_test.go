package tasks_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/tasks"
)

// BenchmarkNetworks runs the benchmark networks on one worker and on two.
func BenchmarkNetworks(b *testing.B) {
	for _, name := range []string{"brunel-delta", "brunel-alpha", "cuba", "coba", "microcircuit", "stdp-balanced"} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/workers=%d", name, workers), func(b *testing.B) {
				for b.Loop() {
					x, err := tasks.Load("../configs/bench/"+name+".yaml", nil, nil)
					require.NoError(b, err)
					res, err := tasks.Run(context.Background(), x, tasks.RunOptions{Workers: workers, Runs: b.TempDir()})
					require.NoError(b, err)
					b.ReportMetric(res.Speed["rtf"], "rtf")
				}
			})
		}
	}
}
