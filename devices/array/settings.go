package array

import (
	"errors"
	"fmt"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/converters"
	"github.com/synohm/synohm/devices/lines"
	"github.com/synohm/synohm/devices/programming"
	"github.com/synohm/synohm/internal/config"
)

// Settings are those of the arrays that a matrix is put on.
type Settings struct {
	Mapping     config.Variant     `yaml:"mapping" catalog:"mappings" default:"differential" doc:"how a weight is split over cells"`
	Scaling     string             `yaml:"scaling" default:"matrix" enum:"matrix|tile|column|row" doc:"what shares one scale between weights and conductances; row drives every row with a voltage of its own"`
	Headroom    float64            `yaml:"headroom" default:"1" range:"[1, 1000000]" doc:"weight at the end of the window over the largest that is wanted, for rules that make weights grow"`
	Saturate    float64            `yaml:"saturate" default:"0" range:"[0, inf)" doc:"weights beyond so many times the root mean square of theirs are stored at the end of the window; 0: the largest weight is"`
	Tile        Tile               `yaml:"tile" doc:"largest physical array; a larger matrix is cut, the parts added as numbers"`
	Programming config.Variant     `yaml:"programming" catalog:"programming" default:"direct" doc:"how cells are brought to their conductances"`
	Limits      programming.Limits `yaml:"limits" doc:"what programming may do to a cell"`
	WriteEnergy float64            `yaml:"write_energy" unit:"pJ" default:"10 pJ" range:"[0, inf)" doc:"energy of one programming of a cell whose model has no voltage; the default is an assumption"`
	Update      Update             `yaml:"update" doc:"how training changes the weights of a whole matrix"`
	Lines       *Lines             `yaml:"lines" doc:"resistances of the lines; ideal if missing"`
	Input       *converters.Input  `yaml:"input" doc:"how numbers become voltages; ideal if missing. Spikes drive their row with the read voltage"`
	Output      *converters.Output `yaml:"output" doc:"how currents become numbers; ideal if missing"`
	Active      float64            `yaml:"calibrate_active" default:"0.1" range:"(0, 1]" doc:"part of the rows that is driven in the 64 random vectors with which ranges of outputs are calibrated"`
	NoiseDraw   string             `yaml:"noise_draw" default:"output" enum:"output|cell" doc:"draw the noise of a read once an output (exact in law where cells are independent) or for every cell"`
	Pulse       ReadPulse          `yaml:",inline"`
	Clock       Clock              `yaml:",inline"`

	Effects     devices.Effects `yaml:"effects" doc:"what cells do beside what their model says"`
	Extrapolate bool            `yaml:"extrapolate" default:"false" doc:"use a cell's model beyond what was measured, with a warning"`
}

// ReadPulse is how a row is driven.
type ReadPulse struct {
	Volt   float64 `yaml:"v_read" unit:"V" default:"0.1 V" range:"(0, 5]" doc:"read voltage of a driven row"`
	Second float64 `yaml:"t_read" unit:"s" default:"50 ns" range:"(0, 0.001]" doc:"time that a row is driven for one read"`
}

// Tile bounds a physical array.
type Tile struct {
	Rows int `yaml:"rows" default:"0" range:"[0, 65536]" doc:"largest number of rows; 0 for no bound"`
	Cols int `yaml:"cols" default:"0" range:"[0, 65536]" doc:"largest number of columns of weights, each of several cells; 0 for no bound"`
}

// Lines are the resistances of a tile's lines.
type Lines struct {
	Solve  string  `yaml:"solve" default:"exact" enum:"exact|approximate|none" doc:"exact: Kirchhoff's laws for the whole tile; none: as if lines were ideal; approximate: a few sweeps, the error of which is measured and reported"`
	Word   float64 `yaml:"r_word" unit:"ohm" default:"1 ohm" range:"[0, 1000000000]" doc:"resistance of a word line from cell to cell"`
	Bit    float64 `yaml:"r_bit" unit:"ohm" default:"1 ohm" range:"[0, 1000000000]" doc:"resistance of a bit line from cell to cell"`
	Source float64 `yaml:"r_source" unit:"ohm" default:"0 ohm" range:"[0, 1000000000]" doc:"resistance of a row's driver"`
	Sense  float64 `yaml:"r_sense" unit:"ohm" default:"0 ohm" range:"[0, 1000000000]" doc:"resistance of a column's sense amplifier"`
	On     float64 `yaml:"r_transistor" unit:"ohm" default:"0 ohm" range:"[0, 1000000000]" doc:"resistance of the select transistor in series with a cell (1T1R); 0 for a passive array"`
}

// solve is how lines are solved, none where there are no resistances.
func (s *Settings) solve() string {
	if s.Lines == nil {
		return "none"
	}
	return s.Lines.Solve
}

// Resist tells whether lines are not ideal.
func (s *Settings) Resist() bool { return s.solve() != "none" }

func (l Lines) wires() lines.Wires {
	return lines.Wires{Word: l.Word, Bit: l.Bit, Source: l.Source, Sense: l.Sense}
}

// Clock is what happens to an array as time goes by.
type Clock struct {
	Age          float64 `yaml:"age" unit:"s" default:"0 s" range:"[0, 10000000000]" doc:"time from programming to the start of the run"`
	Follow       float64 `yaml:"follow" default:"0.01" range:"[0, 1]" doc:"conductances are looked at again when the time since programming has grown by this part"`
	FollowEvery  float64 `yaml:"follow_every" unit:"s" default:"1 ms" range:"(0, inf)" doc:"but not before this time has passed since the last look"`
	Compensation string  `yaml:"compensation" default:"none" enum:"none|global|column" doc:"drift is read out and scaled away at every look: by one factor, or by one for each column"`
	RefreshEvery float64 `yaml:"refresh_every" unit:"s" default:"0 s" range:"[0, inf)" doc:"cells are programmed anew at multiples of this time; 0 for never"`
}

// Validate finds what goes together nowhere.
func (s *Settings) Validate() error {
	var errs []error
	if s.Clock.RefreshEvery > 0 && s.Clock.Age/s.Clock.RefreshEvery > maxRefreshes {
		errs = append(errs, config.FieldError{Field: "refresh_every", Rule: fmt.Sprintf("makes %.3g programmings before the run; at most %d are possible", s.Clock.Age/s.Clock.RefreshEvery, maxRefreshes)})
	}
	if w, ok := s.Programming.Value.(*programming.WriteVerify); ok && w.Writes > s.Limits.Pulses {
		errs = append(errs, config.FieldError{Field: "programming", Rule: fmt.Sprintf("asks for up to %d writes of a cell, and limits.max_pulses is %d; raise it, or lower writes", w.Writes, s.Limits.Pulses)})
	}
	return errors.Join(errs...)
}

// maxRefreshes bounds one step of the clock.
const maxRefreshes = 100_000
