package array

import (
	"fmt"
	"strings"

	"github.com/synohm/synohm/devices"
)

// outside tells what a use of cells has beyond what their model was measured
// in: nothing where all is inside, an error unless the user asked for
// extrapolation, else a warning.
func outside(cell devices.Cell, s *Settings, seconds float64) (warning string, err error) {
	low, high := cell.Window()
	beyond := devices.CheckRange(cell, devices.Measured{Low: low, High: high, Until: seconds, Volt: s.Pulse.Volt})
	if beyond == nil {
		return "", nil
	}
	what := strings.ReplaceAll(beyond.Error(), "\n", "; ")
	if s.Extrapolate {
		return "extrapolated beyond measurements: " + what, nil
	}
	return "", fmt.Errorf("%s; extrapolate: true goes on with a warning", what)
}

// inRange checks the time since the cells were programmed.
func (m *Matrix) inRange(seconds float64) error {
	warning, err := outside(m.cell, m.s, seconds)
	if warning != "" {
		m.warn(beyondMeasured, warning)
	}
	return err
}
