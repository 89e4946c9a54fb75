package tasks

import (
	"context"
	"fmt"
	"strings"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
	"github.com/synohm/synohm/tasks/events"
)

// Liquid is the task of the liquid state machine: every stream is one trial of
// the fixed network, the spikes of one population are counted, and a linear
// read-out is trained on the counts.
type Liquid struct {
	Data    config.Variant `yaml:"data" catalog:"data" default:"mnist" doc:"event streams with labels"`
	Of      string         `yaml:"of" default:"liquid" doc:"population whose spikes are counted"`
	Readout config.Variant `yaml:"readout" catalog:"readouts" default:"softmax" doc:"how the read-out is trained"`
	TrainAt float64        `yaml:"train_at" unit:"s" default:"0 s" range:"[0, 10000000000]" doc:"when the streams of training are presented, on the clock of the weights' memory"`
	TestAt  float64        `yaml:"test_at" unit:"s" default:"0 s" range:"[0, 10000000000]" doc:"when those of the test are presented, not before the training; memory drifts in between"`
	Compare bool           `yaml:"compare" default:"true" doc:"also train the read-out on plain event counts and on the network without recurrence"`
}

// check finds mistakes that only the liquid makes.
func (l *Liquid) check(x *Experiment, known config.Problems) config.Problems {
	if len(known) > 0 {
		return nil
	}
	var ps config.Problems
	add := func(path, rule string) { ps = append(ps, x.Tree.Problem(path, "", rule)) }
	found := false
	for _, p := range x.Populations {
		found = found || p.Name == l.Of
	}
	if !found {
		add("task.of", fmt.Sprintf("there is no population %q", l.Of))
	}
	if len(x.Sources) != 1 {
		add("sources", "the liquid needs exactly one source, of model event_frames")
		return ps
	}
	side := events.NMNISTSide
	if d, ok := l.Data.Value.(*MNISTData); ok {
		side = d.Camera.Side
	}
	f, ok := x.Sources[0].Model.Value.(*events.Framing)
	if !ok {
		add("sources["+x.Sources[0].Name+"].model", "the liquid's source is event_frames")
		return ps
	}
	if l.TestAt < l.TrainAt {
		add("task.test_at", fmt.Sprintf("is before train_at, %g s; time does not go back", l.TrainAt))
	}
	if x.Time.Steps() > maxTrialSteps || x.Time.WarmUp > 0 {
		add("time", fmt.Sprintf("a trial of the liquid has no warm-up and at most %d steps", maxTrialSteps))
		return ps
	}
	n, err := f.Sources(side, side)
	if err != nil {
		add("sources["+x.Sources[0].Name+"].params", err.Error())
		return ps
	}
	driven := false
	size, all := x.size(l.Of), 0
	for _, p := range x.Populations {
		all += p.Size
	}
	trials, test := l.trials()
	bytes := 3 * 4 * float64(trials) * float64(2*size+n)                                     // features, with the copies of training
	bytes += 8 * float64(min(x.recorded(), test)) * float64(x.Time.Steps()) * float64(all+n) // recorded spikes, if all spike always
	for _, p := range x.Projections {
		if p.Rule.Kind != "all_to_all" {
			add("projections["+p.Name+"].rule", "the liquid joins all_to_all")
		}
		if !p.static() || p.Modulator != "" {
			add("projections["+p.Name+"]", "the liquid's synapses are static; synapse, plasticity and modulator belong to task: simulate")
		}
		if m, err := neurons.Find(x.model(p.To)); err == nil && len(m.Inputs) != 1 {
			add("projections["+p.Name+"].to", "the liquid takes models with one input, such as lif_discrete")
		}
		w, err := p.want(n, x.size(p.To))
		if s := x.size(p.From); s > 0 {
			w.Sources = s
		}
		var sub synapses.Substrate
		if err == nil {
			sub, err = x.substrate(p.Substrate)
		}
		if err == nil {
			err = sub.Check(w)
		}
		if c, ok := sub.(interface{ CheckAge(seconds float64) error }); err == nil && ok {
			// Better now than when the streams of training are through.
			if e := c.CheckAge(l.TestAt); e != nil {
				add("task.test_at", fmt.Sprintf("projection %s: %v", p.Name, e))
			}
		}
		if err != nil {
			for _, mistake := range strings.Split(err.Error(), "\n") {
				add("projections["+p.Name+"].weight", mistake)
			}
		}
		driven = driven || x.size(p.From) == 0
		bytes += 16 * float64(w.Sources) * float64(w.Targets) // as numbers, and a copy for the picture
		if err == nil {
			bytes += sub.Bytes(w)
		}
	}
	if !driven {
		add("projections", "none comes from the source, so nothing would reach the network")
	}
	if bytes > maxMemory {
		add("task", fmt.Sprintf("may take %.3g GB of memory, at most %.3g GB are allowed; have fewer trials, neurons or recorded trials", bytes/1e9, maxMemory/1e9))
	}
	return ps
}

// maxTrialSteps bounds a trial, whose stream is held in memory.
const maxTrialSteps = 1_000_000

// maxMemory bounds what a run may come to, before anything is allocated.
const maxMemory = 16e9 // bytes

// trials is how many trials the data gives, and how many of them are tests.
func (l *Liquid) trials() (all, test int) {
	switch d := l.Data.Value.(type) {
	case *MNISTData:
		return d.Train + d.Test, d.Test
	case *RecordingsData:
		return d.Train + d.Test, d.Test
	}
	return 0, 0
}

// size returns the number of neurons of a population, 0 for a source.
func (x *Experiment) size(name string) int {
	for _, p := range x.Populations {
		if p.Name == name {
			return p.Size
		}
	}
	return 0
}

// network builds populations and weights; sources is the number of inputs.
func (x *Experiment) network(ctx context.Context, sources int) (*sim.Network, error) {
	n := &sim.Network{StepSecond: x.Time.Step * 1e-3}
	index := map[string]int{}
	for i, p := range x.Populations {
		m, err := neurons.Find(p.Model.Kind)
		if err != nil {
			return nil, err
		}
		index[p.Name] = i
		n.Populations = append(n.Populations, sim.PopulationSpec{
			Name: p.Name, Size: p.Size,
			Channels: len(m.Inputs),
			New: func(part sim.Part) (sim.Population, error) {
				return m.New(neurons.Block{Part: part, StepMS: x.Time.Step}, p.Model.Value)
			},
		})
	}
	for _, p := range x.Projections {
		sub, err := x.substrate(p.Substrate)
		if err != nil {
			return nil, err
		}
		from, size := sim.External, sources
		if i, ok := index[p.From]; ok {
			from, size = i, x.size(p.From)
		}
		want, err := p.want(size, x.size(p.To))
		if err != nil {
			return nil, err
		}
		w, err := sub.Make(ctx, want, philox.Fork(x.Seed, "projection/"+p.Name))
		if err != nil {
			return nil, fmt.Errorf("projection %s: %w", p.Name, err)
		}
		n.Projections = append(n.Projections, sim.Projection{Name: p.Name, From: from, To: index[p.To], Weights: w})
	}
	return n, n.Check(sources)
}

// want is the matrix of weights that a projection of a liquid asks for: normal,
// with mean 0 and standard deviation 1 where the file says nothing else.
func (p *Projection) want(sources, targets int) (synapses.Want, error) {
	d := p.Weight
	if d.Mean == "" {
		d.Mean = "0"
	}
	if d.Std == "" {
		d.Std = "1"
	}
	w := synapses.Want{Sources: sources, Targets: targets}
	draw, errs := d.draw("")
	for _, e := range errs {
		return w, e
	}
	if draw.Kind != philox.NormalDraw || d.Min != "" || d.Max != "" {
		return w, fmt.Errorf("the liquid's weights are normal, given by mean and std")
	}
	w.Mean, w.Std = draw.A, draw.B
	return w, nil
}

// model is the name of a population's model.
func (x *Experiment) model(population string) string {
	for _, p := range x.Populations {
		if p.Name == population {
			return p.Model.Kind
		}
	}
	return ""
}

// withoutRecurrence is the network with what populations send taken away.
func withoutRecurrence(n *sim.Network) *sim.Network {
	m := &sim.Network{Populations: n.Populations, StepSecond: n.StepSecond}
	for _, p := range n.Projections {
		if p.From == sim.External {
			m.Projections = append(m.Projections, p)
		}
	}
	return m
}

// sources returns the number of inputs that the file's source gives.
func (x *Experiment) sources(side int) int {
	n, err := x.framing().Sources(side, side)
	if err != nil {
		panic("tasks: sources were not checked: " + err.Error())
	}
	return n
}

// framing is how the file's source cuts streams into steps.
func (x *Experiment) framing() *events.Framing { return x.Sources[0].Model.Value.(*events.Framing) }
