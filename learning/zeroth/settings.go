package zeroth

import (
	"context"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/optimise"
)

// Settings is what the rules share.
type Settings struct {
	Rate      float64        `yaml:"rate" default:"0.003" range:"(0, 100]" doc:"step size of the optimiser"`
	Optimiser config.Variant `yaml:"optimiser" catalog:"optimisers" default:"adam" doc:"how estimates of the gradient become changes"`
	Queries   int            `yaml:"queries" default:"10" range:"[1, 10000]" doc:"random directions of a step, whose estimates are averaged"`
	Gain      float64        `yaml:"gain" default:"1" range:"(0, 100]" doc:"standard deviation of the output layer's initial weights times the root of the number of its inputs"`
}

// Difference is how far a rule looks along a direction, and which directions
// there are.
type Difference struct {
	Epsilon   float64 `yaml:"eps" default:"0.001" range:"(0, 100]" doc:"how far parameters are moved along a direction to either side; above what float32 rounds, below where the loss bends. Weights on devices need more than their smallest change"`
	Direction string  `yaml:"direction" default:"normal" enum:"normal|rademacher" doc:"law of a direction's numbers: standard normal, or -1 and 1"`
}

func (s *Settings) method() optimise.Method { return s.Optimiser.Value.(optimise.Method) }

// check refuses what does not fit.
func (s *Settings) check(of learning.Setting) error {
	return optimise.Check(s.method(), of.Numbers)
}

// make puts the network together.
func (s *Settings) make(ctx context.Context, of learning.Setting) (*learner, error) {
	n, err := newNetwork(ctx, of, s.Gain)
	if err != nil {
		return nil, err
	}
	l := &learner{Settings: s, network: n}
	for _, layer := range n.layers {
		l.by = append(l.by, optimise.New(s.method(), layer, of.Workers))
	}
	l.g, l.direction = n.vector(), n.vector()
	return l, nil
}
