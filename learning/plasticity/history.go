package plasticity

import "github.com/synohm/synohm/sim"

// event is a spike of a target: when, as NEST stamps it (the end of its step),
// and the traces of the target's spikes with it.
type event struct {
	t     int64
	k, k2 float64
}

// train is the spikes of a target that are still needed, and the last of them
// once more beside the slice, where it costs no second look at the memory.
type train struct {
	last event
	all  []event
}

// catchUpSteps is how many steps a source may be silent before its synapses
// are brought up to date, so that what they have not seen can be forgotten. It
// is a part of the rule: each time the weights are rounded to float32.
const catchUpSteps = 1 << 13

// past is what a part of the targets knows of the spikes on both sides.
type past struct {
	part  sim.Part
	posts []train // of each target

	// Copies, the same in every part, of what is known of the sources.
	last []int64   // last spike
	seen []int64   // up to when spikes of targets have acted
	k    []float64 // trace with the last spike; 0 before the first
	k2   []float64 // slow one
	// change is scratch memory.
	change []float32
}

func newPasts(targets, sources, workers int, slow bool) []past {
	var out []past
	for _, part := range sim.Parts(targets, workers) {
		p := past{part: part, posts: make([]train, part.Len()), last: make([]int64, sources), seen: make([]int64, sources), k: make([]float64, sources)}
		if slow {
			p.k2 = make([]float64, sources)
		}
		out = append(out, p)
	}
	return out
}

// post adds a spike of a target.
func (p *past) post(target int32, t int64, minus, slow *decay) {
	h := &p.posts[int(target)-p.part.Lo]
	e := event{t: t, k: 1}
	if slow != nil {
		e.k2 = 1
	}
	if before := h.last; len(h.all) > 0 {
		e.k += float64(before.k * minus.after(t-before.t))
		if slow != nil {
			e.k2 += float64(before.k2 * slow.after(t-before.t))
		}
	}
	h.last, h.all = e, append(h.all, e)
}

// forget drops spikes up to a time, but for the last of them, whose trace is
// still needed.
func (p *past) forget(t int64) {
	for i := range p.posts {
		h, n := p.posts[i].all, 0
		for n+1 < len(h) && h[n+1].t <= t {
			n++
		}
		if n > 0 {
			p.posts[i].all = append(h[:0], h[n:]...)
		}
	}
}

// due is the time up to which sources are caught up with in a step, if this
// step is one to do so. All spikes of sources up to then have been delivered,
// since an epoch is no longer than the smallest delay.
func due(step int64, low int) (t int64, ok bool) {
	t = step - int64(low) + 1
	return t, step > 0 && step%catchUpSteps == 0 && t > 0
}

// since is the index of the first event after a time.
func since(h []event, t int64) int {
	i := len(h)
	for i > 0 && h[i-1].t > t {
		i--
	}
	return i
}

// saved is the state of pasts in the order of sources and targets, whatever
// the parts are.
type saved struct {
	last, seen []int64
	k, k2      []float64

	counts []int64 // spikes that are kept of each target
	times  []int64 // all of them
	traces []float64
	slow   []float64
}

// state renews and lists it.
func (s *saved) state(ps []past) []sim.Variable {
	s.last, s.seen, s.k, s.k2 = ps[0].last, ps[0].seen, ps[0].k, ps[0].k2
	s.counts, s.times, s.traces, s.slow = s.counts[:0], s.times[:0], s.traces[:0], s.slow[:0]
	for i := range ps {
		for _, h := range ps[i].posts {
			s.counts = append(s.counts, int64(len(h.all)))
			for _, e := range h.all {
				s.times = append(s.times, e.t)
				s.traces = append(s.traces, e.k)
				if s.k2 != nil {
					s.slow = append(s.slow, e.k2)
				}
			}
		}
	}
	out := []sim.Variable{
		{Name: "pre_last", Values: s.last}, {Name: "pre_seen", Values: s.seen}, {Name: "pre_trace", Values: s.k},
		{Name: "post_counts", Values: &s.counts}, {Name: "post_times", Values: &s.times}, {Name: "post_traces", Values: &s.traces},
	}
	if s.k2 != nil {
		out = append(out, sim.Variable{Name: "pre_slow", Values: s.k2}, sim.Variable{Name: "post_slow", Values: &s.slow})
	}
	return out
}

// restore deals what was loaded out to the parts. A file that does not fit
// itself loses spikes of targets, and nothing else.
func (s *saved) restore(ps []past) {
	target, at := 0, 0
	for i := range ps {
		if i > 0 {
			copy(ps[i].last, s.last)
			copy(ps[i].seen, s.seen)
			copy(ps[i].k, s.k)
			copy(ps[i].k2, s.k2)
		}
		for j := range ps[i].posts {
			h := train{all: ps[i].posts[j].all[:0]}
			n := 0
			if target < len(s.counts) {
				n = int(min(max(s.counts[target], 0), int64(min(len(s.times), len(s.traces))-at)))
			}
			target++
			for range n {
				e := event{t: s.times[at], k: s.traces[at]}
				if at < len(s.slow) {
					e.k2 = s.slow[at]
				}
				h.last, h.all = e, append(h.all, e)
				at++
			}
			ps[i].posts[j] = h
		}
	}
}
