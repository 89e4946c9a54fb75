package synapses

import (
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
)

// OneToOne joins neurons of the same index.
type OneToOne struct{}

func oneToOneEntry() catalog.Entry {
	return catalog.Entry{Name: "one_to_one", Summary: "source i to target i", Params: &OneToOne{}}
}

// Check wants equal sizes.
func (r *OneToOne) Check(w *Wiring) error {
	if w.Sources != w.Targets {
		return fmt.Errorf("one_to_one joins populations of the same size, these have %d and %d neurons", w.Sources, w.Targets)
	}
	return nil
}

// Expected is the number of targets.
func (r *OneToOne) Expected(w *Wiring) float64 { return float64(w.Targets) }

// Scaled is the rule itself.
func (r *OneToOne) Scaled(float64) Rule { return r }

// Wire names the target itself.
func (r *OneToOne) Wire(*Wiring, uint64) func(int, []int32) []int32 {
	return func(target int, into []int32) []int32 { return append(into, int32(target)) }
}
