package zeroth

import (
	"context"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/learning"
)

// Conserve is ZO that looks at where its step leads before it takes it.
type Conserve struct {
	ZO `yaml:",inline"`
}

var _ learning.Rule = (*Conserve)(nil)

// ConserveEntry is the catalogue entry.
func ConserveEntry() catalog.Entry {
	return catalog.Entry{
		Name: "zo-conserve", Summary: "zo-sgd that takes its step, or as much the other way, or none, whichever has the lowest loss on the batch",
		Equation:  "w = the best of w, w + c, w - c by L,  c the optimiser's step for the estimate of zo-sgd",
		Reference: "Zhang et al., Revisiting zeroth-order optimization for memory-efficient LLM fine-tuning, ICML 2024, arXiv 2402.11592 (ZO-SGD-Cons); Feng et al., ZeroFlow, arXiv 2501.01045 (2025)",
		Params:    &Conserve{},
	}
}

// New makes the network.
func (z *Conserve) New(ctx context.Context, s learning.Setting) (learning.Learner, error) {
	l, err := z.learner(ctx, s)
	if err != nil {
		return nil, err
	}
	l.conserve = true
	return l, nil
}
