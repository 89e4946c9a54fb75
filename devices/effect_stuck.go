package devices

import (
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
)

// StuckEffect makes some cells plain resistances that nothing changes, from the
// factory on or from a later time, all at once:
//
//	on        the high end of the window
//	off       the low end
//	unformed  a cell whose oxide never broke down, about 10 Mohm
//	random    anywhere in the window, evenly
//
// A cell is stuck with the given probability, of one kind at most. How many
// are depends on the process; of the pulsed arrays whose constants aihwkit
// gives, 13.5 % (ReRamArrayOM) and 9.8 % (ReRamArrayHfO2) did not follow. How
// one finds them: Chen et al., IEEE Transactions on Computers 64 (2015) 180,
// on a 4 Mb chip. 10 Mohm is the pristine resistance in the figures of
// breakdown of Wang et al., Nature Machine Intelligence 5 (2023).
type StuckEffect struct {
	On       float64 `yaml:"on" default:"0" range:"[0, 1]" doc:"fraction of cells at the high end of the window"`
	Off      float64 `yaml:"off" default:"0" range:"[0, 1]" doc:"fraction of cells at the low end of the window"`
	Unformed float64 `yaml:"unformed" default:"0" range:"[0, 1]" doc:"fraction of cells that were never formed"`
	Random   float64 `yaml:"random" default:"0" range:"[0, 1]" doc:"fraction of cells anywhere in the window"`
	From     float64 `yaml:"from" unit:"s" default:"0 s" range:"[0, 1e12]" doc:"time from which they are stuck, on the clock of the cells; 0 for the factory"`
	Pristine float64 `yaml:"pristine" unit:"uS" default:"0.1 uS" range:"[0, 1e6]" doc:"conductance of an unformed cell"`
}

// Validate wants fractions of one whole.
func (e *StuckEffect) Validate() error {
	if e.On+e.Off+e.Unformed+e.Random > 1+1e-12 { // 0.1 + 0.2 + 0.7 may round up
		return config.FieldError{Rule: "on, off, unformed and random are fractions of all cells; together they must not exceed 1"}
	}
	return nil
}

// Faults counts the cells that do not follow, by kind.
type Faults struct {
	On, Off, Unformed, Random int // stuck, or to be stuck from a time on
	Worn                      int // broken by wear, and not stuck before
}

var (
	purposeStuck      = philox.Purpose("devices.stuck.kind")
	purposeStuckValue = philox.Purpose("devices.stuck.value")
)

// stuckCells are those among a block.
type stuckCells struct {
	cells  []int32
	at     []float32 // uS
	from   float64   // s
	counts Faults
}

func newStuckCells(e *StuckEffect, n int, low, high float64, seed uint64, first uint32) *stuckCells {
	s := &stuckCells{from: e.From}
	values := stream(seed, purposeStuckValue)
	words(stream(seed, purposeStuck), n, first, func(i int, word uint32) {
		at, u := 0.0, philox.Uniform(word)
		switch {
		case u < e.On:
			at = high
			s.counts.On++
		case u < e.On+e.Off:
			at = low
			s.counts.Off++
		case u < e.On+e.Off+e.Unformed:
			at = e.Pristine
			s.counts.Unformed++
		case u < e.On+e.Off+e.Unformed+e.Random:
			at = low + float64((high-low)*philox.Uniform(values.Word(first+uint32(i), 0)))
			s.counts.Random++
		default:
			return
		}
		s.cells, s.at = append(s.cells, int32(i)), append(s.at, float32(at))
	})
	return s
}

func (s *stuckCells) read(t float64, g, sigma []float32) {
	if t < s.from {
		return
	}
	for k, i := range s.cells {
		fix(g, sigma, int(i), s.at[k])
	}
}
