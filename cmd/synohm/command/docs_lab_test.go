package command_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/testdeps"
	"github.com/synohm/synohm/internal/units"
	"github.com/synohm/synohm/tasks"
)

// docs/lab.md goes through as it is written: its files are written where it says,
// its commands are run one after the other (on a small set of images and a
// smaller network), and they leave what it names.
func TestLaboratoryGuide(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(testdeps.ModuleRoot(t), "docs", "lab.md"))
	require.NoError(t, err)
	text := string(page)
	images := filepath.Dir(small(t))
	t.Chdir(t.TempDir())

	files := regexp.MustCompile("(?s)`([a-z]+\\.(?:csv|yaml))`[^\n]*:\n\n```(?:csv|yaml)\n(.*?)```").FindAllStringSubmatch(text, -1)
	require.Len(t, files, 3)
	for _, f := range files {
		require.NoError(t, os.WriteFile(f[1], []byte(f[2]), 0o600))
	}
	lines := regexp.MustCompile(`(?m)^    synohm (.*)$`).FindAllStringSubmatch(text, -1)
	require.Len(t, lines, 6)
	for _, l := range lines {
		args := strings.Fields(strings.NewReplacer("data.train=200", "data.train=40", "data.validation=50", "data.validation=10", "data.test=100", "data.test=20").Replace(l[1]))
		switch args[0] {
		case "run", "sweep":
			args = append(args, "--set", "task.data.path="+images, "--set", "task.compare=false", "--set", "populations[liquid].size=30")
		}
		code, stdout, stderr := synohm(args...)
		require.Zero(t, code, "%v: %s", args, stderr)
		if args[1] == "sample" {
			require.Contains(t, text, stdout, "the page shows what is printed")
		}
		if args[1] == "fit" { // the last digits of a fit are the processor's
			number := regexp.MustCompile(`dw_min: (0\.123)`).FindStringSubmatch(stdout)
			require.NotNil(t, number, stdout)
		}
	}
	for _, name := range []string{
		"sample/plots/conductance.png", "fit/cell.yaml", "fit/plots/fit.png", "first/metrics.jsonl", "first/tiles.csv", "first/readout.npz",
		"first/conductances.rec.npz", "first/config.resolved.yaml", "first/manifest.json", "stuck/results.csv", "stuck/summary.csv", "stuck/plots/sweep.png",
	} {
		require.FileExists(t, name)
	}
	digest := func(dir string) string {
		metrics, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
		require.NoError(t, err)
		return regexp.MustCompile(`"spikes_sha256":"[0-9a-f]{64}"`).FindString(string(metrics))
	}
	require.NotEmpty(t, digest("first"))
	require.Equal(t, digest("first"), digest("again"), "the same bits")

	// The other substrate stands where that of the file does.
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(text, -1)
	require.Len(t, blocks, 2)
	network := regexp.MustCompile(`(?s)substrates:.*?\nsubstrate:`).ReplaceAllLiteralString(blocks[0][1], blocks[1][1]+"substrate:")
	require.NoError(t, os.WriteFile("pulsed.yaml", []byte(network), 0o600))
	_, err = tasks.Load("pulsed.yaml", []string{"task.data.path=" + images, "task.data.train=40", "task.data.validation=10", "task.data.test=20"}, nil)
	require.NoError(t, err)

	t.Run("NumPy", func(t *testing.T) {
		python := testdeps.Python(t, "numpy")
		script := regexp.MustCompile("(?s)```python\n(.*?)```").FindStringSubmatch(text)
		require.NotNil(t, script)
		out, err := exec.Command(python, "-c", script[1]).CombinedOutput()
		require.NoError(t, err, string(out))
		require.Contains(t, string(out), "cells about their targets")
	})
}

// The page's table of units is what messages name.
func TestLaboratoryGuideUnits(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(testdeps.ModuleRoot(t), "docs", "lab.md"))
	require.NoError(t, err)
	for quantity, unit := range map[string]string{
		"time": "s", "frequency": "Hz", "length": "m", "current": "A", "voltage": "V", "resistance": "ohm", "conductance": "S",
		"capacitance": "F", "energy": "J", "power": "W", "temperature": "K", "charge": "C", "part": "1",
	} {
		require.Contains(t, string(page), "| "+quantity+" | "+units.MustUnit(unit).Fits()+" |\n")
	}
}
