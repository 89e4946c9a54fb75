package forward

import (
	"context"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/learning"
)

// Collab is the forward-forward rule whose layers are told the goodness of
// others, one number an example.
type Collab struct {
	FF    `yaml:",inline"`
	Hears string `yaml:"hears" default:"all" enum:"all|earlier" doc:"layers whose goodness a layer is told: all others, or those before it"`
}

var _ learning.Rule = (*Collab)(nil)

// CollabEntry is the catalogue entry.
func CollabEntry() catalog.Entry {
	return catalog.Entry{
		Name: "ff-collab", Summary: "forward-forward whose layers are told the goodness of the others",
		Equation: "P(positive) = sigmoid(G_i + gamma_i - (1 + n_i) theta),  gamma_i = sum of G_t over the n_i layers t that layer i hears, a constant to it\n" +
			"all else as ff",
		Reference: "Lorberbom, Gat, Adi, Schwing, Hazan, Layer collaboration in the forward-forward algorithm, AAAI 2024",
		Omits:     "a coefficient of gamma, which some public versions add; the paper changes one layer a batch in turn, here all change by the goodness from before the batch",
		Params:    &Collab{},
	}
}

// Check refuses what does not fit.
func (c *Collab) Check(s learning.Setting) error {
	if c.Order == "greedy" {
		return config.FieldError{Field: "order", Rule: "must be together: layers that are trained one after the other cannot hear the later ones"}
	}
	return c.check(s)
}

// New makes the layers and what trains them.
func (c *Collab) New(ctx context.Context, s learning.Setting) (learning.Learner, error) {
	f, err := newFF(ctx, &c.FF, s)
	if err != nil {
		return nil, err
	}
	f.hears = func(layer, by int) bool { return c.Hears == "all" || by < layer }
	return f, nil
}
