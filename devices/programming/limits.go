package programming

import (
	"fmt"

	"github.com/synohm/synohm/internal/config"
)

// Limits hold for every cell of a run, whatever the algorithm says.
type Limits struct {
	Volt   float64 `yaml:"max_voltage" unit:"V" default:"3.3 V" range:"(0, 100]" doc:"largest voltage of a pulse, either way"`
	Width  float64 `yaml:"max_width" unit:"s" default:"1 ms" range:"(0, 10]" doc:"longest pulse"`
	Pulses int     `yaml:"max_pulses" default:"1000" range:"[1, 1000000000]" doc:"most pulses or writes of a cell in a run"`
}

// volt refuses a voltage beyond the limit; so it does what is no number.
func (l Limits) volt(field string, v float64) error {
	if v > 0 && v <= l.Volt {
		return nil
	}
	return config.FieldError{Field: field, Rule: fmt.Sprintf("is %g V, and the limit is %g V; lower it, or raise max_voltage if the cells bear it", v, l.Volt)}
}

func (l Limits) width(s float64) error {
	if s > 0 && s <= l.Width {
		return nil
	}
	return config.FieldError{Field: "width", Rule: fmt.Sprintf("is %g s, and the limit is %g s; shorten it, or raise max_width if the cells bear it", s, l.Width)}
}
