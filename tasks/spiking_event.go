package tasks

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/neurons/drives"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
)

// eventMode is the time mode in which a run goes from event to event.
const eventMode = "event"

// end is the time that a run ends at, ms.
func (t Time) end() float64 { return t.WarmUp + t.Run }

// checkEvent finds what is wrong before anything is made.
func (s *spiking) checkEvent() config.Problems {
	x := s.x
	s.checkScale()
	bytes := 0.0
	for i := range x.Populations {
		p := &x.Populations[i]
		s.checkInit(p)
		if m, err := neurons.Find(p.Model.Kind); err == nil && m.NewEvent == nil {
			s.add("populations["+p.Name+"].model", "has no closed form between events, so it needs time.mode stepped; those that have one: "+strings.Join(neurons.EventModels(), ", "))
		}
	}
	for i := range x.Record {
		s.add(fmt.Sprintf("record[%d].what", i), "cannot be recorded in event mode yet; use time.mode stepped, or leave it out")
	}
	for i := range x.Sources {
		s.eventDrive(&x.Sources[i])
	}
	for i := range x.Projections {
		p := &x.Projections[i]
		w, _, ok := s.eventWiring(p)
		if !ok {
			continue
		}
		sub, err := x.substrate(p.Substrate)
		if err == nil {
			err = synapses.CheckEvent(sub, w)
		}
		if err != nil {
			s.add("projections["+p.Name+"]", err.Error())
			continue
		}
		bytes += w.EventBytes()
	}
	if bytes > maxMemory {
		s.add("projections", fmt.Sprintf("the synapses would take about %.3g GB of memory, at most %.3g GB are allowed; have fewer of them, or a smaller scale", bytes/1e9, maxMemory/1e9))
	}
	return s.problems
}

// eventWiring is what a projection asks of its weights.
func (s *spiking) eventWiring(p *Projection) (w *synapses.Wiring, channel int, ok bool) {
	at := "projections[" + p.Name + "]"
	w, channel, ok = s.wiring(p, 1)
	if k := p.Plasticity.Kind; k != "" && k != "none" {
		s.add(at+".plasticity", "needs time.mode stepped; weights do not change in event mode")
		ok = false
	}
	if k := p.Synapse.Kind; k != "" && k != "static" {
		s.add(at+".synapse", "needs time.mode stepped; synapses are static in event mode")
		ok = false
	}
	if p.Delay.empty() {
		s.add(at+".delay", "is missing; event mode has no step to take in its place")
		return w, channel, false
	}
	return w, channel, ok && s.resolved(at+".delay", w.Delay)
}

// resolved refuses a delay that would vanish beside the time of the run.
func (s *spiking) resolved(at string, delay philox.Draw) bool {
	low, end := delay.Value(0), s.x.Time.end()
	if low > 0 && end+low == end {
		s.add(at, fmt.Sprintf("%.3g ms is below the resolution of time at %g ms, which is %.3g ms", low, end, math.Nextafter(end, math.Inf(1))-end))
		return false
	}
	return true
}

// eventDrive makes the drive of a source; nil where it is a sender.
func (s *spiking) eventDrive(src *Source) *sim.EventDriveSpec {
	at := "sources[" + src.Name + "]"
	m, known := drives.Find(src.Model.Kind)
	if !known || m.Event == nil {
		s.add(at+".model", "has no exact times, so it needs time.mode stepped; those that have them: "+strings.Join(drives.EventModels(), ", "))
		return nil
	}
	if src.To == "" {
		if !s.onlySends(at, src, m) {
			return nil
		}
		if _, err := m.Event(s.eventSender(src), src.Model.Value); err != nil {
			s.addField(at+".params", err)
		}
		return nil
	}
	to, ok := s.driven(at, src)
	if !ok {
		return nil
	}
	_, channel, w, ok := s.input(at, src.Receptor, src.To, &src.Weight)
	if !ok {
		return nil
	}
	if w.Varies() {
		s.add(at+".weight", "of a source is one value")
	}
	if src.Delay.empty() {
		s.add(at+".delay", "is missing; event mode has no step to take in its place")
		return nil
	}
	delay, ok := s.draw(at+".delay", &src.Delay, "ms")
	switch {
	case !ok:
		return nil
	case delay.Varies():
		s.add(at+".delay", "of a source is one value")
		return nil
	case !(delay.Value(0) > 0):
		s.add(at+".delay", fmt.Sprintf("is %g ms; in event mode a delay is above 0", delay.Value(0)))
		return nil
	case !s.resolved(at+".delay", delay):
		return nil
	}
	set := drives.EventSetting{
		Size: s.size(&s.x.Populations[to]), Seed: philox.Fork(s.x.Seed, "source/"+src.Name),
		Weight: float32(w.Times(s.weightFactor()).Value(0)), Delay: delay.Value(0),
	}
	d := &sim.EventDriveSpec{Name: src.Name, To: to, Channel: channel}
	var err error
	if d.Drive, err = m.Event(set, s.sourceParams(src)); err != nil {
		s.addField(at+".params", err)
		return nil
	}
	return d
}

// eventSender is where a source acts that projections come from.
func (s *spiking) eventSender(src *Source) drives.EventSetting {
	return drives.EventSetting{Size: src.Size, Seed: philox.Fork(s.x.Seed, "source/"+src.Name), Sends: true}
}

// buildEvent makes the network.
func (s *spiking) buildEvent(ctx context.Context, o RunOptions) (*sim.EventNetwork, error) {
	x := s.x
	n := &sim.EventNetwork{}
	index := map[string]int{}
	for i := range x.Populations {
		p := &x.Populations[i]
		m, err := neurons.Find(p.Model.Kind)
		if err != nil {
			return nil, err
		}
		index[p.Name] = len(n.Populations)
		n.Populations = append(n.Populations, sim.EventPopulationSpec{
			Name: p.Name, Size: s.size(p), Channels: len(m.Inputs),
			New: func() (sim.EventPopulation, error) {
				b, err := m.NewEvent(s.size(p), s.params(p))
				if err != nil {
					return nil, err
				}
				return b, s.initial(p, m, b, 0)
			},
		})
	}
	for i := range x.Sources {
		src := &x.Sources[i]
		if src.To != "" {
			if d := s.eventDrive(src); d != nil {
				n.Drives = append(n.Drives, *d)
			}
			continue
		}
		m, _ := drives.Find(src.Model.Kind)
		set := s.eventSender(src)
		index[src.Name] = len(n.Populations)
		n.Populations = append(n.Populations, sim.EventPopulationSpec{
			Name: src.Name, Size: src.Size,
			New: func() (sim.EventPopulation, error) {
				d, err := m.Event(set, src.Model.Value)
				return sim.Senders(d, src.Size), err
			},
		})
	}
	for i := range x.Projections {
		p := &x.Projections[i]
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		w, channel, ok := s.eventWiring(p)
		if !ok {
			continue
		}
		sub, err := x.substrate(p.Substrate)
		if err != nil {
			return nil, err
		}
		weights, err := synapses.MakeEvent(ctx, sub, w, philox.Fork(x.Seed, "projection/"+p.Name))
		if err != nil {
			return nil, fmt.Errorf("projection %s: %w", p.Name, err)
		}
		n.Projections = append(n.Projections, sim.EventProjection{
			Name: p.Name, From: index[p.From], To: index[p.To], Channel: channel, Weights: weights,
		})
		o.progress("build", i+1, len(x.Projections))
	}
	return n, s.problems.Err()
}
