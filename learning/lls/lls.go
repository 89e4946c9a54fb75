// Package lls holds local learning by fixed signals: every layer learns to give
// each class its own of some fixed periodic vectors, and no error leaves a layer.
package lls

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/sim"
)

// LLS is the rule with its variants.
type LLS struct {
	Basis       `yaml:",inline"`
	Variant     string         `yaml:"variant" default:"lls" enum:"lls|lls-m|lls-mxm" doc:"products as they are; each times a learned number; or mixed by a learned matrix"`
	Reduced     int            `yaml:"reduced" default:"0" range:"[0, 100000]" doc:"vectors of the basis, of lls-mxm; 0 for as many as classes"`
	Temperature float64        `yaml:"temperature" default:"1" range:"(0, 1000]" doc:"that products are divided by"`
	Smoothing   float64        `yaml:"smoothing" default:"0" range:"[0, 1)" doc:"part of a label that goes to all classes alike"`
	Rate        float64        `yaml:"rate" default:"0.001" range:"(0, 100]" doc:"step size of the optimiser"`
	Optimiser   config.Variant `yaml:"optimiser" catalog:"optimisers" default:"adam" doc:"how derivatives become changes"`
	Slope       float64        `yaml:"slope" default:"0.01" range:"[0, 1]" doc:"of the nonlinearity below zero"`
}

var _ learning.Rule = (*LLS)(nil)

// Entries are the catalogue entries, one a variant.
func Entries() []catalog.Entry {
	entry := func(name, summary, equation string) catalog.Entry {
		e := catalog.Entry{
			Name: name, Summary: summary,
			Equation: "s = (a / |a|) B^T / T,  B_c(i) = sin(f_c i),  a = averaged activity" + equation + "\n" +
				"loss of every layer for itself: cross-entropy of softmax(s); a linear read-out on the last names the class",
			Reference: "Apolinario, Roy, Roy, LLS: Local learning rule for deep neural networks inspired by neural activity synchronization, WACV 2025",
			Omits:     "batch normalisation, and the schedule-free optimiser of the paper",
			Params:    &LLS{},
		}
		if name != "lls" {
			e.Defaults = map[string]string{"variant": name}
		}
		return e
	}
	return []catalog.Entry{
		entry("lls", "local learning by fixed periodic vectors, one a class", ""),
		entry("lls-m", "lls whose products are each times a learned number", ";  s_c m_c"),
		entry("lls-mxm", "lls whose products are mixed by a learned matrix", ";  s M"),
	}
}

// rows is the number of vectors of a basis.
func (l *LLS) rows(classes int) int {
	if l.Variant == "lls-mxm" && l.Reduced > 0 {
		return l.Reduced
	}
	return classes
}

// Check refuses what does not fit.
func (l *LLS) Check(s learning.Setting) error {
	if len(s.Hidden) == 0 {
		return fmt.Errorf("the rule needs at least one layer")
	}
	if l.High <= l.Low {
		return config.FieldError{Field: "f_high", Rule: fmt.Sprintf("must be above f_low, %g", l.Low)}
	}
	if l.Reduced > 0 && l.Variant != "lls-mxm" {
		return config.FieldError{Field: "reduced", Rule: "belongs to lls-mxm"}
	}
	if l.Kind == "learned" && l.Variant != "lls" {
		return config.FieldError{Field: "basis", Rule: "is learned, which leaves nothing for " + l.Variant + " to learn; it belongs to lls"}
	}
	for i, e := range s.Hidden {
		p := newPool(e, l.Pooling)
		if err := l.check(e.Units(), e.Rows*e.Cols, p.length(), l.rows(s.Classes), i); err != nil {
			return err
		}
	}
	return optimise.Check(l.Optimiser.Value.(optimise.Method), s.Numbers)
}

// New makes the layers, what each learns by, and a read-out on the last.
func (l *LLS) New(ctx context.Context, s learning.Setting) (learning.Learner, error) {
	layers, err := s.Stack(ctx)
	if err != nil {
		return nil, err
	}
	method := l.Optimiser.Value.(optimise.Method)
	n := &network{LLS: l, s: s, stack: learning.Stack{Layers: layers, Workers: s.Workers, Slope: float32(l.Slope)}}
	for i, layer := range layers {
		b, p := l.block(s, i, layer.Out())
		n.blocks, n.numbers = append(n.blocks, b), append(n.numbers, p)
		n.by = append(n.by, optimise.New(method, layer, s.Workers))
		var u *optimise.Updater
		if p != nil {
			u = optimise.For(method, []*sim.Parameter{p}, s.Workers)
		}
		n.byNumbers = append(n.byNumbers, u)
	}
	n.head, err = learning.NewHead(ctx, s, "output", layers[len(layers)-1].Out().Units(), method, l.Rate)
	return n, err
}

// block makes the rule of a layer, and the numbers that it learns itself.
func (l *LLS) block(s learning.Setting, i int, out sim.Extent) (*block, *sim.Parameter) {
	p := newPool(out, l.Pooling)
	b := &block{
		pool: p, rows: l.rows(s.Classes), classes: s.Classes,
		t: float32(l.Temperature), smooth: float32(l.Smoothing), workers: s.Workers,
	}
	b.basis = l.vectors(s.Seed, i, b.rows, p.length())
	var learned []float32
	name := ""
	switch {
	case l.Kind == "learned":
		b.learned, learned, name = true, b.basis, "basis"
	case l.Variant == "lls-m":
		b.scale = make([]float32, s.Classes)
		for c := range b.scale {
			b.scale[c] = 1
		}
		learned, name = b.scale, "scale"
	case l.Variant == "lls-mxm":
		b.mix = l.mixing(s.Seed, i, b.rows, s.Classes)
		learned, name = b.mix, "mix"
	}
	if learned == nil {
		return b, nil
	}
	b.dNumbers = make([]float32, len(learned))
	return b, &sim.Parameter{Name: name, Numbers: learned}
}

var purposeMixing = philox.Purpose("learning.lls.mixing")

// mixing begins as it is without, or, for fewer vectors than classes, at random.
func (l *LLS) mixing(seed uint64, layer, rows, classes int) []float32 {
	m := make([]float32, rows*classes)
	s := philox.Stream{Seed: seed, Purpose: purposeMixing, Trial: uint32(layer)}
	for r := range rows {
		for c := range classes {
			switch {
			case rows != classes:
				m[r*classes+c] = float32(philox.Normal(s.Word(uint32(c), uint32(r))))
			case r == c:
				m[r*classes+c] = 1
			}
		}
	}
	return m
}

type network struct {
	*LLS
	s         learning.Setting
	stack     learning.Stack
	blocks    []*block
	by        []*optimise.Updater
	numbers   []*sim.Parameter    // what a block learns beside its layer, nil for nothing
	byNumbers []*optimise.Updater // the same
	head      *learning.Head
	d         []float32
}

// Layers are those of the file and the read-out.
func (n *network) Layers() []sim.Layer {
	return append(n.stack.Layers[:len(n.stack.Layers):len(n.stack.Layers)], n.head.Layer)
}

// State is weights, numbers, and what the optimisers keep.
func (n *network) State() []sim.Variable {
	out := learning.StateOf(n.Layers())
	for i, l := range n.stack.Layers {
		out = append(out, learning.Prefixed(l.Name()+"/optimiser", n.by[i].State())...)
		if p := n.numbers[i]; p != nil {
			out = append(out, sim.Variable{Name: l.Name() + "/" + p.Name, Values: p.Numbers})
			out = append(out, learning.Prefixed(l.Name()+"/"+p.Name+"/optimiser", n.byNumbers[i].State())...)
		}
	}
	return append(out, n.head.State()...)
}

// Learn takes a step of every layer for itself, and of the read-out.
func (n *network) Learn(ctx context.Context, at learning.Step, b learning.Batch) (r learning.Report, err error) {
	key := at.Key(0)
	if err := n.stack.Forward(ctx, key, b.N, len(n.stack.Layers), b.X); err != nil {
		return r, err
	}
	scale, rate := 1/float64(b.N), n.Rate*at.Rate
	last := len(n.stack.Layers) - 1
	loss, err := n.head.Learn(ctx, at, key, b.N, n.stack.H[last], b.Y)
	if err != nil {
		return r, err
	}
	r.Values = append(r.Values, learning.Value{Name: "readout_loss", Value: loss})
	r.Loss = loss
	for i, l := range n.stack.Layers {
		if len(l.Parameters()) == 0 {
			continue
		}
		units := l.Out().Units()
		own := learning.Own{Layer: i, Batch: b.N, X: n.stack.X[i], H: n.stack.H[i], Units: units, Labels: b.Y[:b.N]}
		d := learning.Fit(&n.d, b.N*units)
		loss := n.blocks[i].Signal(own, d) / float64(b.N)
		r.Loss += loss
		r.Values = append(r.Values, learning.Value{Name: "local_loss", Layer: i + 1, Value: loss})
		slope := float32(n.Slope)
		kernels.Parallel(n.s.Workers, len(d), grain, func(lo, hi int) { kernels.MaskLeaky(d[lo:hi], own.H[lo:hi], slope) })
		if err := n.by[i].Learn(ctx, key, l, b.N, own.X, d, scale, rate); err != nil {
			return r, fmt.Errorf("layer %s: %w", l.Name(), err)
		}
		if p := n.numbers[i]; p != nil {
			n.byNumbers[i].Begin(scale, rate)
			if err := n.byNumbers[i].Plain(ctx, key, p, n.blocks[i].dNumbers); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// Scores are those of the read-out.
func (n *network) Scores(ctx context.Context, key sim.Key, b learning.Batch, scores []float32) error {
	last := len(n.stack.Layers) - 1
	if err := n.stack.Forward(ctx, key, b.N, last+1, b.X); err != nil {
		return err
	}
	return n.head.Scores(ctx, key, b.N, n.stack.H[last], scores)
}
