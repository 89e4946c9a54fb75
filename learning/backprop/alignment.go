package backprop

import (
	"context"
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/sim"
)

// Alignment is what the two rules of feedback alignment share: the error goes
// down by fixed random numbers, which no weight has to be read for.
type Alignment struct {
	Output     `yaml:",inline"`
	Feedback   float64 `yaml:"feedback" default:"1" range:"(0, 1000]" doc:"standard deviation of the fixed numbers, times the root of the number of units that the error comes from"`
	AngleEvery int     `yaml:"angle_every" default:"50" range:"[0, 1000000]" doc:"steps between two measurements of the angle to the true derivative, which reads the weights backwards; 0 for none"`
}

// FA is feedback alignment.
type FA struct {
	Alignment `yaml:",inline"`
}

// DFA is direct feedback alignment.
type DFA struct {
	Alignment `yaml:",inline"`
}

var _, _ learning.Rule = (*FA)(nil), (*DFA)(nil)

// FAEntry is the catalogue entry.
func FAEntry() catalog.Entry {
	return catalog.Entry{
		Name: "fa", Summary: "feedback alignment: the error is carried down by fixed random weights, layer by layer",
		Equation:  "dz_l = (dz_{l+1} B_{l+1}) f'(z_l),  B fixed and random; all else as bp",
		Reference: "Lillicrap, Cownden, Tweed & Akerman, Nature Communications 7:13276 (2016)",
		Params:    &FA{},
	}
}

// DFAEntry is the catalogue entry.
func DFAEntry() catalog.Entry {
	return catalog.Entry{
		Name: "dfa", Summary: "direct feedback alignment: the error of the output goes to every layer by fixed random weights",
		Equation:  "dz_l = (e B_l) f'(z_l),  e = error of the output,  B fixed and random; all else as bp",
		Reference: "Nokland, Direct feedback alignment provides learning in deep neural networks, NIPS 2016",
		Params:    &DFA{},
	}
}

// Check refuses layers whose way back is more than a matrix. A layer with places is
// none that is dense, and a pool only if it has the channels of the one before;
// where that does not tell, New does.
func (f *FA) Check(s learning.Setting) error {
	for i, e := range s.Hidden {
		if i > 0 && e.Rows*e.Cols > 1 && e.Channels != s.Hidden[i-1].Channels {
			return notDense(i + 1)
		}
	}
	return f.Output.Check(s)
}

func notDense(layer int) error {
	return fmt.Errorf("layer %d is not dense: feedback alignment has a fixed matrix in place of the weights of every layer after the first, and lets pools be; make it dense, or take rule dfa, which goes to layers of any kind", layer)
}

// whole tells whether every unit of a layer sees all of its input.
func whole(l sim.Layer) bool {
	for _, p := range l.Parameters() {
		if p.Weights != nil {
			targets, sources := p.Weights.Shape()
			return targets == l.Out().Units() && sources == l.In().Units()
		}
	}
	return false
}

// Memory is what the fixed numbers take at most, bytes.
func (f *FA) Memory(s learning.Setting) (bytes float64) {
	for i, e := range s.Hidden {
		out := s.Classes
		if i+1 < len(s.Hidden) {
			out = s.Hidden[i+1].Units()
		}
		bytes += 4 * float64(e.Units()) * float64(out)
	}
	return bytes
}

// New makes the layers, the fixed numbers, and what trains the layers.
func (f *FA) New(ctx context.Context, s learning.Setting) (learning.Learner, error) {
	l, err := newLearner(ctx, &f.Output, s)
	if err != nil {
		return nil, err
	}
	a := &aligned{learner: l, settings: &f.Alignment}
	for i, layer := range l.net.Layers() {
		if i == 0 || len(layer.Parameters()) == 0 { // nothing goes below, or by the pool itself
			a.feedback = append(a.feedback, nil)
			continue
		}
		if !whole(layer) {
			return nil, notDense(i + 1)
		}
		a.feedback = append(a.feedback, f.draw(s.Seed, i, layer.Out().Units(), layer.In().Units()))
	}
	a.carry = a.back
	return a, nil
}

// New makes the layers, the fixed numbers, and what trains the layers.
func (f *DFA) New(ctx context.Context, s learning.Setting) (learning.Learner, error) {
	l, err := newLearner(ctx, &f.Output, s)
	if err != nil {
		return nil, err
	}
	a := &aligned{learner: l, settings: &f.Alignment}
	for i, layer := range l.net.Layers() {
		if i == 0 {
			a.feedback = append(a.feedback, nil) // nothing below learns
			continue
		}
		a.feedback = append(a.feedback, f.draw(s.Seed, i, s.Classes, layer.In().Units()))
	}
	a.carry = a.direct
	return a, nil
}

var purposeFeedback = philox.Purpose("learning.backprop.feedback")

// draw makes the numbers that bring the error of so many units to the input of
// a layer, [from][to].
func (f *Alignment) draw(seed uint64, layer, from, to int) []float32 {
	b := make([]float32, from*to)
	std := f.Feedback / math.Sqrt(float64(from))
	s := philox.Stream{Seed: seed, Purpose: purposeFeedback, Trial: uint32(layer)}
	var z [1024]float64
	for k := 0; k < len(b); k += len(z) {
		part := b[k:min(k+len(z), len(b))]
		kernels.Normals(s, 0, k, z[:len(part)])
		for q := range part {
			part[q] = float32(std * z[q])
		}
	}
	return b
}

// aligned is a network whose errors go down by fixed numbers.
type aligned struct {
	*learner
	settings *Alignment
	feedback [][]float32 // of every layer, to its input
	carry    carrier
	angles   []float64 // of the hidden layers, degrees, as measured last
}

// fixed is random numbers that an error goes through, [from][to].
type fixed struct {
	numbers []float32
	workers int
}

// times writes d = e B.
func (f fixed) times(batch int, e, d []float32) {
	from, to := len(e)/batch, len(d)/batch
	kernels.Gemm(f.workers, false, false, batch, to, from, 1, e, from, f.numbers, to, 0, d, to)
}

// The rules of a layer: relayed gets the derivative of the layer above, heard the
// error of the output. Both write the derivative along the activity.
type (
	relayed struct{ fixed }
	heard   struct{ fixed }
)

var (
	_ learning.Backward  = relayed{}
	_ learning.Broadcast = heard{}
)

// SignalBackward takes the derivative along the output of the layer above.
func (r relayed) SignalBackward(own learning.Own, above []float32, d []float32) error {
	r.times(own.Batch, above, d)
	return nil
}

// SignalBroadcast takes the error of the output.
func (h heard) SignalBroadcast(own learning.Own, e []float32, d []float32) error {
	h.times(own.Batch, e, d)
	return nil
}

// back is feedback alignment.
func (a *aligned) back(ctx context.Context, key sim.Key, i, batch int, x, dz, dx []float32) error {
	if a.feedback[i] == nil {
		return a.net.exact(ctx, key, i, batch, x, dz, dx)
	}
	return relayed{fixed{a.feedback[i], a.s.Workers}}.SignalBackward(a.net.own(i-1, batch), dz, dx)
}

// direct is direct feedback alignment: what comes from the layer above is not
// looked at.
func (a *aligned) direct(_ context.Context, _ sim.Key, i, batch int, _, _, dx []float32) error {
	return heard{fixed{a.feedback[i], a.s.Workers}}.SignalBroadcast(a.net.own(i-1, batch), a.net.e, dx)
}

// State is that of the network, and the angles measured last.
func (a *aligned) State() []sim.Variable {
	a.room()
	return append(a.learner.State(), sim.Variable{Name: "angles", Values: a.angles})
}

func (a *aligned) room() {
	if a.angles == nil {
		a.angles = make([]float64, len(a.net.Hidden.Layers))
	}
}

// Learn takes a step.
func (a *aligned) Learn(ctx context.Context, at learning.Step, b learning.Batch) (r learning.Report, err error) {
	e, loss, err := a.pass(ctx, at, b)
	if err != nil {
		return r, err
	}
	r.Loss = loss / float64(b.N)
	if every := a.settings.AngleEvery; every > 0 {
		a.room()
		if int(at.Number)%every == 0 {
			if err := a.measure(ctx, at, b, e); err != nil {
				return r, err
			}
		}
		for i, angle := range a.angles {
			if len(a.net.Hidden.Layers[i].Parameters()) > 0 {
				r.Values = append(r.Values, learning.Value{Name: "angle", Layer: i + 1, Value: angle})
			}
		}
	}
	key := above(at.Key(0), b.N)
	return r, a.net.backward(ctx, key, b.N, b.X, e, a.carry, func(i int, x, dz []float32) error {
		return a.change(ctx, key, at, i, b.N, x, dz)
	})
}

// measure finds the angle between what a hidden layer learns by and the true
// derivative along its weights.
func (a *aligned) measure(ctx context.Context, at learning.Step, b learning.Batch, e []float32) error {
	key := at.Key(4 * a.s.Batch)
	layers := a.net.Layers()
	collect := func(carry carrier) ([]*Sums, error) {
		all := make([]*Sums, len(layers))
		err := a.net.collect(ctx, key, b.N, b.X, e, carry, func(i int) sim.Changer {
			all[i] = NewSums(layers[i], a.s.Workers)
			return all[i]
		})
		return all, err
	}
	truth, err := collect(a.net.exact)
	if err != nil {
		return err
	}
	taken, err := collect(a.carry)
	if err != nil {
		return err
	}
	for i := range a.angles {
		if truth[i] != nil {
			a.angles[i] = angle(truth[i].Weights(), taken[i].Weights())
		}
	}
	return nil
}

// angle between two lists of vectors, each taken as one, degrees; 90 where one is
// nothing.
func angle(x, y [][]float32) float64 {
	var xx, yy, xy float64
	for k := range x {
		for i, u := range x[k] {
			a, b := float64(u), float64(y[k][i])
			xx += float64(a * a)
			yy += float64(b * b)
			xy += float64(a * b)
		}
	}
	if xx == 0 || yy == 0 {
		return 90
	}
	return math.Acos(max(-1, min(1, xy/(math.Sqrt(xx)*math.Sqrt(yy))))) * 180 / math.Pi
}

// Sums is a changer that changes nothing and adds up the derivatives along the
// parameters of a layer.
type Sums struct {
	Of      [][]float32 // a slice a parameter, as its values
	params  []*sim.Parameter
	workers int
}

var _ sim.Changer = (*Sums)(nil)

// NewSums makes room for the derivatives of a layer.
func NewSums(l sim.Layer, workers int) *Sums {
	s := &Sums{params: l.Parameters(), workers: workers}
	for _, p := range s.params {
		s.Of = append(s.Of, make([]float32, p.Len()))
	}
	return s
}

// Weights are the derivatives along weights, without those along plain numbers.
func (s *Sums) Weights() (out [][]float32) {
	for i, p := range s.params {
		if p.Weights != nil {
			out = append(out, s.Of[i])
		}
	}
	return out
}

func (s *Sums) of(p *sim.Parameter) []float32 {
	for i, q := range s.params {
		if p == q {
			return s.Of[i]
		}
	}
	panic(fmt.Sprintf("backprop: %s is no parameter of the layer", p.Name))
}

// Outer adds x^T d.
func (s *Sums) Outer(_ context.Context, _ sim.Key, p *sim.Parameter, batch int, x, d []float32) error {
	targets, sources := p.Weights.Shape()
	kernels.Gemm(s.workers, true, false, sources, targets, batch, 1, x, sources, d, targets, 1, s.of(p), targets)
	return nil
}

// Plain adds g.
func (s *Sums) Plain(_ context.Context, _ sim.Key, p *sim.Parameter, g []float32) error {
	kernels.MulAdd(s.of(p), g, 1)
	return nil
}
