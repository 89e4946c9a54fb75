package kernels

import "math"

// Adam is a step of Adam at one time t, with
//
//	m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2
//	w -= rate (m correct1 / (sqrt(v correct2) + eps) + decay w)
//
// (Kingma and Ba, ICLR 2015, algorithm 1, with the decoupled decay of Loshchilov
// and Hutter, ICLR 2019, algorithm 2), which are PyTorch's Adam and AdamW.
type Adam struct {
	Rate, Beta1, Beta2, Eps, Decay float32
	Correct1, Correct2             float32 // 1/(1 - beta^t)
	Coupled                        bool    // the decay is a part of g: g + decay w
}

// Step changes weights and their moments against the gradient g times scale.
func (a *Adam) Step(w, m, v, g []float32, scale float32) {
	a.move(w, w, m, v, g, scale, true)
}

// Change is Step, but writes the change instead of making it. Without decay, w
// may be nil.
func (a *Adam) Change(change, m, v, g, w []float32, scale float32) {
	a.move(change, w, m, v, g, scale, false)
}

// move writes w minus the step, or, where w is not kept, minus the step alone.
// Terms of w that a step does not have count as 0, whatever w is.
func (a *Adam) move(to, w, m, v, g []float32, scale float32, keep bool) {
	if w == nil && a.Decay == 0 {
		w = to
	}
	sameLength(len(to), len(w), len(m), len(v), len(g))
	keepMask := maskIf(keep)
	coupled, decoupled := maskIf(a.Decay != 0 && a.Coupled), maskIf(a.Decay != 0 && !a.Coupled)
	rest1, rest2 := 1-a.Beta1, 1-a.Beta2
	done := 0
	if vectors() {
		b := math.Float32bits
		done = adamVectors(&[adamConstants]uint32{
			b(scale), b(a.Decay), coupled, decoupled, b(a.Beta1), b(rest1), b(a.Beta2), b(rest2),
			b(a.Correct1), b(a.Correct2), b(a.Eps), b(a.Rate), keepMask,
		}, to, w, m, v, g)
	}
	for i := done; i < len(to); i++ {
		decay := float32(a.Decay * w[i])
		d := float32(g[i]*scale) + masked(decay, coupled)
		m[i] = float32(a.Beta1*m[i]) + float32(rest1*d)
		v[i] = float32(a.Beta2*v[i]) + float32(float32(rest2*d)*d)
		root := float32(math.Sqrt(float64(float32(v[i] * a.Correct2))))
		u := float32(m[i]*a.Correct1)/(root+a.Eps) + masked(decay, decoupled)
		to[i] = masked(w[i], keepMask) - float32(a.Rate*u)
	}
}

// adamConstants is how many constants a step of Adam has, momentumConstants
// those of Momentum; the assembly knows their order.
const (
	adamConstants     = 13
	momentumConstants = 8
)

// Momentum is a step of PyTorch's SGD,
//
//	v = momentum v + g + decay w;  w -= rate v,
//
// with Nesterov w -= rate (g + decay w + momentum v) (Sutskever et al., ICML
// 2013, in the form with the rate outside of the velocity).
type Momentum struct {
	Rate, Momentum, Decay float32
	Nesterov              bool
}

// Step changes weights and their velocity against the gradient g times scale.
func (s *Momentum) Step(w, velocity, g []float32, scale float32) {
	s.move(w, w, velocity, g, scale, true)
}

// Change is Step, but writes the change instead of making it. Without decay, w
// may be nil.
func (s *Momentum) Change(change, velocity, g, w []float32, scale float32) {
	s.move(change, w, velocity, g, scale, false)
}

// move is that of Adam.
func (s *Momentum) move(to, w, velocity, g []float32, scale float32, keep bool) {
	if w == nil && s.Decay == 0 {
		w = to
	}
	sameLength(len(to), len(w), len(velocity), len(g))
	keepMask, decays, nesterov := maskIf(keep), maskIf(s.Decay != 0), maskIf(s.Nesterov)
	ahead := float32(1) // the step is ahead v, with Nesterov after the gradient
	if s.Nesterov {
		ahead = s.Momentum
	}
	done := 0
	if vectors() {
		b := math.Float32bits
		done = momentumVectors(&[momentumConstants]uint32{
			b(scale), b(s.Decay), decays, b(s.Momentum), b(ahead), nesterov, b(s.Rate), keepMask,
		}, to, w, velocity, g)
	}
	for i := done; i < len(to); i++ {
		d := float32(g[i]*scale) + masked(float32(s.Decay*w[i]), decays)
		velocity[i] = float32(s.Momentum*velocity[i]) + d
		u := float32(ahead*velocity[i]) + masked(d, nesterov)
		to[i] = masked(w[i], keepMask) - float32(s.Rate*u)
	}
}

// maskIf has all bits set if yes, else none.
func maskIf(yes bool) uint32 {
	if yes {
		return math.MaxUint32
	}
	return 0
}

// masked is x under a full mask and 0 under an empty one.
func masked(x float32, mask uint32) float32 {
	return math.Float32frombits(math.Float32bits(x) & mask)
}
