package synapses

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/sim"
)

// CheckDense refuses cells that the weights cannot be put on, or not be trained
// on.
func (c *Crossbar) CheckDense(w Dense) error {
	return fmt.Errorf("graded layers cannot be put on arrays yet")
}

// DenseBytes is that of arrays.
func (c *Crossbar) DenseBytes(w Dense) float64 { return c.Bytes(w.want()) }

// MakeDense programs the values onto arrays.
func (c *Crossbar) MakeDense(ctx context.Context, w Dense, seed uint64, workers int) (sim.DenseWeights, error) {
	return nil, c.CheckDense(w)
}
