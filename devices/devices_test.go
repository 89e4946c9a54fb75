package devices_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/devicetest"
	"github.com/synohm/synohm/internal/config"
)

func TestContract(t *testing.T) {
	require.NoError(t, devices.Catalog().Check())
	for _, m := range devices.Builtin() {
		t.Run(m.Name, func(t *testing.T) {
			devicetest.CheckWith(t, m, defaultsOf(m))
		})
	}
	_, ok := devices.Find("no such cell")
	require.False(t, ok)
}

// defaultsOf are the defaults of a model, and a file where it wants one.
func defaultsOf(m devices.Model) any {
	p := config.EntryDefaults(m.Entry)
	if table, ok := p.(*devices.Tabulated); ok {
		table.Path = "testdata/measured.csv"
	}
	if run, ok := p.(*devices.MeasuredPulses); ok {
		run.Path = "testdata/pulses.csv"
	}
	return p
}

// The rectified normal distribution at a mean of zero has mean s/sqrt(2 pi)
// and second moment s^2/2.
func TestFormedReRAMMomentsAtTheLimit(t *testing.T) {
	mean, std := (&devices.FormedReRAM{GMean: 1e-12, GStd: 2}).Moments()
	require.InDelta(t, 2*0.3989422804, mean, 1e-9)
	require.InDelta(t, 2, mean*mean+std*std, 1e-9)
	mean, std = (&devices.FormedReRAM{GMean: 7, GStd: 0}).Moments()
	require.Equal(t, []float64{7, 0}, []float64{mean, std})
	// Far from zero the clamp does nothing.
	mean, std = (&devices.FormedReRAM{GMean: 14.2473, GStd: 2.4624}).Moments()
	require.InDelta(t, 14.2473, mean, 1e-6)
	require.InDelta(t, 2.4624, std, 1e-6)
}
