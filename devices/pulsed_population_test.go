package devices

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
)

const manyPulsed = 100_000

// folded gives mean and second moment of |N(m, s)|: E = s sqrt(2/pi)
// exp(-m^2/(2 s^2)) + m (1 - 2 Phi(-m/s)), E2 = m^2 + s^2 (Leone, Nelson,
// Nottingham, Technometrics 3 (1961)).
func folded(m, s float64) (mean, second float64) {
	if s == 0 {
		return math.Abs(m), m * m
	}
	mean = s*math.Sqrt(2/math.Pi)*math.Exp(-m*m/(2*s*s)) + m*(1-math.Erfc(m/(s*math.Sqrt2)))
	return mean, m*m + s*s
}

// within holds the mean of values to what is expected, by five standard errors
// that are estimated from the values.
func within(t *testing.T, want float64, values []float64, what string) {
	t.Helper()
	n := float64(len(values))
	var mean, m2 float64
	for _, x := range values {
		mean += x / n
	}
	for _, x := range values {
		m2 += (x - mean) * (x - mean) / n
	}
	require.InDelta(t, want, mean, 5*math.Sqrt(m2/n)+1e-12*math.Abs(want), what)
}

func squares(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = x * x
	}
	return out
}

// stepsOf finds the shared parameters of a cell of the catalogue.
func stepsOf(t *testing.T, name string) *StepParams {
	m, ok := Find(name)
	require.True(t, ok, name)
	switch p := config.EntryDefaults(m.Entry).(type) {
	case *ConstantStep:
		return &p.StepParams
	case *LinearStep:
		return &p.StepParams
	case *SoftBounds:
		return &p.StepParams
	case *SoftBoundsReference:
		return &p.StepParams
	case *ExpStep:
		return &p.StepParams
	case *PowStep:
		return &p.StepParams
	case *PiecewiseStep:
		return &p.StepParams
	case *SoftBoundsPmax:
		steps, _, _ := p.linear()
		return &steps
	}
	require.Fail(t, "no pulsed cell", name)
	return nil
}

var pulsedNames = []string{
	"constant-step", "gokmen-vlasov", "idealized", "linear-step", "capacitor", "ecram", "ecram-mo",
	"soft-bounds", "soft-bounds-reference", "reram-sb", "reram-array-om", "reram-array-hfo2", "soft-bounds-pmax",
	"exp-step", "reram-es", "pcm-pulsed", "pow-step", "piecewise-step",
}

// The spreads of every preset are those of its parameters: first and second
// moments of bounds and steps over 100,000 cells.
func TestPopulationsHaveTheSpreadsOfTheirPresets(t *testing.T) {
	for _, name := range pulsedNames {
		t.Run(name, func(t *testing.T) {
			p := stepsOf(t, name)
			of := p.draw(manyPulsed, 7, 0)
			// Of the bounds of the arrays one cell in 700 has them swapped,
			// which moves no moment by as much as its standard error.
			mean, second := folded(p.WMax, p.WMax*p.WMaxDtod)
			within(t, mean, of.high, "upper bound")
			within(t, second, squares(of.high), "upper bound, squared")
			mean, second = folded(p.WMin, p.WMin*p.WMinDtod)
			if p.WMin < 0 {
				mean, second = folded(-p.WMin, -p.WMin*p.WMinDtod)
			}
			within(t, -mean, of.low, "lower bound")
			within(t, second, squares(of.low), "lower bound, squared")

			up, down := 1+math.Min(p.UpDown, 0), 1-math.Max(p.UpDown, 0)
			var imbalance []float64
			for i := range of.up {
				imbalance = append(imbalance, (of.up[i]-of.down[i])/p.DwMin)
			}
			if p.DwMinLogNormal {
				e, e2 := math.Exp(p.DwMinDtod*p.DwMinDtod/2), math.Exp(2*p.DwMinDtod*p.DwMinDtod)
				within(t, e*p.DwMin, of.up, "up step")
				within(t, (e2+p.UpDownDtod*p.UpDownDtod)*p.DwMin*p.DwMin, squares(of.up), "up step, squared")
			} else {
				s := math.Hypot(p.DwMinDtod, p.UpDownDtod)
				for _, part := range []struct {
					at    float64
					steps []float64
				}{{up, of.up}, {down, of.down}} {
					mean, second = folded(part.at, s)
					within(t, mean*p.DwMin, part.steps, "step")
					within(t, second*p.DwMin*p.DwMin, squares(part.steps), "step, squared")
				}
			}
			within(t, up-down, imbalance, "imbalance of up and down")
		})
	}
}

// Stuck cells: their share, and where they stand.
func TestStuckCells(t *testing.T) {
	p := *stepsOf(t, "reram-array-om")
	p.CorruptProb = 0.1348
	of := p.draw(manyPulsed, 7, 0)
	stuck, at2, within01 := 0.0, []float64{}, 0
	for i, s := range of.stuck {
		if !s {
			continue
		}
		stuck++
		require.Equal(t, of.low[i], of.high[i])
		require.Zero(t, of.up[i]+of.down[i])
		require.LessOrEqual(t, math.Abs(of.low[i]), 0.01)
		at2 = append(at2, of.low[i]*of.low[i])
		if math.Abs(of.low[i]) <= 0.005 {
			within01++
		}
	}
	require.InDelta(t, 0.1348, stuck/manyPulsed, 5*math.Sqrt(0.1348*(1-0.1348)/manyPulsed))
	// Uniform on 0.01 both ways, but for the few whose bounds are nearer.
	require.InDelta(t, 0.5, float64(within01)/stuck, 5*math.Sqrt(0.25/stuck)+0.01)
	var mean float64
	for _, x := range at2 {
		mean += x / stuck
	}
	require.InEpsilon(t, 0.01*0.01/3, mean, 0.03)
	none := *stepsOf(t, "reram-array-om")
	require.Nil(t, none.draw(3, 7, 0).stuck)
	// Being stuck changes no number of a cell that is not.
	free := none.draw(manyPulsed, 7, 0)
	for i, s := range of.stuck {
		if !s {
			require.Equal(t, free.up[i], of.up[i])
		}
	}
}

// Lifetimes: each cell loses 1/lifetime of what is above its reset weight in an
// update; spread as asked.
func TestLifetimesOfTheCapacitor(t *testing.T) {
	p := stepsOf(t, "capacitor")
	of := p.draw(manyPulsed, 7, 0)
	var updates []float64
	leaky := 0
	for _, tau := range of.tau {
		if tau == 0 { // a lifetime below one update: gone at once
			leaky++
			continue
		}
		updates = append(updates, 1/-math.Expm1(-p.UpdatePeriod/tau))
	}
	within(t, 1e6, updates, "lifetime")
	var deviation []float64
	for _, u := range updates {
		deviation = append(deviation, (u-1e6)*(u-1e6))
	}
	within(t, 0.3e6*0.3e6, deviation, "lifetime, variance")
	require.InDelta(t, 0.5*math.Erfc(1/(0.3*math.Sqrt2)), float64(leaky)/manyPulsed, 5*math.Sqrt(4.3e-4/manyPulsed))
}

// The numbers of the presets, as aihwkit 1.1 has them in
// simulator/presets/devices.py.
func TestPresetsHaveTheirNumbers(t *testing.T) {
	type row struct{ dw, dwDtod, std, upDown, upDownDtod, max, maxDtod, min, minDtod, write float64 }
	for name, want := range map[string]row{
		"gokmen-vlasov":    {0.0016, 0.3, 0.3, 0, 0.01, 1, 0.3, -1, 0.3, 0},
		"idealized":        {0.0002, 0.3, 0.3, 0, 0, 1, 0.3, -1, 0.3, 0},
		"reram-es":         {0.00135, 0.2, 5, 0.259359, 0.05, 1, 0.3, -1, 0.3, 75},
		"reram-sb":         {0.002, 0.3, 3.75, 0, 0.01, 1.25, 0.3 / 1.25, -0.75, 0.3 / 0.75, 56},
		"capacitor":        {0.005, 0.1, 0.3, 0, 0.06, 1, 0.07, -1, 0.07, 0},
		"ecram":            {0.002, 0.1, 0.3, 0, 0.01, 1.1724, 0.05, -0.8276, 0.05, 0},
		"ecram-mo":         {2.8214e-4, 0.1, 2, 0, 0.01, 1.1714, 0.05, -0.8286, 0.05, 0},
		"pcm-pulsed":       {0.01, 0.2, 0.6, 0, 0.05, 2, 0.1, 0, 0, 0},
		"reram-array-om":   {0.0949, 0.7829, 0.4158, 0, 0.01, 1, 0.3499, -1, 0.5695, 1.4113},
		"reram-array-hfo2": {0.4622, 0.7125, 0.2174, 0, 0.01, 1, 0.4295, -1, 0.5990, 0.5841},
	} {
		p := stepsOf(t, name)
		require.Equal(t, want, row{p.DwMin, p.DwMinDtod, p.DwMinStd, p.UpDown, p.UpDownDtod, p.WMax, p.WMaxDtod, p.WMin, p.WMinDtod, p.WriteNoiseStd}, name)
		require.Equal(t, name == "reram-array-om" || name == "reram-array-hfo2", p.DwMinLogNormal, name)
	}
	params := func(name string) any { m, _ := Find(name); return config.EntryDefaults(m.Entry) }
	for name, want := range map[string][4]float64{
		"capacitor": {0.05, 0.01, 0.05, 0.01}, "ecram": {0.1153, 0.05, 0.5085, 0.05}, "ecram-mo": {0.4152, 0.05, 0.7342, 0.05},
	} {
		p := params(name).(*LinearStep)
		require.Equal(t, want, [4]float64{p.GammaUp, p.GammaUpDtod, p.GammaDown, p.GammaDownDtod}, name)
		require.Equal(t, name != "capacitor", p.MultNoise, name)
		require.True(t, p.MeanBound, name)
	}
	capacitor := params("capacitor").(*LinearStep)
	require.Equal(t, []float64{1e6, 0.3}, []float64{capacitor.Lifetime, capacitor.LifetimeDtod})
	for name, want := range map[string][8]float64{
		"reram-es":   {-1.18445, -0.081404, 5, 5, -0.5, -0.5, 0, 0},
		"pcm-pulsed": {-27.235, -2.235, 2.5, 2.5, -1, 0, 0.042, 0.108},
	} {
		p := params(name).(*ExpStep)
		require.Equal(t, want, [8]float64{p.AUp, p.ADown, p.GammaUp, p.GammaDown, p.A, p.B, p.StdAdd, p.StdSlope}, name)
	}
	for name, array := range map[string]bool{"reram-sb": false, "reram-array-om": true, "reram-array-hfo2": true} {
		p := params(name).(*SoftBoundsReference)
		require.False(t, p.MultNoise, name)
		require.Equal(t, array, p.Subtract, name)
		require.Equal(t, map[bool]float64{true: 0.05}[array], p.RefStd, name)
	}
}
