package optimise

import (
	"fmt"

	"github.com/synohm/synohm/internal/kernels"
)

// Changes takes a step of the method along derivatives of all parameters that
// come from elsewhere than from the layer, and writes what the step would add to
// each. The parameters stay as they are. Both are in the order of the layer's
// parameters; a derivative counts scale times.
func (u *Updater) Changes(change, g [][]float32, scale, rate float64) error {
	if len(g) != len(u.params) || len(change) != len(u.params) {
		return fmt.Errorf("optimise: derivatives of %d parameters for a layer of %d", len(g), len(u.params))
	}
	u.steps[0]++
	t := int(u.steps[0])
	u.scale, u.rate = float32(scale), float32(rate)
	for i, p := range u.params {
		w := p.Values()
		if w == nil {
			if err := Check(u.method, false); err != nil {
				return err
			}
		}
		s, c, d := u.states[i], change[i], g[i]
		kernels.Parallel(u.workers, len(c), shard, func(lo, hi int) {
			switch {
			case s == nil:
				plain(c[lo:hi], d[lo:hi], -u.rate*u.scale)
			case w == nil:
				s.Change(c[lo:hi], nil, d[lo:hi], lo, u.scale, u.rate, t)
			default:
				s.Change(c[lo:hi], w[lo:hi], d[lo:hi], lo, u.scale, u.rate, t)
			}
		})
	}
	return nil
}

// plain is a step of a method that keeps nothing.
func plain(c, g []float32, factor float32) {
	for i, x := range g {
		c[i] = factor * x
	}
}
