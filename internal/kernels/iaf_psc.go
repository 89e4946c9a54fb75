package kernels

// IAFPscExp are the constants of a step of iaf_psc_exp:
//
//	v = p22 v + rest + p21ex ex + p21in in [+ p20 I]
//	ex = p11ex ex + addEx,  in = p11in in + addIn
type IAFPscExp struct {
	P22          float64 // exp(-h/tau_m)
	Rest         float64 // what e_l and i_e add to the potential, mV
	P20          float64 // what a current adds to it, mV/pA
	P21Ex, P21In float64 // what the synaptic currents add to it, mV/pA
	P11Ex, P11In float64 // exp(-h/tau_syn)
	VTh, VReset  float64 // mV
	Hold         int32   // steps of t_ref
}

// Step advances cells of potential v and synaptic currents ex and in. The
// currents of a refractory cell go on.
func (c *IAFPscExp) Step(v, ex, in []float64, ref []int32, addEx, addIn []float32, current []float64, spikes []int32) []int32 {
	n := len(v)
	sameLength(n, len(ex), len(in), len(ref), len(addEx), len(addIn), lengthOr(n, current))
	done := 0
	if vectors() {
		done, spikes = c.stepVectors(v, ex, in, ref, addEx, addIn, current, spikes)
	}
	for i := done; i < n; i++ {
		u := v[i]
		if ref[i] > 0 {
			ref[i]--
		} else {
			u = float64(c.P22*u) + c.Rest
			u += float64(c.P21Ex * ex[i])
			u += float64(c.P21In * in[i])
			if current != nil {
				u += float64(c.P20 * current[i])
			}
		}
		ex[i] = float64(c.P11Ex*ex[i]) + float64(addEx[i])
		in[i] = float64(c.P11In*in[i]) + float64(addIn[i])
		if u >= c.VTh {
			u = c.VReset
			ref[i] = c.Hold
			spikes = append(spikes, int32(i))
		}
		v[i] = u
	}
	return spikes
}

// IAFPscAlpha are the constants of a step of iaf_psc_alpha:
//
//	v = p33 v + rest + p31ex jex + p32ex ex + p31in jin + p32in in [+ p30 I]
//	ex = p21ex jex + p11ex ex,  jex = p11ex jex + p0ex addEx;  in and jin likewise
type IAFPscAlpha struct {
	P33          float64 // exp(-h/tau_m)
	Rest         float64 // what e_l and i_e add to the potential, mV
	P30          float64 // what a current adds to it, mV/pA
	P31Ex, P31In float64 // what J adds to it, mV ms/pA
	P32Ex, P32In float64 // what I adds to it, mV/pA
	P11Ex, P11In float64 // exp(-h/tau_syn), the decay of I and of J
	P21Ex, P21In float64 // what J adds to I, ms
	P0Ex, P0In   float64 // jump of J by weight, 1/ms
	VTh, VReset  float64 // mV
	Hold         int32   // steps of t_ref
}

// IAFPscAlphaState is the state of cells of iaf_psc_alpha.
type IAFPscAlphaState struct {
	V        []float64 // mV
	Ex, In   []float64 // I, pA
	JEx, JIn []float64 // J, pA/ms
	Ref      []int32   // steps that the cell stays refractory
}

// Step advances cells. The currents of a refractory cell go on.
func (c *IAFPscAlpha) Step(s *IAFPscAlphaState, addEx, addIn []float32, current []float64, spikes []int32) []int32 {
	n := len(s.V)
	sameLength(n, len(s.Ex), len(s.In), len(s.JEx), len(s.JIn), len(s.Ref), len(addEx), len(addIn), lengthOr(n, current))
	done := 0
	if vectors() {
		done, spikes = c.stepVectors(s, addEx, addIn, current, spikes)
	}
	v, ex, in, jex, jin, ref := s.V, s.Ex, s.In, s.JEx, s.JIn, s.Ref
	for i := done; i < n; i++ {
		u := v[i]
		if ref[i] > 0 {
			ref[i]--
		} else {
			u = float64(c.P33*u) + c.Rest
			u += float64(c.P31Ex * jex[i])
			u += float64(c.P32Ex * ex[i])
			u += float64(c.P31In * jin[i])
			u += float64(c.P32In * in[i])
			if current != nil {
				u += float64(c.P30 * current[i])
			}
		}
		ex[i] = float64(c.P21Ex*jex[i]) + float64(c.P11Ex*ex[i])
		in[i] = float64(c.P21In*jin[i]) + float64(c.P11In*in[i])
		jex[i] = float64(c.P11Ex*jex[i]) + float64(c.P0Ex*float64(addEx[i]))
		jin[i] = float64(c.P11In*jin[i]) + float64(c.P0In*float64(addIn[i]))
		if u >= c.VTh {
			u = c.VReset
			ref[i] = c.Hold
			spikes = append(spikes, int32(i))
		}
		v[i] = u
	}
	return spikes
}
