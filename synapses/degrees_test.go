package synapses

import (
	"fmt"
	"math"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/synohm/synohm/internal/philox"
)

// degrees counts the synapses of every target and every source.
func degrees(w *Wiring, seed uint64) (in, out []float64) {
	in, out = make([]float64, w.Targets), make([]float64, w.Sources)
	next := w.Rule.Wire(w, seed)
	var sources []int32
	for t := range in {
		sources = next(t, sources[:0])
		in[t] = float64(len(sources))
		for _, s := range sources {
			out[s]++
		}
	}
	return in, out
}

// The two-level test of NEST's connectivity suite (connect_test_base.py): the
// chi-squared p-values of the degrees of 200 networks are uniform, by
// Kolmogorov and Smirnov. A rule that is too even fails as one that is too
// uneven does.
func TestDegreesOfManyNetworks(t *testing.T) {
	const sources, targets, networks = 100, 80, 200
	s, several, once := Selfs{true}, Multiples{true}, Multiples{false}
	// The variance of a degree over what makes the sum of squares chi-squared
	// distributed with so many degrees of freedom; 0 where degrees are fixed.
	type law struct{ mean, variance, freedom float64 }
	pairs := float64(sources * targets)
	for name, c := range map[string]struct {
		rule    Rule
		in, out law
	}{
		"fixed_indegree": {
			&FixedIndegree{50, s, several},
			law{50, 0, 0}, law{40, 40, sources - 1}, // multinomial
		},
		"fixed_indegree without multapses": { // each target takes 50 of 100
			&FixedIndegree{50, s, once},
			law{50, 0, 0}, law{40, 80 * 0.25 * 100 / 99, sources - 1},
		},
		"fixed_outdegree": {
			&FixedOutdegree{40, s, several},
			law{50, 50, targets - 1}, law{40, 0, 0},
		},
		"fixed_outdegree without multapses": { // each source takes 40 of 80
			&FixedOutdegree{40, s, once},
			law{50, 100 * 0.25 * 80 / 79, targets - 1}, law{40, 0, 0},
		},
		"fixed_outdegree in blocks": {
			blocked{&FixedOutdegree{40, s, several}},
			law{50, 50, targets - 1}, law{40, 0, 0},
		},
		"fixed_outdegree in blocks without multapses": {
			blocked{&FixedOutdegree{40, s, once}},
			law{50, 100 * 0.25 * 80 / 79, targets - 1}, law{40, 0, 0},
		},
		"fixed_total_number": {
			&FixedTotalNumber{4000, s, several},
			law{50, 50, targets - 1}, law{40, 40, sources - 1},
		},
		"fixed_total_number without multapses": { // multivariate hypergeometric
			&FixedTotalNumber{4000, s, once},
			law{50, 50 * (pairs - 4000) / (pairs - 1), targets - 1}, law{40, 40 * (pairs - 4000) / (pairs - 1), sources - 1},
		},
		"pairwise_bernoulli": { // independent binomial
			&PairwiseBernoulli{0.5, s},
			law{50, 25, targets}, law{40, 20, sources},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := &Wiring{Sources: sources, Targets: targets, Rule: c.rule}
			var pin, pout []float64
			for seed := range uint64(networks) {
				in, out := degrees(w, seed)
				for _, side := range []struct {
					degrees []float64
					law
					p *[]float64
				}{{in, c.in, &pin}, {out, c.out, &pout}} {
					chi := 0.0
					for _, k := range side.degrees {
						if side.variance == 0 {
							require.Equal(t, side.mean, k)
							continue
						}
						chi += (k - side.mean) * (k - side.mean) / side.variance
					}
					if side.variance > 0 {
						*side.p = append(*side.p, distuv.ChiSquared{K: side.freedom}.CDF(chi))
					}
				}
			}
			for side, p := range map[string][]float64{"in": pin, "out": pout} {
				if p == nil {
					continue
				}
				sort.Float64s(p)
				ks := 0.0
				for i, v := range p {
					ks = max(ks, v-float64(i)/networks, float64(i+1)/networks-v)
				}
				require.Less(t, ks, 1.95/math.Sqrt(networks), "%s-degrees: critical value at p = 0.001", side)
			}
		})
	}
}

// The degree of one neuron over many networks against its exact distribution,
// where neurons leave themselves out too.
func TestDegreeOfOneNeuron(t *testing.T) {
	const n, networks = 12, 6000
	binomial := func(trials, p float64) func(k float64) float64 { return distuv.Binomial{N: trials, P: p}.Prob }
	hypergeometric := func(draws, good, bad float64) func(k float64) float64 {
		choose := func(n, k float64) float64 {
			a, _ := math.Lgamma(n + 1)
			b, _ := math.Lgamma(k + 1)
			c, _ := math.Lgamma(n - k + 1)
			return a - b - c
		}
		return func(k float64) float64 {
			if k > good || k > draws || draws-k > bad {
				return 0
			}
			return math.Exp(choose(good, k) + choose(bad, draws-k) - choose(good+bad, draws))
		}
	}
	self, other, several, once := Selfs{true}, Selfs{false}, Multiples{true}, Multiples{false}
	for name, c := range map[string]struct {
		rule    Rule
		in, out func(k float64) float64
	}{
		"fixed_indegree":                      {&FixedIndegree{5, self, several}, nil, binomial(5*12, 1.0/12)},
		"fixed_indegree, others":              {&FixedIndegree{5, other, several}, nil, binomial(5*11, 1.0/11)},
		"fixed_indegree, once":                {&FixedIndegree{5, self, once}, nil, binomial(12, 5.0/12)},
		"fixed_indegree, others once":         {&FixedIndegree{5, other, once}, nil, binomial(11, 5.0/11)},
		"fixed_outdegree":                     {&FixedOutdegree{5, self, several}, binomial(5*12, 1.0/12), nil},
		"fixed_outdegree, others":             {&FixedOutdegree{5, other, several}, binomial(5*11, 1.0/11), nil},
		"fixed_outdegree, once":               {&FixedOutdegree{5, self, once}, binomial(12, 5.0/12), nil},
		"fixed_outdegree in blocks":           {blocked{&FixedOutdegree{5, self, several}}, binomial(5*12, 1.0/12), nil},
		"fixed_outdegree in blocks, others":   {blocked{&FixedOutdegree{5, other, several}}, binomial(5*11, 1.0/11), nil},
		"fixed_outdegree in blocks, the rest": {blocked{&FixedOutdegree{5, other, once}}, binomial(11, 5.0/11), nil},
		"fixed_total_number":                  {&FixedTotalNumber{60, self, several}, binomial(60, 1.0/12), binomial(60, 1.0/12)},
		"fixed_total_number, others":          {&FixedTotalNumber{60, other, several}, binomial(60, 1.0/12), binomial(60, 1.0/12)},
		"fixed_total_number, once":            {&FixedTotalNumber{60, self, once}, hypergeometric(60, 12, 132), hypergeometric(60, 12, 132)},
		"fixed_total_number, others once":     {&FixedTotalNumber{60, other, once}, hypergeometric(60, 11, 121), hypergeometric(60, 11, 121)},
		"pairwise_bernoulli":                  {&PairwiseBernoulli{0.3, self}, binomial(12, 0.3), binomial(12, 0.3)},
		"pairwise_bernoulli, others":          {&PairwiseBernoulli{0.3, other}, binomial(11, 0.3), binomial(11, 0.3)},
	} {
		t.Run(name, func(t *testing.T) {
			w := square(c.rule, n)
			var ins, outs [100]float64
			for seed := range uint64(networks) {
				in, out := degrees(w, seed)
				neuron := int(seed % n)
				ins[int(in[neuron])]++
				outs[int(out[neuron])]++
			}
			for side, d := range map[string]struct {
				counts *[100]float64
				mass   func(k float64) float64
			}{"in": {&ins, c.in}, "out": {&outs, c.out}} {
				if d.mass == nil {
					require.Equal(t, float64(networks), d.counts[5], "%s-degree", side)
					continue
				}
				chi, bins, seen, expected := 0.0, -1.0, 0.0, 0.0
				for k, n := range d.counts {
					seen += n
					expected += networks * d.mass(float64(k))
					if expected >= 10 || k == len(d.counts)-1 {
						chi += (seen - expected) * (seen - expected) / max(expected, 1e-3)
						bins++
						seen, expected = 0, 0
					}
				}
				require.Less(t, chi, distuv.ChiSquared{K: bins}.Quantile(1-1e-4), "%s-degree", side)
			}
		})
	}
}

// The numbers of synapses within rings of the sheet are the sums of the kernel
// over the pairs there, and in all the kernel's integral over the plane times
// the density of neurons.
func TestDistanceKernelsAgainstTheirIntegrals(t *testing.T) {
	const side, width, radius, sigma, p, rings, looked = 80, 2.0, 0.31, 0.12, 0.5, 6, 200
	end := radius / sigma
	for kernel, c := range map[string]struct {
		at       func(x float64) float64 // of d/sigma
		integral float64                 // of x k(x) dx to the radius
	}{
		"gaussian":    {func(x float64) float64 { return math.Exp(-x * x / 2) }, 1 - math.Exp(-end*end/2)},
		"exponential": {func(x float64) float64 { return math.Exp(-x) }, 1 - (1+end)*math.Exp(-end)},
		"linear":      {func(x float64) float64 { return max(0, 1-x) }, 1.0 / 6},
		"constant":    {func(x float64) float64 { return 1 }, end * end / 2},
	} {
		for _, layout := range []string{"grid", "random"} {
			t.Run(kernel+" "+layout, func(t *testing.T) {
				r := &Distance{P: p, Kernel: kernel, Sigma: sigma, Radius: radius, Selfs: Selfs{true}, Sheet: Sheet{Width: width, Height: width, Periodic: true, Layout: layout}}
				w := square(r, side*side)
				w.Places = [2]uint64{3, 3}
				place := r.targets(w)
				distance := func(s, t int) float64 {
					x, y := place(s)
					tx, ty := place(t)
					dx, dy := math.Abs(x-tx), math.Abs(y-ty)
					return math.Hypot(min(dx, width-dx), min(dy, width-dy))
				}
				var counts, want [rings]float64
				all := 0.0
				next := r.Wire(w, 11)
				for target := 0; target < w.Targets; target += w.Targets / looked {
					for _, s := range next(target, nil) {
						d := distance(int(s), target)
						require.LessOrEqual(t, d, radius)
						counts[int(d/radius*rings)]++
						all++
					}
					for s := range w.Sources {
						if d := distance(s, target); d < radius {
							want[int(d/radius*rings)] += p * c.at(d/sigma)
						}
					}
				}
				for ring := range counts {
					require.InDelta(t, want[ring], counts[ring], 5*math.Sqrt(want[ring])+1e-9, "ring %d", ring)
				}
				integral := looked * side * side / (width * width) * p * 2 * math.Pi * sigma * sigma * c.integral
				require.InDelta(t, integral, all, 8*math.Sqrt(integral))
			})
		}
	}
}

// A target in the corner of an open sheet has a quarter of the neighbours; on
// a periodic one it has as many as any, and those across the edge.
func TestSheetsEnd(t *testing.T) {
	r := &Distance{P: 1, Kernel: "constant", Radius: 0.2, Selfs: Selfs{true}, Sheet: Sheet{Width: 1, Height: 1, Layout: "grid"}}
	w := square(r, 10_000)
	corner, middle := len(r.Wire(w, 1)(0, nil)), len(r.Wire(w, 1)(5050, nil))
	require.InDelta(t, 10_000*math.Pi*0.04, middle, 15)
	require.InDelta(t, float64(middle)/4, corner, 25)
	r.Periodic = true
	require.Contains(t, r.Wire(w, 1)(0, nil), int32(9999), "the opposite corner")
	require.Equal(t, middle, len(r.Wire(w, 1)(0, nil)))
	// Twice as wide as high, with columns given.
	s := Sheet{Width: 2, Height: 1}
	x, y := s.places(50, 10, 0)(49)
	require.InDeltaSlice(t, []float64{1.9, 0.9}, []float64{x, y}, 1e-12)
	x, y = s.places(50, 0, 0)(0)
	require.InDeltaSlice(t, []float64{0.1, 0.1}, []float64{x, y}, 1e-12)
}

// Delays grow with the distance, rounded to the grid.
func TestDelaysGrowWithDistance(t *testing.T) {
	r := &Distance{P: 1, Kernel: "constant", Radius: 0.3, DelayPerMM: 10, Selfs: Selfs{true}, Sheet: Sheet{Width: 1, Height: 1, Periodic: true, Layout: "random"}}
	w := square(r, 300)
	w.Delay, w.StepMS, w.Places = philox.Fixed(0.57), 0.1, [2]uint64{5, 5}
	s, err := w.wire(1)
	require.NoError(t, err)
	low, high := s.Delays()
	require.Equal(t, []int{6, 36}, []int{low, high})
	place := r.sources(w)
	seen := map[int]bool{}
	for source := range 300 {
		for q, p := range s.parts {
			row, _, _ := s.row(int32(source), q)
			for i, target := range row.Targets {
				x, y := place(source)
				tx, ty := place(p.Lo + int(target))
				require.Equal(t, int(math.Round((0.57+10*r.distance(x, y, tx, ty))/0.1)), row.DelayOf(i))
				seen[row.DelayOf(i)] = true
			}
		}
	}
	require.Greater(t, len(seen), 25, fmt.Sprint(seen))
}

// Delays by the table are those of the distribution.
func TestDelayTableIsTheDistribution(t *testing.T) {
	normal, err := philox.NewDraw(philox.NormalDraw, 1.5, 0.75, 0.1, math.Inf(1))
	require.NoError(t, err)
	lognormal, err := philox.NewDraw(philox.LognormalDraw, 3, 1, 1, 3000)
	require.NoError(t, err)
	for _, d := range []philox.Draw{normal, lognormal} {
		w := square(&AllToAll{}, 2)
		w.Delay, w.StepMS = d, 0.1
		low, high, err := w.delays()
		require.NoError(t, err)
		table := newDelayTable(w, low, high)
		words := philox.Stream{Seed: 1}.Words(0)
		for range 20_000 {
			u := words.Next()
			require.Equal(t, w.steps(d.Value(u)), table.of(u))
		}
		require.Equal(t, []int{low, high}, []int{table.of(0), table.of(math.MaxUint32)})
	}
}
