package command_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// spiking writes a small random network that runs for the given time.
func spiking(t *testing.T, run string) string {
	clean(t)
	file := filepath.Join(t.TempDir(), "spiking.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `synohm: 1
time: {step: 0.1 ms, warm_up: 20 ms, run: %s}
populations:
  - {name: exc, model: iaf_psc_delta, size: 200, params: &cell {c_m: 1 pF, tau_m: 20 ms, t_ref: 2 ms, e_l: 0 mV, v_reset: 0 mV, v_th: 20 mV}}
  - {name: inh, model: iaf_psc_delta, size: 50, params: *cell}
sources:
  - {name: drive-exc, model: poisson_generator, to: exc, params: {rate: 20 kHz}, weight: 0.1 mV, delay: 1.5 ms}
  - {name: drive-inh, model: poisson_generator, to: inh, params: {rate: 20 kHz}, weight: 0.1 mV, delay: 1.5 ms}
projections:
  - {name: ee, from: exc, to: exc, rule: {kind: fixed_indegree, n: 20}, weight: 0.5 mV, delay: {low: 1.5 ms, high: 3 ms}}
  - {name: ie, from: inh, to: exc, rule: {kind: fixed_indegree, n: 5}, weight: -2.5 mV, delay: 1.5 ms}
record:
  - {what: spikes, of: exc}
  - {what: v_m, of: inh, every: 1 ms, neurons: 0-4}
  - {what: rate, of: exc, every: 10 ms}
task: {kind: simulate, plots: false}
`, run), 0o644))
	return file
}

// same compares what two runs have recorded, byte for byte.
func same(t *testing.T, want, got string) {
	for _, name := range []string{"metrics.jsonl", "spikes.exc.npz", "v_m.inh.npz", "rate.exc.npz", "DONE"} {
		a, err := os.ReadFile(filepath.Join(want, name))
		require.NoError(t, err)
		b, err := os.ReadFile(filepath.Join(got, name))
		require.NoError(t, err)
		require.True(t, bytes.Equal(a, b), "%s differs", name)
	}
	require.NoDirExists(t, filepath.Join(got, ".recordings"))
}

// A process that is killed at any moment, again and again, resumes from its
// last checkpoint and ends with the bits of the uncut run.
func TestKilledRunResumes(t *testing.T) {
	file := spiking(t, "4 s")
	exe := build(t)
	uncut := filepath.Join(t.TempDir(), "uncut")
	began := time.Now()
	code, _, stderr := synohm("run", file, "--out", uncut, "--workers", "2", "--progress", "none")
	require.Zero(t, code, stderr)
	takes := time.Since(began) // a third of it leaves time for three kills
	random := rand.New(rand.NewPCG(1, 2))
	killed := 0
	for range 3 {
		out := filepath.Join(t.TempDir(), "r")
		args := []string{"run", file, "--out", out, "--checkpoint-every", "200ms", "--workers", "2"}
		for range 3 {
			cmd := exec.Command(exe, append(args, "--progress", "none")...)
			require.NoError(t, cmd.Start())
			require.Eventually(t, func() bool {
				names, _ := filepath.Glob(filepath.Join(out, "checkpoints", "*.npz"))
				return len(names) > 0
			}, time.Minute, time.Millisecond)
			time.Sleep(time.Duration(random.Int64N(int64(takes / 3))))
			require.NoError(t, cmd.Process.Kill())
			if err := cmd.Wait(); err == nil {
				break // it had come to its end before
			}
			killed++
			args = []string{"resume", out, "--workers", fmt.Sprint(1 + random.IntN(3))}
		}
		if _, err := os.Stat(filepath.Join(out, "DONE")); err != nil {
			code, stdout, stderr := synohm("resume", out, "--workers", "1", "--progress", "none", "--json")
			require.Zero(t, code, stderr)
			require.Contains(t, stderr, "note: going on from the checkpoint of step ")
			var m map[string]any
			require.NoError(t, json.Unmarshal([]byte(stdout), &m))
			require.Contains(t, m["rate_hz"], "exc")
		}
		same(t, uncut, out)
	}
	require.Positive(t, killed, "no process was killed in time")
}

// Ctrl-C saves the state, without being asked for checkpoints, and says how to
// go on.
func TestInterruptedRunResumes(t *testing.T) {
	file := spiking(t, "20 s")
	exe := build(t)
	out := filepath.Join(t.TempDir(), "r")
	cmd := exec.Command(exe, "run", file, "--out", out, "--progress", "plain")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	part := filepath.Join(out, ".recordings", "spikes.exc.timestamps")
	require.Eventually(t, func() bool {
		info, err := os.Stat(part)
		return err == nil && info.Size() > 0
	}, time.Minute, time.Millisecond)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	err := cmd.Wait()
	require.Equal(t, 3, cmd.ProcessState.ExitCode(), "%v %s", err, stderr.String())
	require.Contains(t, stderr.String(), "to go on: synohm resume "+out)
	require.FileExists(t, filepath.Join(out, "spikes.exc.npz"), "what there is can be read")

	// The rest is long; a second interruption is enough to see that it goes on.
	before, err := filepath.Glob(filepath.Join(out, "checkpoints", "*.npz"))
	require.NoError(t, err)
	require.Len(t, before, 1)
	cmd = exec.Command(exe, "resume", out, "--progress", "none", "--checkpoint-every", "50ms")
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool {
		names, _ := filepath.Glob(filepath.Join(out, "checkpoints", "*.npz"))
		return len(names) == 2 && names[0] != before[0] && names[1] != before[0]
	}, time.Minute, time.Millisecond)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait()
	require.Equal(t, 3, cmd.ProcessState.ExitCode())
}

func TestResumeRefusals(t *testing.T) {
	clean(t)
	code, _, stderr := synohm("resume")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "resume needs one run folder")
	code, _, stderr = synohm("resume", filepath.Join(t.TempDir(), "nowhere"))
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "manifest.json")
	file := spiking(t, "20 ms")
	for given, want := range map[string]string{
		"1": `checkpoint-every: "1" has no unit; units that fit: us, ms, s`, "0 s": `"0 s" is not above zero`, "1 mV": `unit "mV" does not fit here`,
	} {
		code, _, stderr = synohm("run", file, "--checkpoint-every", given)
		require.Equal(t, 2, code)
		require.Contains(t, stderr, want)
	}
	out := filepath.Join(t.TempDir(), "r")
	code, stdout, stderr := synohm("run", file, "--out", out, "--progress", "plain")
	require.Zero(t, code, stderr)
	require.Contains(t, stderr, "simulate: 40 ms done in ")
	for _, want := range []string{"rate_hz exc ", "rate_hz inh ", "rtf ", "bytes_per_synapse "} {
		require.Contains(t, stdout, want)
	}
	code, _, stderr = synohm("resume", out)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, out+" is done; there is nothing to resume")
	code, text, _ := synohm("resume", "--help")
	require.Zero(t, code)
	require.True(t, strings.Contains(text, "Examples:") && strings.Contains(text, "--workers") && !strings.Contains(text, "--seed"), text)
}

// The results of a simulation as one object, with what belongs to populations
// in an object of its own.
func TestSimulationJSON(t *testing.T) {
	code, stdout, stderr := synohm("run", spiking(t, "20 ms"), "--out", filepath.Join(t.TempDir(), "r"), "--progress", "none", "--json")
	require.Zero(t, code, stderr)
	require.Empty(t, stderr)
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(stdout), &m))
	require.Contains(t, m["rate_hz"], "exc")
	require.Contains(t, m["rate_hz"], "inh")
	for _, k := range []string{"spikes_sha256", "rtf", "synaptic_events_per_s", "build_s", "bytes_per_synapse", "peak_rss_mb", "wall_s", "run_dir", "synapses"} {
		require.Contains(t, m, k)
	}
}
