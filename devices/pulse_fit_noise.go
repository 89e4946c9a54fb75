package devices

import "math"

// pulseNoise is what one response tells of noise.
type pulseNoise struct {
	step  float64 // standard deviation of a step, in steps
	write float64 // of what is read after a pulse, in weights
}

// setNoise gives a fitted cell the noise of the data, in two ways. The first
// takes the rule at its word: noise of a step stays in the weight, noise of a
// write does not (followNoise). Real cells also have noise that comes and goes
// over tens of pulses, which this takes for noise of steps, and a cell of it
// wanders away from any measured path. So it is put to the test: where 64 cells
// of that noise all wander further than the data did, the noise of a step is
// what wanders as far, and the write noise is what else two successive values
// differ by.
func (f *PulseFit) setNoise(d PulseData, cell fittable, starts []float64, additive bool) {
	upPath, downPath := response(cell, starts[0], starts[1], len(d.Up))
	measured := wander([][]float64{difference(d.Up, upPath), difference(d.Down, downPath)})
	p := cell.steps()
	n := followNoise(d, cell.Nominal(), starts, additive)
	p.DwMinStd, p.WriteNoiseStd = n.step, 0
	if n.step > 0 {
		least, mean, step := math.Inf(1), 0.0, 0.0
		const cells = 64
		for seed := range uint64(cells) {
			c := cell.Make(2, seed, 0).(Weighted)
			c.SetWeights(0, []float64{starts[0], starts[1]})
			up, down := walk(c, len(d.Up))
			v := wander([][]float64{difference(up, upPath), difference(down, downPath)})
			least = min(least, v.far-v.near)
			mean += (v.far - v.near) / cells
			step += v.near / cells
		}
		if excess := max(0, measured.far-measured.near); excess < least {
			part := excess / mean // of the variance of a step
			n.step *= math.Sqrt(part)
			n.write = math.Sqrt(max(0, measured.near-float64(part*step)) / 2)
		}
	}
	p.DwMinStd, p.WriteNoiseStd = digits(min(n.step, 1000)), digits(min(n.write/p.DwMin, 10_000))
	at0 := p.DwMin
	if !additive {
		up, down := response(cell, 0, 0, 1)
		at0 = (up[0] - down[0]) / 2
	}
	f.StepNoise, f.WriteNoise = p.DwMinStd*at0*f.Scale.Factor, n.write*f.Scale.Factor
}

// wandering is how far values are from each other, mean squares.
type wandering struct {
	near float64 // of successive ones
	far  float64 // of such as are an eighth, a quarter and a half of a run apart
}

func wander(runs [][]float64) (v wandering) {
	apart := func(lag int) (mean float64) {
		n := 0
		for _, r := range runs {
			for k := lag; k < len(r); k++ {
				e := r[k] - r[k-lag]
				mean += float64(e * e)
				n++
			}
		}
		return mean / float64(n)
	}
	n := len(runs[0])
	return wandering{near: apart(1), far: (apart(n/8) + apart(n/4) + apart(n/2)) / 3}
}

func difference(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return d
}

// followNoise tells noise of the steps, which adds up from pulse to pulse, from
// write noise, which does not: with w the hidden weight,
//
//	w_k = w_{k-1} + dw(w_{k-1}) (1 + step xi),  value_k = w_k + write xi'
//
// is followed by an extended Kalman filter, whose prediction errors make the
// likelihood (Harvey, Forecasting, structural time series models and the Kalman
// filter (1989), section 3.4); write is concentrated out of it, the ratio of
// the two is searched. Where a response stands at its bounds its noise is cut
// there, and both come out too small.
func followNoise(d PulseData, cell Cell, starts []float64, additive bool) pulseNoise {
	c := cell.Make(2, 0, 0).(Weighted)
	next := func(w float64, sign int32) (to, slope float64) {
		const h = 1e-6
		pair := []float64{w, w + h}
		c.SetWeights(0, pair)
		c.Weights(0, pair) // within the bounds
		apart := pair[1] - pair[0]
		c.Pulse(0, nil, []int32{sign, sign})
		c.Weights(0, pair)
		if apart <= 0 {
			return pair[0], 0
		}
		return pair[0], (pair[1] - pair[0]) / apart
	}
	var atZero [2]float64
	for k, sign := range []int32{1, -1} {
		to, _ := next(0, sign)
		atZero[k] = math.Abs(to)
	}
	// The mean square of a step makes the ratio a number about 1.
	first, last := d.span()
	typical := (last - first) / float64(len(d.Up))
	typical *= typical
	likelihood := func(ratio float64) (loss, write float64) {
		var square, logs float64
		for k, run := range [][]float64{d.Up, d.Down} {
			sign := int32(1 - 2*k)
			w, variance := starts[k], 0.0
			for _, v := range run {
				to, slope := next(w, sign)
				size := to - w
				if additive {
					size = atZero[k]
				}
				variance = float64(slope*slope*variance) + float64(ratio/typical*size*size)
				s := variance + 1
				e := v - to
				square += float64(e * e / s)
				logs += math.Log(s)
				gain := variance / s
				w = to + float64(gain*e)
				variance *= 1 - gain
			}
		}
		n := float64(2 * len(d.Up))
		write = math.Sqrt(square / n)
		return float64(n*math.Log(max(square, 1e-300))) + logs, write
	}
	// Golden section over the decades of the ratio, after a coarse look.
	best, low := 0.0, math.Inf(1)
	for decade := -8.0; decade <= 8; decade++ {
		if loss, _ := likelihood(math.Pow(10, decade)); loss < low {
			best, low = decade, loss
		}
	}
	a, b := best-1, best+1
	golden := (math.Sqrt(5) - 1) / 2
	for range 30 {
		x, y := b-float64(golden*(b-a)), a+float64(golden*(b-a))
		lx, _ := likelihood(math.Pow(10, x))
		ly, _ := likelihood(math.Pow(10, y))
		if lx < ly {
			b = y
		} else {
			a = x
		}
	}
	decade := (a + b) / 2
	_, write := likelihood(math.Pow(10, decade))
	step := write * math.Sqrt(math.Pow(10, decade)/typical)
	switch { // at either end only one of the two is there
	case decade < -7.9:
		step = 0
	case decade > 7.9:
		write = 0
	}
	return pulseNoise{step: step, write: write}
}
