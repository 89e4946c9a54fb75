package kernels

import (
	"math"

	"github.com/synohm/synohm/internal/philox"
)

// PoissonTable makes Poisson numbers of one mean of single words.
type PoissonTable struct {
	below []uint32 // below[k]: words less than this make at most k
}

// NewPoissonTable makes the table of a mean.
func NewPoissonTable(mean float64) PoissonTable {
	var t PoissonTable
	sum := 0.0
	for k := 0; ; k++ {
		lg, _ := math.Lgamma(float64(k) + 1)
		sum += math.Exp(float64(k)*math.Log(mean) - mean - lg)
		if mean == 0 || sum >= 1-1.0/(1<<33) || float64(k) > mean+20*math.Sqrt(mean)+20 {
			return t
		}
		t.below = append(t.below, uint32(math.Round(sum*(1<<32))))
	}
}

// Count is the number that a word makes.
func (t *PoissonTable) Count(u uint32) int {
	n := 0
	for n < len(t.below) && u >= t.below[n] {
		n++
	}
	return n
}

// Add adds w times a Poisson number to every value; the first one belongs to
// entity lo, a multiple of four.
func (t *PoissonTable) Add(s philox.Stream, step uint32, lo int, to []float32, w float32) {
	if len(t.below) == 0 {
		return
	}
	for i := 0; i < len(to); i += 4 {
		b := s.Block(uint32((lo+i)/4), step)
		for k := range min(4, len(to)-i) {
			to[i+k] += float32(w * float32(t.Count(b[k])))
		}
	}
}
