package spice_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/spice"
)

// A divider of 1 and 2 ohm, a short, and a cell of a current that is not
// linear: 3 V - V = 1 ohm * (V^3), whose solution is V = 1.2134116627622296
// (the real root of x^3 + x = 3, by Cardano).
func TestOperatingPoint(t *testing.T) {
	var c spice.Circuit
	c.Source("in", spice.Ground, 3)
	c.Resistor("in", "mid", 1)
	c.Resistor("mid", "end", 2)
	c.Meter("end", "same")
	c.Resistor("same", spice.Ground, 0)
	c.Resistor("in", "cell", 1)
	c.Current("cell", spice.Ground, "v(cell)*v(cell)*v(cell)")
	o := c.Solve(t)
	require.InDelta(t, 2, o.Volts["mid"], 1e-14)
	require.InDelta(t, 0, o.Volts["end"], 1e-14)
	require.InDeltaSlice(t, []float64{1}, o.Amperes, 1e-14)
	root := math.Cbrt(1.5+math.Sqrt(2.25+1.0/27)) + math.Cbrt(1.5-math.Sqrt(2.25+1.0/27))
	require.InDelta(t, root, o.Volts["cell"], 1e-12)
}

// fatal is a test that notes how it ended instead of failing.
type fatal struct {
	testing.TB
	text string
}

func (f *fatal) Helper() {}
func (f *fatal) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	panic(f)
}
func (f *fatal) Skipf(format string, args ...any) { f.Fatalf(format, args...) }

// ended returns how a solution of a circuit ended a test.
func ended(t *testing.T, c *spice.Circuit) string {
	f := &fatal{TB: t}
	require.PanicsWithValue(t, f, func() { c.Solve(f) })
	return f.text
}

// A program that fails or is silent is never taken for a result.
func TestFailuresAreSeen(t *testing.T) {
	var c spice.Circuit
	c.Source("in", spice.Ground, 1)
	c.Current("in", spice.Ground, "nonsense(")
	programs := t.TempDir()
	write := func(script string) {
		require.NoError(t, os.WriteFile(filepath.Join(programs, "ngspice"), []byte("#!/bin/sh\n"+script), 0o755))
	}
	c.Resistor("in", spice.Ground, 1)

	path := os.Getenv("PATH")
	t.Setenv("PATH", programs)
	t.Setenv("SYNOHM_STRICT", "")
	require.Contains(t, ended(t, &c), "ngspice is missing; to have it: make test-deps")
	write("exit 3")
	require.Contains(t, ended(t, &c), "ngspice: exit status 3")
	write("echo 'in = nan'")
	require.Contains(t, ended(t, &c), "printed no value of in")

	t.Setenv("PATH", path)
	if text := ended(t, &c); text != "skipped: ngspice is missing; to have it: make test-deps" {
		require.Regexp(t, "ngspice: exit status|printed no value", text)
	}
}
