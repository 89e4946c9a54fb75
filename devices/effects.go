package devices

import (
	"errors"
	"math"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
)

// Effects are what a cell of any kind may do beside what its model says. Each
// is off unless it is named, and draws from streams of its own, so that
// switching one on changes no number of another. In which order they act and
// when is told in docs/effects.md.
type Effects struct {
	Levels      *LevelsEffect      `yaml:"levels" doc:"a finite number of levels that cells are programmed to"`
	Spread      *SpreadEffect      `yaml:"spread" doc:"spread between cells and between programmings of a cell"`
	Endurance   *EnduranceEffect   `yaml:"endurance" doc:"cells break after a number of cycles"`
	Retention   *RetentionEffect   `yaml:"retention" doc:"cells lose what they hold as time goes by"`
	ReadDisturb *ReadDisturbEffect `yaml:"read_disturb" doc:"every read moves a cell a little"`
	Telegraph   *TelegraphEffect   `yaml:"telegraph" doc:"random telegraph noise: some cells switch between two conductances"`
	Stuck       *StuckEffect       `yaml:"stuck" doc:"some cells never follow"`
}

// CheckEffects returns every mistake of the settings, and every effect that
// cells of this kind cannot have.
func CheckEffects(cell Cell, e Effects) error {
	return checkEffects(cell.Make(1, 0, 0), e)
}

func checkEffects(cells Cells, e Effects) error {
	mistakes := []error{config.Check(&e)}
	refuse := func(effect, rule string) {
		mistakes = append(mistakes, config.FieldError{Field: effect, Rule: rule})
	}
	_, programmable := cells.(Programmable)
	if !programmable {
		if e.Levels != nil {
			refuse("levels", "these cells are not programmed to a conductance; leave levels out")
		}
		if e.Spread != nil && e.Spread.Cycle != 0 {
			refuse("spread.cycle", "these cells are not programmed to a conductance, and what a pulse does to them has the spread of their model; set it to 0")
		}
	}
	if e.Endurance != nil && !changes(cells) {
		refuse("endurance", "nothing wears out cells that are never programmed; leave endurance out")
	}
	if _, settable := cells.(Settable); !settable && steps(cells) {
		if e.Retention != nil {
			refuse("retention", "these cells go on from where they are with every pulse, and their model cannot be told that they lost some of it; leave retention out")
		}
		if e.ReadDisturb != nil {
			refuse("read_disturb", "these cells go on from where they are with every pulse, and their model cannot be told that a read moved them; leave read_disturb out")
		}
	}
	return errors.Join(mistakes...)
}

// changes tells whether anything can be done to cells.
func changes(c Cells) bool {
	_, programmable := c.(Programmable)
	return programmable || steps(c)
}

// steps tells whether cells go on from where they are.
func steps(c Cells) bool {
	_, pulsed := c.(Pulsed)
	_, driven := c.(Driven)
	return pulsed || driven
}

// reading is an effect that acts when cells are looked at: it changes what they
// conduct at time t and the standard deviation of one read then, which may be
// nil.
type reading interface {
	read(t float64, g, sigma []float32)
}

// stream is that of one kind of draws of an effect.
func stream(seed uint64, purpose uint32) philox.Stream {
	return philox.Stream{Seed: seed, Purpose: purpose}
}

// words calls f with the word of every cell, numbered from first.
func words(s philox.Stream, n int, first uint32, f func(i int, word uint32)) {
	var block [4]uint32
	for i := range n {
		e := first + uint32(i)
		if i == 0 || e%4 == 0 {
			block = s.Block(e/4, 0)
		}
		f(i, block[e%4])
	}
}

// move puts a cell at another conductance. Its noise goes down with it, and
// does not go up: a cell that conducts next to nothing is read with noise that
// is not in proportion to it.
func move(g, sigma []float32, i int, to float64) {
	to32 := float32(max(0, to))
	if sigma != nil && to32 < g[i] {
		sigma[i] *= to32 / g[i]
	}
	g[i] = to32
}

// scale multiplies what a cell conducts and its noise.
func scale(g, sigma []float32, i int, by float32) {
	g[i] *= by
	if sigma != nil {
		sigma[i] *= by
	}
}

// end is where in the window an effect carries cells, uS.
func end(where string, low, high float64) float64 {
	switch where {
	case "low":
		return low
	case "high":
		return high
	}
	return low + float64(0.5*(high-low))
}

// factor is a number of mean 1 that spreads around it: 1 + s*xi, cut at 0, or
// exp(s*xi - s^2/2), where s is the standard deviation of its logarithm.
func factor(shape string, s float64, word uint32) float64 {
	x := float64(s * philox.Normal(word))
	if shape == "lognormal" {
		return kernels.Exp(x - float64(s*s)/2)
	}
	return math.Max(0, 1+x)
}

// Age tells whether an effect changes cells as time passes.
func (e *Effects) Age() bool {
	return e.Retention != nil || e.Telegraph != nil || e.ReadDisturb != nil || e.Stuck != nil && e.Stuck.From > 0
}
