package synapses

import "github.com/synohm/synohm/internal/catalog"

// AllToAll joins every source with every target.
type AllToAll struct {
	Selfs `yaml:",inline"`
}

func allToAllEntry() catalog.Entry {
	return catalog.Entry{Name: "all_to_all", Summary: "every source to every target", Params: &AllToAll{}}
}

// Check takes all sizes.
func (r *AllToAll) Check(*Wiring) error { return nil }

// Expected is the number of pairs.
func (r *AllToAll) Expected(w *Wiring) float64 { return r.pairs(w) }

// Scaled is the rule itself.
func (r *AllToAll) Scaled(float64) Rule { return r }

// Wire lists all sources.
func (r *AllToAll) Wire(w *Wiring, _ uint64) func(int, []int32) []int32 {
	skips := r.skips(w)
	return func(target int, into []int32) []int32 {
		for s := range w.Sources {
			if s != target || !skips {
				into = append(into, int32(s))
			}
		}
		return into
	}
}
