package tasks

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const ensemblesFile = `synohm: 1
substrate: ideal
layers:
  - {name: a, size: 30}
  - {name: b, size: 20}
task:
  kind: train
  data: {kind: mnist, train: 400, test: 200}
  epochs: 2
  batch: 20
  ensembles: {}
`

// The figures are there for every rule that shows its activities, the same for
// any number of workers, and others are refused before they train.
func TestEnsemblesOfRules(t *testing.T) {
	file := filepath.Join(t.TempDir(), "e.yaml")
	require.NoError(t, os.WriteFile(file, []byte(ensemblesFile), 0o644))
	one := func(rule string, workers int) (*Result, error) {
		plots := "task.plots=true" // the slow part, once
		if rule != "ff" || workers > 1 {
			plots = "task.plots=false"
		}
		x, err := Load(file, []string{"task.rule=" + rule, plots}, nil)
		require.NoError(t, err)
		return Run(context.Background(), x, RunOptions{Workers: workers, Runs: t.TempDir()})
	}
	for _, rule := range []string{"ff", "ff-collab", "bp-ff", "bp", "fa", "dfa"} {
		t.Run(rule, func(t *testing.T) {
			res, err := one(rule, 1)
			require.NoError(t, err)
			for _, key := range []string{"sparsity_1", "sparsity_2"} {
				require.Contains(t, res.Metrics, key)
				require.True(t, res.Metrics[key] > 0 && res.Metrics[key] < 1, "%s %g", key, res.Metrics[key])
			}
			require.Equal(t, 0.0, res.Metrics["silent_2"])
			for _, name := range []string{"ensembles", "ensembles_overlap", "ensembles_units", "sparsity"} {
				if rule == "ff" {
					require.FileExists(t, filepath.Join(res.RunDir, "plots", name+".png"))
				}
			}
			again, err := one(rule, 3)
			require.NoError(t, err)
			require.Equal(t, res.Metrics, again.Metrics)
		})
	}
	_, err := one("zo-sgd", 1)
	require.ErrorContains(t, err, "task.ensembles: the rule zo-sgd does not show the activities")
}
