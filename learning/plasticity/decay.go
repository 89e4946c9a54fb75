package plasticity

import (
	"github.com/synohm/synohm/internal/kernels"
)

// decay is exp(-t/tau) for whole numbers of steps, from a table where it is
// not too long.
type decay struct {
	rate  float64 // steps^-1
	table []float64
}

// maxDecay bounds a table to 64 KB, which stays in the cache.
const maxDecay = 1 << 13

func newDecay(tau, step float64) decay {
	d := decay{rate: step / tau}
	n := min(int(min(40/d.rate, maxDecay))+1, maxDecay)
	for k := range n {
		d.table = append(d.table, kernels.Exp(-float64(float64(k)*d.rate)))
	}
	return d
}

// after is the decay over a number of steps, which is not negative.
func (d *decay) after(steps int64) float64 {
	if steps < int64(len(d.table)) {
		return d.table[steps]
	}
	return kernels.Exp(-float64(float64(steps) * d.rate))
}
