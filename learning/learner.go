package learning

import (
	"context"

	"github.com/synohm/synohm/neurons/layers"
	"github.com/synohm/synohm/sim"
)

// Batch is examples of one step.
type Batch struct {
	N     int
	X     []float32 // [N][inputs], 0 to 1
	Y     []uint8   // classes
	Index []int32   // their numbers in the data set, for random keys
}

// Resize gives room for examples of so many inputs.
func (b *Batch) Resize(n, inputs int) {
	b.N = n
	Fit(&b.X, n*inputs)
	if cap(b.Y) < n {
		b.Y, b.Index = make([]uint8, n), make([]int32, n)
	}
	b.Y, b.Index = b.Y[:n], b.Index[:n]
}

// Step is where a training is.
type Step struct {
	Epoch, Epochs int     // from 0, and how many there will be
	Number        uint32  // of the step, from 0, over all epochs
	Rate          float64 // what the schedule multiplies every rate with
}

// Key is that of a step's reads and changes. The trials of a batch count on from
// first, so that what is multiplied twice within a step draws anew.
func (s Step) Key(first int) sim.Key { return sim.Key{Trial: uint32(first), Step: s.Number} }

// Report is what a step says of itself; the trainer shows the means of an epoch.
type Report struct {
	Loss   float64
	Values []Value
}

// Value is a figure of a layer, such as its goodness for positive data.
type Value struct {
	Name  string
	Layer int // from 1, 0 for the whole network
	Value float64
}

// Learner is a network with the rule that trains it.
type Learner interface {
	sim.Stateful
	// Learn takes one step. The loss is the mean over the batch.
	Learn(ctx context.Context, at Step, b Batch) (Report, error)
	// Scores writes [N][classes] numbers; the largest names the class.
	Scores(ctx context.Context, key sim.Key, b Batch, scores []float32) error
	// Layers are all, the first first; some, such as pools, have no parameters.
	Layers() []sim.Layer
}

// Observed is a learner whose hidden layers can be looked at.
type Observed interface {
	// Activities returns what the hidden layers make of examples, layer by
	// layer [N][units], the first first; a rule that puts the label into the
	// input puts the true one there. They are the learner's own memory until the
	// next call of any of its methods.
	Activities(ctx context.Context, key sim.Key, b Batch) ([][]float32, error)
}

// Rule is the settings of how a network learns.
type Rule interface {
	// Check tells what New would refuse of a setting, without making anything.
	Check(s Setting) error
	New(ctx context.Context, s Setting) (Learner, error)
}

// Memory is a rule that takes much memory beside layers and batches.
type Memory interface {
	Memory(s Setting) (bytes float64)
}

// Setting is what a rule is given.
type Setting struct {
	In      sim.Extent // of an example
	Classes int
	Hidden  []sim.Extent // of the layers that the configuration lists
	Fixed   []bool       // of the same: those without weights, such as pools; nil for none
	Numbers bool         // the weights are plain numbers, on ideal memory
	Seed    uint64
	Workers int
	Batch   int // the largest
	Steps   int // of an epoch
	Epochs  int
	Make    Maker // nil in Check
}

// Maker makes layers on the substrates that the configuration names.
type Maker interface {
	// Hidden makes the layer number i of the configuration for an input.
	Hidden(ctx context.Context, i int, in sim.Extent) (sim.Layer, error)
	// Dense makes a layer that the rule adds, such as a read-out, whose weights
	// begin with a standard deviation of gain over the root of the inputs.
	Dense(ctx context.Context, name string, in sim.Extent, units int, gain float64) (sim.Layer, error)
	// Extra makes a layer of any kind that the rule adds.
	Extra(ctx context.Context, name string, in sim.Extent, spec layers.Spec) (sim.Layer, error)
}

// Stack makes all hidden layers, each on the output of the one before.
func (s Setting) Stack(ctx context.Context) ([]sim.Layer, error) {
	in := s.In
	var all []sim.Layer
	for i := range s.Hidden {
		l, err := s.Make.Hidden(ctx, i, in)
		if err != nil {
			return nil, err
		}
		all = append(all, l)
		in = l.Out()
	}
	return all, nil
}
