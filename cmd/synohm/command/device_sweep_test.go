package command_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// sweepResult is what device sweep prints as JSON.
type sweepResult struct {
	Time  []float64 `json:"time_s"`
	Volt  []float64 `json:"volt"`
	Amp   []float64 `json:"amp"`
	State []float64 `json:"state"`
	Loops []struct {
		StateMin float64 `json:"state_min"`
		StateMax float64 `json:"state_max"`
		AreaPos  float64 `json:"area_pos_w"`
		AreaNeg  float64 `json:"area_neg_w"`
		Energy   float64 `json:"energy_j"`
	} `json:"loops"`
	RunDir string `json:"run_dir"`
}

func deviceSweep(t *testing.T, args ...string) (r sweepResult, stderr string) {
	code, stdout, stderr := synohm(append([]string{"device", "sweep", "--json"}, args...)...)
	require.Zero(t, code, stderr)
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	return r, stderr
}

// The classic set of Yakopcic's model: the state at 1, 2, 7.5, 9 and 12.5 ms by
// an independent integration. The loop is pinched, the folder holds what was
// printed and pictures of it.
func TestDeviceSweep(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	r, stderr := deviceSweep(t, "yakopcic", "--volt", "500 mV", "--hz", "0.1 kHz", "--samples", "200")
	require.Len(t, r.Time, 401)
	for at, x := range map[int]float64{20: 0.27256031, 40: 0.80761525, 150: 0.14778208, 180: 0.07806346, 250: 0.90657935} {
		require.InDelta(t, x, r.State[at], 1e-7, "at %g s", r.Time[at])
	}
	for k := range r.Time {
		require.InDelta(t, float64(k)*5e-5, r.Time[k], 1e-12)
		require.InDelta(t, 0.5*math.Sin(2*math.Pi*float64(k)/200), r.Volt[k], 1e-9)
		if k%100 == 0 {
			require.InDelta(t, 0, r.Amp[k], 1e-15, "pinched")
		}
	}
	require.Len(t, r.Loops, 2)
	require.InDelta(t, 0.11, r.State[0], 1e-12)
	require.Greater(t, r.Loops[1].AreaPos, 1e-4)
	require.Greater(t, r.Loops[1].AreaNeg, 1e-4)
	require.Contains(t, stderr, filepath.Join("plots", "current-voltage.png"))

	var kept sweepResult
	text, err := os.ReadFile(filepath.Join(r.RunDir, "result.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &kept))
	require.Equal(t, r, kept)
	for _, name := range []string{"current-voltage.png", "state.png"} {
		require.FileExists(t, filepath.Join(r.RunDir, "plots", name))
	}
	require.FileExists(t, filepath.Join(r.RunDir, "DONE"))
}

// Energy against a resistor that does not move: V^2/(2 R) for a cycle.
func TestDeviceSweepOfACellThatRests(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	r, stderr := deviceSweep(t, "linear-ion-drift", "--volt", "0.5", "--hz", "2", "--cycles", "12", "--out", "here")
	require.Contains(t, stderr, "note: x did not move; a higher --volt or a lower --hz may move it")
	require.InEpsilon(t, 0.25/(2*14410)/2, r.Loops[11].Energy, 1e-6)
	require.InDelta(t, 0, r.Loops[11].AreaPos, 1e-12)
	require.Equal(t, "here", r.RunDir)
	code, stdout, _ := synohm("device", "sweep", "linear-ion-drift", "--volt", "0.5", "--cycles", "12")
	require.Zero(t, code)
	require.Contains(t, stdout, "linear-ion-drift under 0.5 V at 100 Hz")
	require.Contains(t, stdout, "...", "of many cycles the first and the last")
}

func TestDeviceSweepRefuses(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{}, []string{"device sweep needs the name of one cell"}},
		{[]string{"vteem"}, []string{`there is no cell "vteem"; did you mean "vteam"?`}},
		{[]string{"reram-formed"}, []string{"reram-formed does not follow a voltage; cells that do: linear-ion-drift, vteam, yakopcic, stanford-pku, messaris"}},
		{[]string{"vteam", "--volt", "0", "--hz", "-1", "--cycles", "0", "--samples", "1"}, []string{"--volt 0: must be another", "--hz -1: is not", "--cycles 0: is not", "--samples 1: is not"}},
		{[]string{"vteam", "--volt", "1 A", "--hz", "NaN"}, []string{"--volt", "V", "--hz NaN"}},
		{[]string{"vteam", "--cycles", "10000", "--samples", "1000"}, []string{"lower --cycles or --samples"}},
		{[]string{"yakopcic", "--volt", "1e5"}, []string{"lower the voltage"}},
		{[]string{"stanford-pku", "--set", "f_min=1e12 V/m", "--volt", "1000"}, []string{"lower"}},
		{[]string{"vteam", "--set", "x_start=5 nm"}, []string{"x_start: 5 nm: must be from x_on, 0 nm, to x_off, 3 nm"}},
		{[]string{"vteam", "--set", "window=square"}, []string{"joglekar"}},
	} {
		code, _, stderr := synohm(append([]string{"device", "sweep"}, c.args...)...)
		require.Equal(t, 2, code, "%v: %s", c.args, stderr)
		for _, want := range c.want {
			require.Contains(t, stderr, want, "%v", c.args)
		}
	}
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Empty(t, entries, "what is refused leaves no folder")
}
