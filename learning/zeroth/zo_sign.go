package zeroth

import (
	"context"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/learning"
)

// Sign is ZO whose estimate keeps its signs alone: every parameter moves as far.
type Sign struct {
	ZO `yaml:",inline"`
}

var _ learning.Rule = (*Sign)(nil)

// SignEntry is the catalogue entry.
func SignEntry() catalog.Entry {
	return catalog.Entry{
		Name: "zo-sign", Summary: "zo-sgd whose estimate keeps its signs alone",
		Equation:  "g = sign(mean over queries of (L(w + eps u) - L(w - eps u)) / (2 eps) u)",
		Reference: "Liu, Chen, Chen, Hong, signSGD via zeroth-order oracle, ICLR 2019",
		Params:    &Sign{},
	}
}

// New makes the network.
func (z *Sign) New(ctx context.Context, s learning.Setting) (learning.Learner, error) {
	l, err := z.learner(ctx, s)
	if err != nil {
		return nil, err
	}
	l.shape = keepSigns
	return l, nil
}

func keepSigns(v vector) {
	for _, g := range v {
		for i, x := range g {
			switch {
			case x > 0:
				g[i] = 1
			case x < 0:
				g[i] = -1
			}
		}
	}
}
