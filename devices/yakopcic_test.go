package devices_test

import (
	"bytes"
	"fmt"
	"math"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/testdeps"
)

// The classic set under 0.5 sin(2 pi 100 t), integrated by an independent
// program to the digits written. In a period and a quarter the cell goes through
// all branches of thresholds and windows.
func TestYakopcicUnderASine(t *testing.T) {
	for _, c := range []struct{ tolerance, state, amps float64 }{
		{1e-9, 5.1e-9, 1e-8}, // the default
		{1e-12, 5.1e-9, 1e-8},
	} {
		cell := oneOf(t, devices.YakopcicModel(), func(p *devices.Yakopcic) { p.Tolerance = c.tolerance })
		tr := trace(t, cell, sine(0.5, 100), 12.5e-3, 25) // every 0.5 ms
		x := tr.State.Values.([]float64)
		for _, want := range []struct {
			k       int
			x, amps float64
		}{
			{2, 0.27256031, 6.80903963e-4},
			{4, 0.80761525, 3.26468048e-3},
			{15, 0.14778208, -6.28139258e-4},
			{18, 0.07806346, -1.95016369e-4},
			{25, 0.90657935, 3.85336358e-3},
		} {
			require.InDelta(t, want.x, x[want.k], c.state, "at %g s", tr.Times[want.k])
			require.InEpsilon(t, want.amps, tr.Amps[want.k], c.amps, "at %g s", tr.Times[want.k])
		}
	}
}

// ngspice as an oracle that knows nothing of memristors: the state is the
// voltage of a farad, charged by a current that is dx/dt.
func TestYakopcicAgainstNgspice(t *testing.T) {
	program, err := exec.LookPath("ngspice")
	if err != nil {
		testdeps.Missing(t, "ngspice", "make test-deps")
	}
	times := []float64{0.5e-3, 1e-3, 1.7e-3, 2e-3, 3.1e-3, 5.8e-3, 7.5e-3, 9e-3, 11e-3, 12.5e-3}
	var netlist strings.Builder
	netlist.WriteString(`* state of a cell
.options reltol=1e-8 abstol=1e-14 vntol=1e-12 method=gear
vin in 0 sin(0 0.7 100)
bg g 0 v = v(in) > 0.16 ? 4000*(exp(v(in))-exp(0.16)) : (v(in) < -0.15 ? -4000*(exp(-v(in))-exp(0.15)) : 0)
bf f 0 v = v(in) >= 0 ? (v(x) >= 0.3 ? exp(-(v(x)-0.3))*((0.3-v(x))/0.7+1) : 1) : (v(x) <= 0.5 ? exp(5*(v(x)-0.5))*v(x)/0.5 : 1)
bx 0 x i = v(g)*v(f)
cx x 0 1 ic=0.11
.tran 1u 13m 0 1u uic
.control
run
`)
	for k, at := range times {
		fmt.Fprintf(&netlist, "meas tran x%d find v(x) at=%g\n", k, at)
	}
	netlist.WriteString("quit 0\n.endc\n.end\n")
	cmd := exec.Command(program, "-b")
	cmd.Stdin = strings.NewReader(netlist.String())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Run(), stderr.String())
	printed := map[string]float64{}
	for _, line := range strings.Split(stdout.String(), "\n") {
		if name, value, ok := strings.Cut(line, "="); ok {
			if v, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
				printed[strings.TrimSpace(name)] = v
			}
		}
	}
	worst := 0.0
	for k, at := range times {
		want, ok := printed[fmt.Sprintf("x%d", k)]
		require.True(t, ok, "ngspice printed no x at %g s\n%s", at, stderr.String())
		c := oneOf[devices.Yakopcic](t, devices.YakopcicModel(), nil)
		trace(t, c, sine(0.7, 100), at, 40)
		worst = max(worst, math.Abs(want-state(c)))
		require.InDelta(t, want, state(c), 1e-5, "at %g s", at)
	}
	t.Logf("largest difference of the state %.1e", worst)
}

// Below x_p nothing slows a rise, so the state moves at a constant speed; eta of
// -1 turns the direction.
func TestYakopcicConstantSpeed(t *testing.T) {
	speed := 4000 * (math.Exp(0.3) - math.Exp(0.16))
	c := oneOf[devices.Yakopcic](t, devices.YakopcicModel(), nil)
	apply(t, c, 0.3, 1e-4)
	require.InDelta(t, 0.11+speed*1e-4, state(c), 1e-9)
	c = oneOf(t, devices.YakopcicModel(), func(p *devices.Yakopcic) { p.Eta, p.XStart = -1, 0.9 })
	apply(t, c, 0.3, 1e-4)
	require.InDelta(t, 0.9-speed*1e-4, state(c), 1e-9)
	// Between the thresholds it rests.
	for _, v := range []float64{0.16, -0.15, 0} {
		c := oneOf[devices.Yakopcic](t, devices.YakopcicModel(), nil)
		apply(t, c, v, 1)
		require.Equal(t, 0.11, state(c))
	}
	// A second at 5 V is stiff: a million times longer than the cell needs.
	c = oneOf[devices.Yakopcic](t, devices.YakopcicModel(), nil)
	apply(t, c, 5, 1)
	require.InDelta(t, 1, state(c), 1e-8)
	apply(t, c, -5, 1)
	require.InDelta(t, 0, state(c), 1e-8)
}
