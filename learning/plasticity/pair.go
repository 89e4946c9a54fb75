package plasticity

import (
	"context"

	"github.com/synohm/synohm/sim"
)

// rule is where the rules of pairs differ. Weights are magnitudes.
type rule interface {
	// post is what a spike of the target does that meets the trace of the
	// source; slow is the target's slow trace just before the spike.
	post(w, trace, slow float64) float64
	// pre is what a spike of the source does that meets the trace of the
	// target; slow is the source's slow trace just before the spike.
	pre(w, trace, slow float64) float64
}

// pair is weights that change by pairs (or triplets) of spikes.
type pair struct {
	core
	rule rule
}

var (
	_ sim.Learner        = (*pair)(nil)
	_ sim.PlasticWeights = (*pair)(nil)
	_ sim.Restorer       = (*pair)(nil)
)

// newPair puts a rule around the weights of a setting.
func newPair(s Setting, r rule, tau times) *pair {
	p := &pair{core: newCore(s, tau), rule: r}
	p.visit = p.row
	return p
}

// row is the visit of a source.
func (p *pair) row(ctx context.Context, key sim.Key, source int32, part int, t int64, spikes bool) error {
	row, live, err := p.Row(ctx, key, source, part)
	if err != nil || len(row.Targets) == 0 {
		return err
	}
	q := &p.pasts[part]
	v := pairVisit{pair: p, from: q.seen[source], to: t, last: q.last[source], trace: q.k[source], spikes: spikes}
	if p.slows {
		v.slow = float64(q.k2[source] * p.plusSlow.after(t-v.last))
	}
	if live {
		v.live(&row, q)
		return nil
	}
	q.change = q.change[:0]
	for i, target := range row.Targets {
		w := float64(row.Weights[i])
		next := v.synapse(w*p.sign, q.posts[int(row.Base)+int(target)-q.part.Lo].all, int64(row.DelayOf(i)))
		q.change = append(q.change, float32(next*p.sign-w))
	}
	return p.Update(ctx, key, source, part, q.change)
}

// pairVisit is what all synapses of a source share while they are brought from
// one time to another.
type pairVisit struct {
	*pair
	from, to int64
	last     int64   // last spike of the source
	trace    float64 // of its spikes, then
	slow     float64 // slow one, now
	spikes   bool    // the source spikes at to
}

// live is the loop over a row in ideal memory. Where the target has not spiked
// since the visit before, the rest of its train is not looked at.
func (v *pairVisit) live(row *sim.Row, q *past) {
	posts := q.posts[int(row.Base)-q.part.Lo:]
	delay := int64(row.Delay)
	same := row.Delays8 == nil && row.Delays16 == nil
	for i, target := range row.Targets {
		if !same {
			delay = int64(row.DelayOf(i))
		}
		w, h := float64(row.Weights[i])*v.sign, &posts[target]
		switch {
		case !v.spikes || h.last.t > v.from-delay:
			w = v.synapse(w, h.all, delay)
		default:
			w = v.rule.pre(w, h.last.k*v.minus.after(v.to-delay-h.last.t), v.slow)
		}
		row.Weights[i] = float32(w * v.sign)
	}
}

// synapse is the rule itself: the weight of one synapse, whose target has
// spiked as told, at the end of the visit.
func (v *pairVisit) synapse(w float64, h []event, delay int64) float64 {
	n := since(h, v.to-delay)
	i := n
	if v.trace > 0 {
		i = since(h[:n], v.from-delay)
	}
	for ; i < n; i++ {
		w = v.rule.post(w, v.trace*v.plus.after(h[i].t+delay-v.last), h[i].k2-1)
	}
	if !v.spikes {
		return w
	}
	if n > 0 && h[n-1].t == v.to-delay {
		n--
	}
	trace := 0.0
	if n > 0 {
		trace = h[n-1].k * v.minus.after(v.to-delay-h[n-1].t)
	}
	return v.rule.pre(w, trace, v.slow)
}
