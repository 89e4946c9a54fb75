package kernels

import "unsafe"

// The steps below do whole vectors of eight cells or four and return how many
// cells they have done. The assembly tells which cells cross the threshold;
// what follows of it is rare and done here.

// eights is the number of cells that go in vectors of eight.
func eights(n int) int {
	if has(avx512) {
		return n &^ 7
	}
	return 0
}

func (c *IAFPscDelta) stepVectors(v []float64, ref []int32, jump []float32, current []float64, spikes []int32) (int, []int32) {
	constants := [...]float64{c.Decay, c.Rest, c.VTh, c.Gain}
	whole := len(v) &^ 3
	for i := 0; i < whole; i += chunk {
		var masks spikeMasks
		iafPscDeltaAVX2(&constants, min(chunk, whole-i), &v[i], &ref[i], &jump[i], unsafe.SliceData(from(current, i)), &masks[0])
		spikes = masks.collect(4, i, v, ref, c.VReset, c.Hold, spikes)
	}
	return whole, spikes
}

func (c *IAFPscExp) stepVectors(v, ex, in []float64, ref []int32, addEx, addIn []float32, current []float64, spikes []int32) (int, []int32) {
	constants := [...]float64{c.P22, c.Rest, c.P21Ex, c.P21In, c.P11Ex, c.P11In, c.VTh, c.P20}
	wide, whole := eights(len(v)), len(v)&^3
	for i := 0; i < wide; i += chunk {
		var masks spikeMasks
		iafPscExpAVX512(&constants, min(chunk, wide-i), &v[i], &ex[i], &in[i], &ref[i], &addEx[i], &addIn[i],
			unsafe.SliceData(from(current, i)), &masks[0])
		spikes = masks.collect(8, i, v, ref, c.VReset, c.Hold, spikes)
	}
	for i := wide; i < whole; i += chunk {
		var masks spikeMasks
		iafPscExpAVX2(&constants, min(chunk, whole-i), &v[i], &ex[i], &in[i], &ref[i], &addEx[i], &addIn[i],
			unsafe.SliceData(from(current, i)), &masks[0])
		spikes = masks.collect(4, i, v, ref, c.VReset, c.Hold, spikes)
	}
	return whole, spikes
}

func (c *IAFPscAlpha) stepVectors(s *IAFPscAlphaState, addEx, addIn []float32, current []float64, spikes []int32) (int, []int32) {
	constants := [...]float64{
		c.P33, c.Rest, c.P31Ex, c.P32Ex, c.P31In, c.P32In, c.P21Ex, c.P11Ex, c.P21In, c.P11In, c.P0Ex, c.P0In, c.VTh, c.P30,
	}
	whole := len(s.V) &^ 3
	for i := 0; i < whole; i += chunk {
		var masks spikeMasks
		iafPscAlphaAVX2(&constants, min(chunk, whole-i), &s.V[i], &s.Ex[i], &s.In[i], &s.JEx[i], &s.JIn[i], &s.Ref[i],
			&addEx[i], &addIn[i], unsafe.SliceData(from(current, i)), &masks[0])
		spikes = masks.collect(4, i, s.V, s.Ref, c.VReset, c.Hold, spikes)
	}
	return whole, spikes
}

func (c *IAFCondExp) stepVectors(v, gEx, gIn []float64, ref []int32, addEx, addIn []float32, current []float64, spikes []int32) (int, []int32) {
	constants := [...]float64{c.GL, c.Rest, c.EEx, c.EIn, c.Rate, c.DecayEx, c.DecayIn, c.VTh}
	wide, whole := eights(len(v)), len(v)&^3
	for i := 0; i < wide; i += chunk {
		var masks spikeMasks
		iafCondExpAVX512(&constants, min(chunk, wide-i), &v[i], &gEx[i], &gIn[i], &ref[i], &addEx[i], &addIn[i],
			unsafe.SliceData(from(current, i)), &masks[0])
		spikes = masks.collect(8, i, v, ref, c.VReset, c.Hold, spikes)
	}
	for i := wide; i < whole; i += chunk {
		var masks spikeMasks
		iafCondExpAVX2(&constants, min(chunk, whole-i), &v[i], &gEx[i], &gIn[i], &ref[i], &addEx[i], &addIn[i],
			unsafe.SliceData(from(current, i)), &masks[0])
		spikes = masks.collect(4, i, v, ref, c.VReset, c.Hold, spikes)
	}
	return whole, spikes
}
