package command_test

import (
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// sample runs device sample in a fresh working directory.
func sample(t *testing.T, args ...string) map[string]any {
	code, stdout, stderr := synohm(append([]string{"device", "sample", "--json"}, args...)...)
	require.Zero(t, code, stderr)
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(stdout), &m))
	return m
}

// Moments of 100,000 cells within five standard errors of the reference: noise
// of programming 0.952705 uS at 12.5 uS; after a day the product of what was
// programmed, of the drift with nu of N(0.049, 0.008) and of a read with
// 0.070242 of the conductance (aihwkit's PCMLikeNoiseModel).
func TestDeviceSamplePCM(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	const n = 100_000
	now := sample(t, "pcm", "--g-target", "12.5", "--n", "100000", "--t", "0")
	require.InDelta(t, 12.5, now["mean_us"], 5*0.952705/math.Sqrt(n))
	require.InDelta(t, 0.952705, now["std_us"], 5*0.952705/math.Sqrt(2*n))
	// Normal quantiles.
	for key, z := range map[string]float64{"q01_us": -2.326348, "q05_us": -1.644854, "q25_us": -0.674490, "q50_us": 0, "q75_us": 0.674490, "q95_us": 1.644854, "q99_us": 2.326348} {
		require.InDelta(t, 12.5+0.952705*z, now[key], 0.04, key)
	}
	require.Less(t, now["min_us"], now["q01_us"])
	require.Greater(t, now["max_us"], now["q99_us"])
	require.Equal(t, now["mean_us"], now["programmed"].(map[string]any)["mean_us"], "t 0 is programming alone")

	day := sample(t, "pcm", "--g-target", "12500 nS", "--n", "100000", "--t", "1 d")
	require.Equal(t, now["programmed"], day["programmed"], "the same cells")
	require.Equal(t, 86400.0, day["t_s"])
	l := math.Log(86420.0 / 20)
	mean := 12.5 * math.Exp(-0.049*l+0.008*0.008*l*l/2)
	second := (12.5*12.5 + 0.952705*0.952705) * math.Exp(-2*0.049*l+2*0.008*0.008*l*l) * (1 + 0.070242*0.070242)
	std := math.Sqrt(second - mean*mean)
	require.InDelta(t, mean, day["mean_us"], 5*std/math.Sqrt(n))
	require.InDelta(t, std, day["std_us"], 5*std/math.Sqrt(2*n)*1.1)

	again := sample(t, "pcm", "--g-target", "12.5", "--n", "100000", "--t", "86400")
	require.Equal(t, day["mean_us"], again["mean_us"], "same seed, same numbers")
	other := sample(t, "pcm", "--g-target", "12.5", "--t", "86400", "--seed", "2")
	require.NotEqual(t, day["mean_us"], other["mean_us"])
}

func TestDeviceSampleWritesAPlotAndATable(t *testing.T) {
	clean(t)
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.WriteFile("cell.csv", []byte("2,0.2\n30,1\n"), 0o644))
	code, stdout, stderr := synohm("device", "sample", "measured", "--set", "path=cell.csv", "--g-target", "16", "--n", "500", "--t", "2 h", "--out", "mine")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "500 cells of measured, programmed to 16 µS, seed 1")
	require.Contains(t, stdout, "read after 2 h")
	name := filepath.Join("mine", "plots", "conductance.png")
	require.Contains(t, stderr, name)
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	img, err := png.Decode(f)
	require.NoError(t, err)
	require.Greater(t, img.Bounds().Dx(), 500)
	require.FileExists(t, filepath.Join("mine", "DONE"))
	require.FileExists(t, filepath.Join("mine", "result.json"))

	code, _, stderr = synohm("device", "sample", "measured", "--set", "path=cell.csv", "--g-target", "16", "--out", "mine")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "mine exists and is not overwritten")

	formed := sample(t, "reram-formed", "--n", "20000", "--t", "1")
	require.InDelta(t, 14.2473, formed["mean_us"], 0.1)
	require.NotContains(t, formed, "g_target_us")
	require.Equal(t, "runs", filepath.Dir(formed["run_dir"].(string)))
}

func TestDeviceSampleExtrapolatesWhenAsked(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	code, _, stderr := synohm("device", "sample", "reram-wan", "--g-target", "20", "--t", "5 d")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "time 432000 s after programming: measured were 0 to 172800 s; --extrapolate goes there all the same")
	m := sample(t, "reram-wan", "--g-target", "20", "--t", "5 d", "--n", "100", "--extrapolate")
	require.Len(t, m["warnings"], 1)
	text, err := os.ReadFile(filepath.Join(m["run_dir"].(string), "manifest.json"))
	require.NoError(t, err)
	require.Contains(t, string(text), "extrapolated, time 432000 s")
}

func TestDeviceRefuses(t *testing.T) {
	clean(t)
	code, stdout, _ := synohm("device")
	require.Zero(t, code)
	require.Regexp(t, `(?m)^  sample +Program many cells`, stdout, "its verbs are shown, as those of crossbar")
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("ragged.csv", []byte("t,s\n2,0.2\n30,1,4\n"), 0o644))
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"smaple"}, []string{`no verb "smaple"; did you mean "sample"?`}},
		{[]string{"sample"}, []string{"the name of one cell"}},
		{[]string{"sample", "pmc", "--g-target", "3"}, []string{`did you mean "pcm"?`}},
		{[]string{"sample", "pcm"}, []string{"needs --g-target, from 0 to 25 uS"}},
		{[]string{"sample", "pcm", "--g-target", "26"}, []string{"target 26 uS: outside the window of these cells, 0 to 25 uS"}},
		{[]string{"sample", "pcm", "--g-target", "-1"}, []string{"outside the window"}},
		{[]string{"sample", "pcm", "--g-target", "x", "--n", "0", "--t", "-1"}, []string{"--n 0", "--t -1", "--g-target", "nS, uS, mS", "a bare number is in uS"}},
		{[]string{"sample", "pcm", "--g-target", "nan", "--t", "inf"}, []string{"--g-target nan: is not a finite number", "--t inf: is not a finite number"}},
		{[]string{"sample", "pcm", "--g-target", "3", "--n", "1000000000"}, []string{"is not in 1 to 1000000"}},
		{[]string{"sample", "pcm", "--g-target", "3", "--t", "3 V"}, []string{`unit "V" does not fit`}},
		{[]string{"sample", "pcm", "--g-target", "3", "--set", "g_mx=3 uS"}, []string{`did you mean "g_max"?`}},
		{[]string{"sample", "pcm", "--g-target", "3", "--set", "zzzzzz=3", "--set", "yyyyyy=1"}, []string{"--set zzzzzz=3: pcm has no such parameter; known: g_max", "--set yyyyyy=1"}},
		{[]string{"pulse", "vteam", "--set", "x=3"}, []string{`did you mean "x_on", "x_off" or "x_start"?`}},
		{[]string{"sample", "pcm", "--g-target", "3", "--set", "g_max=3"}, []string{"has no unit"}},
		{[]string{"sample", "pcm", "--g-target", "3", "--set", "g_max"}, []string{"expected key=value"}},
		{[]string{"sample", "pcm", "--g-target", "3", "--set", "cell=sonos"}, []string{"named after the verb"}},
		{[]string{"sample", "reram-cmo", "--g-target", "30", "--set", "acceptance=1 %"}, []string{"one of 2 % and 0.2 %"}},
		{[]string{"sample", "reram-formed", "--g-target", "3"}, []string{"formed and never programmed"}},
		{[]string{"sample", "measured", "--g-target", "3"}, []string{"path: is missing"}},
		{[]string{"sample", "measured", "--g-target", "3", "--set", "path=ragged.csv"}, []string{"ragged.csv:3: has 3 columns, expected 2"}},
	} {
		code, stdout, stderr := synohm(append([]string{"device"}, c.args...)...)
		require.Equal(t, 2, code, "%v: %s", c.args, stderr)
		require.Empty(t, stdout)
		for _, w := range c.want {
			require.Contains(t, stderr, w, "%v", c.args)
		}
	}
	require.NoDirExists(t, "runs", "nothing is left behind")
}
