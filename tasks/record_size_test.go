package tasks_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/tasks"
)

// Conductances are kept of a spiking network too: a pair of cells for every
// weight.
func TestSpikingNetworkKeepsConductances(t *testing.T) {
	file := filepath.Join(t.TempDir(), "net.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`synohm: 1
time: {step: 1 ms, run: 10 ms}
substrates: [{name: chip, kind: crossbar, cell: pcm}]
substrate: chip
populations:
  - {name: out, model: lif_discrete, size: 5, params: {decay: 0.9, v_th: 5}}
sources:
  - {name: in, model: poisson_generator, size: 7, params: {rate: 20 Hz}}
projections:
  - {name: w, from: in, to: out, weight: {mean: 0, std: 0.3}}
record:
  - {what: conductances, of: w}
task: {kind: simulate}
`), 0o600))
	x, err := tasks.Load(file, nil, nil)
	require.NoError(t, err)
	r, err := tasks.Run(context.Background(), x, tasks.RunOptions{Runs: t.TempDir(), Workers: 1})
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(r.RunDir, "conductances.w.npz"))
}
