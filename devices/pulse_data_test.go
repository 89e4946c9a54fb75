package devices_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
)

func pulseFile(t testing.TB, text string) string {
	name := filepath.Join(t.TempDir(), "pulses.csv")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

func ramp(n int, format string, scale float64) string {
	var b strings.Builder
	for i := range n {
		x := float64(i) / float64(n-1)
		fmt.Fprintf(&b, format+"\n", scale*(2*x-1), scale*(1-2*x))
	}
	return b.String()
}

func TestReadPulses(t *testing.T) {
	d, err := devices.ReadPulses(pulseFile(t, "\xef\xbb\xbf# a comment\nup, down\n"+ramp(20, "%g, %g", 1)))
	require.NoError(t, err)
	require.Len(t, d.Up, 20)
	require.InDelta(t, -1, d.Up[0], 1e-12)
	require.InDelta(t, -1, d.Down[19], 1e-12)
}

func TestReadPulsesTellsWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"ragged":        {"1,2\n3\n4,5,6\n", []string{":2: has 1 column;", ":3: has 3 columns"}},
		"no number":     {"1,2\nx,2\n1,NaN\n1,\n", []string{`:2: column 1: "x"`, `:3: column 2: "NaN"`, `:4: column 2: ""`}},
		"three columns": {"target,mean,std\n1,2,3\n", []string{":1: has 3 columns", "after each up pulse", "(so have 2 lines in all)"}},
		"short":         {ramp(5, "%g,%g", 1), []string{"has 5 pulses each way; a fit needs at least 20"}},
		"flat":          {strings.Repeat("2,2\n", 30), []string{"all values are 2"}},
		"swapped":       {ramp(30, "%g,%g", -1), []string{"does not rise"}},
		"empty":         {"", []string{"has 0 pulses"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := devices.ReadPulses(pulseFile(t, c.text))
			for _, w := range c.want {
				require.ErrorContains(t, err, w)
			}
		})
	}
	_, err := devices.ReadPulses(filepath.Join(t.TempDir(), "none.csv"))
	require.ErrorContains(t, err, "none.csv")
}

func FuzzReadPulses(f *testing.F) {
	f.Add("up,down\n1,2\n")
	f.Add(ramp(20, "%g,%g", 1e300))
	f.Fuzz(func(t *testing.T, text string) {
		d, err := devices.ReadPulses(pulseFile(t, text))
		if err == nil {
			require.Equal(t, len(d.Up), len(d.Down))
			require.GreaterOrEqual(t, len(d.Up), 20)
		}
	})
}
