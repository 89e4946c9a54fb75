package devices

import (
	"math"

	"github.com/synohm/synohm/internal/kernels"
)

// ReadDisturbEffect lets every read move a cell a little, towards one end of
// its window:
//
//	G' = end + (G - end) * (1 - per_read)^k
//
// k are the reads since the cell was last programmed. Cells that are pulsed or
// driven go on from where reads have carried them. Reads at a voltage of the
// sign that sets a cell move it up, doing slowly what setting does fast; those
// of the other sign move it down. The size is an assumption.
type ReadDisturbEffect struct {
	PerRead float64 `yaml:"per_read" default:"1e-9" range:"[0, 1)" doc:"fraction of the way to the end that one read takes"`
	Towards string  `yaml:"towards" default:"high" enum:"low|middle|high" doc:"where in the window reads carry cells"`
}

// disturbed are the reads of cells.
type disturbed struct {
	reads []uint32
	rate  float64 // log(1 - per_read)
	end   float64 // uS
}

func newDisturbed(e *ReadDisturbEffect, n int, low, high float64) *disturbed {
	return &disturbed{reads: make([]uint32, n), rate: math.Log1p(-e.PerRead), end: end(e.Towards, low, high)}
}

// count adds reads, one number a cell.
func (d *disturbed) count(times []uint32) {
	for i, k := range times {
		d.reads[i] = uint32(min(uint64(d.reads[i])+uint64(k), math.MaxUint32))
	}
}

func (d *disturbed) read(_ float64, g, sigma []float32) {
	last, keep := uint32(0), 1.0
	for i, k := range d.reads {
		if k != last {
			last, keep = k, kernels.Exp(float64(k)*d.rate)
		}
		if keep != 1 {
			move(g, sigma, i, d.end+float64((float64(g[i])-d.end)*keep))
		}
	}
}
