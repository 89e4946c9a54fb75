package forward

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/inputs"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/sim"
)

// Recurrent is the forward-forward rule with connections from above: an image is
// a film of the same frame, the label is clamped above the last layer, and
// every layer sees the layers on either side as they were a frame before.
type Recurrent struct {
	Goodness  `yaml:",inline"`
	Rate      float64        `yaml:"rate" default:"0.003" range:"(0, 100]" doc:"step size of the optimiser"`
	Optimiser config.Variant `yaml:"optimiser" catalog:"optimisers" default:"adam" doc:"how derivatives become changes"`
	Frames    int            `yaml:"frames" default:"8" range:"[1, 1000]" doc:"frames of a film"`
	Keep      float64        `yaml:"keep" default:"0.3" range:"[0, 1)" doc:"part of an activity that stays from frame to frame"`
	From      int            `yaml:"from" default:"3" range:"[1, 1000]" doc:"first frame whose goodness names the class"`
	Until     int            `yaml:"until" default:"5" range:"[1, 1000]" doc:"last frame whose goodness names the class"`
}

var _ learning.Rule = (*Recurrent)(nil)

// RecurrentEntry is the catalogue entry.
func RecurrentEntry() catalog.Entry {
	return catalog.Entry{
		Name: "ff-recurrent", Summary: "forward-forward with connections from above, over some frames of a still film",
		Equation: "h_l(t) = keep h_l(t-1) + (1 - keep) relu(U_l n(h_{l-1}(t-1)) + D_l n(h_{l+1}(t-1))),  n(h) = h / rms(h)\n" +
			"h_0 = image, h_{L+1} = label; h(0) by one pass upwards; loss of ff at every frame, in every layer for itself\n" +
			"class = label of the most goodness over frames from to until",
		Reference: "Hinton, The forward-forward algorithm, arXiv 2212.13345 (2022), section 3.4",
		Omits:     "weights change once a batch, by the sum over its frames, and not after every frame",
		Params:    &Recurrent{},
	}
}

// Check refuses what does not fit.
func (r *Recurrent) Check(s learning.Setting) error {
	switch {
	case len(s.Hidden) == 0:
		return fmt.Errorf("the rule needs at least one layer")
	case r.Until < r.From:
		return config.FieldError{Field: "until", Rule: fmt.Sprintf("is before from, %d", r.From)}
	case r.Until > r.Frames:
		return config.FieldError{Field: "until", Rule: fmt.Sprintf("is beyond the %d frames", r.Frames)}
	}
	return optimise.Check(r.Optimiser.Value.(optimise.Method), s.Numbers)
}

// Memory is what the frames of a batch take, bytes.
func (r *Recurrent) Memory(s learning.Setting) float64 {
	units := 0
	for _, e := range s.Hidden {
		units += e.Units()
	}
	return 4 * 3 * float64(r.Frames+1) * float64(max(2*s.Batch, 2000)) * float64(units)
}

// New makes the layers upwards of the configuration, and those downwards.
func (r *Recurrent) New(ctx context.Context, s learning.Setting) (learning.Learner, error) {
	up, err := s.Stack(ctx)
	if err != nil {
		return nil, err
	}
	f := &recurrent{Recurrent: r, s: s, up: up, norm: learning.Stack{Workers: s.Workers}}
	n := len(up)
	for i, l := range up {
		above := sim.Vector(s.Classes)
		if i+1 < n {
			above = up[i+1].Out()
		}
		down, err := s.Make.Dense(ctx, "down-"+l.Name(), above, l.Out().Units(), 1)
		if err != nil {
			return nil, err
		}
		f.down = append(f.down, down)
		method := r.Optimiser.Value.(optimise.Method)
		f.byUp = append(f.byUp, optimise.New(method, l, s.Workers))
		f.byDown = append(f.byDown, optimise.New(method, down, s.Workers))
		f.rules = append(f.rules, split{Goodness: &r.Goodness, workers: s.Workers})
	}
	f.states = make([]film, n)
	return f, nil
}

type recurrent struct {
	*Recurrent
	s            learning.Setting
	up, down     []sim.Layer
	byUp, byDown []*optimise.Updater
	rules        []split
	norm         learning.Stack // for its normalisation
	states       []film         // a layer each
	image, label []float32      // normalised, [batch][units]
	first        []float32      // what the image gives the first layer, the same in all frames
	x, sum, g    []float32
}

// film is what a layer keeps of the frames of a batch.
type film struct {
	h     [2][]float32 // activity of the last frame and of this one
	seen  []float32    // normalised activity after each frame, [frames+1][batch][units]
	on    []float32    // the rectified part of each frame, [frames][batch][units]
	z     []float32
	learn []float32 // derivative along z of each frame, [frames][batch][units]
}

// Layers are those upwards, then those downwards.
func (f *recurrent) Layers() []sim.Layer { return append(f.up[:len(f.up):len(f.up)], f.down...) }

// State is weights and what the optimisers keep.
func (f *recurrent) State() []sim.Variable {
	out := learning.StateOf(f.Layers())
	for i := range f.up {
		out = append(out, learning.Prefixed(f.up[i].Name()+"/optimiser", f.byUp[i].State())...)
		out = append(out, learning.Prefixed(f.down[i].Name()+"/optimiser", f.byDown[i].State())...)
	}
	return out
}

// begin sets the first states by one pass upwards.
func (f *recurrent) begin(ctx context.Context, key sim.Key, batch int, image, label []float32, frames int) error {
	x := learning.Fit(&f.image, len(image))
	f.norm.NormaliseRows(x, image, f.s.In.Units())
	f.norm.NormaliseRows(learning.Fit(&f.label, len(label)), label, f.s.Classes)
	for i, l := range f.up {
		units := l.Out().Units()
		n := batch * units
		m := &f.states[i]
		h := learning.Fit(&m.h[0], n)
		learning.Fit(&m.h[1], n)
		learning.Fit(&m.seen, (frames+1)*n)
		learning.Fit(&m.on, frames*n)
		learning.Fit(&m.z, n)
		if err := l.Forward(ctx, key, batch, x, h); err != nil {
			return fmt.Errorf("layer %s: %w", l.Name(), err)
		}
		if i == 0 {
			copy(learning.Fit(&f.first, n), h)
		}
		f.norm.Rectify(h)
		x = m.seen[:n]
		f.norm.NormaliseRows(x, h, units)
	}
	return nil
}

// below is what a layer sees from below in a frame, above from above.
func (f *recurrent) below(i, t, batch int) []float32 {
	if i == 0 {
		return f.image
	}
	n := batch * f.up[i-1].Out().Units()
	return f.states[i-1].seen[t*n : (t+1)*n]
}

func (f *recurrent) above(i, t, batch int) []float32 {
	if i == len(f.up)-1 {
		return f.label
	}
	n := batch * f.up[i+1].Out().Units()
	return f.states[i+1].seen[t*n : (t+1)*n]
}

// frame advances all layers by frame t, from 0, all at once. The first film of
// a batch has trial key.Trial; each frame draws anew, but
// for the image, which the first layer reads once.
func (f *recurrent) frame(ctx context.Context, key sim.Key, t, batch int) error {
	key.Trial += uint32((t + 1) * batch)
	keep := float32(f.Keep)
	for i := range f.up {
		m := &f.states[i]
		units := f.up[i].Out().Units()
		n := batch * units
		on := m.on[t*n : (t+1)*n]
		if i == 0 {
			copy(on, f.first)
		} else if err := f.up[i].Forward(ctx, key, batch, f.below(i, t, batch), on); err != nil {
			return fmt.Errorf("layer %s: %w", f.up[i].Name(), err)
		}
		if err := f.down[i].Forward(ctx, key, batch, f.above(i, t, batch), m.z); err != nil {
			return fmt.Errorf("layer %s: %w", f.down[i].Name(), err)
		}
		old, h := m.h[t%2], m.h[(t+1)%2]
		kernels.Parallel(f.s.Workers, n, grain, func(lo, hi int) {
			on, z, old, h := on[lo:hi], m.z[lo:hi], old[lo:hi], h[lo:hi]
			for k, v := range on {
				v += z[k]
				if v < 0 {
					v = 0
				}
				on[k] = v
				h[k] = float32(keep*old[k]) + float32((1-keep)*v)
			}
		})
		f.norm.NormaliseRows(m.seen[(t+1)*n:(t+2)*n], h, units)
	}
	return nil
}

// Learn takes a step: films with the label and with a wrong one.
func (f *recurrent) Learn(ctx context.Context, at learning.Step, b learning.Batch) (r learning.Report, err error) {
	n, units, classes, batch := b.N, f.s.In.Units(), f.s.Classes, 2*b.N
	x := learning.Fit(&f.x, batch*(units+classes))
	image, label := x[:batch*units], x[batch*units:]
	copy(image, b.X[:n*units])
	copy(image[n*units:], b.X[:n*units])
	for i := range n {
		key := inputs.Key{Seed: f.s.Seed, Epoch: uint32(at.Epoch), Image: uint32(b.Index[i])}
		inputs.EmbedLabel(label[i*classes:], int(b.Y[i]), classes, 1)
		inputs.EmbedLabel(label[(n+i)*classes:], inputs.WrongLabel(key, int(b.Y[i]), classes), classes, 1)
	}
	key := at.Key(0)
	if err := f.begin(ctx, key, batch, image, label, f.Frames); err != nil {
		return r, err
	}
	pos, neg := make([]float64, len(f.up)), make([]float64, len(f.up))
	for t := range f.Frames {
		if err := f.frame(ctx, key, t, batch); err != nil {
			return r, err
		}
		for i, l := range f.up {
			m := &f.states[i]
			size := batch * l.Out().Units()
			learning.Fit(&m.learn, f.Frames*size)
			d := m.learn[t*size : (t+1)*size]
			own := learning.Own{Layer: i, Batch: batch, H: m.h[(t+1)%2], Units: l.Out().Units()}
			r.Loss += f.rules[i].Signal(own, d) / float64(n*f.Frames)
			on, part := m.on[t*size:(t+1)*size], float32(1-f.Keep)
			kernels.Parallel(f.s.Workers, size, grain, func(lo, hi int) {
				d, on := d[lo:hi], on[lo:hi]
				for k, v := range on {
					if v > 0 {
						d[k] *= part
					} else {
						d[k] = 0
					}
				}
			})
			p, q := means(f.rules[i].g)
			pos[i] += p / float64(f.Frames)
			neg[i] += q / float64(f.Frames)
		}
	}
	for i := range f.up {
		r.Values = append(r.Values, learning.Value{Name: "goodness_positive", Layer: i + 1, Value: pos[i]},
			learning.Value{Name: "goodness_negative", Layer: i + 1, Value: neg[i]})
		if err := f.change(ctx, at, key, i, batch); err != nil {
			return r, err
		}
	}
	return r, nil
}

// change lets the weights of a layer learn from all frames at once.
func (f *recurrent) change(ctx context.Context, at learning.Step, key sim.Key, i, batch int) error {
	m, units := &f.states[i], f.up[i].Out().Units()
	scale, rate := 2/float64(batch*f.Frames), f.Rate*at.Rate
	var err error
	if i == 0 { // the image is the same in all frames: their derivatives add up
		err = f.byUp[0].Learn(ctx, key, f.up[0], batch, f.image, f.total(m, batch*units), scale, rate)
	} else {
		below := f.states[i-1].seen[:f.Frames*batch*f.up[i-1].Out().Units()]
		err = f.byUp[i].Learn(ctx, key, f.up[i], f.Frames*batch, below, m.learn, scale, rate)
	}
	if err != nil {
		return fmt.Errorf("layer %s: %w", f.up[i].Name(), err)
	}
	if i == len(f.up)-1 { // so is the label
		err = f.byDown[i].Learn(ctx, key, f.down[i], batch, f.label, f.total(m, batch*units), scale, rate)
	} else {
		above := f.states[i+1].seen[:f.Frames*batch*f.up[i+1].Out().Units()]
		err = f.byDown[i].Learn(ctx, key, f.down[i], f.Frames*batch, above, m.learn, scale, rate)
	}
	if err != nil {
		return fmt.Errorf("layer %s: %w", f.down[i].Name(), err)
	}
	return nil
}

// total is the derivative of a layer summed over the frames.
func (f *recurrent) total(m *film, size int) []float32 {
	sum := learning.Fit(&f.sum, size)
	copy(sum, m.learn[:size])
	for t := 1; t < f.Frames; t++ {
		kernels.Parallel(f.s.Workers, size, grain, func(lo, hi int) { kernels.MulAdd(sum[lo:hi], m.learn[t*size+lo:t*size+hi], 1) })
	}
	return sum
}

// Scores are the goodness of all layers with each label, over the frames that
// count.
func (f *recurrent) Scores(ctx context.Context, key sim.Key, b learning.Batch, scores []float32) error {
	units, classes := f.s.In.Units(), f.s.Classes
	batch := b.N * classes
	x := learning.Fit(&f.x, batch*(units+classes))
	image, label := x[:batch*units], x[batch*units:]
	for i := range b.N {
		for c := range classes {
			k := i*classes + c
			copy(image[k*units:(k+1)*units], b.X[i*units:])
			inputs.EmbedLabel(label[k*classes:], c, classes, 1)
		}
	}
	if err := f.begin(ctx, key, batch, image, label, f.Until); err != nil {
		return err
	}
	clear(scores)
	g := learning.Fit(&f.g, batch)
	for t := range f.Until {
		if err := f.frame(ctx, key, t, batch); err != nil {
			return err
		}
		if t+1 < f.From {
			continue
		}
		for i, l := range f.up {
			f.of(f.states[i].h[(t+1)%2], l.Out().Units(), g, f.s.Workers)
			for k, v := range g {
				scores[k] += float32(f.sign()) * v
			}
		}
	}
	return nil
}
