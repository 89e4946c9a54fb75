package kernels

import "math/bits"

// Steps of integrate-and-fire cells. Each advances all cells of a block and
// appends the indices of those that spike, ascending; current may be nil. The
// refractory counters are steps left. Products and sums are rounded one by one,
// in the order that is written here, whatever form does it.

// sameLength holds a caller to slices of one length.
func sameLength(n int, lengths ...int) {
	for _, l := range lengths {
		if l != n {
			panic("kernels: slices of different lengths")
		}
	}
}

// lengthOr is the length of a current, or n where there is none.
func lengthOr(n int, current []float64) int {
	if current == nil {
		return n
	}
	return len(current)
}

// from is the current from a cell on.
func from(current []float64, i int) []float64 {
	if current == nil {
		return nil
	}
	return current[i:]
}

// chunk is the number of cells whose spikes are collected together.
const chunk = 512

// spikeMasks has a byte for every vector of four cells or eight, a bit for each.
type spikeMasks [chunk / 4]byte

// collect resets the cells from base on that the masks tell and appends them.
func (m *spikeMasks) collect(lanes, base int, v []float64, ref []int32, reset float64, hold int32, spikes []int32) []int32 {
	for at := 0; at < chunk/lanes; at += 8 {
		word := uint64(m[at]) | uint64(m[at+1])<<8 | uint64(m[at+2])<<16 | uint64(m[at+3])<<24 |
			uint64(m[at+4])<<32 | uint64(m[at+5])<<40 | uint64(m[at+6])<<48 | uint64(m[at+7])<<56
		for ; word != 0; word &= word - 1 {
			bit := bits.TrailingZeros64(word)
			i := base + (at+bit/8)*lanes + bit%8
			v[i] = reset
			ref[i] = hold
			spikes = append(spikes, int32(i))
		}
	}
	return spikes
}

// IAFPscDelta are the constants of a step of iaf_psc_delta:
//
//	v = decay v + rest + jump [+ gain I]
type IAFPscDelta struct {
	Decay       float64 // exp(-h/tau_m)
	Rest        float64 // what e_l and i_e add in a step, mV
	Gain        float64 // what a current adds in a step, mV/pA
	VTh, VReset float64 // mV
	Hold        int32   // steps of t_ref
}

// Step advances cells of potential v. A refractory cell loses its jump.
func (c *IAFPscDelta) Step(v []float64, ref []int32, jump []float32, current []float64, spikes []int32) []int32 {
	n := len(v)
	sameLength(n, len(ref), len(jump), lengthOr(n, current))
	done := 0
	if vectors() {
		done, spikes = c.stepVectors(v, ref, jump, current, spikes)
	}
	for i := done; i < n; i++ {
		if ref[i] > 0 {
			ref[i]--
			continue
		}
		u := float64(v[i]*c.Decay) + c.Rest + float64(jump[i])
		if current != nil {
			u += float64(c.Gain * current[i])
		}
		if u >= c.VTh {
			u = c.VReset
			ref[i] = c.Hold
			spikes = append(spikes, int32(i))
		}
		v[i] = u
	}
	return spikes
}
