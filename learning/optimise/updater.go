package optimise

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// Updater is a method at work on the parameters of a layer.
type Updater struct {
	method  Method
	workers int
	params  []*sim.Parameter
	states  []State   // nil where the method needs none
	matrix  []float32 // scratch for a derivative, as long as the largest weights
	change  []float32 // scratch for changes of what is not plain numbers
	steps   []int64   // one number: steps so far
	rate    float32   // of this step
	scale   float32
}

var _ sim.Changer = (*Updater)(nil)

// New makes what the parameters of a layer need.
func New(m Method, l sim.Layer, workers int) *Updater { return For(m, l.Parameters(), workers) }

// For makes what some parameters need.
func For(m Method, params []*sim.Parameter, workers int) *Updater {
	u := &Updater{method: m, workers: workers, params: params, steps: make([]int64, 1)}
	for _, p := range u.params {
		var s State
		if !m.Plain() || p.Weights == nil {
			s = m.State(p.Len())
		}
		u.states = append(u.states, s)
	}
	return u
}

// Learn lets a layer change its parameters against the derivative of the batch's
// loss along its output, times scale, by a step of a rate.
func (u *Updater) Learn(ctx context.Context, key sim.Key, l sim.Layer, batch int, x, dz []float32, scale, rate float64) error {
	u.Begin(scale, rate)
	return l.Learn(ctx, key, batch, x, dz, u)
}

// Begin begins a step of a rate; derivatives that follow count scale times.
func (u *Updater) Begin(scale, rate float64) {
	u.steps[0]++
	u.rate, u.scale = float32(rate), float32(scale)
}

// Outer changes weights.
func (u *Updater) Outer(ctx context.Context, key sim.Key, p *sim.Parameter, batch int, x, d []float32) error {
	s := u.states[u.index(p)]
	if s == nil {
		return p.Weights.AddOuter(ctx, key, batch, -u.rate*u.scale, x, d)
	}
	targets, sources := p.Weights.Shape()
	g := fit(&u.matrix, sources*targets)
	kernels.Gemm(u.workers, true, false, sources, targets, batch, 1, x, sources, d, targets, 0, g, targets)
	return u.apply(ctx, key, p, s, g)
}

// Plain changes numbers.
func (u *Updater) Plain(ctx context.Context, key sim.Key, p *sim.Parameter, g []float32) error {
	return u.apply(ctx, key, p, u.states[u.index(p)], g)
}

// shard is how many values are worth a goroutine.
const shard = 1 << 14

func (u *Updater) apply(ctx context.Context, key sim.Key, p *sim.Parameter, s State, g []float32) error {
	t := int(u.steps[0])
	if w := p.Values(); w != nil {
		kernels.Parallel(u.workers, len(w), shard, func(lo, hi int) { s.Step(w[lo:hi], g[lo:hi], lo, u.scale, u.rate, t) })
		return nil
	}
	if err := Check(u.method, false); err != nil {
		return err
	}
	c := fit(&u.change, len(g))
	kernels.Parallel(u.workers, len(g), shard, func(lo, hi int) { s.Change(c[lo:hi], nil, g[lo:hi], lo, u.scale, u.rate, t) })
	return p.Weights.Add(ctx, key, c)
}

func (u *Updater) index(p *sim.Parameter) int {
	for i, q := range u.params {
		if p == q {
			return i
		}
	}
	panic("optimise: a parameter of another layer")
}

// State is what a checkpoint keeps.
func (u *Updater) State() []sim.Variable {
	out := []sim.Variable{{Name: "steps", Values: u.steps}}
	for i, s := range u.states {
		if s == nil {
			continue
		}
		for _, v := range s.Vectors() {
			out = append(out, sim.Variable{Name: fmt.Sprintf("%s/%s", u.params[i].Name, v.Name), Values: v.Values})
		}
	}
	return out
}

// fit makes a scratch slice as long as needed.
func fit(s *[]float32, n int) []float32 {
	if cap(*s) < n {
		*s = make([]float32, n)
	}
	return (*s)[:n]
}
