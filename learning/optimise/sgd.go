package optimise

import (
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
)

// SGD goes down the derivative, with momentum if asked for.
type SGD struct {
	Momentum float64 `yaml:"momentum" default:"0" range:"[0, 1)" doc:"how much of the last step stays"`
	Nesterov bool    `yaml:"nesterov" default:"false" doc:"look ahead along the momentum"`
	Decay    float64 `yaml:"decay" default:"0" range:"[0, 1]" doc:"part of a weight that joins the derivative (L2)"`
}

var _ Method = (*SGD)(nil)

func sgdEntry() catalog.Entry {
	return catalog.Entry{
		Name: "sgd", Summary: "steps down the derivative, with momentum if asked for",
		Equation:  "v = momentum v + g + decay w,  w -= rate v  (nesterov: rate (g + momentum v))",
		Reference: "Sutskever, Martens, Dahl, Hinton, On the importance of initialization and momentum in deep learning, ICML 2013, in the form where the rate multiplies the whole step",
		Params:    &SGD{},
	}
}

// Plain tells that there is neither momentum nor decay.
func (s *SGD) Plain() bool { return s.Momentum == 0 && s.Decay == 0 }

// Decays tells whether there is a decay.
func (s *SGD) Decays() bool { return s.Decay > 0 }

// State makes the velocity.
func (s *SGD) State(n int) State { return &sgdState{s, make([]float32, n)} }

type sgdState struct {
	*SGD
	v []float32
}

func (s *sgdState) Vectors() []Vector { return []Vector{{"velocity", s.v}} }

func (s *sgdState) kernel(rate float32) kernels.Momentum {
	return kernels.Momentum{Rate: rate, Momentum: float32(s.SGD.Momentum), Decay: float32(s.Decay), Nesterov: s.Nesterov}
}

func (s *sgdState) Step(w, g []float32, lo int, scale, rate float32, _ int) {
	k := s.kernel(rate)
	k.Step(w, s.v[lo:lo+len(w)], g, scale)
}

func (s *sgdState) Change(change, w, g []float32, lo int, scale, rate float32, _ int) {
	k := s.kernel(rate)
	k.Change(change, s.v[lo:lo+len(g)], g, w, scale)
}
