package zeroth

import (
	"context"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/learning"
)

// ZO steps down an estimate of the gradient from differences of the loss.
type ZO struct {
	Settings   `yaml:",inline"`
	Difference `yaml:",inline"`
}

var _ learning.Rule = (*ZO)(nil)

// ZOEntry is the catalogue entry.
func ZOEntry() catalog.Entry {
	return catalog.Entry{
		Name: "zo-sgd", Summary: "gradient estimated from the loss on both sides along random directions",
		Equation:  "g = mean over queries of (L(w + eps u) - L(w - eps u)) / (2 eps) u,  u ~ N(0, 1)",
		Reference: "Nesterov and Spokoiny, Found. Comput. Math. 17, 527 (2017); compared with its relatives in Feng et al., ZeroFlow, arXiv 2501.01045 (2025)",
		Params:    &ZO{},
	}
}

// Check refuses what does not fit.
func (z *ZO) Check(s learning.Setting) error { return z.check(s) }

// New makes the network.
func (z *ZO) New(ctx context.Context, s learning.Setting) (learning.Learner, error) {
	return z.learner(ctx, s)
}

func (z *ZO) learner(ctx context.Context, s learning.Setting) (*learner, error) {
	l, err := z.make(ctx, s)
	if err != nil {
		return nil, err
	}
	l.estimate = func(ctx context.Context, at learning.Step, b learning.Batch) (float64, error) {
		return l.differences(ctx, at, b, z.Direction, z.Epsilon)
	}
	return l, nil
}
