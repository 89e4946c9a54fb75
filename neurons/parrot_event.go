package neurons

import (
	"math"

	"github.com/synohm/synohm/sim"
)

// parrotEvent is parrot at exact times: every arrival of a weight other than 0
// is repeated, also those that come at the same time.
type parrotEvent struct{ parrot }

var _ sim.EventPopulation = (*parrotEvent)(nil)

// Deliver repeats a spike.
func (p *parrotEvent) Deliver(_ float64, _ int32, _ int, weight float32) bool { return weight != 0 }

// Next is never.
func (p *parrotEvent) Next(int32) float64 { return math.Inf(1) }

// Fire does not happen.
func (p *parrotEvent) Fire(float64, int32) { panic("neurons: a parrot does not spike by itself") }

// Sample has nothing to give.
func (p *parrotEvent) Sample(_ float64, variable string, _ []int32, _ []float64) error {
	return noVariable(variable)
}
