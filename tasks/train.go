package tasks

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/ensembles"
	"github.com/synohm/synohm/neurons/layers"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
)

// Layer is a graded layer of a network that is trained.
type Layer struct {
	Name      string         `yaml:"name" required:"true" pattern:"name" doc:"for messages and records"`
	Substrate string         `yaml:"substrate" default:"" doc:"what the weights are made of; the file's substrate if empty"`
	Variant   config.Variant `yaml:",inline" catalog:"layers" default:"dense"`
}

func (l *Layer) spec() layers.Spec { return l.Variant.Value.(layers.Spec) }

// Train is the task of training a network of graded layers on labelled images.
type Train struct {
	Data             config.Variant `yaml:"data" catalog:"images" default:"mnist" doc:"labelled images"`
	Rule             config.Variant `yaml:"rule" catalog:"learning" default:"ff" doc:"how the network learns"`
	learning.Trainer `yaml:",inline"`
	Sequence         *learning.Sequence  `yaml:"sequence" doc:"tasks that are learnt one after the other; without it there is one"`
	Ensembles        *ensembles.Settings `yaml:"ensembles" doc:"at the end, look at how sparse the activity of the layers is and which units are active for which class, for test images that are named rightly"`
	Checkpoint       int                 `yaml:"checkpoint" default:"1" range:"[0, 1000000]" doc:"epochs between two checkpoints, from which synohm resume goes on; 0 for none"`
	Plots            bool                `yaml:"plots" default:"true" doc:"draw learning curves, and what the rule has to show"`
}

// check finds mistakes that only a training makes.
func (t *Train) check(x *Experiment, known config.Problems) config.Problems {
	if len(known) > 0 {
		return nil
	}
	var ps config.Problems
	add := func(path, rule string) { ps = append(ps, x.Tree.Problem(path, "", rule)) }
	for _, part := range []struct {
		key string
		n   int
	}{{"populations", len(x.Populations)}, {"sources", len(x.Sources)}, {"projections", len(x.Projections)}} {
		if part.n > 0 {
			add(part.key, "belong to spiking networks; a network that is trained has layers")
		}
	}
	data := t.Data.Value.(imageData).settings()
	in, classes := data.in(), data.Classes
	var hidden []sim.Extent
	var fixed []bool
	bytes := 0.0
	for i := range x.Layers {
		l := &x.Layers[i]
		at := fmt.Sprintf("layers[%s]", l.Name)
		spec := l.spec()
		before := in
		if i > 0 {
			before = hidden[i-1]
		}
		out, err := spec.Out(before)
		if err != nil {
			add(at, err.Error())
			return ps
		}
		hidden, fixed = append(hidden, out), append(fixed, len(spec.Matrices(before)) == 0)
		sub, err := x.substrate(l.Substrate)
		if err != nil {
			add(at+".substrate", err.Error())
			continue
		}
		for _, m := range spec.Matrices(before) {
			want := synapses.Dense{Sources: m.Sources, Targets: m.Targets, Trained: true}
			if err := sub.CheckDense(want); err != nil {
				for _, mistake := range strings.Split(err.Error(), "\n") {
					add(at, mistake)
				}
				continue
			}
			bytes += float64(m.N) * (sub.DenseBytes(want) + 3*4*float64(m.Sources)*float64(m.Targets))
		}
		if b, ok := spec.(layers.Buffered); ok {
			bytes += 4 * 2 * float64(t.Batch) * float64(b.Buffer(before)) // a rule may learn from two of every example
		}
		// A step holds about ten arrays of a batch; scores are worked out for two
		// thousand passes at once.
		bytes += 4 * float64(40*t.Batch+4*2000) * float64(before.Units()+out.Units())
	}
	s := learning.Setting{In: in, Classes: classes, Hidden: hidden, Fixed: fixed, Numbers: x.onNumbers(), Seed: x.Seed, Batch: t.Batch, Epochs: t.allEpochs()}
	bytes += data.bytes()
	if m, ok := t.rule().(learning.Memory); ok {
		bytes += m.Memory(s)
	}
	if bytes > maxMemory {
		add("task", fmt.Sprintf("may take %.3g GB of memory, at most %.3g GB are allowed; have smaller layers or batches", bytes/1e9, maxMemory/1e9))
	}
	if n := data.training(); n > 0 && t.Batch > n {
		add("task.batch", fmt.Sprintf("a batch of %d examples is larger than the %d of the training data", t.Batch, n))
	}
	if n := data.training(); float64(t.allEpochs())*float64(max(n, 60_000)/t.Batch) > 1<<31 {
		add("task.epochs", "come to more than 2^31 steps, which are told apart by 31 bits; have fewer, or larger batches")
	}
	t.checkPatience(x, add)
	for i, l := range x.Layers {
		if taken(l.Name) {
			add(fmt.Sprintf("layers[%d].name", i), "is the name of a layer that rules add; choose another")
		}
	}
	for _, e := range config.FieldErrors(t.rule().Check(s)) {
		add(strings.TrimSuffix("task.rule."+e.Field, "."), e.Rule)
	}
	return ps
}

// taken tells of names that rules give to layers of their own.
func taken(name string) bool {
	return name == "output" || name == "readout" || strings.HasPrefix(name, "down-") || strings.HasPrefix(name, "classes_")
}

// checkPatience refuses patience where there is no best network to be found, or
// to go back to.
func (t *Train) checkPatience(x *Experiment, add func(path, rule string)) {
	if t.Patience == 0 {
		return
	}
	ordered, _ := t.rule().(interface{ Greedy() bool })
	physical := x.physical("")
	for _, l := range x.Layers {
		physical = physical || x.physical(l.Substrate)
	}
	switch {
	case t.Sequence != nil:
		add("task.patience", "a sequence of tasks has no best network; leave patience or sequence out")
	case t.Data.Value.(imageData).settings().Validation == 0:
		add("task.patience", "needs validation examples to stop by; set task.data.validation")
	case t.Evaluate == 0 || t.Evaluate >= t.Epochs:
		add("task.patience", "needs evaluations to stop by; set task.evaluate to 1, or to fewer epochs than there are")
	case ordered != nil && ordered.Greedy():
		add("task.patience", "would stop before the last layers are trained, which greedy order trains last; leave it out")
	case physical:
		add("task.patience", "goes back to the numbers of the best epoch, which cells cannot be set to; leave it out")
	}
}

func (t *Train) rule() learning.Rule { return t.Rule.Value.(learning.Rule) }

// substrateKind is the kind of a substrate of a name.
func (x *Experiment) substrateKind(name string) string {
	if name == "" {
		name = x.Substrate
	}
	for _, s := range x.Substrates {
		if s.Name == name {
			return s.Variant.Kind
		}
	}
	return name
}

// shape is the extents of the layers on an image, and which of them never change.
func (x *Experiment) shape(in sim.Extent) (hidden []sim.Extent, fixed []bool, err error) {
	var specs []layers.Spec
	for i := range x.Layers {
		specs = append(specs, x.Layers[i].spec())
	}
	hidden, err = layers.Chain(in, specs)
	for i := range hidden {
		before := in
		if i > 0 {
			before = hidden[i-1]
		}
		fixed = append(fixed, len(specs[i].Matrices(before)) == 0)
	}
	return hidden, fixed, err
}

// onNumbers tells whether all weights are plain numbers.
func (x *Experiment) onNumbers() bool {
	plain := x.substrateKind("") == "ideal"
	for _, l := range x.Layers {
		plain = plain && x.substrateKind(l.Substrate) == "ideal"
	}
	return plain
}

// maker makes the layers of an experiment.
type maker struct {
	x       *Experiment
	workers int
	made    []namedWeights
}

// door puts the weights of one layer onto its substrate.
type door struct {
	m         *maker
	substrate string
	seed      uint64
	trained   bool
}

func (d *door) Seed() uint64 { return d.seed }
func (d *door) Workers() int { return d.m.workers }

func (d *door) Weights(ctx context.Context, name string, sources, targets int, values []float32) (sim.DenseWeights, error) {
	sub, err := d.m.x.substrate(d.substrate)
	if err != nil {
		return nil, err
	}
	w, err := sub.MakeDense(ctx, synapses.Dense{Sources: sources, Targets: targets, Values: values, Trained: d.trained}, philox.Fork(d.seed, name), d.m.workers)
	if err != nil {
		return nil, fmt.Errorf("layer %s: %w", name, err)
	}
	d.m.made = append(d.m.made, namedWeights{projection: name, layer: true, Weights: w})
	return w, nil
}

// Hidden makes a layer of the file.
func (m *maker) Hidden(ctx context.Context, i int, in sim.Extent) (sim.Layer, error) {
	l := &m.x.Layers[i]
	return l.spec().New(ctx, l.Name, in, &door{m, l.Substrate, philox.Fork(m.x.Seed, "layer/"+l.Name), true})
}

// Dense makes a layer that a rule adds, on the file's substrate.
func (m *maker) Dense(ctx context.Context, name string, in sim.Extent, units int, gain float64) (sim.Layer, error) {
	return m.Extra(ctx, name, in, &layers.Dense{Size: units, Init: layers.Init{Draw: "normal", Gain: gain}})
}

// Extra makes a layer of any kind that a rule adds, on the file's substrate.
func (m *maker) Extra(ctx context.Context, name string, in sim.Extent, spec layers.Spec) (sim.Layer, error) {
	return spec.New(ctx, name, in, &door{m, "", philox.Fork(m.x.Seed, "layer/"+name), true})
}

func (t *Train) start(ctx context.Context, x *Experiment) (job, error) {
	set, err := openImages(t.Data.Value.(imageData), x)
	if err != nil {
		return nil, err
	}
	if t.Batch > set.train.Len() {
		return nil, fmt.Errorf("task.batch: a batch of %d examples is larger than the %d of the training data", t.Batch, set.train.Len())
	}
	return &training{Train: t, x: x, set: set}, nil
}

// dataPath is a path of the configuration file, relative to the file or, where a
// run is resumed, to where it lay.
func (x *Experiment) dataPath(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	if x.dir != "" {
		return filepath.Join(x.dir, path)
	}
	return filepath.Join(x.Tree.Dir(), path)
}

// finite leaves out what was not measured.
func finite(m map[string]float64, key string, v float64) {
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		m[key] = v
	}
}
