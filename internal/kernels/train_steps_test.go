package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// adamAt is Adam at time t.
func adamAt(t int, decay float32, coupled bool) *Adam {
	return &Adam{
		Rate: 0.1, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: decay, Coupled: coupled,
		Correct1: float32(1 / (1 - math.Pow(0.9, float64(t)))), Correct2: float32(1 / (1 - math.Pow(0.999, float64(t)))),
	}
}

// Two steps from w = 1 with the gradients 0.5 and -0.25, by hand from the
// equations that PyTorch documents for torch.optim.Adam and AdamW; rate 0.1,
// betas 0.9 and 0.999. Without decay, the first step is the rate; in the second,
// m = 0.9 0.05 - 0.1 0.25 = 0.02, v = 0.999 0.00025 + 0.001 0.0625 = 0.00031225,
// w = 0.9 - 0.1 (0.02/0.19)/sqrt(0.00031225/0.001999) = 0.9 - 0.0266337. 1 - beta2
// is 1.3e-5 of itself away from 0.001 in single precision.
func TestAdamByHand(t *testing.T) {
	for _, c := range []struct {
		decay   float32
		coupled bool
		want    [2]float64
	}{
		{0, false, [2]float64{0.9, 0.8733663}},
		// 1 - 0.1 - 0.1 0.1; then 0.89 (1 - 0.01) - 0.0266337
		{0.1, false, [2]float64{0.89, 0.8544663}},
		// g = 0.6, then -0.25 + 0.09 = -0.16: m = 0.038, v = 0.00038524
		{0.1, true, [2]float64{0.9, 0.9 - 0.1*(0.038/0.19)/0.438995}},
	} {
		w, m, v := []float32{1}, []float32{0}, []float32{0}
		for k, g := range []float32{0.5, -0.25} {
			adamAt(k+1, c.decay, c.coupled).Step(w, m, v, []float32{2 * g}, 0.5)
			require.InDelta(t, c.want[k], w[0], 2e-6, "decay %g, step %d", c.decay, k+1)
		}
	}
}

// By hand from the equations that PyTorch documents for torch.optim.SGD: rate
// 0.1, momentum 0.9, decay 0.1, the gradients as above. v = 0.6, then
// 0.54 - 0.25 + 0.094 = 0.384; with Nesterov the steps are 0.6 + 0.54 and
// -0.1614 + 0.9 0.3786.
func TestMomentumByHand(t *testing.T) {
	for nesterov, want := range map[bool][2]float64{false: {0.94, 0.9016}, true: {0.886, 0.868066}} {
		s := Momentum{Rate: 0.1, Momentum: 0.9, Decay: 0.1, Nesterov: nesterov}
		w, v := []float32{1}, []float32{0}
		for k, g := range []float32{0.5, -0.25} {
			s.Step(w, v, []float32{g}, 1)
			require.InDelta(t, want[k], w[0], 1e-6, "nesterov %t, step %d", nesterov, k+1)
		}
	}
}

// Fifty steps beside the same in double precision.
func TestAdamInDoublePrecision(t *testing.T) {
	for _, coupled := range []bool{false, true} {
		r := rand.New(rand.NewPCG(3, 3))
		const n, decay = 37, 0.05
		w, m, v, g := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
		ww, mm, vv := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range w {
			w[i] = float32(r.NormFloat64())
			ww[i] = float64(w[i])
		}
		for step := 1; step <= 50; step++ {
			for i := range g {
				g[i] = float32(r.NormFloat64())
				d := float64(g[i])
				if coupled {
					d += decay * ww[i]
				} else {
					ww[i] -= 0.1 * decay * ww[i]
				}
				mm[i] = 0.9*mm[i] + 0.1*d
				vv[i] = 0.999*vv[i] + 0.001*d*d
				ww[i] -= 0.1 * mm[i] / (1 - math.Pow(0.9, float64(step))) / (math.Sqrt(vv[i]/(1-math.Pow(0.999, float64(step)))) + 1e-8)
			}
			adamAt(step, decay, coupled).Step(w, m, v, g, 1)
		}
		for i := range w {
			require.InDelta(t, ww[i], w[i], 2e-4)
		}
	}
}

// A change is what a step adds to weights.
func TestChangeIsTheStep(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	const n = 45
	w, m, v, g := trainFloats(r, n, false), make([]float32, n), make([]float32, n), trainFloats(r, n, false)
	check := func(step func(w, m, v []float32), change func(c, m, v []float32)) {
		t.Helper()
		after, m1, v1 := slices.Clone(w), slices.Clone(m), slices.Clone(v)
		c, m2, v2 := make([]float32, n), slices.Clone(m), slices.Clone(v)
		step(after, m1, v1)
		change(c, m2, v2)
		require.Equal(t, m1, m2)
		require.Equal(t, v1, v2)
		for i := range w {
			require.Equal(t, after[i], w[i]+c[i])
		}
	}
	for _, decay := range []float32{0, 0.1} {
		weights := w
		if decay == 0 {
			weights = nil
		}
		for _, other := range []bool{false, true} {
			a := adamAt(1, decay, other)
			check(func(w, m, v []float32) { a.Step(w, m, v, g, 0.1) }, func(c, m, v []float32) { a.Change(c, m, v, g, weights, 0.1) })
			s := Momentum{Rate: 0.1, Momentum: 0.9, Decay: decay, Nesterov: other}
			check(func(w, m, _ []float32) { s.Step(w, m, g, 0.1) }, func(c, m, _ []float32) { s.Change(c, m, g, weights, 0.1) })
		}
	}
}

// Without decay a change does not depend on what stood there.
func TestChangeWithoutWeights(t *testing.T) {
	g, nan := slices.Repeat([]float32{1}, 45), float32(math.NaN())
	for _, form := range Forms() {
		use(t, form)
		c := slices.Repeat([]float32{nan}, 45)
		adamAt(1, 0, false).Change(c, make([]float32, 45), make([]float32, 45), g, nil, 1)
		for i := range c {
			require.InDelta(t, -0.1, c[i], 1e-6)
		}
		c = slices.Repeat([]float32{nan}, 45)
		(&Momentum{Rate: 0.5}).Change(c, make([]float32, 45), g, nil, 1)
		require.Equal(t, slices.Repeat([]float32{-0.5}, 45), c)
	}
	use(t, "auto")
}
