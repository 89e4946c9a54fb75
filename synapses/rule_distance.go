package synapses

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
)

// Distance joins every pair with a probability that falls with the distance d
// of its neurons on a sheet:
//
//	gaussian     p exp(-d^2 / (2 sigma^2))
//	exponential  p exp(-d / sigma)
//	linear       p max(0, 1 - d / sigma)
//	constant     p
//
// and is 0 beyond the radius where one is given.
type Distance struct {
	P          float64 `yaml:"p" default:"1" range:"[0, 1]" doc:"probability at no distance"`
	Kernel     string  `yaml:"kernel" default:"gaussian" enum:"gaussian|exponential|linear|constant" doc:"how the probability falls with the distance"`
	Sigma      float64 `yaml:"sigma" unit:"mm" default:"0.25 mm" range:"(0, inf)" doc:"standard deviation of the gaussian, length of the exponential, where the linear one ends"`
	Radius     float64 `yaml:"radius" unit:"mm" default:"0 mm" range:"[0, inf)" doc:"mask: beyond it nobody is joined; 0 for none"`
	DelayPerMM float64 `yaml:"delay_per_mm" unit:"ms" default:"0 ms" range:"[0, inf)" doc:"added to the delay for each millimetre of distance"`
	Selfs      `yaml:",inline"`
	Sheet      `yaml:",inline"`
}

func distanceEntry() catalog.Entry {
	return catalog.Entry{
		Name: "distance", Summary: "every pair with a probability that falls with the distance on a 2-D sheet",
		Equation: "gaussian: p exp(-d^2 / (2 sigma^2)); exponential: p exp(-d / sigma)\n" +
			"linear: p max(0, 1 - d / sigma); constant: p; each 0 where d > radius",
		Params: &Distance{},
	}
}

var _ Lagged = (*Distance)(nil)

// Check wants a sheet that fits and a kernel that joins somebody.
func (r *Distance) Check(w *Wiring) error {
	if r.Kernel == "constant" && r.Radius == 0 {
		return fmt.Errorf("distance with a constant kernel needs a radius; pairwise_bernoulli has none")
	}
	return r.check(w)
}

// probability is the kernel.
func (r *Distance) probability(d float64) float64 {
	if r.Radius > 0 && d > r.Radius {
		return 0
	}
	x := d / r.Sigma
	switch r.Kernel {
	case "gaussian":
		return r.P * kernels.Exp(-x*x/2)
	case "exponential":
		return r.P * kernels.Exp(-x)
	case "linear":
		return r.P * max(0, 1-x)
	}
	return r.P
}

// expectedPairs is about how many pairs Expected looks at.
const expectedPairs = 1 << 22

// Expected sums the probabilities of all pairs; where there are too many, of
// some targets, evenly spread.
func (r *Distance) Expected(w *Wiring) float64 {
	b := newBins(&r.Sheet, w.Sources, r.sources(w))
	place := r.targets(w)
	sum, looked, targets := 0.0, 0, 0
	for targets < w.Targets {
		t := targets
		if w.Sources > expectedPairs/w.Targets { // multiples of the golden ratio
			t = int(math.Mod(float64(targets)*0.6180339887498949, 1) * float64(w.Targets))
		}
		targets++
		x, y := place(t)
		b.near(x, y, func(d float64, lo, hi int) {
			looked++
			if r.probability(d) == 0 {
				return
			}
			looked += hi - lo
			for i := lo; i < hi; i++ {
				if !r.skips(w) || int(b.source[i]) != t {
					sum += r.probability(r.distance(b.x[i], b.y[i], x, y))
				}
			}
		})
		if looked >= expectedPairs && targets >= 8 {
			break
		}
	}
	return sum / float64(targets) * float64(w.Targets)
}

// Scaled has fewer columns.
func (r *Distance) Scaled(f float64) Rule {
	s := *r
	s.Sheet = r.scaled(f)
	return &s
}

var purposeDistance = philox.Purpose("synapses.rule.distance")

// Wire goes through bins of sources. In each it draws the gaps between those
// that the largest probability of the bin would join, which are geometric, and
// keeps each with the ratio of its own probability to that: exact, and far
// bins cost a draw.
func (r *Distance) Wire(w *Wiring, seed uint64) func(int, []int32) []int32 {
	st := philox.Stream{Seed: seed, Purpose: purposeDistance}
	b, place, skips := newBins(&r.Sheet, w.Sources, r.sources(w)), r.targets(w), r.skips(w)
	return func(target int, into []int32) []int32 {
		words := st.Words(uint32(target))
		x, y := place(target)
		b.near(x, y, func(d float64, lo, hi int) {
			// A little less, since a place on an edge is rounded.
			bound := r.probability(max(0, d-float64(1e-9*(b.Width+b.Height))))
			if bound == 0 || lo == hi {
				return
			}
			log := math.Log1p(-bound)
			for at := float64(lo); ; at++ {
				if at += math.Floor(math.Log(words.Uniform()) / log); !(at < float64(hi)) {
					return
				}
				i := int(at)
				p := r.probability(r.distance(b.x[i], b.y[i], x, y))
				if words.Uniform()*bound < p && (!skips || int(b.source[i]) != target) {
					into = append(into, b.source[i])
				}
			}
		})
		return into
	}
}

// MaxLag is that of the longest distance.
func (r *Distance) MaxLag(*Wiring) float64 {
	d := r.farthest()
	if r.Radius > 0 {
		d = min(d, r.Radius)
	}
	return r.DelayPerMM * d
}

// Lag is the delay by distance.
func (r *Distance) Lag(w *Wiring) func(source, target int) float64 {
	from, to := r.sources(w), r.targets(w)
	return func(source, target int) float64 {
		x, y := from(source)
		tx, ty := to(target)
		return r.DelayPerMM * r.distance(x, y, tx, ty)
	}
}
