package tasks

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/learning/plasticity"
	"github.com/synohm/synohm/learning/readout"
	"github.com/synohm/synohm/learning/rules"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/neurons/drives"
	"github.com/synohm/synohm/neurons/layers"
	"github.com/synohm/synohm/synapses"
	"github.com/synohm/synohm/tasks/events"
)

// Experiment is a configuration file, parsed, defaulted and checked.
type Experiment struct {
	Synohm      int          `yaml:"synohm" required:"true" range:"[1, 1]" doc:"version of the grammar"`
	Seed        uint64       `yaml:"seed" default:"1" doc:"seed of every random draw"`
	Time        Time         `yaml:"time" doc:"how time advances"`
	Scale       float64      `yaml:"scale" default:"1" range:"(0, 1]" doc:"makes a network smaller: sizes and in-degrees times this, weights over its root, with a current for the input that is lost where populations give their rate"`
	Substrates  []Substrate  `yaml:"substrates" doc:"what weights can be made of, beside the built-in ideal, quantised and crossbar"`
	Substrate   string       `yaml:"substrate" default:"ideal" doc:"substrate of every projection and layer that names none"`
	Populations []Population `yaml:"populations" doc:"blocks of neurons"`
	Layers      []Layer      `yaml:"layers" doc:"graded layers of a network that is trained, the first one first"`
	Sources     []Source     `yaml:"sources" doc:"what drives the network"`
	Projections []Projection `yaml:"projections" doc:"weights between sources and populations"`
	Record      []Record     `yaml:"record" doc:"what is kept in the run folder"`
	Task        Task         `yaml:"task" required:"true" doc:"what is done with the network"`
	Published   []Published  `yaml:"published" doc:"figures of others, printed beside the run's own"`
	Sweep       *Sweep       `yaml:"sweep" doc:"what synohm sweep varies; synohm run leaves it alone"`

	Tree *config.Tree `yaml:"-"` // where it came from

	dir   string  // of the file that a resumed run began with, "" for that of Tree
	bytes float64 // what a simulation will take of memory, as check estimates it
}

// Time is the grid of a run.
type Time struct {
	Mode   string  `yaml:"mode" default:"stepped" enum:"stepped|event" doc:"how time advances: on a grid of steps, or from event to event at exact times, for models with a closed form"`
	Step   float64 `yaml:"step" unit:"ms" default:"1 ms" range:"(0, 1000000]" doc:"length of a step"`
	WarmUp float64 `yaml:"warm_up" unit:"ms" default:"0 ms" range:"[0, 1000000000]" doc:"time before what is counted and recorded, a whole number of steps"`
	Run    float64 `yaml:"run" unit:"ms" default:"0 ms" range:"[0, 1000000000]" doc:"length of a trial, or of a run after the warm-up; a whole number of steps"`
}

// maxSteps bounds a run: a step is counted in 32 bits of random keys.
const maxSteps = 4_000_000_000

// Steps is the number of steps of a trial, or of a run after the warm-up.
func (t Time) Steps() int { return int(math.Round(t.Run / t.Step)) }

// WarmUpSteps is the number of steps before what is counted.
func (t Time) WarmUpSteps() int { return int(math.Round(t.WarmUp / t.Step)) }

// Validate wants whole numbers of steps where there are steps.
func (t *Time) Validate() error {
	var errs []error
	if t.Mode == eventMode {
		return nil
	}
	for _, part := range []struct {
		field string
		ms    float64
	}{{"warm_up", t.WarmUp}, {"run", t.Run}} {
		n := part.ms / t.Step
		switch {
		case math.Abs(n-math.Round(n)) > 1e-9*n || part.field == "run" && t.Run > 0 && n < 1:
			errs = append(errs, config.FieldError{Field: part.field, Rule: fmt.Sprintf("is %.6g steps of %g ms; must be a whole number of steps", n, t.Step)})
		case n > maxSteps/2:
			errs = append(errs, config.FieldError{Field: part.field, Rule: fmt.Sprintf("is %.0f steps, at most %d are possible", n, maxSteps/2)})
		}
	}
	return errors.Join(errs...)
}

// Substrate is a named choice of memory.
type Substrate struct {
	Name    string         `yaml:"name" required:"true" pattern:"name" doc:"by which projections choose it"`
	Variant config.Variant `yaml:",inline" catalog:"substrates"`
}

// Population is a block of neurons of one model.
type Population struct {
	Name  string         `yaml:"name" required:"true" pattern:"name" doc:"by which projections and records refer to it"`
	Size  int            `yaml:"size" required:"true" range:"[1, 16777216]" doc:"number of neurons"`
	Model config.Variant `yaml:",inline" catalog:"neurons" key:"model" under:"params"`
	Init  []Init         `yaml:"init" doc:"initial values of variables, where they are not those of rest"`
	Rate  float64        `yaml:"rate" unit:"Hz" default:"0 Hz" range:"[0, inf)" doc:"mean rate at full scale, for the current that stands in for the input lost by scale"`
}

// Init is the initial value of a variable of a population.
type Init struct {
	Name string `yaml:"name" required:"true" doc:"a variable of the model, as synohm describe shows"`
	Draw `yaml:",inline"`
}

// Source feeds spikes into the network.
type Source struct {
	Name  string         `yaml:"name" required:"true" pattern:"name" doc:"by which projections refer to it"`
	Model config.Variant `yaml:",inline" catalog:"sources" key:"model" under:"params"`

	To       string `yaml:"to" default:"" doc:"population that it drives; empty where projections come from it"`
	Receptor string `yaml:"receptor" default:"" doc:"input of the population; by the sign of the weight if empty"`
	Weight   Draw   `yaml:"weight" doc:"weight of its spikes, one value, in the unit of the population's input"`
	Delay    Draw   `yaml:"delay" doc:"time until what it sends arrives, one value; a step if missing"`
	Size     int    `yaml:"size" default:"1" range:"[1, 16777216]" doc:"number of trains, where projections come from it"`
}

// Projection is a matrix of weights.
type Projection struct {
	Name      string         `yaml:"name" required:"true" pattern:"name" doc:"for messages, records and the seed of its draws"`
	From      string         `yaml:"from" required:"true" doc:"source or population that sends"`
	To        string         `yaml:"to" required:"true" doc:"population that receives"`
	Rule      config.Variant `yaml:"rule" catalog:"rules" default:"all_to_all" doc:"which pairs are joined"`
	Receptor  string         `yaml:"receptor" default:"" doc:"input of the population; by the sign of the mean weight if empty"`
	Weight    Draw           `yaml:"weight" doc:"weights, in the unit of the population's input; of a liquid, normal with mean 0 and std 1 if missing"`
	Delay     Draw           `yaml:"delay" doc:"time from a spike to its arrival; a step if missing"`
	Substrate string         `yaml:"substrate" default:"" doc:"what the weights are made of; the file's substrate if empty"`

	Synapse    config.Variant `yaml:"synapse" catalog:"synapses" default:"static" doc:"what a synapse does with a spike beside its weight: short-term dynamics, failures"`
	Plasticity config.Variant `yaml:"plasticity" catalog:"plasticity" default:"none" doc:"rule by which the weights change"`
	Modulator  string         `yaml:"modulator" default:"" doc:"population that the rule hears beside the two ends, such as dopaminergic neurons"`
}

// Published is a figure that a run is compared with.
type Published struct {
	Metric string  `yaml:"metric" required:"true" doc:"the metric of the run that it stands beside"`
	Value  float64 `yaml:"value" required:"true" doc:"the figure, in the metric's own scale: an accuracy is a fraction of 1"`
	By     string  `yaml:"by" required:"true" doc:"who reached it, and how"`
}

// Task is what is done with the network.
type Task struct {
	Variant config.Variant `yaml:",inline" catalog:"tasks"`
}

// Catalogs are all catalogues that a configuration can name things of.
func Catalogs() config.Catalogs {
	c := config.Catalogs{
		"neurons":    neurons.Catalog(),
		"readouts":   readout.Readouts(),
		"plasticity": plasticity.Catalog(),
		"sources": append(drives.Catalog(), catalog.Entry{
			Name: "event_frames", Summary: "events of the task's recordings, cut into one spike frame a step",
			Equation: "an input spikes in a step if at least one event of its pixels falls into the step",
			Params:   &events.Framing{},
		}),
		"data":       dataCatalog(),
		"images":     imagesCatalog(),
		"layers":     layers.Catalog(),
		"learning":   rules.Catalog(),
		"optimisers": optimise.Catalog(),
		"tasks": {
			{
				Name: "liquid", Summary: "fixed random network as a filter of event streams, trained linear read-out on its spike counts",
				Reference: "Maass, Natschlaeger, Markram, Neural Computation 14 (2002); Lin et al., Resistive memory-based zero-shot liquid state machine for multimodal event data learning",
				Params:    &Liquid{},
			},
			{
				Name: "simulate", Summary: "a spiking network run for a time, its rates and recordings",
				Params: &Simulate{},
			},
			{
				Name: "train", Summary: "graded layers trained on labelled images by a rule of learning",
				Params: &Train{},
			},
		},
	}
	for name, cat := range synapses.Catalogs() {
		c[name] = cat
	}
	return c
}

// Schema is the JSON Schema of configurations.
func Schema() ([]byte, error) {
	return config.Schema(&Experiment{}, Catalogs(), "Synohm configuration")
}

// Load reads, edits, decodes and checks a configuration. The error, if it is
// about the file, is a config.Problems with all its mistakes.
func Load(file string, sets []string, seed *uint64) (*Experiment, error) {
	tree, err := config.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Build(tree, sets, seed)
}

// Build is Load on a tree that was read already.
func Build(tree *config.Tree, sets []string, seed *uint64) (*Experiment, error) {
	for _, s := range sets {
		path, value, err := config.SplitAssignment(s)
		if err == nil {
			err = tree.Set(path, value)
		}
		if err != nil {
			return nil, config.Problems{{File: tree.File, Rule: err.Error()}}
		}
	}
	if seed != nil {
		if err := tree.Set("seed", fmt.Sprint(*seed)); err != nil {
			return nil, config.Problems{{File: tree.File, Rule: err.Error()}}
		}
	}
	x := &Experiment{Tree: tree}
	problems := tree.Decode(x, Catalogs())
	problems = append(problems, x.check(problems)...)
	return x, problems.Err()
}

// check looks at what involves several parts of the file. Parts that were
// already found wrong are not looked at again.
func (x *Experiment) check(known config.Problems) config.Problems {
	var ps, alone config.Problems // alone: of substrates, whatever is put on them
	add := func(path, rule string) { ps = append(ps, x.Tree.Problem(path, "", rule)) }
	senders, receivers := []string{}, []string{}
	for _, s := range x.Sources {
		senders = append(senders, s.Name)
	}
	for i, p := range x.Populations {
		receivers = append(receivers, p.Name)
		for _, s := range x.Sources {
			if s.Name == p.Name && p.Name != "" {
				add(fmt.Sprintf("populations[%d].name", i), "a source has this name already")
			}
		}
	}
	senders = append(senders, receivers...)
	substrates := synapses.Catalog().Names()
	for _, s := range x.Substrates {
		if _, builtin := synapses.Catalog().Find(s.Name); builtin && s.Name != s.Variant.Kind {
			add(fmt.Sprintf("substrates[%s].name", s.Name), "is the name of a built-in kind; choose another")
		}
		substrates = append(substrates, s.Name)
		if c, ok := s.Variant.Value.(synapses.Physical); ok {
			for _, err := range unjoin(c.CheckAlone()) {
				alone = append(alone, x.Tree.Problem(fmt.Sprintf("substrates[%s]", s.Name), "", err.Error()))
			}
		}
	}
	want := func(path, value string, among []string, what string) {
		for _, n := range among {
			if n == value {
				return
			}
		}
		add(path, "there is no "+what+" of this name"+config.DidYouMean(value, among))
	}
	if x.Substrate != "" {
		want("substrate", x.Substrate, substrates, "substrate")
	}
	var projections []string
	for i, p := range x.Projections {
		projections = append(projections, p.Name)
		at := fmt.Sprintf("projections[%s]", p.Name)
		if p.Name == "" {
			at = fmt.Sprintf("projections[%d]", i)
		}
		if p.From != "" {
			want(at+".from", p.From, senders, "source or population")
		}
		if p.To != "" {
			want(at+".to", p.To, receivers, "population")
		}
		if p.Modulator != "" {
			want(at+".modulator", p.Modulator, senders, "source or population")
		}
		if p.Substrate != "" {
			want(at+".substrate", p.Substrate, substrates, "substrate")
		}
	}
	for i, l := range x.Layers {
		if l.Substrate != "" {
			want(fmt.Sprintf("layers[%d].substrate", i), l.Substrate, substrates, "substrate")
		}
	}
	for i := range x.Record {
		x.checkRecord(i, projections, add)
	}
	if x.Time.Mode == eventMode && x.Task.Variant.Kind != "" && x.Task.Variant.Kind != "simulate" {
		add("time.mode", "is for the task simulate; "+x.Task.Variant.Kind+" goes on in steps")
	}
	if kind := x.Task.Variant.Kind; kind != "" && kind != "train" {
		if len(x.Populations) == 0 {
			add("populations", "is missing: the task "+kind+" needs blocks of neurons")
		}
		wrong := slices.ContainsFunc(known, func(p config.Problem) bool { return p.Path == "time.run" })
		if x.Time.Run == 0 && !wrong {
			add("time.run", "is missing: the task "+kind+" needs a length, such as 100 ms")
		}
		if len(x.Layers) > 0 {
			add("layers", "belong to the task train")
		}
	}
	if t, ok := x.Task.Variant.Value.(task); ok {
		for _, p := range t.check(x, append(append(config.Problems{}, known...), ps...)) {
			// What is wrong with a substrate is told where it stands, once.
			if !slices.ContainsFunc(alone, func(a config.Problem) bool { return a.Rule == p.Rule }) {
				ps = append(ps, p)
			}
		}
	}
	return append(ps, alone...)
}

// substrate makes the substrate of a name: one of the file, or a built-in kind
// with its defaults.
func (x *Experiment) substrate(name string) (synapses.Substrate, error) {
	if name == "" {
		name = x.Substrate
	}
	for _, s := range x.Substrates {
		if s.Name == name {
			return synapses.New(s.Variant.Kind, s.Variant.Value)
		}
	}
	e, ok := synapses.Catalog().Find(name)
	if !ok {
		return nil, fmt.Errorf("no substrate %q", name)
	}
	params := e.New()
	if params != nil {
		config.Defaults(params, Catalogs())
	}
	return synapses.New(name, params)
}
