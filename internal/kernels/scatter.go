package kernels

import "unsafe"

// row is what a list of 16-bit indices can reach. Indices are not checked:
// whoever made them has.
type row = *[1 << 16]float32

func rowOf(r []float32) row { return row(unsafe.Pointer(unsafe.SliceData(r))) }

// Scatter adds w at every index; an index may stand there several times. The
// indices must be below the length of the row.
func Scatter(to []float32, at []uint16, w float32) {
	if len(at) == 0 {
		return
	}
	r := rowOf(to)
	for ; len(at) >= 4; at = at[4:] {
		r[at[0]] += w
		r[at[1]] += w
		r[at[2]] += w
		r[at[3]] += w
	}
	for _, i := range at {
		r[i] += w
	}
}

// ScatterWeights adds gain times its weight at every index.
func ScatterWeights(to []float32, at []uint16, weights []float32, gain float32) {
	if len(at) == 0 {
		return
	}
	r := rowOf(to)
	weights = weights[:len(at)]
	if gain == 1 {
		for k, i := range at {
			r[i] += weights[k]
		}
		return
	}
	for k, i := range at {
		r[i] += float32(gain * weights[k])
	}
}
