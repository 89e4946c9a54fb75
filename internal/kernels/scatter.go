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

// Delayed is the ring of rows that synapses of different delays add to.
type Delayed struct {
	Data  []float32 // [row][target]
	Width int       // targets of a row
	Mask  int       // rows less one; their number is a power of two
	Row   int       // of a delay of 0
	First int       // target of index 0
}

// Scatter8 adds gain times its weight, or w where weights is nil, at every
// index in the row of its delay. First plus the indices must be below Width.
func (d *Delayed) Scatter8(index []uint16, delays []uint8, weights []float32, w, gain float32) {
	scatterDelayed(d, index, delays, weights, w, gain)
}

// Scatter16 is Scatter8 for long delays.
func (d *Delayed) Scatter16(index, delays []uint16, weights []float32, w, gain float32) {
	scatterDelayed(d, index, delays, weights, w, gain)
}

func scatterDelayed[D uint8 | uint16](d *Delayed, index []uint16, delays []D, weights []float32, w, gain float32) {
	if len(index) == 0 {
		return
	}
	if d.Width*(d.Mask+1) != len(d.Data) {
		panic("kernels: rows of a ring do not fill it")
	}
	base := unsafe.Pointer(unsafe.SliceData(d.Data))
	delays = delays[:len(index)]
	at := func(k int) *float32 {
		row := (d.Row + int(delays[k])) & d.Mask
		return (*float32)(unsafe.Add(base, 4*(row*d.Width+d.First+int(index[k]))))
	}
	if weights == nil {
		w = float32(gain * w)
		for k := range index {
			*at(k) += w
		}
		return
	}
	weights = weights[:len(index)]
	for k := range index {
		*at(k) += float32(gain * weights[k])
	}
}
