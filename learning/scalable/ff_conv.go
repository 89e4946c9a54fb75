package scalable

import (
	"context"
	"errors"
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/neurons/layers"
	"github.com/synohm/synohm/sim"
)

// Conv is the forward-forward rule for convolutional networks. A block is layers
// with parameters and the pools that follow them; an auxiliary convolution on
// its output has a channel for every class.
type Conv struct {
	Rate      float64        `yaml:"rate" default:"0.001" range:"(0, 100]" doc:"step size of the optimiser"`
	Optimiser config.Variant `yaml:"optimiser" catalog:"optimisers" default:"adam" doc:"how derivatives become changes"`
	Block     int            `yaml:"block" default:"1" range:"[1, 1000]" doc:"layers with parameters that a block has, each with the pools after it; derivatives go back within a block alone"`
	AuxKernel int            `yaml:"aux_kernel" default:"1" range:"[1, 1000]" doc:"rows and columns of the convolution that tells a block the classes; no more than the block's output has"`
	Votes     string         `yaml:"votes" default:"all" enum:"all|last" doc:"blocks whose mean goodness names the class"`
}

var _ learning.Rule = (*Conv)(nil)

// ConvEntry is the catalogue entry.
func ConvEntry() catalog.Entry {
	return catalog.Entry{
		Name: "ff-conv", Summary: "forward-forward in blocks, each with a channel for every class; for convolutional networks",
		Equation: "z = A * h, A a convolution with one channel a class on the output h of a block\n" +
			"g_c = mean over places of z_c^2,  loss = -log softmax(g)_label, in every block for itself\n" +
			"next block sees (h - mean) / sqrt(variance) of an example",
		Reference: "Krutsylo, Scalable forward-forward algorithm, arXiv 2501.03176 (2025)",
		Omits:     "shortcuts around layers; gain and bias of the normalisation",
		Params:    &Conv{},
	}
}

func (c *Conv) method() optimise.Method { return c.Optimiser.Value.(optimise.Method) }

// Check refuses what does not fit.
func (c *Conv) Check(s learning.Setting) error {
	if len(s.Hidden) == 0 {
		return errors.New("the rule needs at least one layer")
	}
	return optimise.Check(c.method(), s.Numbers)
}

// New makes the layers and what trains them.
func (c *Conv) New(ctx context.Context, s learning.Setting) (learning.Learner, error) {
	all, err := s.Stack(ctx)
	if err != nil {
		return nil, err
	}
	parts := split(all, c.Block)
	if len(parts) == 0 {
		return nil, errors.New("task.rule: no layer has weights that could learn; add a layer such as conv or dense")
	}
	l := &learner{Conv: c, s: s}
	for i, part := range parts {
		b, err := c.block(ctx, s, fmt.Sprintf("classes_%d", i+1), part)
		if err != nil {
			return nil, err
		}
		l.blocks = append(l.blocks, b)
	}
	return l, nil
}

// split cuts layers into blocks of so many with parameters, before a layer that
// has some. None have any where the result is empty.
func split(all []sim.Layer, size int) (blocks [][]sim.Layer) {
	first, with := 0, 0
	for i, l := range all {
		if len(l.Parameters()) == 0 {
			continue
		}
		if with == size {
			blocks = append(blocks, all[first:i:i])
			first, with = i, 0
		}
		with++
	}
	if with == 0 {
		return nil
	}
	return append(blocks, all[first:])
}

func (c *Conv) block(ctx context.Context, s learning.Setting, name string, part []sim.Layer) (*block, error) {
	out := part[len(part)-1].Out()
	aux, err := s.Make.Extra(ctx, name, out, &layers.Conv{
		Channels: s.Classes,
		Window:   layers.Window{Kernel: min(c.AuxKernel, out.Rows, out.Cols), Stride: 1},
		Init:     layers.Init{Draw: "normal", Gain: 1},
	})
	if err != nil {
		return nil, err
	}
	b := &block{
		stack: learning.Stack{Layers: part, Workers: s.Workers}, aux: aux, gate: rectified{s.Workers},
		rule: goodness{classes: s.Classes, workers: s.Workers}, auxBy: optimise.New(c.method(), aux, s.Workers),
	}
	for _, layer := range part {
		var u *optimise.Updater
		if len(layer.Parameters()) > 0 {
			u = optimise.New(c.method(), layer, s.Workers)
		}
		b.by = append(b.by, u)
	}
	return b, nil
}

// learner is blocks, each with a rule of its own.
type learner struct {
	*Conv
	s      learning.Setting
	blocks []*block
	g      []float32
}

// Layers are those with parameters, the auxiliary layer of a block after it.
func (l *learner) Layers() (out []sim.Layer) {
	for _, b := range l.blocks {
		for i, layer := range b.stack.Layers {
			if b.by[i] != nil {
				out = append(out, layer)
			}
		}
		out = append(out, b.aux)
	}
	return out
}

// State is weights and what the optimisers keep.
func (l *learner) State() []sim.Variable {
	out := learning.StateOf(l.Layers())
	for _, b := range l.blocks {
		for i, layer := range b.stack.Layers {
			if b.by[i] != nil {
				out = append(out, learning.Prefixed(layer.Name()+"/optimiser", b.by[i].State())...)
			}
		}
		out = append(out, learning.Prefixed(b.aux.Name()+"/optimiser", b.auxBy.State())...)
	}
	return out
}

// Learn takes a step. A block passes on what it was before it changed.
func (l *learner) Learn(ctx context.Context, at learning.Step, b learning.Batch) (r learning.Report, err error) {
	x, key := b.X, at.Key(0)
	for i, block := range l.blocks {
		if _, err := block.forward(ctx, key, b.N, x); err != nil {
			return r, err
		}
		x = block.next(b.N)
		loss, err := block.learn(ctx, key, i, b.Y[:b.N], l.Rate*at.Rate)
		if err != nil {
			return r, err
		}
		loss /= float64(b.N)
		r.Loss += loss
		r.Values = append(r.Values, learning.Value{Name: "block_loss", Layer: i + 1, Value: loss},
			learning.Value{Name: "block_error", Layer: i + 1, Value: block.rule.wrong(b.Y[:b.N])})
	}
	return r, nil
}

// Scores are the mean goodness of the blocks that vote.
func (l *learner) Scores(ctx context.Context, key sim.Key, b learning.Batch, scores []float32) error {
	x, first := b.X, 0
	if l.Votes == "last" {
		first = len(l.blocks) - 1
	}
	clear(scores)
	g := learning.Fit(&l.g, len(scores))
	share := 1 / float32(len(l.blocks)-first)
	for i, block := range l.blocks {
		z, err := block.forward(ctx, key, b.N, x)
		if err != nil {
			return err
		}
		x = block.next(b.N)
		if i < first {
			continue
		}
		block.rule.of(b.N, z, g)
		for k, v := range g {
			scores[k] += float32(share * v)
		}
	}
	return nil
}
