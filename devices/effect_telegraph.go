package devices

import (
	"math"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
)

// TelegraphEffect is random telegraph noise: a trap near the current's path
// takes an electron and gives it back, and the cell conducts less in between.
//
//	G' = G                    while the trap is empty, tau_high on average
//	G' = G * (1 - amplitude)  while it is filled, tau_low on average
//
// Both times are exponentially distributed. With decades, traps are fast and
// slow: both times of a cell are multiplied by 10^(decades*(u - 1/2)) with one
// u, even in (0, 1), so that the sum over cells has a spectrum of 1/f between
// the fastest and the slowest (Machlup, Journal of Applied Physics 25 (1954)
// 341, is the spectrum of one). In cells of HfOx: Ambrogio et al., IEEE
// Transactions on Electron Devices 61 (2014) 2920. The numbers are assumptions.
//
// Left out: traps with more than two states, the dependence of the times on
// voltage and temperature.
type TelegraphEffect struct {
	Fraction  float64 `yaml:"fraction" default:"0.1" range:"[0, 1]" doc:"fraction of cells that have a trap"`
	Amplitude float64 `yaml:"amplitude" default:"0.1" range:"[0, 1]" doc:"fraction of the conductance that is lost while the trap is filled"`
	TauHigh   float64 `yaml:"tau_high" unit:"s" default:"10 ms" range:"[1e-9, 1e12]" doc:"mean time in the state of high conductance"`
	TauLow    float64 `yaml:"tau_low" unit:"s" default:"10 ms" range:"[1e-9, 1e12]" doc:"mean time in the state of low conductance"`
	Decades   float64 `yaml:"decades" default:"0" range:"[0, 6]" doc:"decades over which the times of cells are spread"`
}

var (
	purposeTrap       = philox.Purpose("devices.telegraph.trap")
	purposeTrapSpeed  = philox.Purpose("devices.telegraph.speed")
	purposeTrapEvents = philox.Purpose("devices.telegraph.events")
)

// traps are those of a block.
type traps struct {
	cells  []int32
	window []float64 // s, one a cell
	first  uint32
	keep   float32 // conductance of the low state over that of the high one
	up     float64 // probability of the high state
	events philox.Stream
}

func newTraps(e *TelegraphEffect, n int, seed uint64, first uint32) *traps {
	// 1/(rate up + rate down)
	window := e.TauHigh / (1 + e.TauHigh/e.TauLow)
	p := &traps{
		first: first, keep: float32(1 - e.Amplitude), up: 1 / (1 + e.TauLow/e.TauHigh),
		events: stream(seed, purposeTrapEvents),
	}
	speeds := stream(seed, purposeTrapSpeed)
	words(stream(seed, purposeTrap), n, first, func(i int, word uint32) {
		if philox.Uniform(word) >= e.Fraction {
			return
		}
		h := window
		if e.Decades > 0 {
			u := philox.Uniform(speeds.Word(first+uint32(i), 0))
			h *= kernels.Exp(float64(math.Ln10*e.Decades) * (u - 0.5))
		}
		p.cells, p.window = append(p.cells, int32(i)), append(p.window, h)
	})
	return p
}

func (p *traps) read(t float64, g, sigma []float32) {
	for k, i := range p.cells {
		if !p.high(p.first+uint32(i), t/p.window[k]) {
			scale(g, sigma, int(i), p.keep)
		}
	}
}

// high is the state of a cell at a time in units of its window, as a pure
// function of both, exact in law.
//
// By uniformisation (Jensen 1953): with rates a up and b down, let events come
// as a Poisson process of rate a+b, and let each draw the state anew, high with
// probability a/(a+b). Then the state goes up with rate (a+b)*a/(a+b) = a and
// down with rate b, as it should, and the state at a time is what the last
// event before it drew. A window 1/(a+b) long has Poisson(1) events, evenly
// distributed, all drawn by its number: so one looks into the window of the
// time, and back from there until one has an event, two windows on average.
func (p *traps) high(cell uint32, at float64) bool {
	// Windows beyond are one: no cell switches 2^54 times in its life.
	at = min(at, 1<<54)
	floor := math.Floor(at)
	until := at - floor
	for w := int64(floor); ; w-- {
		if high, ok := p.last(cell, w, until); ok {
			return high
		}
		until = 1
	}
}

// last is what the last event of a window up to a place in it, from 0 to 1,
// drew. The words of a window are: how many events, then place and state of
// one after the other.
func (p *traps) last(cell uint32, window int64, until float64) (high, ok bool) {
	block := p.words(cell, window, 0)
	events := poisson1(philox.Uniform(block[0]))
	latest, state := 0.0, uint32(0)
	for k := range events {
		place := block[(2*k+1)%4] // words 1, 3 of a block, where state follows in
		if k%2 == 1 {             // the next
			block = p.words(cell, window, uint32(2*k+2)/4)
		}
		if x := philox.Uniform(place); x <= until && x > latest {
			latest, state, ok = x, block[(2*k+2)%4], true
		}
	}
	return ok && philox.Uniform(state) < p.up, ok
}

// words are a block of those of a window.
func (p *traps) words(cell uint32, window int64, block uint32) [4]uint32 {
	s := p.events
	s.Trial = uint32(uint64(window)>>32)&0xFFFFFF | block<<24 // 56 bits of the window, 8 of the block
	return s.Block(cell, uint32(window))
}

// poisson1 maps a number inside (0, 1) to one of Poisson's distribution of mean
// 1. What a word of 32 bits tells apart ends at 13.
func poisson1(u float64) int {
	n := 0
	for n < len(poisson1Below) && u >= poisson1Below[n] {
		n++
	}
	return n
}

// poisson1Below is the probability of n or fewer.
var poisson1Below = func() (p [13]float64) {
	sum, term := 0.0, math.Exp(-1)
	for n := range p {
		sum += term
		p[n] = sum
		term /= float64(n + 1)
	}
	return p
}()
