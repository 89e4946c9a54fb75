package devices

import "github.com/synohm/synohm/internal/kernels"

// RetentionEffect lets cells lose what they hold:
//
//	G'  = end + (G - end) * exp(-(t - t_written)/tau_T)
//	tau_T = tau * exp(E/k * (1/T - 1/T_tau)), k = 8.617333262e-5 eV/K
//
// t_written is when the cell was last programmed, 0 before. Cells that are
// pulsed or driven go on from what is left. The law of Arrhenius and
// Boltzmann's constant (CODATA 2018) are general; tau and E are those of a cell
// and assumptions here: ten years, the usual demand on memory, and no
// dependence on temperature.
type RetentionEffect struct {
	Tau         float64 `yaml:"tau" unit:"s" default:"10 year" range:"(0, inf)" doc:"time constant at the temperature of tau"`
	Towards     string  `yaml:"towards" default:"low" enum:"low|middle|high" doc:"where in the window cells end"`
	Activation  float64 `yaml:"activation" unit:"eV" default:"0 eV" range:"[0, 10]" doc:"activation energy E; 0 where temperature does nothing"`
	Temperature float64 `yaml:"temperature" unit:"K" default:"300 K" range:"[1, 2000]" doc:"temperature T of the cells"`
	At          float64 `yaml:"tau_temperature" unit:"K" default:"300 K" range:"[1, 2000]" doc:"temperature T_tau at which tau is meant"`
}

const boltzmann = 8.617333262e-5 // eV/K, CODATA 2018

// tau is the time constant at the temperature of the cells, s; infinite where
// it is beyond all numbers.
func (e *RetentionEffect) tau() float64 {
	return e.Tau * kernels.Exp(e.Activation/boltzmann*(1/e.Temperature-1/e.At))
}

// retained is how much cells keep.
type retained struct {
	written  []float64 // s
	tau, end float64   // s, uS
}

func (r *retained) read(t float64, g, sigma []float32) {
	last, keep := 0.0, 1.0 // cells that were written together share a factor
	for i, w := range r.written {
		if dt := t - w; dt != last {
			last, keep = dt, 1
			if dt > 0 {
				keep = kernels.Exp(-dt / r.tau)
			}
		}
		if keep != 1 {
			move(g, sigma, i, r.end+float64((float64(g[i])-r.end)*keep))
		}
	}
}
