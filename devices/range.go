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
	asked := fmt.Sprintf("a target of %.6g uS lies", low)
	if low != high {
		asked = fmt.Sprintf("targets from %.6g to %.6g uS lie", low, high)
	}
	return fmt.Errorf("%s outside the window of these cells, %.6g to %.6g uS", asked, least, most)
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
		errs = append(errs, fmt.Errorf("targets from %.6g to %.6g uS: measured were %.6g to %.6g uS", use.Low, use.High, m.Low, m.High))
	}
	if m.Until > 0 && !(use.From >= m.From && use.Until <= m.Until) {
		errs = append(errs, fmt.Errorf("times up to %.6g s after programming: measured were %.6g to %.6g s", use.Until, m.From, m.Until))
	}
	if m.Volt > 0 && !(use.Volt <= m.Volt) {
		errs = append(errs, fmt.Errorf("reads at %.6g V: measured were up to %.6g V", use.Volt, m.Volt))
	}
	return errors.Join(errs...)
}
