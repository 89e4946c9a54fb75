package synapses_test

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
)

// dynamics puts synapses of a kind before weights.
func dynamics(t require.TestingT, kind, settings string, w sim.SparseWeights, workers int) sim.SparseWeights {
	d, err := synapses.FindDynamic(kind)
	require.NoError(t, err)
	p := d.Entry.New()
	if p != nil {
		tree, err := config.Parse("test.yaml", []byte(settings))
		require.NoError(t, err)
		require.Empty(t, tree.Decode(p, nil))
	}
	out, err := d.New(w, synapses.Setting{StepMS: 0.1, Workers: workers, Seed: 9}, p)
	require.NoError(t, err)
	return out
}

// wired makes synapses on ideal memory.
func wired(t require.TestingT, w synapses.Wiring) sim.SparseWeights {
	ideal, err := synapses.New("ideal", nil)
	require.NoError(t, err)
	w.StepMS = 0.1
	out, err := ideal.MakeSparse(context.Background(), &w, 4)
	require.NoError(t, err)
	return out
}

func one(t require.TestingT, weight float64) sim.SparseWeights {
	return wired(t, synapses.Wiring{Sources: 1, Targets: 1, Rule: &synapses.AllToAll{}, Weight: philox.Fixed(weight), Delay: philox.Fixed(1), Workers: 1})
}

// effect is what a spike of the only source brings.
func effect(t require.TestingT, w sim.SparseWeights, step int64) float64 {
	ring := sim.NewRing(1, 10, 1)
	_, err := w.Deliver(context.Background(), sim.Key{Step: uint32(step)}, []int32{0}, nil, 0, ring)
	require.NoError(t, err)
	return float64(ring.Row(step + 10)[0])
}

// The potentials of NEST's test_tsodyks_facilitating (reference R10): a cell
// with exponential currents, iaf_psc_exp, is driven by a train of 50.1 ms; a
// spike made in the step after 98.1 ms arrives 1 ms after the end of the step.
func TestTsodyksFacilitating(t *testing.T) {
	w := dynamics(t, "tsodyks", "{u: 0.03, tau_psc: 1.5 ms, tau_rec: 130 ms, tau_fac: 530 ms}", one(t, 1540), 1)
	const tauM, c, tauSyn = 60.0, 60.0, 1.5
	arrivals := map[int]float64{}
	for k := 981; k <= 10500; k += 501 { // 20 spikes
		arrivals[k+11] = effect(t, w, int64(k)) // at the end of step k+10
	}
	v := make([]float64, 12000)
	current := 0.0
	for n := 1; n < len(v); n++ { // v[n] is the potential at n 0.1 ms
		p22, p11 := math.Exp(-0.1/tauM), math.Exp(-0.1/tauSyn)
		v[n] = v[n-1]*p22 + current*tauM*tauSyn/((tauSyn-tauM)*c)*(p11-p22)
		current = current*p11 + arrivals[n]
	}
	for _, want := range []struct {
		ms int
		v  string
	}{
		{100, "0.473975"}, {125, "0.770603"}, {150, "1.29712"}, {175, "1.75799"}, {200, "2.11442"}, {225, "2.71449"},
		{1050, "4.78843"}, {1075, "7.32911"}, {1100, "4.83165"}, {1175, "1.38429"},
	} {
		require.Equal(t, want.v, fmt.Sprintf("%.6g", v[want.ms*10]), "at %d ms", want.ms)
	}
}

// Where the two time constants are equal the solution is the limit: close ones
// come as close to it as they are to each other.
func TestTsodyksEqualTimeConstants(t *testing.T) {
	last := func(psc float64) (e float64) {
		w := dynamics(t, "tsodyks", fmt.Sprintf("{u: 0.4, tau_psc: %.12g ms, tau_rec: 20 ms, tau_fac: 30 ms}", psc), one(t, 1), 1)
		for _, at := range []int64{10, 55, 100, 130, 500, 510} {
			e = effect(t, w, at)
		}
		return e
	}
	equal := last(20)
	require.False(t, math.IsNaN(equal))
	for _, off := range []float64{1e-9, 1e-6, 1e-4, 3e-4} {
		require.InDelta(t, equal, last(20+off), 2e-7+off)
	}
	// The resources by fine steps of the equations, for two spikes: u x of the
	// second is what is looked at.
	w := dynamics(t, "tsodyks", "{u: 0.4, tau_psc: 20 ms, tau_rec: 20 ms, tau_fac: 0 ms}", one(t, 1), 1)
	effect(t, w, 0)
	x, y, z := 0.6, 0.4, 0.0
	const n = 200000
	for range n { // 25 ms
		dt := 25.0 / n
		x, y, z = x+dt*z/20, y-dt*y/20, z+dt*(y-z)/20
	}
	require.InDelta(t, 0.4*x, effect(t, w, 250), 1e-6)
}

func TestTsodyks2AgreesWithItsRecursion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u0, rec := rapid.Float64Range(0.01, 1).Draw(t, "u"), rapid.Float64Range(1, 1000).Draw(t, "tau_rec")
		fac := rapid.SampledFrom([]float64{0, 1, 530}).Draw(t, "tau_fac")
		w := dynamics(t, "tsodyks2", fmt.Sprintf("{u: %.17g, tau_rec: %.17g ms, tau_fac: %g ms}", u0, rec, fac), one(t, 3), 1)
		x, u, at := 1.0, u0, int64(rapid.IntRange(0, 1000).Draw(t, "first"))
		require.InDelta(t, 3*u0, effect(t, w, at), 1e-6)
		for _, gap := range rapid.SliceOfN(rapid.Int64Range(1, 3000), 1, 20).Draw(t, "gaps") {
			at += gap
			h := float64(gap) * 0.1
			facilitated := 0.0
			if fac > 0 {
				facilitated = math.Exp(-h / fac)
			}
			x, u = 1+(x-x*u-1)*math.Exp(-h/rec), u0+u*(1-u0)*facilitated
			require.InDelta(t, 3*x*u, effect(t, w, at), 1e-6)
		}
	})
}

func TestReleaseHasTheMomentsOfABinomial(t *testing.T) {
	for _, c := range []struct {
		p float64
		n int
	}{{0, 1}, {1, 3}, {0.3, 1}, {0.5, 4}, {0.07, 40}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			w := wired(t, synapses.Wiring{Sources: 10, Targets: 100, Rule: &synapses.AllToAll{}, Weight: philox.Fixed(2), Delay: philox.Fixed(0.3), Workers: 1, Plastic: true})
			w = dynamics(t, "stochastic_release", fmt.Sprintf("{p: %g, quantal: %d}", c.p, c.n), w, 1)
			ring := sim.NewRing(100, 3, 1)
			var sum, sum2, n float64
			sums := make([]float64, 100) // of single targets
			for k := range int64(400) {
				for source := range int32(10) {
					events, err := w.Deliver(context.Background(), sim.Key{Step: uint32(k)}, []int32{source}, []float32{0.5}, 0, ring)
					require.NoError(t, err)
					require.Equal(t, 100, events)
					row := ring.Row(k + 3)
					for j, x := range row {
						sum, sum2, n = sum+float64(x), sum2+float64(x)*float64(x), n+1
						sums[j] += float64(x)
						sites := float64(x) * float64(c.n)
						require.InDelta(t, math.Round(sites), sites, 1e-4, "whole sites release")
					}
					clear(row)
				}
			}
			variance := c.p * (1 - c.p) / float64(c.n)
			require.InDelta(t, c.p, sum/n, 4*math.Sqrt(variance/n)+1e-9)
			require.InDelta(t, variance, sum2/n-sum/n*sum/n, 0.02*variance+1e-9)
			for _, s := range sums { // synapses draw for themselves: no target is left out
				require.InDelta(t, c.p, s/4000, 5*math.Sqrt(variance/4000)+1e-9)
			}
		})
	}
}

var dynamicKinds = map[string]string{
	"static": "{}", "tsodyks": "{tau_rec: 30 ms, tau_fac: 50 ms}", "tsodyks2": "{tau_rec: 30 ms, tau_fac: 50 ms}", "stochastic_release": "{p: 0.4, quantal: 3}",
}

// What holds for synapses of any kind: the same for any number of parts; a
// state that is saved and loaded goes on with the same bits.
func TestDynamicsContract(t *testing.T) {
	require.NoError(t, synapses.DynamicsCatalog().Check())
	_, err := synapses.FindDynamic("stp")
	require.ErrorContains(t, err, `"stp"`)
	delay, err := philox.NewDraw(philox.UniformDraw, 0.2, 3, math.Inf(-1), math.Inf(1))
	require.NoError(t, err)
	for _, d := range synapses.Dynamics() {
		t.Run(d.Name, func(t *testing.T) {
			require.NotEmpty(t, d.Equation)
			require.NotEmpty(t, d.Reference)
			settings, ok := dynamicKinds[d.Name]
			require.True(t, ok)
			make := func(workers int) sim.SparseWeights {
				return dynamics(t, d.Name, settings, wired(t, synapses.Wiring{
					Sources: 30, Targets: 130, Rule: &synapses.FixedIndegree{N: 8, Multiples: synapses.Multiples{Multapses: true}},
					Weight: philox.Fixed(0.7), Delay: delay, Workers: workers, Plastic: true,
				}), workers)
			}
			s := philox.Stream{Seed: 8}
			run := func(w sim.SparseWeights, workers int, from, to int64) (log []float32) {
				ring := sim.NewRing(130, 30, 1)
				for k := from; k < to; k++ {
					var spikes []int32
					for i := range int32(30) {
						if philox.Uniform(s.Word(uint32(i), uint32(k))) < 0.05 {
							spikes = append(spikes, i)
						}
					}
					for q := range workers {
						_, err := w.Deliver(context.Background(), sim.Key{Step: uint32(k)}, spikes, nil, q, ring)
						require.NoError(t, err)
					}
					log = append(log, ring.Row(k)...)
					clear(ring.Row(k))
				}
				return append(log, ring.Data...)
			}
			whole := make(1)
			want, rest := run(whole, 1, 0, 300), []float32(nil)
			saved := map[string]any{}
			if st, ok := whole.(sim.Stateful); ok {
				for _, v := range st.State() {
					from := reflect.ValueOf(v.Values)
					to := reflect.MakeSlice(from.Type(), from.Len(), from.Len())
					reflect.Copy(to, from)
					saved[v.Name] = to.Interface()
				}
			}
			rest = run(whole, 1, 300, 500)
			for _, workers := range []int{2, 3} {
				w := make(workers)
				require.Equal(t, want, run(w, workers, 0, 300), "%d workers", workers)
				loaded := make(workers)
				if st, ok := loaded.(sim.Stateful); ok {
					for _, v := range st.State() {
						require.Equal(t, reflect.ValueOf(v.Values).Len(), reflect.Copy(reflect.ValueOf(v.Values), reflect.ValueOf(saved[v.Name])), v.Name)
					}
				}
				if r, ok := loaded.(sim.Restorer); ok {
					require.NoError(t, r.Restored())
				}
				require.Equal(t, rest, run(loaded, workers, 300, 500), "%d workers", workers)
			}
			if d.Params == nil {
				return
			}
			for _, f := range config.Fields(reflect.TypeOf(d.Params)) {
				require.NotEmpty(t, f.Doc, f.Key)
				tree, err := config.Parse("test.yaml", []byte(f.Key+": .nan\n"))
				require.NoError(t, err)
				require.NotEmpty(t, tree.Decode(d.Entry.New(), nil), "%s: NaN is taken", f.Key)
			}
		})
	}
}

// Every synapse of plastic weights has a weight of its own; rows are the memory
// itself.
func TestPlasticRows(t *testing.T) {
	ctx := context.Background()
	w := wired(t, synapses.Wiring{Sources: 3, Targets: 20, Rule: &synapses.AllToAll{}, Weight: philox.Fixed(2), Delay: philox.Fixed(40), Workers: 2, Plastic: true}).(sim.PlasticWeights)
	starts, err := sim.Starts(ctx, w, 2)
	require.NoError(t, err)
	require.Equal(t, []uint32{0, 16, 20, 36, 40, 56, 60}, starts)
	row, live, err := w.Row(ctx, sim.Key{}, 1, 1)
	require.NoError(t, err)
	require.True(t, live)
	require.Equal(t, int32(16), row.Base)
	require.Equal(t, 400, row.DelayOf(0))
	row.Weights[0] = 7
	require.NoError(t, w.Update(ctx, sim.Key{}, 1, 1, []float32{0, 1, 0, 0}))
	require.Equal(t, []float32{7, 3, 2, 2}, row.Weights)
	require.Equal(t, float32(7), w.(sim.Stateful).State()[0].Values.([]float32)[36])

	shared := wired(t, synapses.Wiring{Sources: 3, Targets: 20, Rule: &synapses.AllToAll{}, Weight: philox.Fixed(2), Delay: philox.Fixed(40), Workers: 2})
	_, _, err = shared.(sim.PlasticWeights).Row(ctx, sim.Key{}, 1, 1)
	require.ErrorContains(t, err, "share one weight")
}
