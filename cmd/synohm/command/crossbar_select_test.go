package command_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Without line resistance a grounded scheme reads the cell alone; V/2 and V/3
// disturb by what their names say; where all other lines float, the others
// carry what three resistors in a row do.
func TestCrossbarSelect(t *testing.T) {
	r := filepath.Join(t.TempDir(), "R.csv")
	require.NoError(t, os.WriteFile(r, []byte("1000,2000\n4000,8000\n"), 0o644))
	type selected struct {
		Scheme  string
		Current float64 `json:"current_a"`
		Own     float64 `json:"cell_current_a"`
		Volt    float64 `json:"cell_volt"`
		Disturb float64 `json:"disturb_volt"`
		Power   float64 `json:"power_w"`
	}
	run := func(more ...string) map[string]selected {
		code, out, stderr := synohm(append([]string{"crossbar", "select", "--r", r, "--volt", "1", "--r-word", "1e-6", "--r-bit", "1e-6", "--json"}, more...)...)
		require.Zero(t, code, stderr)
		var got struct{ Schemes []selected }
		require.NoError(t, json.Unmarshal([]byte(out), &got))
		all := map[string]selected{}
		for _, s := range got.Schemes {
			all[s.Scheme] = s
		}
		return all
	}
	all := run()
	require.Len(t, all, 4)
	for name, s := range all {
		require.InDelta(t, 1e-3, s.Own, 1e-9, name)
		require.InDelta(t, 1, s.Volt, 1e-6, name)
	}
	require.InDelta(t, 1e-3, all["grounded"].Current, 1e-9)
	require.InDelta(t, 1, all["grounded"].Disturb, 1e-6, "the cells of the selected word line")
	require.InDelta(t, 1e-3+0.5/4000, all["v/2"].Current, 1e-9)
	require.InDelta(t, 0.5, all["v/2"].Disturb, 1e-6)
	require.InDelta(t, 1.0/3, all["v/3"].Disturb, 1e-6)
	require.InDelta(t, 1e-3+1.0/(2000+8000+4000), all["floating"].Current, 1e-9)
	require.InDelta(t, 8.0/14, all["floating"].Disturb, 1e-6)
	require.InDelta(t, 1e-3+1.0/14000, all["floating"].Power, 1e-8)
	require.Len(t, run("--scheme", "v/3"), 1)

	code, _, stderr := synohm("crossbar", "select", "--row", "9", "--r-word", "x", "--r-bit", "1", "--scheme", "v2")
	require.Equal(t, 2, code)
	for _, says := range []string{"--r-word", `did you mean "v/2"?`, "--volt", "--r is missing"} {
		require.Contains(t, stderr, says)
	}
	code, _, stderr = synohm("crossbar", "select", "--r", r, "--row", "9", "--volt", "1", "--r-word", "1", "--r-bit", "1")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "outside of 2 x 2 cells")
}
