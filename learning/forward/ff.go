package forward

import (
	"context"
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/inputs"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/sim"
)

// FF is the forward-forward rule with the label in the input.
type FF struct {
	Goodness  `yaml:",inline"`
	Rate      float64        `yaml:"rate" default:"0.003" range:"(0, 100]" doc:"step size of the optimiser"`
	Optimiser config.Variant `yaml:"optimiser" catalog:"optimisers" default:"adam" doc:"how derivatives become changes"`
	Order     string         `yaml:"order" default:"together" enum:"together|greedy" doc:"all layers learn from every batch, or one layer after the other, each for its part of the epochs"`

	Input string `yaml:"input" default:"rms" enum:"rms|length" doc:"what a layer's input is divided by: the root of the mean of its squares, or its length"`

	Negatives string  `yaml:"negatives" default:"random" enum:"random|hard|hybrid" doc:"images with any of the wrong labels; with one in proportion to what a read-out mistakes the image for; or hybrids of two images without any label, for learning without labels"`
	HardFrom  float64 `yaml:"hard_from" default:"0.33" range:"[0, 1]" doc:"part of the epochs after which hard negatives begin"`

	Blurs int `yaml:"blurs" default:"6" range:"[0, 7]" doc:"how often the random bits of a hybrid's mask are blurred"`

	Predict     string  `yaml:"predict" default:"passes" enum:"passes|readout" doc:"try every label and take that of the most goodness, or one pass with a neutral label and a linear read-out"`
	VotesFrom   int     `yaml:"votes_from" default:"1" range:"[1, 1000]" doc:"first layer whose goodness counts, of passes; of the read-out, whose activity it sees"`
	ReadoutRate float64 `yaml:"readout_rate" default:"0.001" range:"(0, 100]" doc:"step size of the read-out"`

	Peer         float64 `yaml:"peer" default:"0" range:"[0, 1000]" doc:"weight of the loss that pulls the mean activities of a layer's units together; 0.03 where it is used"`
	PeerMomentum float64 `yaml:"peer_momentum" default:"0.9" range:"[0, 1)" doc:"how much of the mean activities stays from step to step"`
}

var _ learning.Rule = (*FF)(nil)

// FFEntry is the catalogue entry.
func FFEntry() catalog.Entry {
	return catalog.Entry{
		Name: "ff", Summary: "forward-forward: every layer tells images with their label from images with a wrong one",
		Equation: "G = mean h^2,  P(positive) = sigmoid(G - theta),  next layer sees h / rms(h)\n" +
			"loss = softplus(theta - G+) + softplus(G- - theta), in every layer for itself",
		Reference: "Hinton, The forward-forward algorithm, arXiv 2212.13345 (2022)",
		Params:    &FF{},
	}
}

// Greedy tells whether one layer is trained after the other.
func (f *FF) Greedy() bool { return f.Order == "greedy" }

// Check refuses what does not fit.
func (f *FF) Check(s learning.Setting) error { return f.check(s) }

func (f *FF) check(s learning.Setting) error {
	switch {
	case len(s.Hidden) == 0:
		return fmt.Errorf("the rule needs at least one layer")
	case f.Negatives != "hybrid" && inputs.CheckLabel(s.In.Units(), s.Classes) != nil:
		return inputs.CheckLabel(s.In.Units(), s.Classes)
	case f.Negatives == "hybrid" && f.Predict != "readout":
		return config.FieldError{Field: "predict", Rule: "must be readout where negatives are hybrid: without labels there is none to try"}
	case f.Negatives == "hybrid" && s.Batch < 2:
		return config.FieldError{Field: "negatives", Rule: "hybrids are made of two images of a batch, which has one"}
	case f.VotesFrom > len(s.Hidden):
		return config.FieldError{Field: "votes_from", Rule: fmt.Sprintf("is %d, there are %d layers", f.VotesFrom, len(s.Hidden))}
	}
	return optimise.Check(f.Optimiser.Value.(optimise.Method), s.Numbers)
}

// New makes the layers and what trains them.
func (f *FF) New(ctx context.Context, s learning.Setting) (learning.Learner, error) {
	return newFF(ctx, f, s)
}

// ff is a stack of layers that learn by their goodness.
type ff struct {
	*FF
	s     learning.Setting
	stack learning.Stack
	rules []split
	by    []*optimise.Updater
	head  *learning.Head
	means [][]float32              // mean activity of every unit, where peers are normalised
	masks *inputs.Masks            // of hybrids
	hears func(layer, by int) bool // whether a layer is told the goodness of another; nil for none

	x, d, told []float32
	goodness   [][]float32
	features   []float32
	scores     []float32
}

func newFF(ctx context.Context, f *FF, s learning.Setting) (*ff, error) {
	layers, err := s.Stack(ctx)
	if err != nil {
		return nil, err
	}
	l := &ff{FF: f, s: s, stack: learning.Stack{Layers: layers, Workers: s.Workers, Normalise: true, Length: f.Input == "length"}}
	width := 0
	for i, layer := range layers {
		l.rules = append(l.rules, split{Goodness: &f.Goodness, workers: s.Workers})
		l.by = append(l.by, optimise.New(f.Optimiser.Value.(optimise.Method), layer, s.Workers))
		l.means = append(l.means, make([]float32, layer.Out().Units()))
		l.goodness = append(l.goodness, nil)
		if i+1 >= f.VotesFrom {
			width += layer.Out().Units()
		}
	}
	if f.Predict == "readout" || f.Negatives == "hard" {
		l.head, err = learning.NewHead(ctx, s, "readout", width, readoutMethod, f.ReadoutRate)
	}
	if err == nil && f.Negatives == "hybrid" {
		l.masks, err = inputs.NewMasks(s.In.Rows, s.In.Cols, f.Blurs)
	}
	return l, err
}

// readoutMethod is what the read-out learns by.
var readoutMethod = &optimise.Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8}

func (f *ff) Layers() []sim.Layer {
	if f.head != nil {
		return append(f.stack.Layers[:len(f.stack.Layers):len(f.stack.Layers)], f.head.Layer)
	}
	return f.stack.Layers
}

// State is weights, what the optimisers keep, and the means of peers.
func (f *ff) State() []sim.Variable {
	out := learning.StateOf(f.Layers())
	for i, u := range f.by {
		name := f.stack.Layers[i].Name()
		out = append(out, learning.Prefixed(name+"/optimiser", u.State())...)
		out = append(out, sim.Variable{Name: name + "/peers", Values: f.means[i]})
	}
	if f.head != nil {
		out = append(out, f.head.State()...)
	}
	return out
}

// Learn takes a step with the images of a batch and as many negative ones.
func (f *ff) Learn(ctx context.Context, at learning.Step, b learning.Batch) (r learning.Report, err error) {
	if f.head != nil {
		if r.Loss, err = f.learnHead(ctx, at, b); err != nil {
			return r, err
		}
		r.Values = append(r.Values, learning.Value{Name: "readout_loss", Value: r.Loss})
	}
	n, units := b.N, f.s.In.Units()
	x := learning.Fit(&f.x, 2*n*units)
	copy(x, b.X[:n*units])
	copy(x[n*units:], b.X[:n*units])
	hard := f.Negatives == "hard" && float64(at.Epoch) >= f.HardFrom*float64(at.Epochs)
	for i := range n {
		key := inputs.Key{Seed: f.s.Seed, Epoch: uint32(at.Epoch), Image: uint32(b.Index[i])}
		negative := x[(n+i)*units:][:units]
		if f.masks != nil {
			other := inputs.Other(key, i, n)
			f.masks.Hybrid(key, negative, b.X[i*units:][:units], b.X[other*units:][:units])
			continue
		}
		label := int(b.Y[i])
		not := inputs.WrongLabel(key, label, f.s.Classes)
		if hard {
			not = inputs.HardLabel(key, label, f.scores[i*f.s.Classes:(i+1)*f.s.Classes])
		}
		inputs.EmbedLabel(x[i*units:], label, f.s.Classes, 1)
		inputs.EmbedLabel(negative, not, f.s.Classes, 1)
	}
	c, err := f.contrast(ctx, at, 2*n, x)
	return learning.Report{Loss: r.Loss + c.Loss, Values: append(r.Values, c.Values...)}, err
}

// contrast takes a step with data whose first half is positive.
func (f *ff) contrast(ctx context.Context, at learning.Step, batch int, x []float32) (r learning.Report, err error) {
	first, last := 0, len(f.stack.Layers)
	if f.Order == "greedy" {
		first = min(at.Epoch*last/at.Epochs, last-1)
		last = first + 1
	}
	key := at.Key(0)
	if err := f.stack.Forward(ctx, key, batch, last, x); err != nil {
		return r, err
	}
	if f.hears != nil {
		for i := range f.stack.Layers[:last] {
			f.goodness[i] = learning.Fit(&f.goodness[i], batch)
			f.of(f.stack.H[i], f.stack.Layers[i].Out().Units(), f.goodness[i], f.s.Workers)
		}
	}
	for i := first; i < last; i++ {
		l := f.stack.Layers[i]
		if len(l.Parameters()) == 0 { // a pool has nothing to learn, and no goodness
			continue
		}
		units := l.Out().Units()
		own := learning.Own{Layer: i, Batch: batch, X: f.stack.X[i], H: f.stack.H[i], Units: units}
		d := learning.Fit(&f.d, batch*units)
		var loss float64
		if f.hears != nil {
			loss = f.rules[i].SignalTold(own, f.tell(i, last, batch), d)
		} else {
			loss = f.rules[i].Signal(own, d)
		}
		if f.Peer > 0 {
			loss += f.peers(own, f.means[i], d)
		}
		r.Loss += loss / float64(batch/2)
		pos, neg := means(f.rules[i].g)
		r.Values = append(r.Values, learning.Value{Name: "goodness_positive", Layer: i + 1, Value: pos},
			learning.Value{Name: "goodness_negative", Layer: i + 1, Value: neg})
		if err := f.by[i].Learn(ctx, key, l, batch, own.X, d, 2/float64(batch), f.Rate*at.Rate); err != nil {
			return r, fmt.Errorf("layer %s: %w", l.Name(), err)
		}
	}
	return r, nil
}

// tell adds up the goodness of the layers that a layer hears.
func (f *ff) tell(layer, layers, batch int) []float32 {
	told := learning.Fit(&f.told, batch)
	clear(told)
	f.rules[layer].heard = 0
	for by := range layers {
		if by == layer || len(f.stack.Layers[by].Parameters()) == 0 || !f.hears(layer, by) {
			continue
		}
		f.rules[layer].heard++
		for r, g := range f.goodness[by] {
			told[r] += g
		}
	}
	return told
}

// means are those of the two halves.
func means(g []float32) (first, second float64) {
	for i, x := range g {
		if i < len(g)/2 {
			first += float64(x)
		} else {
			second += float64(x)
		}
	}
	return first / float64(len(g)/2), second / float64(len(g)/2)
}

// peers pulls the mean activities of units together: loss Peer mean_j
// (mean(m) - m_j)^2 of running means over the positive examples, whose last
// batch alone is differentiated. The derivative passes the rectifier as if it
// were not there, so that units that are off for all data come back.
func (f *ff) peers(own learning.Own, m []float32, d []float32) (loss float64) {
	n, units := own.Batch/2, own.Units
	batch := make([]float32, units)
	kernels.ColumnSums(own.H[:n*units], units, batch)
	mu := float32(f.PeerMomentum)
	var sum float64
	for j := range m {
		m[j] = float32(mu*m[j]) + float32((1-mu)*batch[j]/float32(n))
		sum += float64(m[j])
	}
	mean := sum / float64(units)
	g := batch // its derivative, of the loss of one example
	for j := range m {
		away := float64(m[j]) - mean
		loss += away * away
		g[j] = float32(f.Peer * 2 / float64(units) * away * (1 - f.PeerMomentum))
	}
	for r := range n {
		row := d[r*units : (r+1)*units]
		for j := range row {
			row[j] += g[j]
		}
	}
	return f.Peer * loss / float64(units) * float64(n)
}

// learnHead trains the read-out on a pass that tells no label, and leaves what
// it gives every class in scores. It returns the loss.
func (f *ff) learnHead(ctx context.Context, at learning.Step, b learning.Batch) (float64, error) {
	key := at.Key(2 * f.s.Batch)
	x, err := f.observe(ctx, key, b)
	if err != nil {
		return 0, err
	}
	if f.Negatives == "hard" {
		scores := learning.Fit(&f.scores, b.N*f.s.Classes)
		if err := f.head.Scores(ctx, key, b.N, x, scores); err != nil {
			return 0, err
		}
		softmaxRows(scores, f.s.Classes)
	}
	return f.head.Learn(ctx, at, key, b.N, x, b.Y)
}

// softmaxRows turns scores into parts of 1.
func softmaxRows(s []float32, classes int) {
	for lo := 0; lo < len(s); lo += classes {
		row := s[lo : lo+classes]
		top := math.Inf(-1)
		for _, x := range row {
			top = math.Max(top, float64(x))
		}
		sum := 0.0
		for c, x := range row {
			e := math.Exp(float64(x) - top)
			row[c] = float32(e)
			sum += e
		}
		for c := range row {
			row[c] = float32(float64(row[c]) / sum)
		}
	}
}

// observe passes images with a neutral label and returns what the read-out sees.
func (f *ff) observe(ctx context.Context, key sim.Key, b learning.Batch) ([]float32, error) {
	units := f.s.In.Units()
	x := learning.Fit(&f.x, b.N*units)
	copy(x, b.X[:b.N*units])
	if f.masks == nil {
		for i := range b.N {
			inputs.NeutralLabel(x[i*units:], f.s.Classes, 1)
		}
	}
	return f.normalised(ctx, key, b.N, x)
}

// normalised passes a batch and returns the normalised activities of the layers
// that vote, side by side.
func (f *ff) normalised(ctx context.Context, key sim.Key, n int, x []float32) ([]float32, error) {
	if err := f.stack.Forward(ctx, key, n, len(f.stack.Layers), x); err != nil {
		return nil, err
	}
	parts := f.stack.H[f.VotesFrom-1:]
	width := 0
	for i, h := range parts {
		u := f.stack.Layers[f.VotesFrom-1+i].Out().Units()
		f.stack.NormaliseRows(h, h, u)
		width += u
	}
	to := learning.Fit(&f.features, n*width)
	return to, learning.Concat(to, n, parts...)
}

// Activities are those of positive data: images with their label, or as they are
// where learning needs none.
func (f *ff) Activities(ctx context.Context, key sim.Key, b learning.Batch) ([][]float32, error) {
	units := f.s.In.Units()
	x := learning.Fit(&f.x, b.N*units)
	copy(x, b.X[:b.N*units])
	if f.masks == nil {
		for i := range b.N {
			inputs.EmbedLabel(x[i*units:], int(b.Y[i]), f.s.Classes, 1)
		}
	}
	err := f.stack.Forward(ctx, key, b.N, len(f.stack.Layers), x)
	return f.stack.H, err
}

// Scores are the goodness with each label, or those of the read-out.
func (f *ff) Scores(ctx context.Context, key sim.Key, b learning.Batch, scores []float32) error {
	if f.Predict == "readout" {
		x, err := f.observe(ctx, key, b)
		if err != nil {
			return err
		}
		return f.head.Scores(ctx, key, b.N, x, scores)
	}
	units, classes := f.s.In.Units(), f.s.Classes
	x := withEveryLabel(&f.x, b, units, classes)
	if err := f.stack.Forward(ctx, key, b.N*classes, len(f.stack.Layers), x); err != nil {
		return err
	}
	g := learning.Fit(&f.told, b.N*classes)
	clear(scores)
	for i, l := range f.stack.Layers {
		if i+1 < f.VotesFrom || len(l.Parameters()) == 0 {
			continue
		}
		f.of(f.stack.H[i], l.Out().Units(), g, f.s.Workers)
		for k, v := range g {
			scores[k] += float32(f.sign()) * v
		}
	}
	return nil
}
