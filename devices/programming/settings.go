package programming

import (
	"errors"
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/config"
)

// Verify is how cells are read and judged.
type Verify struct {
	Tolerance  float64 `yaml:"tolerance" unit:"uS" default:"1 uS" range:"[0, inf)" doc:"how far from its target a cell may be"`
	Relative   float64 `yaml:"relative" unit:"%" default:"0 %" range:"[0, 100]" doc:"the same over the target; the larger of the two holds"`
	Hysteresis float64 `yaml:"hysteresis" unit:"%" default:"0 %" range:"[0, 90]" doc:"by how much the tolerance is tighter for a cell that was just written, so that noise does not take it out again"`
	Reads      int     `yaml:"reads" default:"1" range:"[1, 10000]" doc:"reads that are averaged"`
	Drop       int     `yaml:"drop" default:"0" range:"[0, 10000]" doc:"reads before those, which are made and dropped"`
	Confirm    bool    `yaml:"confirm" default:"true" doc:"a second reading must be within tolerance too"`
	Delay      float64 `yaml:"delay" unit:"s" default:"1 s" range:"[0, 1e9]" doc:"time before cells are looked at again, because they relax"`
	Epochs     int     `yaml:"epochs" default:"0" range:"[0, 1000]" doc:"how often all cells are looked at again; those that left their tolerance are written again, but for the last time"`
	Move       float64 `yaml:"move" unit:"uS" default:"0.5 uS" range:"[0, inf)" doc:"a cell whose reads all lie within this is stuck; above the noise of a reading"`
	Formed     float64 `yaml:"formed" unit:"uS" default:"0.5 uS" range:"[0, inf)" doc:"a cell that is stuck below this is not formed"`
}

// Limits hold for every cell of a run.
type Limits struct {
	Volt   float64 `yaml:"max_voltage" unit:"V" default:"3.3 V" range:"(0, 100]" doc:"largest voltage of a pulse, either way"`
	Width  float64 `yaml:"max_width" unit:"s" default:"1 ms" range:"(0, 10]" doc:"longest pulse"`
	Pulses int     `yaml:"max_pulses" default:"1000" range:"[1, 1000000000]" doc:"most pulses or writes of a cell in a run"`
}

// Algorithm says what is written to a cell that is outside its tolerance.
type Algorithm interface {
	Validate() error
	verify() *Verify
	// within tells what in the algorithm is beyond limits.
	within(Limits) error
	// rule makes the state of a run.
	rule(port Port, n int) (rule, error)
}

// OneShot writes once and does not correct. Its port must be a Programmer.
type OneShot struct {
	Verify `yaml:",inline"`
}

// WriteVerify writes until a cell is within tolerance: by the port's own means
// where it is a Programmer, else by pulses of one voltage each way.
type WriteVerify struct {
	Verify `yaml:",inline"`
	Set    float64 `yaml:"set" unit:"V" default:"1.5 V" range:"(0, 100]" doc:"voltage of a pulse that raises the conductance"`
	Reset  float64 `yaml:"reset" unit:"V" default:"1.8 V" range:"(0, 100]" doc:"voltage of a pulse that lowers it, as a magnitude"`
	Width  float64 `yaml:"width" unit:"s" default:"1 us" range:"(0, 10]" doc:"width of a pulse"`
	Writes int     `yaml:"writes" default:"100" range:"[1, 1000000000]" doc:"most pulses or writes of a cell in an epoch"`
}

// ISPP gives pulses of a voltage that rises step by step until the cell is
// within tolerance or beyond it; then it goes the other way, from the start.
//
// Defaults are those of NeuRRAM's programming scripts: set from 1.2 V and reset
// from 1.5 V to 3.3 V in steps of 0.1 V, 1 us wide, 30 pulses at the end
// voltage, 20 times each way.
type ISPP struct {
	Verify     `yaml:",inline"`
	SetStart   float64 `yaml:"set_start" unit:"V" default:"1.2 V" range:"(0, 100]" doc:"first voltage that raises the conductance"`
	SetStep    float64 `yaml:"set_step" unit:"V" default:"0.1 V" range:"(0, 100]" doc:"by how much each next pulse is higher"`
	SetStop    float64 `yaml:"set_stop" unit:"V" default:"3.3 V" range:"(0, 100]" doc:"highest voltage that raises the conductance"`
	ResetStart float64 `yaml:"reset_start" unit:"V" default:"1.5 V" range:"(0, 100]" doc:"first voltage that lowers the conductance, as a magnitude"`
	ResetStep  float64 `yaml:"reset_step" unit:"V" default:"0.1 V" range:"(0, 100]" doc:"by how much each next pulse is higher"`
	ResetStop  float64 `yaml:"reset_stop" unit:"V" default:"3.3 V" range:"(0, 100]" doc:"highest voltage that lowers the conductance, as a magnitude"`
	Width      float64 `yaml:"width" unit:"s" default:"1 us" range:"(0, 10]" doc:"width of a pulse"`
	Hold       int     `yaml:"hold" default:"30" range:"[0, 1000000]" doc:"further pulses at the highest voltage"`
	Turns      int     `yaml:"turns" default:"20" range:"[0, 1000000]" doc:"how often the direction may change in an epoch"`
}

// Validate finds what is wrong between settings.
func (v *Verify) Validate() error {
	if v.Tolerance == 0 && v.Relative == 0 {
		return config.FieldError{Field: "tolerance", Rule: "is 0, and so is relative; no cell can be read to be exactly at its target"}
	}
	return nil
}

func (v *Verify) verify() *Verify { return v }

// band is how far from its target a cell may be, uS.
func (v *Verify) band(target float32) float64 {
	return max(v.Tolerance, v.Relative/100*math.Abs(float64(target)))
}

// Validate finds what is wrong between settings.
func (a *ISPP) Validate() error {
	errs := []error{a.Verify.Validate()}
	if a.SetStop < a.SetStart {
		errs = append(errs, config.FieldError{Field: "set_stop", Rule: fmt.Sprintf("is %g V, below set_start, %g V; voltages rise", a.SetStop, a.SetStart)})
	}
	if a.ResetStop < a.ResetStart {
		errs = append(errs, config.FieldError{Field: "reset_stop", Rule: fmt.Sprintf("is %g V, below reset_start, %g V; voltages rise", a.ResetStop, a.ResetStart)})
	}
	return errors.Join(errs...)
}

func (*OneShot) within(Limits) error { return nil }

func (a *WriteVerify) within(l Limits) error {
	return errors.Join(l.volt("set", a.Set), l.volt("reset", a.Reset), l.width(a.Width))
}

func (a *ISPP) within(l Limits) error {
	return errors.Join(l.volt("set_stop", a.SetStop), l.volt("reset_stop", a.ResetStop), l.width(a.Width))
}

func (l Limits) volt(field string, v float64) error {
	if !(v <= l.Volt) {
		return config.FieldError{Field: field, Rule: fmt.Sprintf("is %g V, beyond the limit of %g V; lower it, or raise max_voltage if the cells bear it", v, l.Volt)}
	}
	return nil
}

func (l Limits) width(s float64) error {
	if !(s <= l.Width) {
		return config.FieldError{Field: "width", Rule: fmt.Sprintf("is %g s, beyond the limit of %g s; shorten it, or raise max_width if the cells bear it", s, l.Width)}
	}
	return nil
}
