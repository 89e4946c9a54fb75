package optimise

import (
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
)

// Adam divides a running mean of the derivative by the root of that of its
// square.
type Adam struct {
	Beta1   float64 `yaml:"beta1" default:"0.9" range:"[0, 1)" doc:"how much of the mean stays from step to step"`
	Beta2   float64 `yaml:"beta2" default:"0.999" range:"[0, 1)" doc:"how much of the mean square stays"`
	Epsilon float64 `yaml:"epsilon" default:"1e-8" range:"(0, 1]" doc:"added to the root"`
	Decay   float64 `yaml:"decay" default:"0" range:"[0, 1]" doc:"part of a weight, times the rate, that is taken away at every step"`
	Coupled bool    `yaml:"coupled" default:"false" doc:"the decay joins the derivative (L2) and is not taken from the weight apart from it (AdamW)"`
}

var _ Method = (*Adam)(nil)

func adamEntry() catalog.Entry {
	return catalog.Entry{
		Name: "adam", Summary: "running mean of the derivative over the root of that of its square",
		Equation: "m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2\n" +
			"w -= rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) + rate decay w",
		Reference: "Kingma and Ba, Adam, ICLR 2015, algorithm 1; decay as in Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019",
		Params:    &Adam{},
	}
}

// Plain is false: Adam keeps two moments.
func (a *Adam) Plain() bool { return false }

// Decays tells whether there is a decay.
func (a *Adam) Decays() bool { return a.Decay > 0 }

// State makes the moments.
func (a *Adam) State(n int) State {
	return &adamState{a, make([]float32, n), make([]float32, n)}
}

type adamState struct {
	*Adam
	m, v []float32
}

func (s *adamState) Vectors() []Vector { return []Vector{{"m", s.m}, {"v", s.v}} }

func (s *adamState) kernel(rate float32, t int) kernels.Adam {
	return kernels.Adam{
		Rate: rate, Beta1: float32(s.Beta1), Beta2: float32(s.Beta2), Eps: float32(s.Epsilon),
		Decay: float32(s.Decay), Coupled: s.Coupled,
		Correct1: float32(1 / (1 - math.Pow(s.Beta1, float64(t)))), Correct2: float32(1 / (1 - math.Pow(s.Beta2, float64(t)))),
	}
}

func (s *adamState) Step(w, g []float32, lo int, scale, rate float32, t int) {
	k := s.kernel(rate, t)
	k.Step(w, s.m[lo:lo+len(w)], s.v[lo:lo+len(w)], g, scale)
}

func (s *adamState) Change(change, w, g []float32, lo int, scale, rate float32, t int) {
	k := s.kernel(rate, t)
	k.Change(change, s.m[lo:lo+len(g)], s.v[lo:lo+len(g)], g, w, scale)
}
