package kernels

import "unsafe"

// at is the value at an index that is not checked: whoever made the index has.
func at(base unsafe.Pointer, i uint16) *float32 {
	return (*float32)(unsafe.Add(base, 4*uintptr(i)))
}

// Scatter adds w at every index; an index may stand there several times. The
// indices must be below the length of the row.
func Scatter(to []float32, index []uint16, w float32) {
	if len(index) == 0 {
		return
	}
	base := unsafe.Pointer(unsafe.SliceData(to))
	for ; len(index) >= 4; index = index[4:] {
		*at(base, index[0]) += w
		*at(base, index[1]) += w
		*at(base, index[2]) += w
		*at(base, index[3]) += w
	}
	for _, i := range index {
		*at(base, i) += w
	}
}

// ScatterWeights adds gain times its weight at every index.
func ScatterWeights(to []float32, index []uint16, weights []float32, gain float32) {
	if len(index) == 0 {
		return
	}
	base := unsafe.Pointer(unsafe.SliceData(to))
	weights = weights[:len(index)]
	if gain == 1 {
		for k, i := range index {
			*at(base, i) += weights[k]
		}
		return
	}
	for k, i := range index {
		*at(base, i) += float32(gain * weights[k])
	}
}
