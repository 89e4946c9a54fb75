package command_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// deviceJSON runs a verb of device and reads what it prints.
func deviceJSON(t *testing.T, args ...string) map[string]any {
	code, stdout, stderr := synohm(append([]string{"device"}, append(args, "--json")...)...)
	require.Zero(t, code, stderr)
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(stdout), &m))
	return m
}

func path(m map[string]any) (values []float64) {
	for _, v := range m["trajectory"].([]any) {
		values = append(values, v.(float64))
	}
	return values
}

// The nominal paths that aihwkit 1.1 gives, from 0: see the tests of the cells.
func TestDevicePulseNoiseFree(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	m := deviceJSON(t, "pulse", "reram-es", "--up", "1000", "--down", "1000", "--noise-free")
	w := path(m)
	require.Len(t, w, 2000)
	require.Equal(t, 0.0, m["start"])
	require.Equal(t, "weight", m["unit"])
	for n, want := range map[int]float64{
		1: 0.001481255, 100: 0.146007534, 500: 0.705555444, 1000: 1,
		1001: 0.986920337, 1100: 0.377377084, 1500: -0.406992787, 2000: -0.998149653,
	} {
		require.InDelta(t, want, w[n-1], 1e-8, "after %d pulses", n)
	}
	other := path(deviceJSON(t, "pulse", "reram-es", "--up", "1000", "--down", "1000", "--noise-free", "--seed", "9"))
	require.Equal(t, w, other, "nothing is drawn")
	soft := path(deviceJSON(t, "pulse", "soft-bounds", "--up", "1000", "--noise-free", "--set", "dw_min=0.002", "--set", "w_max=1.25"))
	require.InDelta(t, 0.184956744, soft[99], 1e-9)
	require.InDelta(t, 0.997952525, soft[999], 1e-9)
}

// Noise depends on the seed, and a longer run begins like a shorter one.
func TestDevicePulseIsItsSeeds(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	short := path(deviceJSON(t, "pulse", "ecram", "--up", "20"))
	long := path(deviceJSON(t, "pulse", "ecram", "--up", "40", "--down", "7"))
	require.Len(t, long, 47)
	require.Equal(t, short, long[:20])
	require.NotEqual(t, short, path(deviceJSON(t, "pulse", "ecram", "--up", "20", "--seed", "2")))
	// Mean and spread of many cells after one pulse: 0.002, 0.1 between cells
	// and 0.3 from pulse to pulse.
	m := deviceJSON(t, "pulse", "ecram", "--up", "1", "--cells", "10000")
	std := 0.002 * math.Hypot(0.3*math.Hypot(1, 0.1), math.Hypot(0.1, 0.01))
	require.InDelta(t, 0.002, m["mean"].([]any)[0], 5*std/100)
	require.InDelta(t, std, m["std"].([]any)[0], 5*std/math.Sqrt(20_000))
	require.Equal(t, short[:1], path(m), "the first of many is the one")
}

// A capacitor leaks between pulses where they are apart: with 1 s from pulse to
// pulse it comes to a/(1 - a/e) of its steps.
func TestDevicePulsePeriod(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	at := func(period string) float64 {
		w := path(deviceJSON(t, "pulse", "capacitor", "--up", "50", "--noise-free", "--period", period))
		return w[49]
	}
	s := 0.05 * 0.005
	require.InDelta(t, 0.005/s*(1-math.Pow(1-s, 50)), at("0"), 1e-12)
	keep := math.Exp(-1) * (1 - s)
	require.InDelta(t, 0.005/(1-keep), at("1 s"), 1e-6)
}

func TestDevicePulseOfACompactModel(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	m := deviceJSON(t, "pulse", "vteam", "--up", "3", "--down", "5", "--volt-up", "-0.4", "--volt-down", "200 mV", "--width", "10 ns", "--noise-free")
	require.Equal(t, "uS", m["unit"])
	g := path(m)
	require.InDelta(t, 20_000, g[2], 1, "50 ohm")
	for k := 3; k < 8; k++ {
		require.Less(t, g[k], g[k-1])
	}
	// k_off (v/v_off - 1) = 5e-4 (10 - 1) m/s for 10 ns of 3 nm, and R from 50 to
	// 1000 ohm with it.
	require.InEpsilon(t, 1e6/(50+950*4.5e-3*10e-9/3e-9), g[3], 1e-5)
}

func TestDevicePulseWritesAPlotAndATable(t *testing.T) {
	clean(t)
	dir := filepath.Join(t.TempDir(), "out")
	code, stdout, stderr := synohm("device", "pulse", "reram-sb", "--up", "30", "--down", "30", "--cells", "5", "--out", dir)
	require.Zero(t, code, stderr)
	for _, s := range []string{"reram-sb, 30 pulses up and 30 down", "30 down", "mean", "0 to 25 uS"} {
		require.Contains(t, stdout, s)
	}
	picture, err := os.ReadFile(filepath.Join(dir, "plots", "trajectory.png"))
	require.NoError(t, err)
	_, err = png.Decode(bytes.NewReader(picture))
	require.NoError(t, err)
	table, err := os.ReadFile(filepath.Join(dir, "trajectory.csv"))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(table)), "\n")
	require.Equal(t, "pulse,one_cell,mean,std", lines[0])
	require.Len(t, lines, 62)
	require.FileExists(t, filepath.Join(dir, "DONE"))
}

func TestDevicePulseTellsWhatIsWrong(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	for args, want := range map[string][]string{
		"pcm --up 3":                                       {"pcm has no pulses", "reram-es", "measured-pulses", "vteam"},
		"reram-formed --up 3":                              {"reram-formed has no pulses"},
		"ecram":                                            {"give 1 to 10000000 in all"},
		"ecram --up -1 --down 20000000":                    {"--up -1", "--down 20000000"},
		"ecram --up 9000000 --down 2000000":                {"give 1 to 10000000 in all"},
		"ecram --up 10000 --cells 100000":                  {"at most 200000000"},
		"ecram --up 3 --cells 0":                           {"--cells 0"},
		"ecram --up 3 --volt-up 1":                         {"voltage is not set"},
		"ecram --up 3 --period x":                          {"--period"},
		"ecram --up 3 --period -1":                         {"--period -1"},
		"ecram --up 3 --set dw_min=-1":                     {"dw_min"},
		"ecram --up 3 --set w_min=0 --set w_max=0":         {"must be above w_min"},
		"vteam --up 3 --down 3":                            {"--volt-up", "--volt-down", "--width"},
		"vteam --up 3 --volt-up 1 --width 1s --period 1ms": {"shorter than a pulse"},
		"measured-pulses --up 3":                           {"path"},
		"measured-pulses --up 3 --set path=no":             {"no such file"},
		"recam --up 3":                                     {"did you mean"},
	} {
		t.Run(args, func(t *testing.T) {
			code, _, stderr := synohm(append([]string{"device", "pulse"}, strings.Fields(args)...)...)
			require.Equal(t, 2, code, stderr)
			for _, w := range want {
				require.Contains(t, stderr, w)
			}
		})
	}
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Empty(t, entries, "what is refused leaves nothing behind")
}

// pulseCSV is the nominal response of soft bounds at 1.1 and -1.1, in steps of
// 0.02 from -0.9: w moves the share 0.02/1.1 of the way to the bound.
func pulseCSV(t *testing.T, offset, factor float64) string {
	var b strings.Builder
	up, down := -0.9, 0.9
	for range 150 {
		up += 0.02 * (1 - up/1.1)
		down -= 0.02 * (1 + down/1.1)
		fmt.Fprintf(&b, "%.9g,%.9g\n", offset+factor*up, offset+factor*down)
	}
	name := filepath.Join(t.TempDir(), "my run.csv")
	require.NoError(t, os.WriteFile(name, []byte(b.String()), 0o600))
	return name
}

// What the fit prints is a configuration that gives the measured path again.
func TestDeviceFitGivesACellThatRuns(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	m := deviceJSON(t, "fit", pulseCSV(t, 0, 1))
	require.Equal(t, "weight", m["unit"])
	fits := m["fits"].([]any)
	require.Len(t, fits, 5)
	require.Equal(t, m["best"], fits[0].(map[string]any)["cell"])
	for _, f := range fits {
		require.Less(t, f.(map[string]any)["rmse"], 0.01)
		require.Greater(t, f.(map[string]any)["r2"], 0.999)
	}
	one := deviceJSON(t, "fit", pulseCSV(t, 0, 1), "--cell", "soft-bounds")
	require.Contains(t, one["yaml"], "cell: soft-bounds\ncell_params:\n")
	args := []string{"pulse", "soft-bounds", "--up", "150", "--noise-free"}
	for k, v := range one["fits"].([]any)[0].(map[string]any)["cell_params"].(map[string]any) {
		args = append(args, "--set", fmt.Sprintf("%s=%v", k, v))
	}
	w := path(deviceJSON(t, args...))
	require.InDelta(t, 1.1*(1-math.Pow(1-0.02/1.1, 150)), w[149], 1e-4)
}

// Values of 100 + 50 w nS become weights, and the bounds at 1.1 and -1.1 get their
// conductances, 155 and 45 nS.
func TestDeviceFitOfConductances(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	file := pulseCSV(t, 100, 50)
	m := deviceJSON(t, "fit", file, "--cell", "soft-bounds", "--unit", "nS")
	params := m["fits"].([]any)[0].(map[string]any)["cell_params"].(map[string]any)
	require.Equal(t, "nS", m["unit"])
	uS := func(key string) (v float64) {
		_, err := fmt.Sscanf(params[key].(string), "%g uS", &v)
		require.NoError(t, err, params[key])
		return v
	}
	require.InDelta(t, 0.155, uS("g_max"), 1e-4)
	require.InDelta(t, 0.045, uS("g_min"), 1e-4)
	bare := deviceJSON(t, "fit", file, "--cell", "soft-bounds")
	require.Equal(t, "uS", bare["unit"], "no 0 inside: conductances")
	require.NotContains(t, bare, "notes")
	notes := deviceJSON(t, "fit", pulseCSV(t, 30e3, 10e3), "--cell", "soft-bounds")["notes"].([]any)
	require.Contains(t, notes[0], "if the values are in nS, give --unit nS")
}

func TestDeviceFitWritesAPlotAndACell(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	code, stdout, stderr := synohm("device", "fit", pulseCSV(t, 0, 1), "--out", "fit")
	require.Zero(t, code, stderr)
	for _, s := range []string{"RMSE", "R2", "BIC", "150 pulses each way", "cell_params:"} {
		require.Contains(t, stdout, s)
	}
	for _, name := range []string{"plots/fit.png", "cell.yaml", "result.json", "DONE"} {
		require.FileExists(t, filepath.Join("fit", name))
	}
}

func TestDeviceFitTellsWhatIsWrong(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("bad.csv", []byte("1,2\n3\nx,y\n"), 0o600))
	good := pulseCSV(t, 0, 1)
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"no file":      {nil, []string{"needs one CSV file"}},
		"missing":      {[]string{"none.csv"}, []string{"none.csv"}},
		"ragged":       {[]string{"bad.csv"}, []string{"bad.csv:2: has 1 column;", `bad.csv:3: column 1: "x"`}},
		"unknown cell": {[]string{good, "--cell", "pcm"}, []string{"pcm", "soft-bounds"}},
		"bad unit":     {[]string{good, "--unit", "V"}, []string{"--unit V"}},
		"not positive": {[]string{good, "--unit", "uS"}, []string{"is no conductance"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := synohm(append([]string{"device", "fit"}, c.args...)...)
			require.Equal(t, 2, code, stderr)
			for _, w := range c.want {
				require.Contains(t, stderr, w)
			}
		})
	}
}

// Ctrl-C ends ten million pulses at once, and the folder says so.
func TestDevicePulseIsInterrupted(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	stop := time.AfterFunc(200*time.Millisecond, func() {
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			_ = self.Signal(os.Interrupt)
		}
	})
	code, stdout, stderr := synohm("device", "pulse", "reram-es", "--up", "5000000", "--down", "5000000", "--out", "cut")
	stop.Stop()
	require.Equal(t, 3, code, stderr)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "synohm: interrupted")
	text, err := os.ReadFile("cut/manifest.json")
	require.NoError(t, err)
	require.Contains(t, string(text), `"outcome": "interrupted"`)
	require.NoFileExists(t, "cut/DONE")
	require.NoFileExists(t, "cut/trajectory.csv")
}
