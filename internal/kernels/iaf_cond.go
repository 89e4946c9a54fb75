package kernels

// IAFCondExp are the constants of a step of iaf_cond_exp by exponential Euler:
//
//	g = g_l + gEx + gIn,  end = (rest + gEx e_ex + gIn e_in [+ I])/g
//	v = end + (v - end) exp(rate g)
//	gEx = decay_ex gEx + addEx,  gIn = decay_in gIn + addIn
type IAFCondExp struct {
	GL               float64 // nS
	Rest             float64 // g_l e_l + i_e, pA
	EEx, EIn         float64 // mV
	Rate             float64 // -h/c_m, 1/nS
	DecayEx, DecayIn float64 // exp(-h/tau_syn)
	VTh, VReset      float64 // mV
	Hold             int32   // steps of t_ref
}

// Step advances cells of potential v and conductances gEx and gIn. The
// conductances of a refractory cell go on.
func (c *IAFCondExp) Step(v, gEx, gIn []float64, ref []int32, addEx, addIn []float32, current []float64, spikes []int32) []int32 {
	n := len(v)
	sameLength(n, len(gEx), len(gIn), len(ref), len(addEx), len(addIn), lengthOr(n, current))
	done := 0
	if vectors() {
		done, spikes = c.stepVectors(v, gEx, gIn, ref, addEx, addIn, current, spikes)
	}
	for i := done; i < n; i++ {
		ex, in := gEx[i], gIn[i]
		gEx[i] = float64(ex*c.DecayEx) + float64(addEx[i])
		gIn[i] = float64(in*c.DecayIn) + float64(addIn[i])
		if ref[i] > 0 {
			ref[i]--
			continue
		}
		g := c.GL + ex + in
		drive := c.Rest + float64(ex*c.EEx) + float64(in*c.EIn)
		if current != nil {
			drive += current[i]
		}
		end := drive / g
		u := end + float64((v[i]-end)*Exp(g*c.Rate))
		if u >= c.VTh {
			u = c.VReset
			ref[i] = c.Hold
			spikes = append(spikes, int32(i))
		}
		v[i] = u
	}
	return spikes
}
