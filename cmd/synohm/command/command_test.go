package command_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/cmd/synohm/command"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/testdeps"
	"github.com/synohm/synohm/tasks"
	"github.com/synohm/synohm/tasks/images"
)

// synohm runs the command.
func synohm(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = command.Main(args, &out, &err)
	return code, out.String(), err.String()
}

// clean keeps the settings of whoever runs the tests out of them.
func clean(t *testing.T) {
	for _, k := range []string{"SEED", "WORKERS", "OUT", "JSON", "PROGRESS", "KERNELS", "SETTINGS", "JOBS", "DATA"} {
		t.Setenv("SYNOHM_"+k, "")
		require.NoError(t, os.Unsetenv("SYNOHM_"+k))
	}
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
}

// small writes a configuration and a small image set that it names.
func small(t *testing.T) string {
	clean(t)
	dir := t.TempDir()
	for part, n := range map[string]int{"train": 60, "t10k": 20} {
		im := &images.Stack{N: n, Rows: 28, Cols: 28, Pix: make([]uint8, n*28*28)}
		labels := make([]uint8, n)
		for i := range n {
			labels[i] = uint8(i % 10)
			for x := range 28 {
				im.Pix[(i*28+2+2*int(labels[i]))*28+x] = 255
			}
		}
		var a, b bytes.Buffer
		require.NoError(t, images.WriteImages(&a, im))
		require.NoError(t, images.WriteLabels(&b, labels))
		require.NoError(t, os.WriteFile(filepath.Join(dir, part+"-images-idx3-ubyte"), a.Bytes(), 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(dir, part+"-labels-idx1-ubyte"), b.Bytes(), 0o644))
	}
	file := filepath.Join(dir, "small.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`synohm: 1
time: {step: 10 ms, run: 300 ms}
substrate: crossbar
sources:
  - {name: camera, model: event_frames, params: {crop: 32, pool: 4}}
populations:
  - {name: liquid, model: lif_discrete, size: 40}
projections:
  - {name: in, from: camera, to: liquid, weight: {std: 1}}
  - {name: rec, from: liquid, to: liquid, weight: {std: 0.2}}
record: [{what: spikes, of: liquid, trials: 3}]
task:
  kind: liquid
  data: {kind: mnist, path: `+dir+`, train: 60, validation: 10, test: 20}
  readout: {kind: softmax, epochs: 4}
`), 0o644))
	return file
}

func TestRunPrintsResultsAndFolder(t *testing.T) {
	file := small(t)
	out := filepath.Join(t.TempDir(), "mine")
	code, stdout, stderr := synohm("run", file, "--out", out, "--seed", "7", "--set", "populations[liquid].size=30", "--progress", "plain")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "test_accuracy ")
	require.Contains(t, stdout, out)
	require.Contains(t, stderr, "liquid: 80 done in")
	require.FileExists(t, filepath.Join(out, "DONE"))
	resolved, err := os.ReadFile(filepath.Join(out, "config.resolved.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(resolved), "seed: 7")
	require.Contains(t, string(resolved), "size: 30")

	// The folder is not used twice.
	code, stdout, stderr = synohm("run", file, "--out", out)
	require.Equal(t, 2, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, out+" exists and is not overwritten")
}

func TestRunJSON(t *testing.T) {
	t.Chdir(filepath.Dir(small(t)))
	code, stdout, stderr := synohm("run", "small.yaml", "--json", "--progress", "none", "--workers", "1")
	require.Zero(t, code, stderr)
	require.Empty(t, stderr)
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(stdout), &m))
	for _, k := range []string{"test_accuracy", "run_dir", "wall_s", "spikes_sha256", "test_accuracy_event_counts", "test_accuracy_no_recurrence"} {
		require.Contains(t, m, k)
	}
	require.FileExists(t, filepath.Join(m["run_dir"].(string), "plots", "raster.png"))
	require.True(t, strings.HasPrefix(m["run_dir"].(string), "runs"+string(filepath.Separator)))
}

// The kernels in use stand in the manifest and change nothing else.
func TestKernelsGiveTheSameSpikes(t *testing.T) {
	clean(t)
	file := filepath.Join(t.TempDir(), "noise.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`synohm: 1
time: {step: 0.1 ms, run: 200 ms}
populations:
  - {name: cells, model: iaf_psc_delta, size: 101}
sources:
  - {name: noise, model: poisson_generator, to: cells, params: {rate: 20 kHz}, weight: 0.1 mV, delay: 1 ms}
projections:
  - {name: back, from: cells, to: cells, rule: {kind: fixed_indegree, n: 10}, weight: -1 mV, delay: 1 ms}
record: [{what: spikes, of: cells}]
task: {kind: simulate}
`), 0o644))
	var spikes, used []string
	for _, form := range append(kernels.Forms(), "auto") {
		out := filepath.Join(t.TempDir(), "r")
		code, stdout, stderr := synohm("run", file, "--out", out, "--progress", "none", "--json", "--kernels", form)
		require.Zero(t, code, stderr)
		var result, manifest map[string]any
		require.NoError(t, json.Unmarshal([]byte(stdout), &result))
		text, err := os.ReadFile(filepath.Join(out, "manifest.json"))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &manifest))
		require.Greater(t, result["rate_hz"].(map[string]any)["cells"], 10.0, "cells spike, else the test shows nothing")
		spikes, used = append(spikes, result["spikes_sha256"].(string)), append(used, manifest["kernels"].(string))
	}
	for _, digest := range spikes {
		require.Equal(t, spikes[0], digest)
	}
	require.NotEmpty(t, spikes[0])
	require.Equal(t, append(kernels.Forms(), kernels.Path()), used)
}

// Flags stand above the environment, that above the user's file.
func TestSettings(t *testing.T) {
	file := small(t)
	set := filepath.Join(t.TempDir(), "settings.yaml")
	seed := func(args ...string) float64 {
		code, stdout, stderr := synohm(append([]string{"run", file, "--out", filepath.Join(t.TempDir(), "r"), "--progress", "none", "--json"}, args...)...)
		require.Zero(t, code, stderr)
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(stdout), &m))
		return m["seed"].(float64)
	}
	require.Equal(t, 1.0, seed())
	require.NoError(t, os.WriteFile(set, []byte("seed: 2\nworkers: 1\n"), 0o644))
	t.Setenv("SYNOHM_SETTINGS", set)
	require.Equal(t, 2.0, seed())
	t.Setenv("SYNOHM_SEED", "3")
	require.Equal(t, 3.0, seed())
	require.Equal(t, 4.0, seed("--seed", "4"))

	require.NoError(t, os.WriteFile(set, []byte("sead: 2\n"), 0o644))
	t.Setenv("SYNOHM_WORKERS", "many")
	code, _, stderr := synohm("run", file, "--progress", "loud", "--seed", "-1", "--kernels", "fast")
	require.Equal(t, 2, code)
	for _, rule := range []string{`sead: unknown setting; did you mean "seed"?`, `workers "many" is not a whole number`, `progress "loud" is none of`, `seed "-1" is not`, `kernels "fast" is none of auto, portable`} {
		require.Contains(t, stderr, rule)
	}
	t.Setenv("SYNOHM_SETTINGS", filepath.Join(t.TempDir(), "gone.yaml"))
	code, _, stderr = synohm("run", file)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "gone.yaml")
	t.Setenv("SYNOHM_SETTINGS", "")
	own := filepath.Join(os.Getenv("XDG_CONFIG_HOME"), "synohm")
	require.NoError(t, os.MkdirAll(own, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(own, "settings.yaml"), []byte("seed: ["), 0o644))
	code, _, stderr = synohm("run", file)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "settings.yaml")
}

// Every mistake of a file at once, with its line, and status 2.
func TestBadInput(t *testing.T) {
	file := small(t)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	bad := filepath.Join(filepath.Dir(file), "bad.yaml")
	with := func(pairs ...string) string {
		require.NoError(t, os.WriteFile(bad, []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o644))
		return bad
	}
	for _, c := range []struct {
		name  string
		args  []string
		code  int
		rules []string
	}{
		{"no such file", []string{"run", "nowhere.yaml"}, 2, []string{"nowhere.yaml: cannot be read: no such file"}},
		{"no file named", []string{"run"}, 2, []string{"needs one configuration file"}},
		{"two files", []string{"sweep", file, file}, 2, []string{"sweep needs one configuration file"}},
		{"flag", []string{"run", file, "--sede", "1"}, 2, []string{"unknown flag: --sede"}},
		{"command", []string{"walk"}, 2, []string{`unknown command "walk"`}},
		{"units, names, NaN, negative time, all at once", []string{"run", with("step: 10 ms", "step: 10", "run: 300 ms", "run: -300 ms", "lif_discrete", "lif_discret", "std: 1", "std: .nan", "substrate: crossbar", "substrate: crosbar")}, 2, []string{
			"bad.yaml:2: time.step: 10: \"10\" has no unit; units that fit: us, ms, s",
			"bad.yaml:2: time.run: -300 ms: must be in [0,",
			"bad.yaml:3: substrate: crosbar: there is no substrate of this name; did you mean \"crossbar\"?",
			"bad.yaml:7: populations[liquid].model: lif_discret: is not in the catalogue of neurons; did you mean \"lif_discrete\"?",
			"bad.yaml:9: projections[in].weight.std: .nan: must be a finite number",
			"5 mistake(s)",
		}},
		{"wrong unit", []string{"run", file, "--set", "time.step=10 mV"}, 2, []string{`unit "mV" does not fit here`}},
		{"sizes that do not fit", []string{"run", file, "--set", "sources[camera].params.crop=40"}, 2, []string{"crop of 40 pixels does not fit the 34 x 34 sensor"}},
		{"pool", []string{"run", file, "--set", "sources[camera].params.pool=5"}, 2, []string{"pool of 5 pixels does not divide 32 x 32"}},
		{"too many weights", []string{"run", file, "--set", "populations[liquid].size=16777216"}, 2, []string{"at most 268435456"}},
		{"weights that cells cannot be", []string{"run", file, "--set", "projections[in].weight.mean=1"}, 2, []string{"projections[in].weight", "weights of mean 1 cannot be had from the difference of two formed cells"}},
		{"nothing drives it", []string{"run", file, "--set", "projections=[]"}, 2, []string{"none comes from the source"}},
		{"too many trials for the set", []string{"run", file, "--set", "task.data.train=61"}, 1, []string{"61 training images are asked for, there are 60"}},
		{"data that is not there", []string{"run", file, "--set", "task.data.path=/nowhere"}, 1, []string{"/nowhere: neither train-images-idx3-ubyte nor"}},
		{"no time", []string{"run", file, "--set", "time.run=0 ms"}, 2, []string{"time.run: ", "is missing: the task liquid needs a length, such as 100 ms"}},
		{"set path", []string{"run", file, "--set", "populations[x].size=3"}, 2, []string{`no item "x"`}},
		{"set without =", []string{"run", file, "--set", "seed"}, 2, []string{"expected path=value"}},
		{"kind", []string{"list", "neuron"}, 2, []string{`there is no kind "neuron"`}},
		{"list without a kind", []string{"list"}, 2, []string{"neurons"}},
		{"describe", []string{"describe", "neurons/lif_discret"}, 2, []string{`neurons has no "lif_discret"; did you mean "lif_discrete"?`}},
		{"describe nothing", []string{"describe"}, 2, []string{"KIND/NAME"}},
		{"over", []string{"sweep", file, "--over", "substrate"}, 2, []string{"expected path=a,b,c"}},
		{"over nothing", []string{"sweep", file, "--over", "substrate="}, 2, []string{"there is no value"}},
		{"over lists", []string{"sweep", file, "--over", "time.step=[1],2"}, 2, []string{"only single values"}},
		{"data set", []string{"data", "fetch", "mnits"}, 2, []string{`did you mean "mnist"?`}},
		{"verb of a family", []string{"data", "fetc"}, 2, []string{`synohm data has no verb "fetc"; did you mean "fetch"?`}},
		{"place", []string{"run", file, "--out", filepath.Join(file, "x")}, 2, []string{"not a directory"}},
		{"validate nothing", []string{"validate"}, 2, []string{"at least one file"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := synohm(c.args...)
			require.Equal(t, c.code, code, stderr)
			require.Empty(t, stdout)
			for _, rule := range c.rules {
				require.Contains(t, stderr, rule)
			}
			require.NotContains(t, stderr, "panic")
		})
	}
}

func TestTruncatedDataNamesFileAndPlace(t *testing.T) {
	file := small(t)
	images := filepath.Join(filepath.Dir(file), "train-images-idx3-ubyte")
	require.NoError(t, os.Truncate(images, 1000))
	code, _, stderr := synohm("run", file, "--out", filepath.Join(t.TempDir(), "r"))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, images+": truncated: ends at byte 1000 of")
}

func TestValidate(t *testing.T) {
	file := small(t)
	code, stdout, stderr := synohm("validate", file)
	require.Zero(t, code, stderr)
	require.Equal(t, file+": ok\n", stdout)
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	require.NoError(t, os.WriteFile(bad, []byte("synohm: 2\n"), 0o644))
	code, stdout, stderr = synohm("validate", bad, file)
	require.Equal(t, 2, code)
	require.Contains(t, stdout, "small.yaml: ok", "the good ones are looked at all the same")
	require.Contains(t, stderr, "bad.yaml:1: synohm: 2: must be in [1, 1]")
	require.Contains(t, stderr, "bad.yaml:1: task: is missing")
}

func TestListAndDescribeEverything(t *testing.T) {
	clean(t)
	for kind, cat := range tasks.Catalogs() {
		require.NoError(t, cat.Check(), kind)
		code, stdout, _ := synohm("list", kind)
		require.Zero(t, code)
		for _, e := range cat {
			require.Contains(t, stdout, e.Name)
			code, text, stderr := synohm("describe", kind+"/"+e.Name)
			require.Zero(t, code, stderr)
			require.Contains(t, text, e.Summary)
		}
	}
	_, text, _ := synohm("describe", "neurons/lif_discrete")
	for _, want := range []string{"u[t] = u[t-1] * decay", "decay", "0.9", "[0, 1]", "Reference", "Lin et al.", "Variables"} {
		require.Contains(t, text, want)
	}
	_, text, _ = synohm("describe", "substrates/crossbar")
	require.Contains(t, text, "v_read")
}

func TestSchemaVersionCompletionHelp(t *testing.T) {
	clean(t)
	_, schema, _ := synohm("schema")
	require.True(t, json.Valid([]byte(schema)))
	_, version, _ := synohm("version")
	require.Contains(t, version, tasks.Version)
	for _, shell := range []string{"bash", "zsh", "fish"} {
		code, text, _ := synohm("completion", shell)
		require.Zero(t, code)
		require.Contains(t, text, "synohm")
	}
	for _, verb := range []string{"run", "resume", "sweep", "validate", "list", "describe", "schema", "data list", "data fetch", "crossbar solve"} {
		code, text, _ := synohm(append(strings.Fields(verb), "--help")...)
		require.Zero(t, code)
		require.Contains(t, text, "Examples:", verb)
	}
}

func TestSweep(t *testing.T) {
	file := small(t)
	out := filepath.Join(t.TempDir(), "s")
	args := []string{"sweep", file, "--over", "substrate=ideal,crossbar", "--seeds", "2", "--jobs", "2", "--out", out, "--progress", "plain"}
	code, stdout, stderr := synohm(args...)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "substrate")
	require.Contains(t, stdout, "4 runs in")
	require.FileExists(t, filepath.Join(out, "plots", "sweep.png"))
	require.Contains(t, stderr, "sweep: 4 done")
	code, _, stderr = synohm(args...)
	require.Equal(t, 2, code, "a sweep's folder is not used twice either")
	require.Contains(t, stderr, "exists and is not overwritten")
	code, stdout, stderr = synohm(append(args, "--resume", "--json")...)
	require.Zero(t, code, stderr)
	var res tasks.SweepResult
	require.NoError(t, json.Unmarshal([]byte(stdout), &res))
	require.Equal(t, 4, res.Runs)
	require.Len(t, res.Summary, 2)
}

func TestFetch(t *testing.T) {
	clean(t)
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	dir, err := images.Find("mnist")
	require.NoError(t, err)
	good := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer good.Close()
	code, stdout, stderr := synohm("data", "fetch", "mnist", "--mirror", good.URL, "--progress", "plain")
	require.Zero(t, code, stderr)
	place := filepath.Join(cache, "synohm", "mnist")
	require.Equal(t, place+"\n", stdout)
	require.Contains(t, stderr, "train-images-idx3-ubyte.gz")
	data, err := os.ReadFile(filepath.Join(place, "t10k-labels-idx1-ubyte.gz"))
	require.NoError(t, err)
	require.Equal(t, images.Sources()[0].Files[3].SHA256, fmt.Sprintf("%x", sha256.Sum256(data)))
	_, stdout, _ = synohm("data", "list")
	require.Contains(t, stdout, place)
	require.Contains(t, stdout, "fashion-mnist: 70,000 pictures of clothes, 28 x 28 pixels, IDX files, 30.9 MB, licence MIT")
	// The mirror holds another set under the same names: its content is refused.
	code, _, stderr = synohm("data", "fetch", "fashion-mnist", "--mirror", good.URL, "--progress", "none", "--tries", "1")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "train-labels-idx1-ubyte.gz could not be fetched")

	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close() // nobody listens there
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	done := make(chan int)
	go func() {
		code, _, stderr = synohm("data", "fetch", "mnist", "--mirror", gone.URL, "--progress", "none", "--tries", "1")
		done <- code
	}()
	select {
	case code := <-done:
		require.Equal(t, 1, code)
		require.Contains(t, stderr, "could not be fetched")
		require.Contains(t, stderr, "goes on from there")
	case <-time.After(time.Minute):
		t.Fatal("the fetch hangs")
	}
}

// build makes the program itself, for what only a process shows.
func build(t *testing.T) string {
	exe := filepath.Join(t.TempDir(), "synohm")
	out, err := exec.Command("go", "build", "-o", exe, filepath.Join(testdeps.ModuleRoot(t), "cmd", "synohm")).CombinedOutput()
	require.NoError(t, err, string(out))
	return exe
}

func TestInterrupt(t *testing.T) {
	file := small(t)
	exe := build(t)
	out := filepath.Join(t.TempDir(), "r")
	cmd := exec.Command(exe, "run", file, "--out", out, "--set", "task.readout.epochs=100000", "--progress", "plain")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(out, "spikes.liquid.npz")); return err == nil }, time.Minute, 10*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	err := cmd.Wait()
	require.Equal(t, 3, cmd.ProcessState.ExitCode(), "%v %s", err, stderr.String())
	require.Contains(t, stderr.String(), "interrupted: finishing the step and writing what there is")
	require.Contains(t, stderr.String(), "what there is: "+out)
	require.FileExists(t, filepath.Join(out, "readout.npz"))
	require.NoFileExists(t, filepath.Join(out, "DONE"))
}
