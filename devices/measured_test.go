package devices

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func table(t *testing.T, text string) (Cell, error) {
	file := filepath.Join(t.TempDir(), "cell.csv")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	return TabulatedModel().New(&Tabulated{Path: file, ReadNoise: 0.02})
}

func TestMeasuredInterpolates(t *testing.T) {
	cell, err := table(t, "\xef\xbb\xbfg_target,g_mean,g_std\r\n# by hand\r\n\r\n2, 2.1, 0.3\r\n10,9.8,0.9\r\n60,58.5,2\r\n")
	require.NoError(t, err)
	low, high := cell.Window()
	require.Equal(t, []float64{2, 60}, []float64{low, high})
	for target, want := range map[float64][2]float64{2: {2.1, 0.3}, 4: {4.025, 0.45}, 10: {9.8, 0.9}, 35: {34.15, 1.45}, 60: {58.5, 2}} {
		g, sigma := programmedAt(cell, target, many, 1e6)
		requireRectified(t, g, want[0], want[1])
		require.InDelta(t, 0.02*g[0], sigma[0], 1e-6)
	}

	// Two columns: the mean is the target. No line of names.
	cell, err = table(t, "0,0.5\n40,2.5")
	require.NoError(t, err)
	mean, std := cell.(*tabulatedCell).at(10)
	require.Equal(t, []float64{10, 1}, []float64{mean, std})
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(0, 40).Draw(t, "target")
		mean, std := cell.(*tabulatedCell).at(x)
		require.InDelta(t, x, mean, 1e-12)
		require.InDelta(t, 0.5+x/20, std, 1e-12)
	})
}

func TestMeasuredRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"ragged":        {"t,s\n1,2\n3,4,5\n", "cell.csv:3: has 3 columns, expected 2"},
		"short":         {"1,2,3\n2,3\n", "cell.csv:2: has 2 columns, expected 3"},
		"one column":    {"1\n2\n", "cell.csv:1: has 1 columns, expected 2 or 3"},
		"head":          {"a,b,c,d\n1,2,3,4\n", "cell.csv:1: has 4 columns; expected target"},
		"word":          {"1,2\n3,soft\n", `cell.csv:2: column 2: "soft" is not a number`},
		"typo in 1":     {"l,2\n3,4\n", `cell.csv:1: column 1: "l" is not a number`},
		"NaN":           {"1,2\n3,NaN\n", "cell.csv:2: column 2: NaN is not a conductance or spread"},
		"negative":      {"1,2\n3,-4\n", "cell.csv:2: column 2: -4 is not a conductance or spread"},
		"order":         {"1,2\n3,4\n2,1\n", "cell.csv:3: target 2 uS is not above the one before, 3 uS"},
		"twice":         {"1,2\n1,4\n", "cell.csv:2: target 1 uS is not above"},
		"two names":     {"t,s\nt,s\n1,2\n", `cell.csv:2: column 1: "t" is not a number`},
		"one target":    {"t,s\n1,2\n", "has 1 targets; a table has at least 2"},
		"empty":         {"", "has 0 targets"},
		"two mistakes":  {"1,2\n3\n4,x\n", "cell.csv:2: has 1 columns, expected 2\n"},
		"and the other": {"1,2\n3\n4,x\n", `cell.csv:3: column 2: "x" is not a number`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := table(t, c.text)
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := TabulatedModel().New(&Tabulated{Path: "no such file.csv"})
	require.ErrorContains(t, err, "no such file.csv")
	_, err = TabulatedModel().New(&Tabulated{Path: t.TempDir()})
	require.Error(t, err, "a folder is no table")
}

func FuzzMeasured(f *testing.F) {
	f.Add([]byte("t,m,s\n1,2,3\n2,3,4\n"))
	f.Add([]byte("1,2\n3,4\n"))
	f.Add([]byte("\xef\xbb\xbf#\n,\n,,\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := parseSpreads("x.csv", string(data))
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, len(rows), 2)
		for i, r := range rows {
			require.True(t, r.target >= 0 && r.mean >= 0 && r.std >= 0 && r.target <= maxUS)
			require.True(t, i == 0 || r.target > rows[i-1].target)
		}
	})
}
