package plasticity

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
)

// Between events the change is NEST's closed form (stdp_dopamine_synapse,
// update_weight_).
func TestGateBetweenEvents(t *testing.T) {
	g := gate{wMin: -1e9, wMax: 1e9, b: 0.003, tauC: 1000, tauN: 200}
	g.prepare(h)
	for _, steps := range []int64{1, 77, 8191, 8192, 30000} {
		c, n, mdt := 0.4, 0.02, -float64(steps)*h
		taus := (g.tauC + g.tauN) / (g.tauC * g.tauN)
		want := 5 - c*(n/taus*math.Expm1(taus*mdt)-g.b*g.tauC*math.Expm1(mdt/g.tauC))
		require.InDelta(t, want, g.piece(5, c, n, steps), 1e-12)
	}
}

// integrated solves the equations numerically: Simpson's rule on pieces of a
// quarter of a step, eligibility and dopamine as sums over all spikes and pairs.
func integrated(g *gate, pre, post, mod []int64, d, until int64, tauPlus, tauMinus float64) (w, c float64) {
	type jump struct {
		t int64
		c float64
	}
	var jumps []jump
	for j, t := range pre {
		down := 0.0
		for _, s := range post {
			if s+d < t {
				down += kernel(t-s-d, tauMinus)
			}
			if before := int64(-1); s+d <= t {
				if j > 0 {
					before = pre[j-1]
				}
				if s+d > before {
					up := 0.0
					for i := range j {
						up += kernel(s+d-pre[i], tauPlus)
					}
					jumps = append(jumps, jump{s + d, g.aPlus * up})
				}
			}
		}
		jumps = append(jumps, jump{t, -g.aMinus * down})
	}
	// Values just after the spikes of a step and at times within it.
	cAt := func(k int64, x float64) (c float64) {
		for _, j := range jumps {
			if j.t <= k {
				c += j.c * math.Exp(-(float64(k-j.t)+x)*h/g.tauC)
			}
		}
		return c
	}
	nAt := func(k int64, x float64) (n float64) {
		for _, s := range mod {
			if s <= k {
				n += math.Exp(-(float64(k-s)+x)*h/g.tauN) / g.tauN
			}
		}
		return n
	}
	w = 500
	for k := int64(0); k < until; k++ {
		f := func(x float64) float64 { return cAt(k, x) * (nAt(k, x) - g.b) }
		const n = 4
		for i := range n {
			a := float64(i) / n
			w += h / n / 6 * (f(a) + 4*f(a+0.5/n) + f(a+1.0/n))
		}
	}
	return w, cAt(until, 0)
}

func TestDopamineAgreesWithIntegration(t *testing.T) {
	p := STDPDopamineParams{APlus: 1, AMinus: 1.5, WMax: "1000 mV", TauPlus: 20, TauMinus: 33.7, TauC: 100, TauN: 20, B: 2}
	ideal, err := synapses.New("ideal", nil)
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		train := func(name string) []int64 {
			var out []int64
			at := int64(0)
			for _, gap := range rapid.SliceOfN(rapid.Int64Range(1, 15), 1, 5).Draw(t, name) {
				at += gap
				out = append(out, at)
			}
			return out
		}
		pre, post, mod, delay := train("pre"), train("post"), train("modulator"), rapid.Int64Range(1, 30).Draw(t, "delay")
		weights, err := ideal.MakeSparse(t.Context(), &synapses.Wiring{
			Sources: 1, Targets: 1, Rule: &synapses.AllToAll{}, Weight: philox.Fixed(500), Delay: philox.Fixed(float64(delay) * h), StepMS: h, Workers: 1, Plastic: true,
		}, 1)
		require.NoError(t, err)
		l, err := STDPDopamineModel().New(Setting{Weights: weights.(sim.PlasticWeights), Workers: 1, StepMS: h, Unit: "mV"}, &p)
		require.NoError(t, err)
		d := l.(*dopamine)
		q, w, c := &d.pasts[0], 500.0, 0.0
		for _, s := range post {
			q.post(0, s, &d.minus, nil)
		}
		for _, s := range mod {
			d.Modulate(s-1, []int32{0}, 0)
		}
		for _, at := range pre {
			v := dopamineVisit{dopamine: d, from: q.seen[0], to: at, last: q.last[0], trace: q.k[0], spikes: true, pulses: d.pulses[0]}
			w, c = v.synapse(w, c, q.posts[0].all, delay)
			d.spiked(q, 0, at)
		}
		wantW, wantC := integrated(&d.gate, pre, post, mod, delay, pre[len(pre)-1], p.TauPlus, p.TauMinus)
		require.InDelta(t, wantW, w, 1e-6)
		require.InDelta(t, wantC, c, 1e-12)
	})
}

// Spikes of the modulator in one step count alike in one piece and in many.
func TestModulateInPieces(t *testing.T) {
	one, many := &dopamine{pulses: make([][]pulse, 1)}, &dopamine{pulses: make([][]pulse, 1)}
	for _, d := range []*dopamine{one, many} {
		d.gate = gate{tauN: 200, tauC: 1000}
		d.gate.prepare(h)
	}
	one.Modulate(4, []int32{0}, 0)
	many.Modulate(4, []int32{0}, 0)
	one.Modulate(9, []int32{0, 1, 2, 3, 4, 5, 6}, 0)
	for i := range int32(7) {
		many.Modulate(9, []int32{i}, 0)
	}
	require.Equal(t, one.pulses, many.pulses)
	require.InDelta(t, (7+math.Exp(-0.5/200))/200, one.pulses[0][1].n, 1e-15)
}

// Weights stay between their bounds, whatever comes.
func TestDopamineBounds(t *testing.T) {
	g := gate{wMin: 0.2, wMax: 1, b: 0.003, tauC: 1000, tauN: 200}
	g.prepare(h)
	for _, c := range []float64{-5, 5} {
		for _, n := range []float64{0, 10} {
			w, _ := g.advance(0.5, c, 10, 9000, []pulse{{t: 5, n: n}, {t: 20, n: 2 * n}})
			require.True(t, w == 0.2 || w == 1, "w = %g", w)
		}
	}
}
