package tasks

import (
	"context"
	"errors"
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

// spiking makes a network for an engine of what the file says.
type spiking struct {
	x        *Experiment
	problems config.Problems
}

func newSpiking(x *Experiment) *spiking { return &spiking{x: x} }

func (s *spiking) add(path, rule string) {
	s.problems = append(s.problems, s.x.Tree.Problem(path, "", rule))
}

// weightFactor is what a smaller network's weights are multiplied with.
func (s *spiking) weightFactor() float64 { return 1 / math.Sqrt(s.x.Scale) }

// size is the number of neurons of a population at the file's scale.
func (s *spiking) size(p *Population) int {
	return max(1, int(math.Round(float64(p.Size)*s.x.Scale)))
}

// check finds what is wrong before anything is made.
func (s *spiking) check(known config.Problems) config.Problems {
	x := s.x
	if !(x.Time.Step > 0) || !(x.Scale > 0) {
		return nil // nothing can be said without them
	}
	if len(known) == 0 {
		s.checkScale()
	}
	bytes := 0.0
	bad := map[string]bool{} // populations and sources that are known to be wrong
	for i := range x.Populations {
		p := &x.Populations[i]
		if bad[p.Name] = p.Name == "" || wrong(known, "populations", p.Name, i); !bad[p.Name] {
			s.checkInit(p)
		}
	}
	for i := range x.Sources {
		src := &x.Sources[i]
		bad[src.Name] = src.Name == "" || wrong(known, "sources", src.Name, i)
		if !bad[src.Name] && !bad[src.To] {
			s.drive(src)
		}
	}
	longest := map[string]int{} // delay to each population, in steps
	for i := range x.Projections {
		p := &x.Projections[i]
		if p.Name == "" || wrong(known, "projections", p.Name, i) || bad[p.From] || bad[p.To] {
			continue
		}
		at := "projections[" + p.Name + "]"
		w, _, ok := s.wiring(p, 2)
		s.checkPlastic(p)
		if w.Sources == 0 || w.Targets == 0 {
			continue
		}
		for _, part := range []struct {
			field string
			err   error
		}{{"rule", w.Rule.Check(w)}, {"delay", w.CheckDelay()}} {
			if part.err != nil {
				s.add(at+"."+part.field, part.err.Error())
				ok = false
			}
		}
		if !ok {
			continue
		}
		longest[p.To] = max(longest[p.To], w.LongestDelay())
		sub, err := x.substrate(p.Substrate)
		if err == nil {
			err = synapses.Check(sub, w)
		}
		if err != nil {
			for _, mistake := range strings.Split(err.Error(), "\n") {
				s.add(at, mistake)
			}
			continue
		}
		bytes += synapses.Bytes(sub, w) + p.plasticBytes(w)
	}
	for i := range x.Populations {
		p := &x.Populations[i]
		if m, err := neurons.Find(p.Model.Kind); err == nil && !bad[p.Name] {
			bytes += float64(len(m.Inputs)) * sim.RingBytes(s.size(p), max(1, longest[p.Name]))
		}
	}
	x.bytes = bytes
	if bytes > maxMemory {
		s.add("projections", fmt.Sprintf("the synapses and what is under way on them would take about %.3g GB of memory, at most %.3g GB are allowed; have fewer of them, shorter delays or a smaller scale", bytes/1e9, maxMemory/1e9))
	}
	if len(known) == 0 {
		s.checkRecords()
	}
	return s.problems
}

// wrong tells whether something is known to be wrong with an item of a list.
func wrong(known config.Problems, list, name string, i int) bool {
	for _, p := range known {
		for _, at := range []string{fmt.Sprintf("%s[%s]", list, name), fmt.Sprintf("%s[%d]", list, i)} {
			if p.Path == at || strings.HasPrefix(p.Path, at+".") {
				return true
			}
		}
	}
	return false
}

func (s *spiking) checkInit(p *Population) {
	m, err := neurons.Find(p.Model.Kind)
	if err != nil {
		return
	}
	if s.x.Time.Mode == "stepped" && m.New != nil { // a block of no cells, for what the step rules out
		if _, err := m.New(neurons.Block{StepMS: s.x.Time.Step}, p.Model.Value); err != nil {
			s.add("populations["+p.Name+"].params", err.Error())
		}
	}
	for i := range p.Init {
		at := fmt.Sprintf("populations[%s].init[%s]", p.Name, p.Init[i].Name)
		unit, known := "", false
		var names []string
		for _, v := range m.Variables {
			names = append(names, v.Name)
			if v.Name == p.Init[i].Name {
				unit, known = v.Unit, true
			}
		}
		if !known {
			s.add(at+".name", m.Name+" has no such variable"+config.DidYouMean(p.Init[i].Name, names))
			continue
		}
		s.draw(at, &p.Init[i].Draw, unit)
	}
}

// draw reads a distribution and reports its mistakes.
func (s *spiking) draw(at string, d *Draw, unit string) (philox.Draw, bool) {
	out, errs := d.draw(unit)
	for _, e := range errs {
		path := at
		if e.Field != "" {
			path += "." + e.Field
		}
		s.add(path, e.Rule)
	}
	return out, len(errs) == 0
}

// input finds the input of a population that a weight goes to.
func (s *spiking) input(at, receptor, population string, weight *Draw) (m neurons.Model, channel int, w philox.Draw, ok bool) {
	m, err := neurons.Find(s.x.model(population))
	if err != nil {
		return m, 0, w, false
	}
	if len(m.Inputs) == 0 {
		s.add(at+".to", m.Name+" takes no input")
		return m, 0, w, false
	}
	if weight.empty() {
		s.add(at+".weight", "is missing; unit "+m.Inputs[0].Unit)
		return m, 0, w, false
	}
	if w, ok = s.draw(at+".weight", weight, m.Inputs[0].Unit); !ok {
		return m, 0, w, false
	}
	var names []string
	channel = -1
	for i, in := range m.Inputs {
		names = append(names, in.Name)
		if in.Name == receptor {
			channel = i
		}
	}
	switch {
	case receptor != "" && channel < 0:
		s.add(at+".receptor", m.Name+" has no such input"+config.DidYouMean(receptor, names))
		return m, 0, w, false
	case channel < 0 && len(m.Inputs) > 1 && w.Mean() < 0:
		channel = 1
	case channel < 0:
		channel = 0
	}
	if m.Conductance {
		if w.Mean() < 0 {
			w = w.Negated()
		}
		if w.Value(0) < 0 {
			s.add(at+".weight", "some would have the wrong sign, and a conductance is not negative; cut the distribution at 0 by min (excitation) or max (inhibition)")
			return m, 0, w, false
		}
	}
	return m, channel, w, true
}

// wiring is what a projection asks of its weights.
func (s *spiking) wiring(p *Projection, workers int) (w *synapses.Wiring, channel int, ok bool) {
	at := "projections[" + p.Name + "]"
	_, channel, weight, ok := s.input(at, p.Receptor, p.To, &p.Weight)
	delay := philox.Fixed(s.x.Time.Step)
	if !p.Delay.empty() {
		d, good := s.draw(at+".delay", &p.Delay, "ms")
		if ok = ok && good; good {
			delay = d
		}
	}
	w = &synapses.Wiring{
		Same: p.From == p.To, Rule: p.Rule.Value.(synapses.Rule), Weight: weight.Times(s.weightFactor()),
		Delay: delay, StepMS: s.x.Time.Step, Workers: workers,
		Plastic: p.single(), Gains: !p.static(),
		Places: [2]uint64{philox.Fork(s.x.Seed, "places/"+p.From), philox.Fork(s.x.Seed, "places/"+p.To)},
	}
	if s.x.Scale != 1 {
		w.Rule = w.Rule.Scaled(s.x.Scale)
	}
	for i := range s.x.Populations {
		q := &s.x.Populations[i]
		if q.Name == p.From {
			w.Sources = s.size(q)
		}
		if q.Name == p.To {
			w.Targets = s.size(q)
		}
	}
	for _, src := range s.x.Sources {
		if src.Name != p.From {
			continue
		}
		w.Sources = src.Size
		if m, known := drives.Find(src.Model.Kind); !known || m.Emit == nil {
			s.add(at+".from", src.Model.Kind+" drives a population by its to; projections cannot come from it")
			ok = false
		}
	}
	return w, channel, ok
}

// drive makes the drive of a source; nil where it is a sender of projections.
func (s *spiking) drive(src *Source) (d *sim.DriveSpec) {
	at := "sources[" + src.Name + "]"
	m, known := drives.Find(src.Model.Kind)
	if !known {
		s.add(at+".model", "cannot drive a simulation; known: "+fmt.Sprint(drives.Catalog().Names()))
		return nil
	}
	if src.To == "" {
		s.sender(at, src, m)
		return nil
	}
	to, ok := s.driven(at, src)
	if !ok {
		return nil
	}
	set := drives.Setting{Size: s.size(&s.x.Populations[to]), StepMS: s.x.Time.Step, Seed: philox.Fork(s.x.Seed, "source/"+src.Name), Delay: 1}
	model, _ := neurons.Find(s.x.Populations[to].Model.Kind)
	if m.Injects {
		if !model.Current {
			s.add(at+".to", model.Name+" takes no current")
			return nil
		}
		if !src.Weight.empty() {
			s.add(at+".weight", "has no meaning for a current")
		}
	} else {
		_, channel, w, ok := s.input(at, src.Receptor, src.To, &src.Weight)
		if !ok {
			return nil
		}
		if w.Varies() {
			s.add(at+".weight", "of a source is one value")
		}
		set.Channel, set.Weight = channel, float32(w.Times(s.weightFactor()).Value(0))
	}
	if !src.Delay.empty() {
		delay, ok := s.draw(at+".delay", &src.Delay, "ms")
		if !ok {
			return nil
		}
		k := delay.Value(0) / s.x.Time.Step
		switch {
		case delay.Varies():
			s.add(at+".delay", "of a source is one value")
		case k < 1-1e-9 || math.Abs(k-math.Round(k)) > 1e-9*k || k > 1e9:
			s.add(at+".delay", fmt.Sprintf("is %.6g steps of %g ms; must be a whole number of steps, at least one", k, s.x.Time.Step))
			return nil
		}
		set.Delay = int(math.Round(k))
	}
	d = &sim.DriveSpec{Name: src.Name, To: to, Injects: m.Injects}
	var err error
	if d.Drive, err = m.New(set, s.sourceParams(src)); err != nil {
		s.addField(at+".params", err)
		return nil
	}
	return d
}

// driven finds the population that a source drives.
func (s *spiking) driven(at string, src *Source) (to int, ok bool) {
	if src.Size > 1 {
		s.add(at+".size", "has no meaning beside to: every neuron of "+src.To+" gets input of its own")
	}
	var names []string
	for i, p := range s.x.Populations {
		if p.Name == src.To {
			return i, true
		}
		names = append(names, p.Name)
	}
	s.add(at+".to", "there is no population of this name"+config.DidYouMean(src.To, names))
	return 0, false
}

// addField reports a mistake at the field that it names.
func (s *spiking) addField(at string, err error) {
	var fe config.FieldError
	if errors.As(err, &fe) {
		s.add(at+"."+fe.Field, fe.Rule)
		return
	}
	s.add(at, err.Error())
}

// sender checks a source that projections come from.
func (s *spiking) sender(at string, src *Source, m drives.Model) {
	if !s.onlySends(at, src, m) {
		return
	}
	if _, err := m.Emit(s.emitSetting(src), sim.Part{}, src.Model.Value); err != nil {
		s.addField(at+".params", err)
	}
}

// onlySends tells whether a source can send, and refuses what belongs to the
// projections that come from it.
func (s *spiking) onlySends(at string, src *Source, m drives.Model) bool {
	if m.Emit == nil {
		s.add(at+".to", "is missing: the population that "+m.Name+" drives")
		return false
	}
	for _, f := range []struct {
		field string
		given bool
	}{{"receptor", src.Receptor != ""}, {"weight", !src.Weight.empty()}, {"delay", !src.Delay.empty()}} {
		if f.given {
			s.add(at+"."+f.field, "belongs to the projections that come from it, or needs to: the population that it drives")
		}
	}
	return true
}

// emitSetting is where a source acts that projections come from.
func (s *spiking) emitSetting(src *Source) drives.Setting {
	return drives.Setting{Size: src.Size, StepMS: s.x.Time.Step, Seed: philox.Fork(s.x.Seed, "source/"+src.Name)}
}

// build makes the network for a number of workers.
func (s *spiking) build(ctx context.Context, o RunOptions) (*sim.Network, error) {
	x := s.x
	n := &sim.Network{StepSecond: x.Time.Step * 1e-3}
	index := map[string]int{}
	for i := range x.Populations {
		p := &x.Populations[i]
		m, err := neurons.Find(p.Model.Kind)
		if err != nil {
			return nil, err
		}
		index[p.Name] = len(n.Populations)
		n.Populations = append(n.Populations, sim.PopulationSpec{
			Name: p.Name, Size: s.size(p), Channels: len(m.Inputs),
			New: func(part sim.Part) (sim.Population, error) { return s.block(p, m, part) },
		})
	}
	for i := range x.Sources {
		src := &x.Sources[i]
		if src.To != "" {
			if d := s.drive(src); d != nil {
				n.Drives = append(n.Drives, *d)
			}
			continue
		}
		m, _ := drives.Find(src.Model.Kind)
		if m.Emit == nil {
			continue
		}
		set := s.emitSetting(src)
		index[src.Name] = len(n.Populations)
		n.Populations = append(n.Populations, sim.PopulationSpec{
			Name: src.Name, Size: src.Size,
			New: func(part sim.Part) (sim.Population, error) { return m.Emit(set, part, src.Model.Value) },
		})
	}
	for i := range x.Projections {
		p := &x.Projections[i]
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		w, channel, ok := s.wiring(p, o.Workers)
		if !ok {
			continue
		}
		sub, err := x.substrate(p.Substrate)
		if err != nil {
			return nil, err
		}
		weights, err := synapses.Make(ctx, sub, w, philox.Fork(x.Seed, "projection/"+p.Name))
		if err != nil {
			return nil, fmt.Errorf("projection %s: %w", p.Name, err)
		}
		if weights, err = s.withSynapses(p, weights, o.Workers); err != nil {
			return nil, fmt.Errorf("projection %s: %w", p.Name, err)
		}
		modulator := -1
		if p.Modulator != "" {
			modulator = index[p.Modulator]
		}
		n.Projections = append(n.Projections, sim.Projection{
			Name: p.Name, From: index[p.From], To: index[p.To], Channel: channel, Modulator: modulator, Weights: weights,
		})
		o.progress("build", i+1, len(x.Projections))
	}
	return n, s.problems.Err()
}

// block makes a part of a population with its initial values.
func (s *spiking) block(p *Population, m neurons.Model, part sim.Part) (sim.Population, error) {
	b, err := m.New(neurons.Block{Part: part, StepMS: s.x.Time.Step}, s.params(p))
	if err != nil {
		return nil, err
	}
	return b, s.initial(p, m, b, part.Lo)
}

// initial sets the initial values of a part of a population that begins at lo.
func (s *spiking) initial(p *Population, m neurons.Model, b sim.Stateful, lo int) error {
	for i := range p.Init {
		name, unit := p.Init[i].Name, ""
		for _, v := range m.Variables {
			if v.Name == name {
				unit = v.Unit
			}
		}
		d, _ := p.Init[i].draw(unit)
		values, err := sim.Values(b, name)
		if err != nil {
			return err
		}
		words := philox.Stream{Seed: philox.Fork(s.x.Seed, "init/"+p.Name+"/"+name)}
		for k := range values {
			values[k] = d.Value(words.Word(uint32(lo+k), 0))
		}
	}
	return nil
}
