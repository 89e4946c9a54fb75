package plasticity

import (
	"context"

	"github.com/synohm/synohm/sim"
)

// core is what all rules share: spikes of both sides, in NEST's order.
type core struct {
	sim.PlasticWeights
	// visit brings the synapses of a source within a part up to a time, at
	// which the source spikes or not.
	visit func(ctx context.Context, key sim.Key, source int32, part int, t int64, spikes bool) error

	sign      float64 // of the stored weights
	low, high int     // smallest and largest delay, steps
	slows     bool    // there are slow traces

	plus, minus, plusSlow, minusSlow decay

	pasts []past
	saved saved
}

// times are time constants in ms; slow ones of 0 for none.
type times struct{ plus, minus, plusSlow, minusSlow float64 }

func newCore(s Setting, tau times) core {
	c := core{PlasticWeights: s.Weights, sign: s.sign(), slows: tau.plusSlow > 0, plus: newDecay(tau.plus, s.StepMS), minus: newDecay(tau.minus, s.StepMS)}
	if c.slows {
		c.plusSlow, c.minusSlow = newDecay(tau.plusSlow, s.StepMS), newDecay(tau.minusSlow, s.StepMS)
	}
	c.low, c.high = s.Weights.Delays()
	targets, sources := s.Weights.Shape()
	c.pasts = newPasts(targets, sources, s.Workers, c.slows)
	return c
}

// sign is that of the stored weights.
func (s Setting) sign() float64 {
	if s.Negative && !s.Magnitude {
		return -1
	}
	return 1
}

// Post notes spikes of targets, and at fixed times catches up with sources that
// have been silent for long.
func (c *core) Post(ctx context.Context, step int64, spikes []int32, part int) error {
	q := &c.pasts[part]
	slow := &c.minusSlow
	if !c.slows {
		slow = nil
	}
	for _, target := range spikes {
		q.post(target, step+1, &c.minus, slow)
	}
	t, ok := due(step, c.low)
	if !ok {
		return nil
	}
	for source := range q.seen {
		if q.seen[source] > t-catchUpSteps {
			continue
		}
		if q.k[source] > 0 {
			if err := c.visit(ctx, sim.Key{Step: uint32(step)}, int32(source), part, t, false); err != nil {
				return err
			}
		}
		q.seen[source] = t
	}
	q.forget(t - catchUpSteps - int64(c.high))
	return nil
}

// Deliver lets the spikes of sources act on their synapses and go over them.
func (c *core) Deliver(ctx context.Context, key sim.Key, spikes []int32, gain []float32, part int, ring *sim.Ring) (events int, err error) {
	q := &c.pasts[part]
	t := int64(key.Step) + 1
	for i, source := range spikes {
		if err := c.visit(ctx, key, source, part, t, true); err != nil {
			return events, err
		}
		c.spiked(q, source, t)
		var g []float32
		if gain != nil {
			g = gain[i : i+1]
		}
		n, err := c.PlasticWeights.Deliver(ctx, key, spikes[i:i+1], g, part, ring)
		if err != nil {
			return events, err
		}
		events += n
	}
	return events, nil
}

// spiked raises the traces of a source.
func (c *core) spiked(q *past, source int32, t int64) {
	since := t - q.last[source]
	if c.slows {
		q.k2[source] = float64(q.k2[source]*c.plusSlow.after(since)) + 1
	}
	q.k[source] = float64(q.k[source]*c.plus.after(since)) + 1
	q.last[source], q.seen[source] = t, t
}

// Bytes adds what is known of the sources and targets.
func (c *core) Bytes() int {
	n := c.PlasticWeights.Bytes()
	for i := range c.pasts {
		q := &c.pasts[i]
		n += 8 * (len(q.last) + len(q.seen) + len(q.k) + len(q.k2) + 6*len(q.posts))
	}
	return n
}

// State is the traces, the spikes that are still needed, and what the weights
// keep.
func (c *core) State() []sim.Variable {
	return append(c.saved.state(c.pasts), stateOf(c.PlasticWeights)...)
}

// Restored deals out what was loaded.
func (c *core) Restored() error {
	c.saved.restore(c.pasts)
	return restored(c.PlasticWeights)
}

// Unwrap is the weights that the rule changes.
func (c *core) Unwrap() sim.Weights { return c.PlasticWeights }

func stateOf(w sim.PlasticWeights) []sim.Variable {
	if s, ok := w.(sim.Stateful); ok {
		return s.State()
	}
	return nil
}

func restored(w sim.PlasticWeights) error {
	if r, ok := w.(sim.Restorer); ok {
		return r.Restored()
	}
	return nil
}
