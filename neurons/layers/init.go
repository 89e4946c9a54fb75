package layers

import (
	"math"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
)

// Init is how weights begin.
type Init struct {
	Draw string  `yaml:"init" default:"normal" enum:"normal|uniform" doc:"law of the initial weights, of mean 0"`
	Gain float64 `yaml:"gain" default:"1" range:"[0, 100]" doc:"their standard deviation times the root of the number of inputs of a unit"`
}

var purposeInit = philox.Purpose("neurons.layers.init")

// draw makes sources x targets weights of n inputs a unit.
func (i Init) draw(seed uint64, sources, targets, n int) []float32 {
	w := make([]float32, sources*targets)
	s := philox.Stream{Seed: seed, Purpose: purposeInit}
	std := i.Gain / math.Sqrt(float64(n))
	if i.Draw == "uniform" {
		reach := std * math.Sqrt(3)
		for k := 0; k < len(w); k += 4 {
			b := s.Block(uint32(k/4), 0)
			for q := 0; q < 4 && k+q < len(w); q++ {
				w[k+q] = float32(reach * (2*philox.Uniform(b[q]) - 1))
			}
		}
		return w
	}
	var z [1024]float64
	for k := 0; k < len(w); k += len(z) {
		part := w[k:min(k+len(z), len(w))]
		kernels.Normals(s, 0, k, z[:len(part)])
		for q := range part {
			part[q] = float32(std * z[q])
		}
	}
	return w
}
