package devices_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/config"
)

// drivenCell is a cell model with its defaults, some of them changed.
func drivenCell[T any](t require.TestingT, m devices.Model, change func(p *T)) devices.Cell {
	p := config.EntryDefaults(m.Entry).(*T)
	if change != nil {
		change(p)
	}
	require.NoError(t, any(p).(interface{ Validate() error }).Validate())
	cell, err := m.New(p)
	require.NoError(t, err)
	return cell
}

// oneOf is a single cell of a model.
func oneOf[T any](t require.TestingT, m devices.Model, change func(p *T)) devices.Traced {
	return drivenCell(t, m, change).Make(1, 1, 0).(devices.Traced)
}

// state is the state of cell 0.
func state(c devices.Cells) float64 { return c.State()[0].Values.([]float64)[0] }

// apply puts a voltage across cell 0.
func apply(t require.TestingT, c devices.Driven, volt, seconds float64) {
	require.NoError(t, c.Apply(0, []int32{0}, []float64{volt}, seconds))
}

// ohm is the resistance of cell 0 at a voltage.
func ohm(c devices.Driven, volt float64) float64 { return volt / c.Current(0, volt) }

func sine(volt, hz float64) func(float64) float64 {
	return func(t float64) float64 { return volt * math.Sin(2*math.Pi*hz*t) }
}

func constant(volt float64) func(float64) float64 { return func(float64) float64 { return volt } }

func trace(t require.TestingT, c devices.Traced, wave func(float64) float64, seconds float64, intervals int) *devices.Trace {
	tr, err := c.Trace(context.Background(), 0, wave, seconds, intervals)
	require.NoError(t, err)
	return tr
}

// simpson integrates equidistant values.
func simpson(y []float64, h float64) (sum float64) {
	for k := 0; k+2 < len(y); k += 2 {
		sum += h / 3 * (y[k] + 4*y[k+1] + y[k+2])
	}
	return sum
}

// driven are the compact models with voltages at which their cells move, and a
// time that they need for it.
func driven() []struct {
	model         devices.Model
	volt, seconds float64
} {
	return []struct {
		model         devices.Model
		volt, seconds float64
	}{
		{devices.LinearIonDriftModel(), 2, 0.5},
		{devices.VTEAMModel(), 0.4, 1e-6},
		{devices.YakopcicModel(), 0.5, 1e-2},
		{devices.StanfordPKUModel(), 2, 1e-6},
		{devices.MessarisModel(), 1.5, 1e-3},
	}
}

func made(t require.TestingT, m devices.Model, n int) devices.Traced {
	cell, err := m.New(config.EntryDefaults(m.Entry))
	require.NoError(t, err)
	return cell.Make(n, 1, 0).(devices.Traced)
}

// Every cell moves under a sine, and its current is nothing where the voltage
// is: the loop is pinched.
func TestDrivenLoopsArePinched(t *testing.T) {
	for _, d := range driven() {
		t.Run(d.model.Name, func(t *testing.T) {
			c := made(t, d.model, 1)
			tr := trace(t, c, sine(d.volt, 1/d.seconds), 2*d.seconds, 400)
			s := tr.State.Values.([]float64)
			require.Len(t, s, 401)
			low, high, most := s[0], s[0], 0.0
			for k := range s {
				low, high = min(low, s[k]), max(high, s[k])
				most = max(most, math.Abs(tr.Amps[k]))
				require.GreaterOrEqual(t, tr.Amps[k]*tr.Volts[k], 0.0, "a cell gives no power")
			}
			require.Greater(t, high, low, "it moves")
			for _, k := range []int{0, 100, 200, 300, 400} {
				require.InDelta(t, 0, tr.Amps[k], 1e-12*most, "no voltage, no current")
			}
			require.Zero(t, c.Current(0, 0))
			require.Equal(t, s[400], state(c), "the cell is left where the trace ends")
		})
	}
}

// A trace of a constant voltage is a pulse: the integrator against the closed
// forms of those models that have one.
func TestDrivenTraceOfAConstantIsAPulse(t *testing.T) {
	for _, d := range driven() {
		for _, volt := range []float64{d.volt, -d.volt} {
			a, b := made(t, d.model, 1), made(t, d.model, 1)
			apply(t, a, d.volt, d.seconds/50) // away from the start
			apply(t, b, d.volt, d.seconds/50)
			apply(t, a, volt, d.seconds/20)
			trace(t, b, constant(volt), d.seconds/20, 7)
			require.InEpsilon(t, state(a)+1, state(b)+1, 1e-7, "%s at %g V", d.model.Name, volt)
		}
	}
}

// The error of a pulse follows the tolerance.
func TestDrivenConverges(t *testing.T) {
	at := func(tolerance float64) float64 {
		c := oneOf(t, devices.StanfordPKUModel(), func(p *devices.StanfordPKU) { p.Tolerance = tolerance })
		apply(t, c, 1.6, 3e-8)
		return state(c)
	}
	want := at(1e-13)
	require.InDelta(t, 1, want, 0.65, "on the way")
	before := math.Inf(1)
	for _, tol := range []float64{1e-3, 1e-5, 1e-7, 1e-9, 1e-11} {
		wrong := math.Abs(at(tol) - want)
		require.Less(t, wrong, 30*tol)
		require.LessOrEqual(t, wrong, before)
		before = wrong
	}
}

// Whatever is done, the state stays in its bounds and the conductance in the
// window, and what a list of cells sees does not depend on the list.
func TestDrivenStaysInBounds(t *testing.T) {
	for _, d := range driven() {
		t.Run(d.model.Name, func(t *testing.T) {
			cell, err := d.model.New(config.EntryDefaults(d.model.Entry))
			require.NoError(t, err)
			low, high := cell.Window()
			rapid.Check(t, func(r *rapid.T) {
				c, other := cell.Make(3, 1, 0).(devices.Traced), cell.Make(3, 1, 0).(devices.Traced)
				for range rapid.IntRange(1, 4).Draw(r, "pulses") {
					volts := rapid.SliceOfN(rapid.Float64Range(-2*d.volt, 2*d.volt), 3, 3).Draw(r, "volts")
					seconds := d.seconds * math.Pow(10, rapid.Float64Range(-3, 1).Draw(r, "log seconds"))
					require.NoError(r, c.Apply(0, nil, volts, seconds))
					for _, k := range []int32{2, 0, 1} {
						require.NoError(r, other.Apply(0, []int32{k}, volts[k:k+1], seconds))
					}
				}
				phase, turns := rapid.Float64Range(0, 6).Draw(r, "phase"), rapid.Float64Range(0.1, 5).Draw(r, "turns")
				wave := func(t float64) float64 {
					return d.volt * (math.Sin(phase+turns*t/d.seconds) + 0.5*math.Sin(2.7*turns*t/d.seconds))
				}
				_, err := c.Trace(context.Background(), 1, wave, d.seconds, 20)
				require.NoError(r, err)
				_, err = other.Trace(context.Background(), 1, wave, d.seconds, 20)
				require.NoError(r, err)
				require.Equal(r, c.State()[0].Values, other.State()[0].Values)
				g := make([]float32, 3)
				c.Conductance(0, g, nil)
				for _, v := range g {
					require.True(r, float64(v) >= low*(1-1e-6) && float64(v) <= high*(1+1e-6), "%g uS, window %g to %g", v, low, high)
				}
			})
		})
	}
}

// A voltage that no cell survives is an error with a remedy or a state at its
// bound, soon; a cell that failed has not moved, nor have those beside it.
func TestDrivenRefuses(t *testing.T) {
	for _, d := range driven() {
		t.Run(d.model.Name, func(t *testing.T) {
			c := made(t, d.model, 2)
			start := append([]float64(nil), c.State()[0].Values.([]float64)...)
			require.ErrorContains(t, c.Apply(0, nil, []float64{d.volt, math.NaN()}, 1), "finite")
			require.ErrorContains(t, c.Apply(0, nil, []float64{d.volt, math.Inf(1)}, 1), "finite")
			require.ErrorContains(t, c.Apply(0, nil, []float64{1}, 1), "2 cells")
			require.ErrorContains(t, c.Apply(0, nil, []float64{1, 1}, math.NaN()), "0 s or more")
			_, err := c.Trace(context.Background(), 0, constant(math.NaN()), 1, 10)
			require.ErrorContains(t, err, "finite")
			_, err = c.Trace(context.Background(), 0, constant(1), -1, 10)
			require.ErrorContains(t, err, "0 s or more")
			_, err = c.Trace(context.Background(), 0, constant(1), 1, 0)
			require.ErrorContains(t, err, "at least 1")
			_, err = c.Trace(context.Background(), 2, constant(1), 1, 10)
			require.ErrorContains(t, err, "counted from 0")
			require.Equal(t, start, c.State()[0].Values)
			for _, volt := range []float64{5, -5, 30, -30, 1e4, -1e4, 1e300, -1e300} {
				before := append([]float64(nil), c.State()[0].Values.([]float64)...)
				if err := c.Apply(0, nil, []float64{d.volt / 2, volt}, 1); err != nil {
					require.ErrorContains(t, err, "lower the voltage")
					require.Equal(t, before, c.State()[0].Values)
				}
			}
		})
	}
	for _, m := range []devices.Model{devices.YakopcicModel(), devices.StanfordPKUModel()} {
		c := made(t, m, 1)
		require.ErrorContains(t, c.Apply(0, nil, []float64{1e4}, 1), "lower the voltage", m.Name)
		_, err := c.Trace(context.Background(), 0, sine(1e4, 1), 1, 100)
		require.ErrorContains(t, err, "lower the voltage", m.Name)
	}
}

// A waveform much faster than it is looked at ends all the same, in bounds or
// with a remedy.
func TestDrivenTraceOfAWaveTooFast(t *testing.T) {
	for _, d := range driven() {
		low, high := math.Inf(1), 0.0
		for _, hz := range []float64{1e6, 1e12, 1e15} {
			c := made(t, d.model, 1)
			if tr, err := c.Trace(context.Background(), 0, sine(d.volt, hz/d.seconds), d.seconds, 1); err != nil {
				require.ErrorContains(t, err, "lower the voltage")
			} else {
				s := tr.State.Values.([]float64)
				low, high = min(low, s[1]), max(high, s[1])
			}
		}
		require.True(t, low >= 0 && high < 1e4)
	}
	// Nor does a time near the smallest number.
	trace(t, made(t, devices.MessarisModel(), 1), sine(1, 1), 5e-324, 1)
}

// The curve of a cell's conductance and voltage is its current, and the slope
// is that of the curve.
func TestDrivenCurves(t *testing.T) {
	for _, d := range driven() {
		cell, err := d.model.New(config.EntryDefaults(d.model.Entry))
		require.NoError(t, err)
		curve, ok := cell.(devices.Curved)
		if !ok {
			c := made(t, d.model, 1)
			require.InEpsilon(t, c.Current(0, 1), -c.Current(0, -1), 1e-15, "%s is ohmic", d.model.Name)
			require.InEpsilon(t, 3*c.Current(0, 1), c.Current(0, 3), 1e-14, "%s is ohmic", d.model.Name)
			continue
		}
		c := made(t, d.model, 1)
		g := make([]float32, 1)
		c.Conductance(0, g, nil)
		siemens := float64(g[0]) * 1e-6
		for _, v := range []float64{-0.7, -0.1, 0, 0.2, 1.1} {
			amp, slope := curve.Current(siemens, v)
			require.InDelta(t, c.Current(0, v), amp, 1e-6*math.Abs(amp)+1e-18, "%s at %g V", d.model.Name, v)
			up, _ := curve.Current(siemens, v+1e-5)
			down, _ := curve.Current(siemens, v-1e-5)
			require.InEpsilon(t, (up-down)/2e-5, slope, 1e-6, "%s at %g V", d.model.Name, v)
		}
	}
}

// Mistakes of parameters that only show beside others.
func TestDrivenValidate(t *testing.T) {
	lid := config.EntryDefaults(devices.LinearIonDriftModel().Entry).(*devices.LinearIonDrift)
	lid.ROn = lid.ROff
	require.ErrorContains(t, lid.Validate(), "r_on: must be below r_off, 16000 ohm")
	v := config.EntryDefaults(devices.VTEAMModel().Entry).(*devices.VTEAM)
	v.XStart = 4
	require.ErrorContains(t, v.Validate(), "x_start: must be from x_on, 0 nm, to x_off, 3 nm")
	v.XOn, v.ROn = 3, 5000
	require.ErrorContains(t, v.Validate(), "r_on: must be below r_off, 1000 ohm")
	require.ErrorContains(t, v.Validate(), "x_on: must be below x_off, 3 nm")
	y := config.EntryDefaults(devices.YakopcicModel().Entry).(*devices.Yakopcic)
	y.Eta = 0
	require.ErrorContains(t, y.Validate(), "eta: must be 1 or -1")
	s := config.EntryDefaults(devices.StanfordPKUModel().Entry).(*devices.StanfordPKU)
	s.ROn, s.RStart = 100, 1e9
	require.ErrorContains(t, s.Validate(), "r_start: must be from r_on, 100 ohm")
	require.ErrorContains(t, s.Validate(), "r_on: must be at least 243.456 ohm")
	s.V0 = 1e-6
	require.ErrorContains(t, s.Validate(), "v_read: must be lower")
	m := config.EntryDefaults(devices.MessarisModel().Entry).(*devices.Messaris)
	m.TN, m.RStart = 0, 10
	require.ErrorContains(t, m.Validate(), "t_n: must be another voltage than 0 V")
	require.ErrorContains(t, m.Validate(), "r_start: must be from r_on, 1600 ohm")
}

func BenchmarkDrivenPulse(b *testing.B) {
	for _, d := range driven() {
		b.Run(d.model.Name, func(b *testing.B) {
			const n = 1000
			c := made(b, d.model, n)
			up, down := make([]float64, n), make([]float64, n)
			for i := range up {
				up[i], down[i] = d.volt, -d.volt
			}
			for b.Loop() {
				require.NoError(b, c.Apply(0, nil, up, d.seconds/100))
				require.NoError(b, c.Apply(0, nil, down, d.seconds/100))
			}
			b.ReportMetric(2*n*float64(b.N)/b.Elapsed().Seconds(), "cell-pulses/s")
		})
	}
}
