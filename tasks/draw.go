package tasks

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/internal/units"
)

// Draw is a quantity in the file that may be drawn from a distribution: a
// single value, or the settings of a distribution. Its unit depends on what it
// is for, so the values are kept as they are written.
type Draw struct {
	Value config.Scalar `yaml:"value" short:"true" doc:"the value of all"`
	Kind  string        `yaml:"kind" default:"" enum:"|constant|normal|lognormal|uniform" doc:"distribution; without it mean and std make a normal one, low and high a uniform one"`
	Mean  config.Scalar `yaml:"mean" doc:"mean of the normal distribution; of the lognormal one, median"`
	Std   config.Scalar `yaml:"std" doc:"standard deviation of the normal distribution; of the lognormal one, of the natural logarithm"`
	Low   config.Scalar `yaml:"low" doc:"lower end of the uniform distribution"`
	High  config.Scalar `yaml:"high" doc:"upper end of the uniform distribution"`
	Min   config.Scalar `yaml:"min" doc:"what lies below is drawn again"`
	Max   config.Scalar `yaml:"max" doc:"what lies above is drawn again"`
}

// Validate refuses what is no number in any unit.
func (d *Draw) Validate() error {
	var errs []error
	for _, f := range []struct {
		name string
		s    config.Scalar
	}{{"value", d.Value}, {"mean", d.Mean}, {"std", d.Std}, {"low", d.Low}, {"high", d.High}, {"min", d.Min}, {"max", d.Max}} {
		switch strings.ToLower(strings.TrimLeft(string(f.s), "+-")) {
		case ".nan", ".inf", "nan", "inf": // YAML's spellings and Go's
			errs = append(errs, config.FieldError{Field: f.name, Rule: "must be a finite number"})
		}
	}
	return errors.Join(errs...)
}

// empty tells that the file says nothing.
func (d *Draw) empty() bool { return *d == Draw{} }

// kind is the distribution that the settings make.
func (d *Draw) kind() string {
	switch {
	case d.Kind != "":
		return d.Kind
	case d.Mean != "" || d.Std != "":
		return "normal"
	case d.Low != "" || d.High != "":
		return "uniform"
	}
	return "constant"
}

// draw gives the distribution in a unit, "" for plain numbers, or the mistakes
// by the field that they are in.
func (d *Draw) draw(unit string) (philox.Draw, []config.FieldError) {
	var errs []config.FieldError
	bad := func(field, rule string) { errs = append(errs, config.FieldError{Field: field, Rule: rule}) }
	number := func(field string, s config.Scalar, unit string, missing float64) float64 {
		if s == "" {
			return missing
		}
		v, err := parseQuantity(string(s), unit)
		if err != nil {
			bad(field, err.Error())
		}
		return v
	}
	must := func(field string, s config.Scalar) {
		if s == "" {
			bad(field, "is missing for a "+d.kind()+" distribution")
		}
	}
	never := func(fields map[string]config.Scalar) {
		for _, f := range []string{"value", "mean", "std", "low", "high", "min", "max"} {
			if s, ok := fields[f]; ok && s != "" {
				bad(f, "has no meaning for a "+d.kind()+" distribution")
			}
		}
	}
	low := number("min", d.Min, unit, math.Inf(-1))
	high := number("max", d.Max, unit, math.Inf(1))
	kind, a, b := philox.Constant, 0.0, 0.0
	switch d.kind() {
	case "constant":
		never(map[string]config.Scalar{"mean": d.Mean, "std": d.Std, "low": d.Low, "high": d.High, "min": d.Min, "max": d.Max})
		must("value", d.Value)
		a = number("value", d.Value, unit, 0)
	case "normal":
		never(map[string]config.Scalar{"value": d.Value, "low": d.Low, "high": d.High})
		must("mean", d.Mean)
		must("std", d.Std)
		kind, a, b = philox.NormalDraw, number("mean", d.Mean, unit, 0), number("std", d.Std, unit, 0)
	case "lognormal":
		never(map[string]config.Scalar{"value": d.Value, "low": d.Low, "high": d.High})
		must("mean", d.Mean)
		must("std", d.Std)
		median := number("mean", d.Mean, unit, 1)
		if median <= 0 {
			bad("mean", "the median of a lognormal distribution is positive")
		}
		kind, a, b = philox.LognormalDraw, math.Log(median), number("std", d.Std, "", 0)
	case "uniform":
		never(map[string]config.Scalar{"value": d.Value, "mean": d.Mean, "std": d.Std, "min": d.Min, "max": d.Max})
		must("low", d.Low)
		must("high", d.High)
		kind, a, b = philox.UniformDraw, number("low", d.Low, unit, 0), number("high", d.High, unit, 1)
	}
	if len(errs) > 0 {
		return philox.Draw{}, errs
	}
	p, err := philox.NewDraw(kind, a, b, low, high)
	if err != nil {
		bad("", err.Error())
	}
	return p, errs
}

// parseQuantity reads a number in a unit; without one, a plain number.
func parseQuantity(text, unit string) (float64, error) {
	if unit != "" {
		return units.Parse(text, units.MustUnit(unit))
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%q is not a finite number without a unit", text)
	}
	return v, nil
}
