package lls

import (
	"math"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/learning"
)

// block is the rule of a layer: its averaged activity, at length 1, is held
// against a vector a class, and the softmax of the products shall name the class.
//
//	s = (a / |a|) B^T / T;  lls-m: s_c m_c;  lls-mxm: s M
//	loss = cross-entropy of softmax(s), with the label smoothed
//
// What is learned beside the layer, m, M or B, gets its derivative in dNumbers.
type block struct {
	pool     pool
	basis    []float32 // [rows][length]
	rows     int       // of the basis
	classes  int
	t        float32 // temperature
	smooth   float32
	scale    []float32 // m, [classes]; nil for none
	mix      []float32 // M, [rows][classes]; nil for none
	learned  bool      // the basis is
	dNumbers []float32 // derivative along the one of them that is learned
	workers  int

	a, norm, s, out, d, ds, da []float32
	loss                       []float64
}

var _ learning.Local = (*block)(nil)

// scores writes what the softmax is of, [batch][classes], and leaves on the way
// the averaged activity at length 1, one over its length before, and s.
func (b *block) scores(batch, units int, h, out []float32) {
	n, rows, classes := b.pool.length(), b.rows, b.classes
	a, norm := learning.Fit(&b.a, batch*n), learning.Fit(&b.norm, batch)
	kernels.Parallel(b.workers, batch, max(1, grain/units), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			b.pool.forward(h[r*units:(r+1)*units], a[r*n:(r+1)*n])
		}
		kernels.RowSquares(a[lo*n:hi*n], n, norm[lo:hi])
		for r := lo; r < hi; r++ {
			norm[r] = float32(1 / math.Sqrt(float64(norm[r])+normEpsilon))
		}
		kernels.ScaleRows(a[lo*n:hi*n], a[lo*n:hi*n], n, norm[lo:hi])
	})
	s := learning.Fit(&b.s, batch*rows)
	kernels.Gemm(b.workers, false, true, batch, rows, n, 1/b.t, a, n, b.basis, n, 0, s, rows)
	switch {
	case b.mix != nil:
		kernels.Gemm(b.workers, false, false, batch, classes, rows, 1, s, rows, b.mix, classes, 0, out, classes)
	case b.scale != nil:
		for i, v := range s {
			out[i] = v * b.scale[i%classes]
		}
	default:
		copy(out, s)
	}
}

// Signal writes the derivative along the activity.
func (b *block) Signal(own learning.Own, d []float32) (loss float64) {
	n, rows, classes := b.pool.length(), b.rows, b.classes
	out := learning.Fit(&b.out, own.Batch*classes)
	b.scores(own.Batch, own.Units, own.H, out)
	a, norm, s := b.a, b.norm, b.s
	e := learning.Fit(&b.d, own.Batch*classes)
	if cap(b.loss) < own.Batch {
		b.loss = make([]float64, own.Batch)
	}
	kernels.SoftmaxCrossEntropy(out, classes, own.Labels, e, b.loss[:own.Batch])
	for r, l := range b.loss[:own.Batch] {
		loss += l
		if b.smooth > 0 {
			loss += b.smoothed(out[r*classes:(r+1)*classes], e[r*classes:(r+1)*classes], int(own.Labels[r]))
		}
	}
	ds := learning.Fit(&b.ds, own.Batch*rows)
	switch {
	case b.mix != nil:
		kernels.Gemm(b.workers, false, true, own.Batch, rows, classes, 1, e, classes, b.mix, classes, 0, ds, rows)
		kernels.Gemm(b.workers, true, false, rows, classes, own.Batch, 1, s, rows, e, classes, 0, b.dNumbers, classes)
	case b.scale != nil:
		clear(b.dNumbers)
		for i, v := range e {
			ds[i] = v * b.scale[i%classes]
			b.dNumbers[i%classes] += float32(v * s[i])
		}
	default:
		copy(ds, e)
	}
	if b.learned {
		kernels.Gemm(b.workers, true, false, rows, n, own.Batch, 1/b.t, ds, rows, a, n, 0, b.dNumbers, n)
	}
	da := learning.Fit(&b.da, own.Batch*n)
	kernels.Gemm(b.workers, false, false, own.Batch, n, rows, 1/b.t, ds, rows, b.basis, n, 0, da, n)
	kernels.Parallel(b.workers, own.Batch, max(1, grain/own.Units), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			g, x := da[r*n:(r+1)*n], a[r*n:(r+1)*n]
			var along float32
			for i, v := range g {
				along += float32(v * x[i])
			}
			for i := range g {
				g[i] = (g[i] - float32(along*x[i])) * norm[r]
			}
			b.pool.backward(g, d[r*own.Units:(r+1)*own.Units])
		}
	})
	return loss
}

// smoothed moves a part of the label to all classes alike, in the derivative,
// and returns what it adds to the loss.
func (b *block) smoothed(out, e []float32, label int) (more float64) {
	share := b.smooth / float32(b.classes)
	mean := float32(0)
	for _, v := range out {
		mean += v / float32(b.classes)
	}
	for c := range e {
		e[c] -= share
	}
	e[label] += b.smooth
	return float64(float64(b.smooth) * float64(out[label]-mean))
}

// normEpsilon keeps activities of nothing from being divided by nothing.
const normEpsilon = 1e-12

// grain is how many values are worth a goroutine.
const grain = 1 << 14
