package plasticity

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
)

// The replay is written spike by spike over all pairs, without traces; times
// are in steps of 0.1 ms.
const h = 0.1

// replayed is a rule of pairs as its paper gives it.
type replayed struct {
	name                                  string
	make                                  func(s Setting) (sim.Learner, error)
	tauPlus, tauMinus, slowPlus, slowLess float64
	post, pre                             func(w, trace, slow float64) float64
}

func stdpCase(name string, p STDPParams, muPlus, muMinus float64) replayed {
	return replayed{
		name: name, make: func(s Setting) (sim.Learner, error) { return STDPModel().New(s, &p) },
		tauPlus: p.TauPlus, tauMinus: p.TauMinus, slowPlus: 1, slowLess: 1,
		post: func(w, k, _ float64) float64 {
			return math.Min(w+p.Lambda*math.Pow(1-w, muPlus)*k, 1) // w_max is 1
		},
		pre: func(w, k, _ float64) float64 {
			return math.Max(w-p.Alpha*p.Lambda*math.Pow(w, muMinus)*k, 0)
		},
	}
}

var replays = []replayed{
	// NEST's test of stdp_synapse (reference R25).
	stdpCase("stdp additive", STDPParams{Dependence: "additive", WMax: "1 mV", Lambda: 0.01, Alpha: 0.85, MuPlus: 1, MuMinus: 1, TauPlus: 16.8, TauMinus: 33.7}, 0, 0),
	stdpCase("stdp additive, to the bounds", STDPParams{Dependence: "additive", WMax: "1 mV", Lambda: 0.2, Alpha: 1.1, MuPlus: 1, MuMinus: 1, TauPlus: 16.8, TauMinus: 33.7}, 0, 0),
	stdpCase("stdp multiplicative", STDPParams{Dependence: "multiplicative", WMax: "1 mV", Lambda: 0.1, Alpha: 0.85, MuPlus: 1, MuMinus: 1, TauPlus: 16.8, TauMinus: 33.7}, 1, 1),
	stdpCase("stdp guetig", STDPParams{Dependence: "guetig", WMax: "1 mV", Lambda: 0.1, Alpha: 1.05, MuPlus: 0.3, MuMinus: 0.7, TauPlus: 16.8, TauMinus: 33.7}, 0.3, 0.7),
	{
		name: "stdp_power", tauPlus: 15, tauMinus: 30, slowPlus: 1, slowLess: 1,
		make: func(s Setting) (sim.Learner, error) {
			return STDPPowerModel().New(s, &STDPPowerParams{Lambda: 0.1, Alpha: 0.0513, Mu: 0.4, TauPlus: 15, TauMinus: 30}) // hpc_benchmark
		},
		post: func(w, k, _ float64) float64 { return w + 0.1*math.Pow(w, 0.4)*k },
		pre:  func(w, k, _ float64) float64 { return w - 0.1*0.0513*w*k },
	},
	{
		name: "stdp_triplet", tauPlus: 16.8, tauMinus: 33.7, slowPlus: 101, slowLess: 125,
		make: func(s Setting) (sim.Learner, error) {
			return STDPTripletModel().New(s, &STDPTripletParams{APlus: 5e-3, AMinus: 7e-3, APlusTriplet: 6.2e-3, AMinusTriplet: 2.3e-3,
				WMax: "1 mV", TauPlus: 16.8, TauPlusTriplet: 101, TauMinus: 33.7, TauMinusTriplet: 125})
		},
		post: func(w, k, slow float64) float64 { return math.Min(w+k*(5e-3+6.2e-3*slow), 1) },
		pre:  func(w, k, slow float64) float64 { return math.Max(w-k*(7e-3+2.3e-3*slow), 0) },
	},
	{
		name: "vogels_sprekeler", tauPlus: 20, tauMinus: 20, slowPlus: 1, slowLess: 1,
		make: func(s Setting) (sim.Learner, error) {
			return VogelsSprekelerModel().New(s, &VogelsSprekelerParams{Eta: 0.01, Alpha: 0.12, Tau: 20, WMax: "1 mV"})
		},
		post: func(w, k, _ float64) float64 { return math.Min(w+0.01*k, 1) },
		pre:  func(w, k, _ float64) float64 { return math.Max(math.Min(w+0.01*k, 1)-0.0012, 0) },
	},
}

func kernel(steps int64, tau float64) float64 { return math.Exp(-float64(steps) * h / tau) }

// replay gives the weight after the last spike of the source.
func (r *replayed) replay(pre, post []int64, d int64, w float64, store func(float64) float64) float64 {
	for j, t := range pre {
		before := int64(math.MinInt64 / 2)
		if j > 0 {
			before = pre[j-1]
		}
		for n, s := range post {
			at := s + d
			if at <= before || at > t {
				continue
			}
			var k, slow float64
			for i := range j {
				k += kernel(at-pre[i], r.tauPlus)
			}
			for i := range n {
				slow += kernel(s-post[i], r.slowLess)
			}
			w = r.post(w, k, slow)
		}
		var k, slow float64
		for _, s := range post {
			if s+d < t {
				k += kernel(t-d-s, r.tauMinus)
			}
		}
		for i := range j {
			slow += kernel(t-pre[i], r.slowPlus)
		}
		w = store(r.pre(w, k, slow))
	}
	return w
}

func exact(w float64) float64    { return w }
func float32s(w float64) float64 { return float64(float32(w)) }

// setting makes plastic weights of 0.5 mV.
func setting(t require.TestingT, sources, targets, workers int, delay philox.Draw, rule synapses.Rule) Setting {
	ideal, err := synapses.New("ideal", nil)
	require.NoError(t, err)
	w, err := ideal.MakeSparse(context.Background(), &synapses.Wiring{
		Sources: sources, Targets: targets, Rule: rule, Weight: philox.Fixed(0.5), Delay: delay, StepMS: h, Workers: workers, Plastic: true,
	}, 1)
	require.NoError(t, err)
	return Setting{Weights: w.(sim.PlasticWeights), Workers: workers, StepMS: h, Unit: "mV"}
}

// rule64 runs one synapse in float64: the rule's own functions, spikes of the
// target told late or early as the engine may.
func (r *replayed) rule64(t require.TestingT, pre, post []int64, d int64) float64 {
	l, err := r.make(setting(t, 1, 1, 1, philox.Fixed(float64(d)*h), &synapses.AllToAll{}))
	require.NoError(t, err)
	p := l.(*pair)
	q, w := &p.pasts[0], 0.5
	told := 0
	for _, at := range pre {
		for told < len(post) && post[told] <= at { // some are still to come for the synapse
			slow := &p.minusSlow
			if !p.slows {
				slow = nil
			}
			q.post(0, post[told], &p.minus, slow)
			told++
		}
		v := pairVisit{pair: p, from: q.seen[0], to: at, last: q.last[0], trace: q.k[0], spikes: true}
		if p.slows {
			v.slow = q.k2[0] * p.plusSlow.after(at-v.last)
		}
		w = v.synapse(w, q.posts[0].all, d)
		p.spiked(q, 0, at)
	}
	return w
}

// ms are times in steps.
func ms(at ...int64) []int64 {
	for i := range at {
		at[i] *= 10
	}
	return at
}

func TestRuleAgreesWithReplay(t *testing.T) {
	// The trains of NEST's test: some pairs meet at the same time, with the
	// delay or without it.
	pre, post := ms(1, 5, 6, 7, 9, 11, 12, 13), ms(2, 3, 4, 8, 9, 10, 12)
	for _, r := range replays {
		t.Run(r.name, func(t *testing.T) {
			for _, d := range []int64{1, 10, 15, 20, 77} {
				require.InDelta(t, r.replay(pre, post, d, 0.5, exact), r.rule64(t, pre, post, d), 1e-12, "delay %d", d)
			}
			rapid.Check(t, func(t *rapid.T) {
				train := func(name string) []int64 {
					var out []int64
					at := int64(0)
					for _, gap := range rapid.SliceOfN(rapid.Int64Range(1, 60), 0, 40).Draw(t, name) {
						at += gap
						out = append(out, at)
					}
					return out
				}
				pre, post, d := train("pre"), train("post"), rapid.Int64Range(1, 100).Draw(t, "delay")
				got := r.rule64(t, pre, post, d)
				require.InDelta(t, r.replay(pre, post, d, 0.5, exact), got, 1e-12)
				if r.name != "stdp_power" {
					require.True(t, got >= 0 && got <= 1, "w = %g", got)
				}
			})
		})
	}
}

// A pair that meets at exactly the same time leaves the weight as it is.
func TestPairsAtTheSameTime(t *testing.T) {
	for _, r := range replays[:4] {
		require.Equal(t, 0.5, r.rule64(t, ms(5), ms(3), 20), r.name)
		require.Less(t, r.rule64(t, []int64{51}, ms(3), 20), 0.5, r.name)
		require.Equal(t, 0.5, r.rule64(t, []int64{49}, ms(3), 20), r.name)
		require.Greater(t, r.rule64(t, []int64{49, 20000}, ms(3), 20), 0.4999, r.name)
	}
}

// Stored weights of a network with a delay of its own for every synapse agree
// with the replay to the rounding of float32, for any number of parts.
func TestStoredWeightsAgreeWithReplay(t *testing.T) {
	const sources, targets, steps = 12, 70, 3000
	s := philox.Stream{Seed: 2}
	train := func(n int, purpose string, mean float64) [][]int64 { // stamped at the ends of steps
		s.Purpose = philox.Purpose(purpose)
		out := make([][]int64, n)
		for i := range out {
			at := int64(0)
			for k := uint32(0); ; k++ {
				if at += 1 + int64(-mean*math.Log(philox.Uniform(s.Word(uint32(i), k)))); at > steps {
					break
				}
				out[i] = append(out[i], at)
			}
		}
		return out
	}
	pre, post := train(sources, "pre", 90), train(targets, "post", 130)
	in := func(trains [][]int64, lo, hi int, stamp int64) (out []int32) {
		for i := lo; i < hi; i++ {
			for _, at := range trains[i] {
				if at == stamp {
					out = append(out, int32(i))
				}
			}
		}
		return out
	}
	delay, err := philox.NewDraw(philox.UniformDraw, 0.5, 30, math.Inf(-1), math.Inf(1))
	require.NoError(t, err)
	ctx := context.Background()
	for _, r := range replays {
		for _, workers := range []int{1, 2, 3} {
			t.Run(fmt.Sprintf("%s, %d parts", r.name, workers), func(t *testing.T) {
				set := setting(t, sources, targets, workers, delay, &synapses.PairwiseBernoulli{P: 0.5})
				l, err := r.make(set)
				require.NoError(t, err)
				low, high := l.Delays()
				ring := sim.NewRing(targets, high, low)
				for first := int64(0); first < steps; first += int64(low) {
					for q, part := range sim.Parts(targets, workers) {
						for k := first; k < first+int64(low); k++ {
							require.NoError(t, l.Post(ctx, k, in(post, part.Lo, part.Hi, k+1), q))
						}
						for k := first; k < first+int64(low); k++ {
							_, err := l.Deliver(ctx, sim.Key{Step: uint32(k)}, in(pre, 0, sources, k+1), nil, q, ring)
							require.NoError(t, err)
						}
					}
				}
				n := 0
				for source := range sources {
					for q := range workers {
						row, _, err := set.Weights.Row(ctx, sim.Key{}, int32(source), q)
						require.NoError(t, err)
						for i, target := range row.Targets {
							want := r.replay(pre[source], post[int(row.Base)+int(target)], int64(row.DelayOf(i)), 0.5, float32s)
							require.InDelta(t, want, row.Weights[i], 1e-7)
							n++
						}
					}
				}
				require.Equal(t, set.Weights.Synapses(), n)
			})
		}
	}
}

// A source that is silent for long is caught up with; its weights are those of
// the replay all the same.
func TestSilentSourcesAreCaughtUpWith(t *testing.T) {
	r := replays[3]
	set := setting(t, 1, 1, 1, philox.Fixed(1.5), &synapses.AllToAll{})
	l, err := r.make(set)
	require.NoError(t, err)
	pre, post := []int64{100, 8150, 50000}, []int64{}
	for at := int64(40); at < 50000; at += 70 {
		post = append(post, at)
	}
	ctx, ring := context.Background(), sim.NewRing(1, 15, 15)
	stamped := func(train []int64, k int64) []int32 {
		for _, at := range train {
			if at == k+1 {
				return []int32{0}
			}
		}
		return nil
	}
	for k := int64(0); k < 50000; k++ {
		require.NoError(t, l.Post(ctx, k, stamped(post, k), 0))
		if s := stamped(pre, k); s != nil {
			_, err := l.Deliver(ctx, sim.Key{Step: uint32(k)}, s, nil, 0, ring)
			require.NoError(t, err)
		}
	}
	require.Less(t, len(l.(*pair).pasts[0].posts[0].all), 2*catchUpSteps/70+3)
	row, _, err := set.Weights.Row(ctx, sim.Key{}, 0, 0)
	require.NoError(t, err)
	require.InDelta(t, r.replay(pre, post, 15, 0.5, exact), row.Weights[0], 3e-7)
}

// Negative weights change as positive ones of the same magnitude.
func TestNegativeWeights(t *testing.T) {
	r := replays[len(replays)-1]
	set := setting(t, 1, 1, 1, philox.Fixed(0.1), &synapses.AllToAll{})
	require.NoError(t, set.Weights.Update(context.Background(), sim.Key{}, 0, 0, []float32{-1}))
	set.Negative = true
	l, err := VogelsSprekelerModel().New(set, &VogelsSprekelerParams{Eta: 0.01, Alpha: 0.12, Tau: 20, WMax: "-1 mV"})
	require.NoError(t, err)
	ctx, ring := context.Background(), sim.NewRing(1, 1, 1)
	for k := range int64(200) {
		if k == 100 {
			require.NoError(t, l.Post(ctx, k, []int32{0}, 0))
		}
		if k == 50 || k == 150 {
			_, err := l.Deliver(ctx, sim.Key{Step: uint32(k)}, []int32{0}, nil, 0, ring)
			require.NoError(t, err)
		}
	}
	row, _, err := set.Weights.Row(ctx, sim.Key{}, 0, 0)
	require.NoError(t, err)
	require.InDelta(t, -r.replay([]int64{51, 151}, []int64{101}, 1, 0.5, exact), row.Weights[0], 1e-7)
	require.Less(t, row.Weights[0], float32(-0.5))
}

// Weights are given with the sign that the file has; conductances of inhibition
// are stored as magnitudes.
func TestSigns(t *testing.T) {
	for _, c := range []struct {
		negative, magnitude bool
		wMax                config.Scalar
		sign                float64
		rule                string
	}{
		{false, false, "2 mV", 1, ""},
		{true, false, "-2 mV", -1, ""},
		{true, true, "-2 mV", 1, ""},
		{true, true, "2 mV", 1, "sign"},
		{false, true, "-2 mV", 1, "sign"},
	} {
		set := setting(t, 1, 1, 1, philox.Fixed(1), &synapses.AllToAll{})
		set.Negative, set.Magnitude, set.Factor = c.negative, c.magnitude, 3
		l, err := VogelsSprekelerModel().New(set, &VogelsSprekelerParams{Eta: 0.01, Alpha: 0.12, Tau: 20, W0: "0.5 mV", WMax: c.wMax})
		if c.rule != "" {
			require.ErrorContains(t, err, c.rule)
			continue
		}
		require.NoError(t, err)
		p := l.(*pair)
		require.Equal(t, c.sign, p.sign)
		require.InDelta(t, 6, p.rule.(*vogelsSprekeler).wMax, 1e-12, "scaled by the factor")
		require.InDelta(t, 0.015, p.rule.(*vogelsSprekeler).eta, 1e-12)
	}
}
