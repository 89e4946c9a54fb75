package converters

import (
	"errors"
	"fmt"

	"github.com/synohm/synohm/internal/config"
)

// Ways to drive a row.
const (
	Amplitude = "amplitude" // a voltage of the value for a fixed time
	Width     = "width"     // a fixed voltage for a time of the value
	Serial    = "serial"    // a read for each digit of the value, shifted and added
)

// Noise managements: what a vector is divided by before conversion.
const (
	None     = "none"
	AbsMax   = "abs-max"
	Constant = "constant"
)

// Input is how numbers become what rows are driven with.
//
// Defaults are those of aihwkit's IOParameters where it has the setting (7 bits,
// scaled by the largest magnitude), without its noise. The energy of a
// conversion is an assumption near the 1.2 fJ a step of "Design of Relaxation
// Digital-to-Analog Converters for Internet of Things Applications in 40nm
// CMOS" (2019).
type Input struct {
	Drive  string `yaml:"drive" default:"amplitude" enum:"amplitude|width|serial" doc:"how a row is driven: by a voltage of the value, by a pulse whose width is the value, or digit by digit with one read each"`
	Bits   int    `yaml:"bits" default:"7" range:"[0, 16]" doc:"bits of an input, its sign included; 0 is ideal"`
	Signed bool   `yaml:"signed" default:"true" doc:"inputs may be negative"`
	Digit  int    `yaml:"digit" default:"1" range:"[1, 8]" doc:"bits of a value that one read of a serial input takes"`

	Management string  `yaml:"noise_management" default:"abs-max" enum:"abs-max|constant|none" doc:"what a vector is divided by first: its largest magnitude, a constant, or nothing"`
	Scale      float64 `yaml:"scale" default:"1" range:"(0, inf)" doc:"the constant of noise management"`
	Range      string  `yaml:"range" default:"maximum" enum:"maximum|calibrated|percentile" doc:"full range, of values so divided: the largest possible, that of the least square error over a sample, or a percentile of its magnitudes"`
	Percentile float64 `yaml:"percentile" unit:"%" default:"99.9 %" range:"(0, 100]" doc:"of the magnitudes of a sample, for that range"`
	Clip       bool    `yaml:"clip" default:"true" doc:"what lies beyond the range is cut to it"`
	Noise      float64 `yaml:"noise" default:"0" range:"[0, 1]" doc:"standard deviation of what a row is driven with, over the full range"`

	Step  float64 `yaml:"energy_step" unit:"fJ" default:"1 fJ" range:"[0, inf)" doc:"energy of a conversion over its number of steps, 2^bits; the default is an assumption"`
	Clock float64 `yaml:"clock" unit:"ns" default:"1 ns" range:"[0, inf)" doc:"time to settle, or unit of a pulse's width; the default is an assumption"`
}

// Validate finds what is wrong between settings.
func (in *Input) Validate() error {
	var errs []error
	add := func(field, rule string) { errs = append(errs, config.FieldError{Field: field, Rule: rule}) }
	if rule := checkBits(in.Bits, in.Signed); rule != "" {
		add("bits", rule)
	}
	if in.Drive != Amplitude && in.Bits == 0 {
		add("bits", fmt.Sprintf("must not be 0 (ideal), as drive %s counts in steps", in.Drive))
	}
	if in.Digit < 1 || in.Digit > 8 {
		add("digit", "must be 1 to 8")
	}
	if !in.Clip && in.Drive == Serial {
		add("clip", "must be true, as a serial input has no digits for values beyond its range")
	}
	return errors.Join(errs...)
}

// Span is the full range: maximum where the settings say so, else what they say
// of a sample of inputs, divided as noise management says.
func (in *Input) Span(maximum float64, samples []float32) (float64, error) {
	s, err := spanOf(in.Range, in.Percentile, newGrid(in.Bits, in.Signed, true), maximum, samples)
	if err != nil {
		return 0, fmt.Errorf("range of inputs: %w", err)
	}
	return s, nil
}
