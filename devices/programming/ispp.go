package programming

import (
	"errors"
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/config"
)

// ISPP gives pulses of a voltage that rises step by step until the cell is
// within tolerance or beyond its target; then it goes the other way, from the
// start.
//
// Defaults are those of NeuRRAM's programming scripts: set from 1.2 V, reset
// from 1.5 V, to 3.3 V in steps of 0.1 V, 1 us wide, 30 pulses more at the
// highest, 20 times each way.
type ISPP struct {
	Verify     `yaml:",inline"`
	Pulses     `yaml:",inline"`
	SetStart   float64 `yaml:"set_start" unit:"V" default:"1.2 V" range:"(0, 100]" doc:"first voltage that raises the conductance"`
	SetStep    float64 `yaml:"set_step" unit:"V" default:"0.1 V" range:"(0, 100]" doc:"by how much each next pulse is higher"`
	SetStop    float64 `yaml:"set_stop" unit:"V" default:"3.3 V" range:"(0, 100]" doc:"highest voltage that raises the conductance"`
	ResetStart float64 `yaml:"reset_start" unit:"V" default:"1.5 V" range:"(0, 100]" doc:"first voltage that lowers the conductance, as a magnitude"`
	ResetStep  float64 `yaml:"reset_step" unit:"V" default:"0.1 V" range:"(0, 100]" doc:"by how much each next pulse is higher"`
	ResetStop  float64 `yaml:"reset_stop" unit:"V" default:"3.3 V" range:"(0, 100]" doc:"highest voltage that lowers the conductance, as a magnitude"`
	Hold       int     `yaml:"hold" default:"30" range:"[0, 1000000]" doc:"further pulses at the highest voltage"`
	Turns      int     `yaml:"turns" default:"40" range:"[0, 1000000]" doc:"how often the direction may change in an epoch"`
}

// Validate finds what is wrong between settings.
func (a *ISPP) Validate() error {
	errs := []error{a.Verify.Validate()}
	for _, s := range []struct {
		name              string
		start, step, stop float64
	}{{"set", a.SetStart, a.SetStep, a.SetStop}, {"reset", a.ResetStart, a.ResetStep, a.ResetStop}} {
		if !(s.start > 0) {
			errs = append(errs, config.FieldError{Field: s.name + "_start", Rule: "must be above 0 V"})
		}
		if !(s.stop >= s.start) {
			errs = append(errs, config.FieldError{Field: s.name + "_stop", Rule: fmt.Sprintf("must be at least %s_start, %g V, as voltages rise", s.name, s.start)})
		}
		if !(s.step > 0) {
			errs = append(errs, config.FieldError{Field: s.name + "_step", Rule: "must be above 0 V, as voltages rise"})
		}
	}
	return errors.Join(errs...)
}

func (a *ISPP) check(l Limits) error {
	return errors.Join(l.volt("set_stop", a.SetStop), l.volt("reset_stop", a.ResetStop), l.width(a.Width))
}

func (a *ISPP) rule(_ Port, n int) (rule, error) {
	return &ramps{
		ISPP:  a,
		cells: make([]ramp, n),
		set:   rise(a.SetStart, a.SetStep, a.SetStop),
		reset: rise(a.ResetStart, a.ResetStep, a.ResetStop),
	}, nil
}

// rise is how many pulses there are below the highest voltage. A last step that
// is short by rounding alone is none.
func rise(start, step, stop float64) int {
	return int(min(math.Ceil((stop-start)/step-1e-6), 1e9))
}

// ramps is where each cell is on its way.
type ramps struct {
	*ISPP
	cells      []ramp
	set, reset int
}

type ramp struct {
	up    bool
	sent  int // pulses this way
	turns int
}

func (r *ramps) begin(k int)    { r.cells[k] = ramp{} }
func (r *ramps) width() float64 { return r.Width }

func (r *ramps) next(k int, up bool) write {
	c := &r.cells[k]
	if c.sent > 0 && up != c.up {
		if c.turns == r.Turns {
			return write{stop: true}
		}
		c.turns++
		c.sent = 0
	}
	c.up = up
	start, step, stop, below := r.SetStart, r.SetStep, r.SetStop, r.set
	if !up {
		start, step, stop, below = r.ResetStart, r.ResetStep, r.ResetStop, r.reset
	}
	if c.sent > below+r.Hold {
		return write{stop: true}
	}
	v := stop
	if c.sent < below {
		v = min(start+float64(float64(c.sent)*step), stop)
	}
	c.sent++
	return write{volt: r.volt(up, v)}
}

var (
	_ Algorithm = (*OneShot)(nil)
	_ Algorithm = (*ISPP)(nil)
	_ Algorithm = (*WriteVerify)(nil)
)
