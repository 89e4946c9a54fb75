package devices

import (
	"errors"
	"fmt"
)

// CheckWindow refuses targets from low to high uS that no cell of a kind can be
// programmed to.
func CheckWindow(cell Cell, low, high float64) error {
	least, most := cell.Window()
	if low >= least && high <= most {
		return nil
	}
	return fmt.Errorf("%s: outside the window of these cells, %.6g to %.6g uS", span("target", low, high, "uS"), least, most)
}

// span names one value or a range of them.
func span(what string, low, high float64, unit string) string {
	if low == high {
		return fmt.Sprintf("%s %.6g %s", what, low, unit)
	}
	return fmt.Sprintf("%ss from %.6g to %.6g %s", what, low, high, unit)
}

// CheckRange lists what of a use of cells lies outside of what their model was
// measured in: targets from Low to High, times since programming from From to
// Until, reads at up to Volt. Whether that is an error or a warning is for the
// caller, who knows if the user asked for extrapolation.
func CheckRange(cell Cell, use Measured) error {
	limited, ok := cell.(Limited)
	if !ok {
		return nil
	}
	m := limited.Measured()
	var errs []error
	if !(use.Low >= m.Low && use.High <= m.High) {
		errs = append(errs, fmt.Errorf("%s: measured were %.6g to %.6g uS", span("target", use.Low, use.High, "uS"), m.Low, m.High))
	}
	if m.Until > 0 && !(use.From >= m.From && use.Until <= m.Until) {
		errs = append(errs, fmt.Errorf("%s after programming: measured were %.6g to %.6g s", span("time", use.From, use.Until, "s"), m.From, m.Until))
	}
	if m.Volt > 0 && !(use.Volt <= m.Volt) {
		errs = append(errs, fmt.Errorf("reads at %.6g V: measured were at most %.6g V", use.Volt, m.Volt))
	}
	return errors.Join(errs...)
}
