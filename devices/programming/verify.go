package programming

import (
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
	Move       float64 `yaml:"move" unit:"uS" default:"1 uS" range:"[0, inf)" doc:"a cell that its pulses moved by less is stuck; above the noise of a reading"`
	Formed     float64 `yaml:"formed" unit:"uS" default:"0.5 uS" range:"[0, inf)" doc:"a cell that is stuck below this is not formed"`
}

// Validate finds what is wrong between settings.
func (v *Verify) Validate() error {
	if v.Tolerance == 0 && v.Relative == 0 {
		return config.FieldError{Field: "tolerance", Rule: "must be above 0 where relative is 0, as no cell is read to be exactly at its target"}
	}
	if v.Reads < 1 {
		return config.FieldError{Field: "reads", Rule: "must be at least 1, as a cell is judged by its reads"}
	}
	return nil
}

func (v *Verify) verify() *Verify { return v }

// within tells whether a reading is near enough to a target. tighter is by how
// much less is near enough, in per cent.
func (v *Verify) within(g, target float32, tighter float64) bool {
	band := max(v.Tolerance, v.Relative/100*math.Abs(float64(target)))
	return math.Abs(float64(g)-float64(target)) <= band*(1-tighter/100)
}
