package tasks_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/tasks"
	"github.com/synohm/synohm/tasks/images"
)

// smallSet writes an image set of ten easy classes, a bar each at its own
// angle, with noise, so that tests need no download.
func smallSet(t testing.TB) string {
	dir := t.TempDir()
	for part, n := range map[string]int{"train": 120, "t10k": 40} {
		im := &images.Stack{N: n, Rows: 28, Cols: 28, Pix: make([]uint8, n*28*28)}
		labels := make([]uint8, n)
		noise := philox.Stream{Seed: 4, Purpose: philox.Purpose("test." + part)}
		for i := range n {
			c := i % 10
			labels[i] = uint8(c)
			for y := range 28 {
				for x := range 28 {
					on := y/3 == c || x/3 == (3*c+1)%10 // a cross that only this class has
					if on && noise.Word(uint32(y*28+x), uint32(i))%5 != 0 {
						im.Pix[(i*28+y)*28+x] = 255
					}
				}
			}
		}
		var a, b bytes.Buffer
		require.NoError(t, images.WriteImages(&a, im))
		require.NoError(t, images.WriteLabels(&b, labels))
		require.NoError(t, os.WriteFile(filepath.Join(dir, part+"-images-idx3-ubyte"), a.Bytes(), 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(dir, part+"-labels-idx1-ubyte"), b.Bytes(), 0o644))
	}
	return dir
}

const smallText = `synohm: 1
seed: 1
time: {mode: stepped, step: 10 ms, run: 300 ms}
substrate: crossbar
sources:
  - {name: camera, model: event_frames, params: {crop: 32, pool: 2, polarity: on}}
populations:
  - {name: liquid, model: lif_discrete, size: 150}
projections:
  - {name: in, from: camera, to: liquid, weight: {std: 0.7}}
  - {name: rec, from: liquid, to: liquid, weight: {std: 0.2}}
record:
  - {what: spikes, of: liquid, trials: 5}
task:
  kind: liquid
  data: {kind: mnist, path: %s, train: 120, validation: 20, test: 40}
  readout: {kind: softmax, epochs: 25, learning_rate: 0.01}
`

// smallConfig writes a configuration on the small set.
func smallConfig(t testing.TB) string {
	file := filepath.Join(t.TempDir(), "small.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, smallText, smallSet(t)), 0o644))
	return file
}

// load builds the experiment of a file with assignments.
func load(t testing.TB, file string, sets ...string) *tasks.Experiment {
	x, err := tasks.Load(file, sets, nil)
	require.NoError(t, err)
	return x
}

// run runs an experiment into a new folder.
func run(t testing.TB, x *tasks.Experiment, workers int) *tasks.Result {
	res, err := tasks.Run(context.Background(), x, tasks.RunOptions{Workers: workers, Runs: filepath.Join(t.TempDir(), "runs")})
	require.NoError(t, err)
	return res
}

// tree reads every file of a folder but those that tell of time and machine.
func tree(t testing.TB, dir string) map[string]string {
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(p, "manifest.json") {
			return err
		}
		data, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		files[filepath.ToSlash(rel)] = string(data)
		return err
	}))
	return files
}
