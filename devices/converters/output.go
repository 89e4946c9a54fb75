package converters

import (
	"errors"
	"fmt"

	"github.com/synohm/synohm/internal/config"
)

// Kinds of converters of outputs.
const (
	Ideal = "ideal" // equal steps
	Ramp  = "ramp"  // all columns compared with one ramp, step by step
	SAR   = "sar"   // a bit after the other, by successive approximation
)

// Iterative is the bound management that halves the inputs; None does nothing.
const Iterative = "iterative"

// Output is how what the columns give becomes numbers.
//
// Defaults are those of aihwkit's IOParameters where it has the setting (9 bits,
// limits of bound management), without its noise: there 0.06 at a range of 12,
// which is 0.005 of the range. The energy of a conversion is a figure of merit
// (Walden, IEEE JSAC 17 (1999)) times the number of steps, 2^bits. Published SAR
// converters reach from 2.2 fJ a step (Harpe et al., ISSCC 2013, the record of
// its year) to 34 fJ in "A 34fJ/conversion-step 10-bit 6.66MS/s SAR ADC with
// built-in digital calibration in 130nm CMOS"; 50 fJ is an assumption that
// leaves room for what is around one.
type Output struct {
	Kind       string  `yaml:"kind" default:"ideal" enum:"ideal|ramp|sar" doc:"how values are found: equal steps, one ramp for all columns, successive approximation in each"`
	Bits       int     `yaml:"bits" default:"9" range:"[0, 16]" doc:"bits of an output, its sign included; 0 is ideal"`
	Signed     bool    `yaml:"signed" default:"true" doc:"outputs may be negative"`
	Range      string  `yaml:"range" default:"maximum" enum:"maximum|calibrated|percentile" doc:"full range: the largest possible output, that of the least square error over a sample, or a percentile of its magnitudes"`
	Percentile float64 `yaml:"percentile" unit:"%" default:"99.9 %" range:"(0, 100]" doc:"of the magnitudes of a sample, for that range"`
	Clip       bool    `yaml:"clip" default:"true" doc:"what lies beyond the range is cut to it"`
	Noise      float64 `yaml:"noise" default:"0" range:"[0, 1]" doc:"standard deviation of an output before its conversion, over the full range"`

	Gain    float64 `yaml:"gain_std" default:"0" range:"[0, 0.5]" doc:"standard deviation of the gain of a column about 1"`
	Offset  float64 `yaml:"offset_std" default:"0" range:"[0, 0.5]" doc:"standard deviation of the offset of a column, of its comparator, over the full range"`
	Element float64 `yaml:"element_std" default:"0" range:"[0, 0.2]" doc:"standard deviation of a unit element about 1: of a step of the ramp, the same for all columns, or of the unit capacitor, in each column its own"`

	Bounds    string  `yaml:"bound_management" default:"none" enum:"none|iterative" doc:"what is done where an output is beyond the range: nothing, or the inputs halved and the array read again until none is"`
	MaxFactor float64 `yaml:"max_factor" default:"1000" range:"[1, 1000]" doc:"bound management ends when inputs were divided by more"`
	MaxRes    float64 `yaml:"max_res" default:"0.25" range:"(0, 1]" doc:"bound management ends when a step of the inputs, so divided, is more of their range"`

	Share int     `yaml:"share" default:"1" range:"[1, 65536]" doc:"columns that take turns at one converter; a ramp serves all at once"`
	Step  float64 `yaml:"energy_step" unit:"fJ" default:"50 fJ" range:"[0, inf)" doc:"energy of a conversion over its number of steps, 2^bits (Walden's figure of merit); the default is an assumption"`
	Clock float64 `yaml:"clock" unit:"ns" default:"1 ns" range:"[0, inf)" doc:"time of a cycle: sar takes one a bit, ramp one a step, ideal one; the default is an assumption"`
}

// Validate finds what is wrong between settings.
func (o *Output) Validate() error {
	var errs []error
	add := func(field, rule string) { errs = append(errs, config.FieldError{Field: field, Rule: rule}) }
	if rule := checkBits(o.Bits, o.Signed); rule != "" {
		add("bits", rule)
	}
	if o.Kind != Ideal && o.Bits == 0 {
		add("bits", fmt.Sprintf("must not be 0 (ideal), as kind %s has steps", o.Kind))
	}
	if o.Kind != Ideal && !o.Clip {
		add("clip", fmt.Sprintf("must be true, as kind %s has no codes beyond its range", o.Kind))
	}
	if o.Bounds == Iterative && !o.Clip {
		add("bound_management", "must be none where clip is false, as nothing is cut")
	}
	if o.Kind == Ideal && o.Element > 0 {
		add("element_std", "must be 0, as kind ideal has neither ramp nor capacitors")
	}
	return errors.Join(errs...)
}

// Span is the full range: maximum where the settings say so, else what they say
// of a sample of outputs.
func (o *Output) Span(maximum float64, samples []float32) (float64, error) {
	s, err := spanOf(o.Range, o.Percentile, newGrid(o.Bits, o.Signed, true), maximum, samples)
	if err != nil {
		return 0, fmt.Errorf("range of outputs: %w", err)
	}
	return s, nil
}
