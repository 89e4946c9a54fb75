package scalable

import (
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/learning"
)

// goodness is the rule of an auxiliary layer, whose channels are classes. Places
// p = 1..P have the activity z_pc, and y is the label:
//
//	g_c = mean_p z_pc^2,  loss = -log softmax(g)_y
//	d loss / d z_pc = (softmax(g)_c - (c = y)) 2 z_pc / P
type goodness struct {
	classes int
	workers int
	g       []float32 // [batch][classes]
	e       []float32 // derivative along g
	loss    []float64 // of every example
}

var _ learning.Local = (*goodness)(nil)

// of writes the goodness of every class, [batch][classes].
func (s *goodness) of(batch int, z, g []float32) {
	units := len(z) / batch
	share := float32(float64(s.classes) / float64(units))
	kernels.Parallel(s.workers, batch, max(1, grain/units), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			to := g[r*s.classes:][:s.classes]
			clear(to)
			for row := z[r*units:][:units]; len(row) > 0; row = row[s.classes:] {
				for c := range to {
					to[c] += float32(row[c] * row[c])
				}
			}
			for c := range to {
				to[c] *= share
			}
		}
	})
}

// Signal writes the derivative along the activity of the auxiliary layer.
func (s *goodness) Signal(own learning.Own, d []float32) (loss float64) {
	g, e := learning.Fit(&s.g, own.Batch*s.classes), learning.Fit(&s.e, own.Batch*s.classes)
	s.of(own.Batch, own.H, g)
	if cap(s.loss) < own.Batch {
		s.loss = make([]float64, own.Batch)
	}
	s.loss = s.loss[:own.Batch]
	kernels.SoftmaxCrossEntropy(g, s.classes, own.Labels, e, s.loss)
	for _, l := range s.loss {
		loss += l
	}
	twice := float32(2 * float64(s.classes) / float64(own.Units))
	kernels.Parallel(s.workers, own.Batch, max(1, grain/own.Units), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			of := e[r*s.classes:][:s.classes]
			for at := r * own.Units; at < (r+1)*own.Units; at += s.classes {
				for c, x := range of {
					d[at+c] = float32(twice*x) * own.H[at+c]
				}
			}
		}
	})
	return loss
}

// wrong is the part of the last batch for whose label the goodness is not the
// largest.
func (s *goodness) wrong(labels []uint8) float64 {
	n := 0
	for r, y := range labels {
		row := s.g[r*s.classes:][:s.classes]
		for c, x := range row {
			if x > row[y] || x == row[y] && c < int(y) {
				n++
				break
			}
		}
	}
	return float64(n) / float64(len(labels))
}

// grain is how many values are worth a goroutine.
const grain = 1 << 14
