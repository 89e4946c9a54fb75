package devices_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
)

// Equal steps up to the bound: 0.0016 n, at 1 after 625; as far down.
func TestConstantStepIsALineToTheBound(t *testing.T) {
	path := follow(t, plain(t, "gokmen-vlasov"), 700, -1300)
	require.InDelta(t, 0.16, path[100], 1e-12)
	require.InDelta(t, 0.9984, path[624], 1e-12)
	require.InDelta(t, 1, path[700], 1e-12)
	require.InDelta(t, 1-0.16, path[800], 1e-12)
	require.Equal(t, -1.0, path[2000])
	require.InDelta(t, 0.02, follow(t, plain(t, "idealized"), 100)[100], 1e-12)
}

// up_down makes one direction smaller and leaves the other: 1 - 0.25 down where
// it is positive, 1 - 0.25 up where it is negative.
func TestUpDownMakesOneDirectionSmaller(t *testing.T) {
	set := func(v float64) []float64 {
		return follow(t, pulsedCell(t, "constant-step", func(p *devices.ConstantStep) { p.UpDown = v }), 1, -1)
	}
	up := set(0.25)
	require.InDelta(t, 0.001, up[1], 1e-15)
	require.InDelta(t, 0.00025, up[2], 1e-15)
	down := set(-0.25)
	require.InDelta(t, 0.00075, down[1], 1e-15)
	require.InDelta(t, -0.00025, down[2], 1e-15)
}

func TestStepParamsAreChecked(t *testing.T) {
	p := devices.ConstantStep{StepParams: devices.StepParams{GMin: 5, GMax: 5, Lifetime: 0.5}}
	err := p.Validate()
	require.ErrorContains(t, err, "w_max")
	require.ErrorContains(t, err, "g_max")
	require.ErrorContains(t, err, "lifetime")
}
