package command_test

import (
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/npz"
)

// The case in the README of badcrossbar 1.1, which solves it by SuperLU: its
// resistances, voltages, and with 0.5 ohm a segment its currents and node
// voltages (printed there to ten digits). ngspice 39 gives the same to 2e-15.
const (
	readmeR = "345,903,755,257,646\n652,401,508,166,454\n442,874,190,244,635\n"
	readmeV = "1.5\n2.3\n1.7\n"
)

var (
	readmeCurrents = []float64{0.011585025421546973, 0.009190641636252411, 0.015115681173257949, 0.025833208221257207, 0.009811792882657442}
	readmeVWord    = [][]float64{
		{1.4921029068, 1.4863511405, 1.4814173697, 1.4774569106, 1.4763217091},
		{2.2840511076, 2.2698463633, 2.2584615855, 2.2492891286, 2.2468240209},
		{1.6880778109, 1.6780586596, 1.6689968671, 1.6643072825, 1.6630016953},
	}
)

// answer is what --json prints of one vector.
type answer struct {
	Currents []float64 `json:"currents_a"`
	Ideal    []float64 `json:"ideal_currents_a"`
	In       []float64 `json:"source_currents_a"`
	Loss     struct {
		PerColumn []*float64 `json:"per_column"`
		Mean      *float64   `json:"mean"`
		Total     *float64   `json:"total"`
	} `json:"loss"`
	Power struct {
		Total float64 `json:"total_w"`
		Cells float64 `json:"cells_w"`
		Lines float64 `json:"lines_w"`
	} `json:"power"`
	VWord      [][]float64 `json:"v_word"`
	VBit       [][]float64 `json:"v_bit"`
	Iterations int         `json:"iterations"`
	Newton     int         `json:"newton_steps"`
	Residual   float64     `json:"residual"`
	RunDir     string      `json:"run_dir"`
}

// tables writes files of resistances and voltages into a folder of their own,
// where the test then works.
func tables(t *testing.T, r, v string) {
	clean(t)
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("R.csv", []byte(r), 0o644))
	require.NoError(t, os.WriteFile("V.csv", []byte(v), 0o644))
}

// crossbar solves R.csv and V.csv.
func crossbar(args ...string) (code int, stdout, stderr string) {
	return synohm(append([]string{"crossbar", "solve", "--r", "R.csv", "--v", "V.csv"}, args...)...)
}

func solve(t *testing.T, args ...string) (a answer, stderr string) {
	code, stdout, stderr := crossbar(append(args, "--json")...)
	require.Zero(t, code, stderr)
	require.NoError(t, json.Unmarshal([]byte(stdout), &a))
	return a, stderr
}

// near compares to a relative difference.
func near(t *testing.T, want, got []float64, relative float64) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		require.InEpsilon(t, want[i], got[i], relative, "value %d", i)
	}
}

func TestCrossbarREADMECase(t *testing.T) {
	tables(t, readmeR, readmeV)
	a, stderr := solve(t, "--r-word", "0.5", "--r-bit", "500 mohm", "--out", "solved")
	near(t, readmeCurrents, a.Currents, 1e-12)
	for i, row := range readmeVWord {
		require.InDeltaSlice(t, row, a.VWord[i], 1e-10)
	}
	require.Equal(t, "plots and voltages of all nodes: solved\n", stderr)

	// What follows from these by Ohm's and Kirchhoff's laws alone.
	r, v := [][]float64{{345, 903, 755, 257, 646}, {652, 401, 508, 166, 454}, {442, 874, 190, 244, 635}}, []float64{1.5, 2.3, 1.7}
	var total, cells, arrives, ideal float64
	for j := range 5 {
		sum := 0.0
		for i := range 3 {
			sum += v[i] / r[i][j]
			across := a.VWord[i][j] - a.VBit[i][j]
			cells += across * across / r[i][j]
		}
		require.InEpsilon(t, sum, a.Ideal[j], 1e-14)
		require.InDelta(t, 1-readmeCurrents[j]/sum, *a.Loss.PerColumn[j], 1e-12)
		require.InEpsilon(t, a.VBit[2][j]/0.5, a.Currents[j], 1e-10)
		arrives, ideal = arrives+readmeCurrents[j], ideal+sum
	}
	for i := range 3 {
		total += v[i] * (v[i] - readmeVWord[i][0]) / 0.5
		require.InEpsilon(t, (v[i]-readmeVWord[i][0])/0.5, a.In[i], 1e-8)
	}
	require.InDelta(t, 1-arrives/ideal, *a.Loss.Total, 1e-12)
	require.InEpsilon(t, total, a.Power.Total, 1e-8)
	require.InEpsilon(t, cells, a.Power.Cells, 1e-12)
	require.InEpsilon(t, total-cells, a.Power.Lines, 1e-6)
	require.Less(t, a.Residual, 1e-9)

	for _, name := range []string{"plots/voltages.png", "plots/currents.png"} {
		f, err := os.Open(filepath.Join("solved", name))
		require.NoError(t, err)
		_, err = png.Decode(f)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	require.FileExists(t, "solved/DONE")
	arrays, err := npz.Open("solved/nodes.npz", 1<<20)
	require.NoError(t, err)
	defer arrays.Close()
	word, err := arrays.Read("v_word")
	require.NoError(t, err)
	require.Equal(t, []int{1, 3, 5}, word.Shape)
	require.Equal(t, a.VWord[2], word.Data.([]float64)[10:], "the bits of --json")
	text, err := os.ReadFile("solved/result.json")
	require.NoError(t, err)
	var kept answer
	require.NoError(t, json.Unmarshal(text, &kept))
	require.Equal(t, a.Currents, kept.Currents)

	code, _, stderr := crossbar("--r-word", "0.5", "--r-bit", "0.5", "--out", "solved")
	require.Equal(t, 2, code, "a folder is not used twice")
	require.Contains(t, stderr, "solved exists and is not overwritten")
}

// The second row of the same reference, lines of unequal resistance.
func TestCrossbarUnequalLines(t *testing.T) {
	tables(t, readmeR, readmeV)
	a, _ := solve(t, "--r-word", "0.5 ohm", "--r-bit", "0.00025 kohm")
	near(t, []float64{.0116157855, .0092081182, .0151529669, .025973649, .0098316698}, a.Currents, 5e-9)
}

// One cell is V/(source + word + R + bit + sense), by its loop.
func TestCrossbarOneCell(t *testing.T) {
	tables(t, "100\n", "2\n")
	a, _ := solve(t, "--r-word", "3", "--r-bit", "5", "--r-source", "7", "--r-sense", "11")
	near(t, []float64{2.0 / 126}, a.Currents, 1e-12)
	require.InEpsilon(t, 26.0/126, *a.Loss.Total, 1e-12)
	require.InEpsilon(t, 4.0/126, a.Power.Total, 1e-12)

	code, stdout, stderr := crossbar("--r-word", "1e5", "--r-bit", "100 Mohm")
	require.Zero(t, code, stderr)
	require.Contains(t, stderr, "note: 99.9999 % of the ideal current is lost", "100 % would be all of it")
	require.Regexp(t, `(?m)^0 +1\.998e-05 +20 +99\.9999 %$`, stdout, "both in mA")
}

// Ideal lines lose nothing, whatever the current of a cell.
func TestCrossbarIdealLines(t *testing.T) {
	tables(t, readmeR, readmeV)
	for cell, law := range map[string]func(v float64) float64{
		"linear": func(v float64) float64 { return v },
		"cubic":  func(v float64) float64 { return v - v*v*v/4 },
		"sinh":   func(v float64) float64 { return math.Sinh(2*v) / 2 },
	} {
		a, _ := solve(t, "--r-word", "0", "--r-bit", "0", "--cell", cell)
		want := law(1.5)/345 + law(2.3)/652 + law(1.7)/442
		require.InEpsilon(t, want, a.Currents[0], 1e-12, cell)
		require.InDelta(t, 0, *a.Loss.Total, 1e-12, cell)
		require.InDelta(t, 0, a.Power.Lines, 1e-12, cell)
	}
}

// A single cell behind 100 ohm: the voltage across it solves one equation,
// here by bisection.
func TestCrossbarCurves(t *testing.T) {
	tables(t, "1000\n", "0.9\n")
	for cell, law := range map[string]func(v float64) float64{
		"cubic": func(v float64) float64 { return (v - v*v*v/4) / 1000 },
		"sinh":  func(v float64) float64 { return math.Sinh(2*v) / 2 / 1000 },
	} {
		lo, hi := 0.0, 0.9
		for range 100 {
			if v := (lo + hi) / 2; law(v) < (0.9-v)/100 {
				lo = v
			} else {
				hi = v
			}
		}
		a, _ := solve(t, "--r-word", "60", "--r-bit", "40", "--cell", cell)
		near(t, []float64{law(lo)}, a.Currents, 1e-10)
		require.Positive(t, a.Newton)
	}
	code, stdout, stderr := crossbar("--r-word", "60", "--r-bit", "40", "--cell", "sinh")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "steps of Newton's method")
}

// Several columns of voltages are several vectors, each with the numbers that
// it has alone; a line of voltages is one vector.
func TestCrossbarVectors(t *testing.T) {
	tables(t, readmeR, "1.5;-0.2\n2.3;0\n1.7;0.1\n")
	args := []string{"--r-word", "0.5", "--r-bit", "0.5"}
	code, stdout, stderr := crossbar(append(args, "--json", "--workers", "2")...)
	require.Zero(t, code, stderr)
	var both struct {
		Vectors  int           `json:"vectors"`
		Currents [][]float64   `json:"currents_a"`
		VBit     [][][]float64 `json:"v_bit"`
		Loss     []struct {
			Total float64 `json:"total"`
		} `json:"loss"`
		Iterations []int `json:"iterations"`
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &both))
	require.Equal(t, 2, both.Vectors)
	near(t, readmeCurrents, both.Currents[0], 1e-12)
	require.Len(t, both.Loss, 2)
	require.Len(t, both.Iterations, 2)

	require.NoError(t, os.WriteFile("V.csv", []byte("-0.2 0 0.1"), 0o644))
	second, _ := solve(t, args...)
	near(t, second.Currents, both.Currents[1], 1e-12)
	require.InDeltaSlice(t, second.VBit[1], both.VBit[1][1], 1e-14)

	require.NoError(t, os.WriteFile("V.csv", []byte("1.5;-0.2\n2.3;0\n1.7;0.1\n"), 0o644))
	code, stdout, stderr = crossbar(args...)
	require.Zero(t, code, stderr)
	require.Regexp(t, `(?m)^0 +0\.1376 +2\.339 %`, stdout)
	require.Regexp(t, `(?m)^1 `, stdout)
}

// The same bits for any number of workers.
func TestCrossbarWorkers(t *testing.T) {
	var r, v strings.Builder
	for i := range 40 {
		for j := range 37 {
			if j > 0 {
				r.WriteString(",")
			}
			r.WriteString([]string{"10000", "25e3", "1e6", "inf", "77000"}[(i*i+3*j*j+i*j)%5])
		}
		r.WriteString("\n")
		v.WriteString([]string{"0.1\n", "-0.3\n", "0.25\n"}[i%3])
	}
	tables(t, r.String(), v.String())
	var first string
	for _, workers := range []string{"1", "3"} {
		code, stdout, stderr := crossbar("--r-word", "5", "--r-bit", "5", "--json", "--workers", workers, "--out", "w"+workers)
		require.Zero(t, code, stderr)
		stdout = strings.Replace(stdout, `"run_dir":"w`+workers+`"`, "", 1)
		if first == "" {
			first = stdout
		}
		require.Equal(t, first, stdout)
	}
	code, stdout, _ := crossbar("--r-word", "5", "--r-bit", "5")
	require.Zero(t, code)
	require.Contains(t, stdout, "...", "a long table is cut")
	require.Regexp(t, `(?m)^36 `, stdout, "its end stands there")
	require.NotRegexp(t, `(?m)^25 `, stdout)
}

// Open cells, lines without cells, and lines that let nothing through are
// solved, and said.
func TestCrossbarNotes(t *testing.T) {
	tables(t, "inf,inf,inf\n1000,inf,2000\n", "1\n1\n")
	a, stderr := solve(t, "--r-word", "1", "--r-bit", "1")
	require.Contains(t, stderr, "note: 1 of 2 word lines and 1 of 3 bit lines have open cells alone")
	require.Zero(t, a.Currents[1])
	require.Nil(t, a.Loss.PerColumn[1])
	require.NotNil(t, a.Loss.Mean)
	require.InDelta(t, 1, a.VWord[0][2], 1e-12, "no current, no drop")

	_, stderr = solve(t, "--r-word", "1e6", "--r-bit", "1e6")
	require.Regexp(t, `note: 99\.9\d+ % of the ideal current is lost in the lines`, stderr)
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(strings.SplitAfter(stderr, "nodes: ")[1]), "manifest.json"))
	require.NoError(t, err)
	require.Contains(t, string(text), "of the ideal current is lost")

	require.NoError(t, os.WriteFile("V.csv", []byte("0\n0\n"), 0o644))
	a, _ = solve(t, "--r-word", "1", "--r-bit", "1")
	require.Equal(t, []float64{0, 0, 0}, a.Currents)
	require.Nil(t, a.Loss.Total)

	// What cancels is no current that could be lost.
	require.NoError(t, os.WriteFile("R.csv", []byte("3,1\n3,2\n3,3\n"), 0o644))
	require.NoError(t, os.WriteFile("V.csv", []byte("0.1\n0.2\n-0.3\n"), 0o644))
	a, _ = solve(t, "--r-word", "1e-3", "--r-bit", "1e-3")
	require.Nil(t, a.Loss.PerColumn[0])
	require.NotNil(t, a.Loss.PerColumn[1])

	require.NoError(t, os.WriteFile("R.csv", []byte("inf,inf,inf\n1000,inf,2000\n"), 0o644))
	require.NoError(t, os.WriteFile("V.csv", []byte("0\n1.3\n"), 0o644))
	_, stderr = solve(t, "--r-word", "1", "--r-bit", "1", "--cell", "cubic")
	require.Contains(t, stderr, "note: 2 cells are at more than 1.155 V, where a cubic cell's current falls")
}

// Lines so bad that nothing arrives are solved, and it is said. Where a segment
// is far above all cells, these are nothing beside it: what arrives is that of
// lines joined at every crossing, in inverse proportion to the segment.
func TestCrossbarExtremeLines(t *testing.T) {
	tables(t, readmeR, readmeV)
	var last []float64
	for _, r := range []string{"1e7", "1e9", "1e12", "1e15"} {
		a, stderr := solve(t, "--r-word", r, "--r-bit", r, "--out", r)
		require.Regexp(t, `note: 99\.999\d+ % of the ideal current is lost`, stderr)
		ohm, err := strconv.ParseFloat(r, 64)
		require.NoError(t, err)
		in, out := 0.0, 0.0
		for i := range a.In {
			in += a.In[i]
		}
		for j := range a.Currents {
			out += a.Currents[j]
			a.Currents[j] *= ohm
		}
		require.InEpsilon(t, in, out, 1e-9)
		if last != nil {
			near(t, last, a.Currents, 1e-3)
		}
		last = a.Currents
	}
	code, stdout, _ := crossbar("--r-word", "1e15", "--r-bit", "1e15")
	require.Zero(t, code)
	require.Contains(t, stdout, "elimination")

	// What no method solves ends with a reason, and is no result.
	require.NoError(t, os.WriteFile("V.csv", []byte("100\n100\n-100\n"), 0o644))
	code, stdout, stderr := crossbar("--r-word", "5", "--r-bit", "0.5", "--cell", "sinh", "--out", "failed")
	require.Equal(t, 1, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "what there is: failed\nsynohm: ")
	text, err := os.ReadFile("failed/manifest.json")
	require.NoError(t, err)
	require.Contains(t, string(text), `"outcome": "failed"`)
	require.NoFileExists(t, "failed/DONE")
}

func TestCrossbarBadInput(t *testing.T) {
	both := []string{"--r-word", "0.5", "--r-bit", "0.5"}
	for _, c := range []struct {
		name, r, v string
		args       []string
		rules      []string
	}{
		{"everything at once", "100,-2\nnan\n0,x\n", "1\ntwo\n3e3\n", []string{"--r-word", "-1", "--r-sense", "5 V", "--cell", "cubik", "--workers", "-3"}, []string{
			`--r-word: "-1" is neither 0 nor from 1e-15 to 1e+15 ohm`,
			"--r-bit is missing: the resistance of a segment of a bit line in ohm, 0 for an ideal one",
			`--r-sense: unit "V" does not fit here; units that fit: mohm, ohm, kohm, Mohm`,
			`--cell: there is no cell "cubik"; did you mean "cubic"?`,
			"--workers -3 is not in 0 to 1024",
			`R.csv:1: column 2: "-2" is a negative resistance`,
			`R.csv:2: column 1: "nan" is no resistance; an open cell is inf`,
			"R.csv:2: 1 value, where line 1 has 2",
			`R.csv:3: column 1: "0" is a short, not a cell`,
			`R.csv:3: column 2: "x" is no number`,
			`V.csv:2: column 1: "two" is no number`,
			`V.csv:3: column 1: "3e3" is no voltage from -100 to 100 V`,
		}},
		{"short of voltages", readmeR, "1\n2\n", both, []string{"V.csv is 2 x 1 (rows x columns), but R.csv has 3 word lines"}},
		{"a line too long", readmeR, "1,2,3,4,5\n", both, []string{"V.csv is 1 x 5 (rows x columns), but R.csv has 3"}},
		{"empty", "", "\n", both, []string{"R.csv: holds no numbers", "V.csv: holds no numbers"}},
		{"header", "a,b\n1,2\n", "1", both, []string{`R.csv:1: "a,b" is no row of numbers`}},
		{"tiny", "1e-300\n", "1", both, []string{`"1e-300" is a short, not a cell: the least resistance is 1e-06 ohm`}},
		{"infinite line", "1\n", "1", []string{"--r-word", "inf", "--r-bit", "1e300", "--r-sense", "nan"}, []string{`--r-word: "inf" is`, `--r-bit: "1e300" is`, `--r-sense: "nan" is`}},
		{"infinite voltage", "1\n", "inf", both, []string{`"inf" is no voltage`}},
		{"argument", "1\n", "1", append(both, "x"), []string{`not "x"`}},
		{"place", "1\n", "1", append(both, "--out", "R.csv/x"), []string{"not a directory"}},
		{"no file", "1\n", "1", append(both, "--v", "gone.csv"), []string{"gone.csv: cannot be read: no such file"}},
		{"no name", "1\n", "1", append(both, "--v", ""), []string{"--v is missing: a file of the word lines' voltages in V"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tables(t, c.r, c.v)
			code, stdout, stderr := crossbar(c.args...)
			require.Equal(t, 2, code, stderr)
			require.Empty(t, stdout)
			for _, rule := range c.rules {
				require.Contains(t, stderr, rule)
			}
			require.NoDirExists(t, "runs", "nothing is begun")
		})
	}
	code, _, stderr := synohm("crossbar", "solv")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, `synohm crossbar has no verb "solv"; did you mean "solve"?`)
	code, stdout, _ := synohm("crossbar")
	require.Zero(t, code)
	require.Contains(t, stdout, "solve ")
}
