package plasticity

import (
	"context"

	"github.com/synohm/synohm/sim"
)

// dopamine is weights that change by pairs of spikes under a modulator.
type dopamine struct {
	core
	gate        gate
	start       []uint32  // number of the first synapse of a row
	eligibility []float32 // of every synapse
	pulses      [][]pulse // of each part, the same in all

	saved struct {
		times, counts []int64
		n             []float64
	}
}

var (
	_ sim.Modulated      = (*dopamine)(nil)
	_ sim.PlasticWeights = (*dopamine)(nil)
	_ sim.Restorer       = (*dopamine)(nil)
)

func newDopamine(s Setting, g gate, tau times) (*dopamine, error) {
	d := &dopamine{core: newCore(s, tau), gate: g}
	d.visit = d.row
	var err error
	if d.start, err = sim.Starts(context.Background(), s.Weights, len(d.pasts)); err != nil {
		return nil, err
	}
	d.eligibility = make([]float32, d.start[len(d.start)-1])
	d.pulses = make([][]pulse, len(d.pasts))
	return d, nil
}

// Modulate raises the dopamine. Spikes of one step are counted, so that it does
// not matter how many at a time are told.
func (d *dopamine) Modulate(step int64, spikes []int32, part int) {
	if len(spikes) == 0 {
		return
	}
	ps := d.pulses[part]
	if n := len(ps); n == 0 || ps[n-1].t != step+1 {
		ps = append(ps, pulse{t: step + 1})
	}
	last := &ps[len(ps)-1]
	last.count += int64(len(spikes))
	last.n = float64(last.count) / d.gate.tauN
	if n := len(ps); n > 1 {
		last.n += float64(ps[n-2].n * d.gate.n.after(last.t-ps[n-2].t))
	}
	d.pulses[part] = ps
}

// Post notes spikes of targets, and forgets pulses that all synapses have seen.
func (d *dopamine) Post(ctx context.Context, step int64, spikes []int32, part int) error {
	if err := d.core.Post(ctx, step, spikes, part); err != nil {
		return err
	}
	if t, ok := due(step, d.low); ok {
		ps, n := d.pulses[part], 0
		for n+1 < len(ps) && ps[n+1].t <= t-catchUpSteps {
			n++
		}
		if n > 0 {
			d.pulses[part] = append(ps[:0], ps[n:]...)
		}
	}
	return nil
}

// row is the visit of a source.
func (d *dopamine) row(ctx context.Context, key sim.Key, source int32, part int, t int64, spikes bool) error {
	row, live, err := d.Row(ctx, key, source, part)
	if err != nil || len(row.Targets) == 0 {
		return err
	}
	q := &d.pasts[part]
	v := dopamineVisit{dopamine: d, from: q.seen[source], to: t, last: q.last[source], trace: q.k[source], spikes: spikes, pulses: d.pulses[part]}
	at := d.start[int(source)*len(d.pasts)+part]
	eligibility := d.eligibility[at : int(at)+len(row.Targets)]
	q.change = q.change[:0]
	for i, target := range row.Targets {
		w := float64(row.Weights[i])
		next, c := v.synapse(w*d.sign, float64(eligibility[i]), q.posts[int(row.Base)+int(target)-q.part.Lo].all, int64(row.DelayOf(i)))
		eligibility[i] = float32(c)
		if live {
			row.Weights[i] = float32(next * d.sign)
		} else {
			q.change = append(q.change, float32(next*d.sign-w))
		}
	}
	if live {
		return nil
	}
	return d.Update(ctx, key, source, part, q.change)
}

// dopamineVisit is what all synapses of a source share while they are brought
// from one time to another.
type dopamineVisit struct {
	*dopamine
	from, to int64
	last     int64   // last spike of the source
	trace    float64 // of its spikes, then
	spikes   bool    // the source spikes at to
	pulses   []pulse
}

// synapse is the rule itself: weight and eligibility of one synapse at the end
// of the visit.
func (v *dopamineVisit) synapse(w, c float64, h []event, delay int64) (float64, float64) {
	n := since(h, v.to-delay)
	at := v.from
	if v.trace > 0 {
		for i := since(h[:n], v.from-delay); i < n; i++ {
			t := h[i].t + delay
			w, c = v.gate.advance(w, c, at, t, v.pulses)
			at = t
			c += float64(v.gate.aPlus * v.trace * v.plus.after(t-v.last))
		}
	}
	w, c = v.gate.advance(w, c, at, v.to, v.pulses)
	w = min(max(w, v.gate.wMin), v.gate.wMax)
	if !v.spikes {
		return w, c
	}
	if n > 0 && h[n-1].t == v.to-delay {
		n--
	}
	if n > 0 {
		c -= float64(v.gate.aMinus * h[n-1].k * v.minus.after(v.to-delay-h[n-1].t))
	}
	return w, c
}

// Bytes adds the eligibilities.
func (d *dopamine) Bytes() int {
	return d.core.Bytes() + 4*len(d.eligibility) + 4*len(d.start)
}

// State adds the eligibilities and the dopamine.
func (d *dopamine) State() []sim.Variable {
	s := &d.saved
	s.times, s.counts, s.n = s.times[:0], s.counts[:0], s.n[:0]
	for _, p := range d.pulses[0] {
		s.times, s.counts, s.n = append(s.times, p.t), append(s.counts, p.count), append(s.n, p.n)
	}
	return append(d.core.State(), sim.Variable{Name: "eligibility", Values: d.eligibility},
		sim.Variable{Name: "dopamine_times", Values: &s.times}, sim.Variable{Name: "dopamine_counts", Values: &s.counts}, sim.Variable{Name: "dopamine", Values: &s.n})
}

// Restored deals out what was loaded.
func (d *dopamine) Restored() error {
	err := d.core.Restored()
	s := &d.saved
	for q := range d.pulses {
		d.pulses[q] = d.pulses[q][:0]
		for i := range min(len(s.times), len(s.counts), len(s.n)) {
			d.pulses[q] = append(d.pulses[q], pulse{s.times[i], s.counts[i], s.n[i]})
		}
	}
	return err
}
