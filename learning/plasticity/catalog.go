package plasticity

import (
	"errors"
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/units"
	"github.com/synohm/synohm/sim"
)

// Model is a catalogue entry with the way to make a rule of it.
type Model struct {
	catalog.Entry
	// Modulated tells that the rule hears a third population.
	Modulated bool
	// New puts the rule around weights; nil for none. Params is of the type
	// of Entry.Params, decoded and validated. What is wrong with a weight
	// among the parameters comes back as a config.FieldError.
	New func(s Setting, params any) (sim.Learner, error)
}

// Setting is where a rule acts.
type Setting struct {
	Weights sim.PlasticWeights // nil where parameters are to be checked alone
	Workers int                // that the weights were made for
	StepMS  float64            // length of a step, ms
	Unit    string             // of the weights
	// Negative tells that the weights are negative, so that rules act on
	// their magnitudes.
	Negative bool
	// Magnitude tells that the weights of a negative projection are stored as
	// magnitudes (of conductances).
	Magnitude bool
	// Factor is what the weights of the configuration were multiplied with,
	// for a smaller network; 0 is 1.
	Factor float64
}

// Builtin lists the rules that come with Synohm. A new rule is one line.
func Builtin() []Model {
	return []Model{
		{Entry: catalog.Entry{Name: "none", Summary: "weights stay", Equation: "dw/dt = 0", Reference: "no rule"}},
		STDPModel(),
		STDPPowerModel(),
		STDPTripletModel(),
		VogelsSprekelerModel(),
		STDPDopamineModel(),
	}
}

// Catalog gives the entries alone.
func Catalog() catalog.Catalog {
	var c catalog.Catalog
	for _, m := range Builtin() {
		c = append(c, m.Entry)
	}
	return c
}

// Find returns a rule by its name.
func Find(name string) (Model, error) {
	for _, m := range Builtin() {
		if m.Name == name {
			return m, nil
		}
	}
	return Model{}, fmt.Errorf("no plasticity rule %q", name)
}

// weights reads parameters that are weights. Inside, all are magnitudes.
type weights struct {
	s    Setting
	errs []error
}

func (w *weights) bad(field, rule string) {
	w.errs = append(w.errs, config.FieldError{Field: field, Rule: rule})
}

func (w *weights) err() error { return errors.Join(w.errs...) }

// parse reads a quantity in the unit of the weights.
func (w *weights) parse(field string, text config.Scalar) float64 {
	unit := w.s.Unit
	if unit == "" {
		unit = "1"
	}
	v, err := units.Parse(string(text), units.MustUnit(unit))
	if err != nil {
		w.bad(field, err.Error())
	}
	if w.s.Factor != 0 {
		v *= w.s.Factor
	}
	return v
}

// bound reads a weight that has the sign of the projection's.
func (w *weights) bound(field string, text config.Scalar) float64 {
	before := len(w.errs)
	v := w.parse(field, text)
	switch {
	case len(w.errs) > before:
	case v < 0 != w.s.Negative && v != 0:
		w.bad(field, "must have the sign of the mean weight of the projection")
	}
	return max(v, -v)
}

// limit is a bound that is not zero.
func (w *weights) limit(field string, text config.Scalar) float64 {
	before := len(w.errs)
	v := w.bound(field, text)
	if v == 0 && len(w.errs) == before {
		w.bad(field, "must not be zero")
	}
	return v
}

// scale reads a positive weight that amplitudes are given in; one of the unit
// if empty.
func (w *weights) scale(field string, text config.Scalar) float64 {
	if text == "" {
		if w.s.Factor != 0 {
			return w.s.Factor
		}
		return 1
	}
	v := w.parse(field, text)
	if v <= 0 {
		w.bad(field, "must be above zero")
	}
	return v
}
