package neurons_test

import (
	"fmt"

	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/sim"
)

// A cell with threshold 5 and decay 0.9 under constant input spikes every
// seventh step.
func ExampleNewLIFDiscrete() {
	cell := neurons.NewLIFDiscrete(1, neurons.LIFDiscreteParams{Decay: 0.9, VTh: 5})
	for step := 1; step <= 14; step++ {
		if len(cell.Advance(sim.Input{Channels: [][]float32{{1}}}, nil)) > 0 {
			fmt.Println("spike at step", step)
		}
	}
	// Output:
	// spike at step 7
	// spike at step 14
}
