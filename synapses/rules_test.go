package synapses

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// blocked is a fixed out-degree that draws its targets in several blocks, as
// large projections do.
type blocked struct{ *FixedOutdegree }

func (r blocked) Wire(w *Wiring, seed uint64) func(int, []int32) []int32 {
	return r.wire(w, seed, min(5, w.Targets))
}

// ruleCases is every rule with every choice that changes how it draws.
func ruleCases() map[string]Rule {
	all := map[string]Rule{"one_to_one": &OneToOne{}}
	for _, self := range []bool{true, false} {
		s := Selfs{self}
		name := map[bool]string{true: "", false: " without autapses"}[self]
		all["all_to_all"+name] = &AllToAll{s}
		all["pairwise_bernoulli"+name] = &PairwiseBernoulli{P: 0.3, Selfs: s}
		for _, m := range []bool{true, false} {
			m, name := Multiples{m}, name+map[bool]string{true: "", false: " without multapses"}[m]
			all["fixed_indegree"+name] = &FixedIndegree{N: 20, Selfs: s, Multiples: m}
			all["fixed_outdegree"+name] = &FixedOutdegree{N: 20, Selfs: s, Multiples: m}
			all["fixed_outdegree in blocks"+name] = blocked{&FixedOutdegree{N: 20, Selfs: s, Multiples: m}}
			all["fixed_total_number"+name] = &FixedTotalNumber{N: 1000, Selfs: s, Multiples: m}
		}
		for _, kernel := range []string{"gaussian", "exponential", "linear", "constant"} {
			for _, layout := range []string{"grid", "random"} {
				r := &Distance{P: 0.8, Kernel: kernel, Sigma: 0.3, Radius: 0.4, Selfs: s, Sheet: Sheet{Width: 1, Height: 1.5, Periodic: self, Layout: layout}}
				all[fmt.Sprint("distance ", kernel, " ", layout, name)] = r
			}
		}
	}
	return all
}

// flags are the choices of a rule.
func flags(r Rule) (autapses, multapses bool) {
	switch r := r.(type) {
	case *AllToAll:
		return r.Autapses, false
	case *PairwiseBernoulli:
		return r.Autapses, false
	case *FixedIndegree:
		return r.Autapses, r.Multapses
	case *FixedOutdegree:
		return r.Autapses, r.Multapses
	case blocked:
		return r.Autapses, r.Multapses
	case *FixedTotalNumber:
		return r.Autapses, r.Multapses
	case *Distance:
		return r.Autapses, false
	}
	return true, false
}

// lists are the sources of every target.
func lists(w *Wiring, seed uint64) [][]int32 {
	next := w.Rule.Wire(w, seed)
	all := make([][]int32, w.Targets)
	for t := range all {
		all[t] = next(t, nil)
	}
	return all
}

func square(r Rule, n int) *Wiring {
	return &Wiring{Sources: n, Targets: n, Same: true, Rule: r, Weight: philox.Fixed(1), Delay: philox.Fixed(1), StepMS: 1, Workers: 2}
}

// What holds for every rule.
func TestRuleContract(t *testing.T) {
	require.NoError(t, Rules().Check())
	for name, rule := range ruleCases() {
		t.Run(name, func(t *testing.T) {
			const n = 60
			w := square(rule, n)
			require.NoError(t, w.Check())
			autapses, multapses := flags(rule)
			var sum, sum2 float64
			const seeds = 50
			selfs, twice := 0, 0
			for seed := range uint64(seeds) {
				count := 0.0
				for target, sources := range lists(w, seed) {
					count += float64(len(sources))
					seen := map[int32]bool{}
					for _, s := range sources {
						require.True(t, s >= 0 && int(s) < n)
						if int(s) == target {
							selfs++
						}
						if seen[s] {
							twice++
						}
						seen[s] = true
					}
				}
				sum, sum2 = sum+count, sum2+count*count
			}
			require.Equal(t, autapses, selfs > 0, "autapses: %d", selfs)
			require.Equal(t, multapses, twice > 0, "multapses: %d", twice)
			mean := sum / seeds
			variance := max(0, sum2/seeds-mean*mean)
			require.InDelta(t, rule.Expected(w), mean, 5*math.Sqrt(variance/seeds)+1e-9)

			once := lists(w, 1)
			require.Equal(t, once, lists(w, 1), "the same seed")
			switch rule.(type) {
			case *AllToAll, *OneToOne:
			default:
				require.NotEqual(t, once, lists(w, 2), "another seed")
			}
			backwards := rule.Wire(w, 1)
			for target := n - 1; target >= 0; target-- {
				require.Equal(t, len(once[target]), len(backwards(target, nil)))
				require.True(t, slices.Equal(once[target], backwards(target, nil)), "a target does not depend on the others")
			}
			require.NoError(t, square(rule.Scaled(0.5), n/2).Check())
			if !autapses { // between two populations there are none
				w.Same = false
				crossed := 0
				for seed := range uint64(20) {
					for target, sources := range lists(w, seed) {
						if slices.Contains(sources, int32(target)) {
							crossed++
						}
					}
				}
				require.Positive(t, crossed)
			}
		})
	}
}

// wired is all that a wiring gives, in an order without parts.
func wired(t require.TestingT, w *Wiring, seed uint64) (sim.Snapshot, []uint8, []uint16) {
	s, err := w.wire(seed)
	require.NoError(t, err)
	for source := range s.sources {
		for q := range s.parts {
			lo, hi := s.span(int32(source), q)
			require.True(t, slices.IsSorted(s.targets[lo:hi]), "rows by target")
		}
	}
	return s.Snapshot("w"), s.delays8, s.delays16
}

// Any number of workers wires the same synapses, weights and delays.
func TestWorkersWireTheSame(t *testing.T) {
	cases := ruleCases()
	var names []string
	for name := range cases {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "rule")
		n := rapid.IntRange(22, 150).Draw(t, "neurons")
		w := square(cases[name], n)
		w.StepMS, w.Workers = 0.1, 1
		if f, ok := w.Rule.(*FixedTotalNumber); ok {
			n := *f
			n.N = min(n.N, 22*21)
			w.Rule = &n
		}
		var err error
		w.Weight, err = philox.NewDraw(philox.NormalDraw, 1, 0.3, 0, math.Inf(1))
		require.NoError(t, err)
		longest := rapid.SampledFrom([]float64{0.3, 3, 50}).Draw(t, "longest delay")
		w.Delay, err = philox.NewDraw(philox.UniformDraw, 0.1, longest, 0, math.Inf(1))
		require.NoError(t, err)
		if d, ok := w.Rule.(*Distance); ok && rapid.Bool().Draw(t, "lag") {
			n := *d
			n.DelayPerMM = 2
			w.Rule = &n
		}
		seed := rapid.Uint64().Draw(t, "seed")
		want, want8, want16 := wired(t, w, seed)
		for workers := 2; workers <= 8; workers++ {
			w.Workers = workers
			got, got8, got16 := wired(t, w, seed)
			require.Equal(t, want, got)
			require.Equal(t, want8, got8)
			require.Equal(t, want16, got16)
		}
	})
}

// Above 65,536 neurons a worker has several parts; nothing else changes.
func TestPopulationsOfSeveralParts(t *testing.T) {
	for _, rule := range []Rule{
		&FixedIndegree{N: 2, Selfs: Selfs{true}, Multiples: Multiples{true}},
		&FixedOutdegree{N: 70, Selfs: Selfs{true}, Multiples: Multiples{true}},
		&FixedTotalNumber{N: 100_000, Multiples: Multiples{false}},
		&OneToOne{},
	} {
		w := &Wiring{Sources: 1000, Targets: 140_000, Rule: rule, Weight: philox.Fixed(1), Delay: philox.Fixed(1), StepMS: 1, Workers: 1}
		if _, one := rule.(*OneToOne); one {
			w.Sources = w.Targets
		}
		require.Greater(t, len(sim.Parts(w.Targets, 1)), 2)
		one, _, _ := wired(t, w, 7)
		require.Positive(t, len(one.Values))
		for workers := 2; workers <= 3; workers++ {
			w.Workers = workers
			several, _, _ := wired(t, w, 7)
			require.True(t, slices.Equal(one.Values, several.Values))
		}
	}
}

func TestBytesAreEstimated(t *testing.T) {
	normal, err := philox.NewDraw(philox.NormalDraw, 1, 0.1, 0, math.Inf(1))
	require.NoError(t, err)
	uniform, err := philox.NewDraw(philox.UniformDraw, 1, 300, 0, 1)
	require.NoError(t, err)
	for name, rule := range ruleCases() {
		for _, c := range []struct {
			weight, delay philox.Draw
			plastic       bool
		}{{philox.Fixed(1), philox.Fixed(2), false}, {philox.Fixed(1), philox.Fixed(2), true}, {normal, normal.Times(10), false}, {normal, uniform, false}} {
			w := square(rule, 160)
			if _, ok := rule.(*Distance); ok {
				w.Sources, w.Same = 140, false
			}
			w.Weight, w.Delay, w.Plastic = c.weight, c.delay, c.plastic
			s, err := w.wire(3)
			if err != nil {
				require.ErrorContains(t, err, "min of at least")
				continue
			}
			require.InEpsilon(t, float64(s.Bytes()), w.Bytes(), 0.03, name)
		}
	}
	// A sheet with too many pairs to sum.
	for _, layout := range []string{"grid", "random"} {
		r := &Distance{P: 1, Kernel: "gaussian", Sigma: 0.03, Sheet: Sheet{Width: 1, Height: 1, Layout: layout, Periodic: layout == "grid"}}
		w := &Wiring{Sources: 4000, Targets: 4000, Same: true, Rule: r, Weight: philox.Fixed(1), Delay: philox.Fixed(1), StepMS: 1, Workers: 2}
		s, err := w.wire(3)
		require.NoError(t, err)
		require.InEpsilon(t, float64(s.Bytes()), w.Bytes(), 0.03)
	}
}

func TestWiringRefuses(t *testing.T) {
	draw := func(kind philox.DrawKind, a, b, low, high float64) philox.Draw {
		d, err := philox.NewDraw(kind, a, b, low, high)
		require.NoError(t, err)
		return d
	}
	inf := math.Inf(1)
	ok := func() *Wiring {
		return &Wiring{Sources: 10, Targets: 10, Same: true, Rule: &AllToAll{}, Weight: philox.Fixed(1), Delay: philox.Fixed(1.5), StepMS: 0.1, Workers: 1}
	}
	require.NoError(t, ok().Check())
	for name, c := range map[string]struct {
		change func(w *Wiring)
		says   string
	}{
		"nobody":               {func(w *Wiring) { w.Sources = 0 }, "at least one"},
		"too many neurons":     {func(w *Wiring) { w.Targets = 1 << 40 }, "a population can have"},
		"delay below the step": {func(w *Wiring) { w.Delay = philox.Fixed(0.05) }, "at least a step, or a smaller step"},
		"delay off the grid":   {func(w *Wiring) { w.Delay = philox.Fixed(1.55) }, "the next ones on it are 1.5 and 1.6 ms"},
		"drawn delays":         {func(w *Wiring) { w.Delay = draw(philox.NormalDraw, 1.5, 0.75, -inf, inf) }, "give a min of at least the step"},
		"cut too low":          {func(w *Wiring) { w.Delay = draw(philox.NormalDraw, 1.5, 0.75, 0.05, inf) }, "give a min of at least the step"},
		"long delays":          {func(w *Wiring) { w.Delay = draw(philox.LognormalDraw, 3, 3, 1, inf) }, "give a max"},
		"too many synapses":    {func(w *Wiring) { w.Sources, w.Targets, w.Same = 1<<17, 1<<17, false }, "have fewer"},
		"heavy weights":        {func(w *Wiring) { w.Weight = philox.Fixed(1e39) }, "cannot be stored"},
		"one to one":           {func(w *Wiring) { w.Rule, w.Targets = &OneToOne{}, 9 }, "10 and 9 neurons"},
		"in-degree":            {func(w *Wiring) { w.Rule = &FixedIndegree{N: 10} }, "have n at most 9 or multapses: true"},
		"out-degree":           {func(w *Wiring) { w.Rule = &FixedOutdegree{N: 11, Selfs: Selfs{true}} }, "have n at most 10 or multapses: true"},
		"total":                {func(w *Wiring) { w.Rule = &FixedTotalNumber{N: 91} }, "have n at most 90 or multapses: true"},
		"lonely":               {func(w *Wiring) { w.Sources, w.Targets, w.Rule = 1, 1, &FixedIndegree{N: 1, Multiples: Multiples{true}} }, "allow autapses"},
		"lonely total": {func(w *Wiring) {
			w.Sources, w.Targets, w.Rule = 1, 1, &FixedTotalNumber{N: 1, Multiples: Multiples{true}}
		}, "allow autapses"},
		"columns": {func(w *Wiring) {
			w.Rule = &Distance{Kernel: "gaussian", Sigma: 1, Sheet: Sheet{Width: 1, Height: 1, FromColumns: 11}}
		}, "from_columns 11"},
		"two grids": {func(w *Wiring) {
			w.Rule = &Distance{Kernel: "gaussian", Sigma: 1, Sheet: Sheet{Width: 1, Height: 1, FromColumns: 2}}
		}, "same population"},
		"no radius": {func(w *Wiring) { w.Rule = &Distance{Kernel: "constant", Sheet: Sheet{Width: 1, Height: 1}} }, "needs a radius"},
		"slow sheet": {func(w *Wiring) {
			w.Rule = &Distance{P: 1, Kernel: "gaussian", Sigma: 1, DelayPerMM: 1e6, Sheet: Sheet{Width: 1, Height: 1}}
		}, "are possible"},
	} {
		t.Run(name, func(t *testing.T) {
			w := ok()
			c.change(w)
			require.ErrorContains(t, w.Check(), c.says)
			_, err := w.wire(1)
			require.Error(t, err)
		})
	}
}

// No sizes and parameters make a rule panic: they are refused or wired.
func TestWiringNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.OneOf(rapid.IntRange(-1, 3), rapid.IntRange(4, 70))
		number := rapid.OneOf(rapid.IntRange(1, 5), rapid.IntRange(6, 3000))
		flag, length := rapid.Bool(), rapid.SampledFrom([]float64{1e-9, 0.01, 0.3, 1, 1e6})
		s, m := Selfs{flag.Draw(t, "autapses")}, Multiples{flag.Draw(t, "multapses")}
		n, p := number.Draw(t, "n"), rapid.SampledFrom([]float64{0, 1e-12, 0.2, 0.999, 1}).Draw(t, "p")
		sheet := Sheet{
			Width: length.Draw(t, "width"), Height: length.Draw(t, "height"), Periodic: flag.Draw(t, "periodic"),
			Layout: rapid.SampledFrom([]string{"grid", "random"}).Draw(t, "layout"), FromColumns: rapid.IntRange(0, 9).Draw(t, "columns"),
		}
		rule := rapid.SampledFrom([]Rule{
			&OneToOne{}, &AllToAll{s}, &PairwiseBernoulli{p, s}, &FixedIndegree{n, s, m}, &FixedOutdegree{n, s, m}, blocked{&FixedOutdegree{n, s, m}}, &FixedTotalNumber{n, s, m},
			&Distance{P: p, Kernel: rapid.SampledFrom([]string{"gaussian", "exponential", "linear", "constant"}).Draw(t, "kernel"), Sigma: length.Draw(t, "sigma"), Radius: rapid.SampledFrom([]float64{0, 1e-9, 0.5, 1e9}).Draw(t, "radius"), Selfs: s, Sheet: sheet},
		}).Draw(t, "rule")
		w := &Wiring{Sources: size.Draw(t, "sources"), Targets: size.Draw(t, "targets"), Rule: rule, Weight: philox.Fixed(1), Delay: philox.Fixed(1), StepMS: 1, Workers: rapid.IntRange(1, 4).Draw(t, "workers")}
		w.Same = w.Sources == w.Targets && flag.Draw(t, "same")
		if f := rapid.SampledFrom([]float64{1, 0.5, 1e-6}).Draw(t, "scale"); f != 1 {
			w.Rule = w.Rule.Scaled(f)
		}
		made, err := w.wire(rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			return
		}
		autapses, multapses := flags(w.Rule)
		seen := map[[2]float64]bool{}
		v := made.Snapshot("w").Values
		for i := 0; i < len(v); i += 3 {
			pair := [2]float64{v[i], v[i+1]}
			require.False(t, seen[pair] && !multapses)
			require.False(t, w.Same && pair[0] == pair[1] && !autapses)
			seen[pair] = true
		}
	})
}
