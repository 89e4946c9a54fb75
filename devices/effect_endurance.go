package devices

import (
	"math"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
)

// EnduranceEffect lets cells break after a number of cycles. A cycle is a
// programming, a pulse, or a voltage other than 0 that was applied once. The
// life of a cell follows Weibull's distribution,
//
//	P(life <= k) = 1 - exp(-(k/cycles)^shape)
//
// and a cell breaks with its ceil(life)-th cycle.
//
// Weibull's distribution is the usual one of lives that end at the weakest of
// many spots. The numbers are assumptions: lives from 1e5 to 1e12 cycles have
// been published, so give that of your cells.
type EnduranceEffect struct {
	Cycles float64 `yaml:"cycles" default:"1e6" range:"[1, inf)" doc:"cycles after which 63 % of the cells are broken"`
	Shape  float64 `yaml:"shape" default:"2" range:"[0.1, 50]" doc:"Weibull's shape: 1 for breaks at any time alike, more for wear"`
	Then   string  `yaml:"then" default:"on" enum:"on|off|as_it_is" doc:"a broken cell stays at the high end of the window, at the low end, or as its last cycle left it"`
}

var purposeLife = philox.Purpose("devices.endurance.life")

const (
	everlasting = math.MaxUint32     // a life that no cell comes to the end of
	mostWear    = math.MaxUint32 - 1 // where counting stops
)

// lives are those of cells.
type lives struct {
	life []uint32 // the cycle with which a cell breaks
	wear []uint32 // cycles so far, shared with the block
	at   float32  // what broken cells conduct, uS; negative where they stay
}

func newLives(e *EnduranceEffect, low, high float64, wear []uint32, seed uint64, first uint32) *lives {
	l := &lives{life: make([]uint32, len(wear)), wear: wear, at: -1}
	switch e.Then {
	case "on":
		l.at = float32(high)
	case "off":
		l.at = float32(low)
	}
	words(stream(seed, purposeLife), len(wear), first, func(i int, word uint32) {
		k := math.Ceil(e.Cycles * kernels.Exp(math.Log(-math.Log(philox.Uniform(word)))/e.Shape))
		l.life[i] = everlasting
		if k < everlasting {
			l.life[i] = uint32(k)
		}
	})
	return l
}

// left is how many cycles of a cell still do something.
func (l *lives) left(i int) uint32 {
	if l.wear[i] >= l.life[i] {
		return 0
	}
	return l.life[i] - l.wear[i]
}

func (l *lives) read(_ float64, g, sigma []float32) {
	if l.at < 0 {
		return
	}
	for i, k := range l.wear {
		if k >= l.life[i] {
			fix(g, sigma, i, l.at)
		}
	}
}

// fix makes a cell a plain resistance, which is read without noise.
func fix(g, sigma []float32, i int, at float32) {
	g[i] = at
	if sigma != nil {
		sigma[i] = 0
	}
}
