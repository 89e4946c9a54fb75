package synapses

import (
	"context"
	"fmt"
	"math"
	"sort"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// StochasticReleaseParams are the settings of unreliable synapses.
type StochasticReleaseParams struct {
	P float64 `yaml:"p" required:"true" range:"[0, 1]" doc:"probability that a site releases when a spike comes"`
	N int     `yaml:"quantal" default:"1" range:"[1, 1000]" doc:"n: release sites of a synapse; each brings an n-th of the weight"`
}

// StochasticReleaseDynamic describes synapses that fail:
//
//	a spike brings w k/n,  k ~ Binomial(n, p), anew for every synapse and spike
//
// symbol | unit | meaning
// p      | 1    | release probability
// n      | 1    | release sites
// k      | 1    | sites that release
//
// The mean over spikes is w p, the variance w^2 p (1 - p)/n. The draw is the
// inverse of the distribution on 32 bits, one word a synapse and step.
func StochasticReleaseDynamic() Dynamic {
	return Dynamic{
		Entry: catalog.Entry{
			Name: "stochastic_release", Summary: "every synapse transmits a spike with a probability, at one or several sites",
			Equation:  "a spike brings w k/n, k ~ Binomial(n, p) for every synapse and spike",
			Reference: "del Castillo, Katz, J. Physiol. 124 (1954), quantal hypothesis; NEST's bernoulli_synapse (n = 1)",
			Omits:     "depletion of the sites, size of quanta that varies",
			Params:    &StochasticReleaseParams{},
		},
		Single: true,
		New: func(w sim.SparseWeights, s Setting, params any) (sim.SparseWeights, error) {
			return newRelease(w, s, params.(*StochasticReleaseParams))
		},
	}
}

// release is weights whose synapses fail.
type release struct {
	sim.PlasticWeights
	parts  []sim.Part
	start  []uint32  // number of the first synapse of a row, so that draws do not depend on the parts
	below  []uint32  // below[k]: words less than this release at most k sites
	sure   int       // sites that release for words beyond
	amount []float32 // k/n
	stream philox.Stream
}

var purposeRelease = philox.Purpose("synapses.stochastic_release")

func newRelease(w sim.SparseWeights, s Setting, p *StochasticReleaseParams) (*release, error) {
	rows, ok := w.(sim.PlasticWeights)
	if !ok {
		return nil, fmt.Errorf("stochastic_release looks at synapses one by one, which weights on this substrate do not allow; use ideal memory")
	}
	targets, _ := w.Shape()
	r := &release{PlasticWeights: rows, parts: sim.Parts(targets, s.Workers), stream: philox.Stream{Seed: s.Seed, Purpose: purposeRelease}}
	var err error
	if r.start, err = sim.Starts(context.Background(), rows, len(r.parts)); err != nil {
		return nil, err
	}
	r.below, r.sure = binomialTable(p.N, p.P)
	for k := range p.N + 1 {
		r.amount = append(r.amount, float32(k)/float32(p.N))
	}
	return r, nil
}

// binomialTable is the distribution function on 32-bit words; what is left
// above it makes the number sure.
func binomialTable(n int, p float64) (below []uint32, sure int) {
	if p == 0 {
		return nil, 0
	}
	if p == 1 {
		return nil, n
	}
	sum := 0.0
	ln, _ := math.Lgamma(float64(n) + 1)
	for k := range n {
		a, _ := math.Lgamma(float64(k) + 1)
		b, _ := math.Lgamma(float64(n-k) + 1)
		sum += kernels.Exp(ln - a - b + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
		c := math.Round(sum * (1 << 32))
		if c > math.MaxUint32 {
			break
		}
		below = append(below, uint32(c))
	}
	return below, len(below)
}

// sites is the number of sites that a word lets release.
func (r *release) sites(u uint32) int {
	if len(r.below) == 0 {
		return r.sure
	}
	if len(r.below) <= 8 {
		for k, b := range r.below {
			if u < b {
				return k
			}
		}
		return r.sure
	}
	return sort.Search(len(r.below), func(k int) bool { return u < r.below[k] })
}

// Deliver draws for every synapse.
func (r *release) Deliver(ctx context.Context, key sim.Key, spikes []int32, gain []float32, part int, ring *sim.Ring) (events int, err error) {
	stream := r.stream
	stream.Trial = key.Trial
	for i, source := range spikes {
		row, _, err := r.Row(ctx, key, source, part)
		if err != nil {
			return events, err
		}
		g := float32(1)
		if gain != nil {
			g = gain[i]
		}
		first := r.start[int(source)*len(r.parts)+part]
		block, words := uint32(math.MaxUint32), [4]uint32{}
		for k, t := range row.Targets {
			n := first + uint32(k)
			if n/4 != block {
				block = n / 4
				words = stream.Block(block, key.Step)
			}
			if sites := r.sites(words[n%4]); sites > 0 {
				ring.Row(int64(key.Step) + int64(row.DelayOf(k)))[int(row.Base)+int(t)] += float32(float32(g*r.amount[sites]) * row.Weights[k])
			}
		}
		events += len(row.Targets)
	}
	return events, nil
}

// Bytes adds the numbers of the rows.
func (r *release) Bytes() int { return r.PlasticWeights.Bytes() + 4*len(r.start) }

// State is that of the weights.
func (r *release) State() []sim.Variable { return stateOf(r.PlasticWeights) }

// Restored passes the news on.
func (r *release) Restored() error { return restored(r.PlasticWeights) }

// Unwrap is the weights before failures.
func (r *release) Unwrap() sim.Weights { return r.PlasticWeights }
