package neurons

import (
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/sim"
)

// IzhikevichParams are the settings of Izhikevich's simple cell. Names and
// defaults are NEST's, those of a regular spiking cell.
type IzhikevichParams struct {
	A      float64 `yaml:"a" default:"0.02" range:"[0, inf)" doc:"rate of the recovery variable, 1/ms"`
	B      float64 `yaml:"b" default:"0.2" doc:"how strongly the recovery variable follows the potential, 1/ms"`
	C      float64 `yaml:"c" unit:"mV" default:"-65 mV" doc:"potential after a spike"`
	D      float64 `yaml:"d" unit:"mV/ms" default:"8 mV/ms" doc:"jump of the recovery variable at a spike"`
	VTh    float64 `yaml:"v_th" unit:"mV" default:"30 mV" doc:"peak; a potential at or above it makes a spike"`
	IE     float64 `yaml:"i_e" unit:"pA" default:"0 pA" doc:"constant current"`
	Scheme string  `yaml:"scheme" default:"consistent" enum:"consistent|published" doc:"consistent: Euler, both variables from old values; published: the numerics of 2003, made for steps of 1 ms"`
}

// Validate wants the reset below the peak.
func (p *IzhikevichParams) Validate() error {
	if p.C >= p.VTh {
		return config.FieldError{Field: "c", Rule: "must be below v_th"}
	}
	return nil
}

// izhikevichRest is the potential that the paper's script begins with, mV.
const izhikevichRest = -65

// IzhikevichModel describes Izhikevich's simple cell:
//
//	dv/dt = 0.04 v^2 + 5 v + 140 - u + i_e + I
//	du/dt = a (b v - u)
//	v jumps by the weight of a spike when it arrives
//	v >= v_th: a spike, v = c, u = u + d
//
// symbol | unit  | meaning
// v      | mV    | potential of the membrane
// u      | mV/ms | recovery
// I      | pA    | injected current; 1 pA moves v by 1 mV/ms
// w      | mV    | weight: the jump
//
// Cells of the paper's figure 2, by their parameters:
//
// cell                             | a    | b    | c   | d
// RS, regular spiking              | 0.02 | 0.2  | -65 | 8
// IB, intrinsically bursting       | 0.02 | 0.2  | -55 | 4
// CH, chattering                   | 0.02 | 0.2  | -50 | 2
// FS, fast spiking                 | 0.1  | 0.2  | -65 | 2
// LTS, low-threshold spiking       | 0.02 | 0.25 | -65 | 2
//
// Spike times depend on scheme and step, since v is steep near its peak. Of
// step h, consistent takes v + h dv/dt and u + h du/dt from old values;
// published takes two half steps of v, then u from the new v, and the weight in
// halves with the two. At 1 ms that is the paper's script and what NEST does
// with consistent_integration false; at other steps NEST takes a weight as a
// current over the step. A cell begins at v = -65 mV and u = b v like the
// paper's script, where NEST begins at u = 0.
func IzhikevichModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "izhikevich",
			Summary: "Izhikevich's simple cell: two variables that make many spike patterns",
			Equation: "dv/dt = 0.04 v^2 + 5 v + 140 - u + i_e + I, du/dt = a (b v - u);  v += w at every spike that arrives\n" +
				"v >= v_th: a spike, v = c, u = u + d\n" +
				"RS: a 0.02, b 0.2, c -65, d 8; else as RS, IB: c -55, d 4; CH: c -50, d 2; FS: a 0.1, d 2; LTS: b 0.25, d 2",
			Reference: "Izhikevich, IEEE Transactions on Neural Networks 14 (2003), equations 1 to 3 and figure 2; conventions of NEST's izhikevich",
			Omits:     "refractory time; NEST's lower bound of the potential (V_min); spike times between grid points",
			Params:    &IzhikevichParams{},
			Variables: []catalog.Variable{
				{Name: "v_m", Unit: "mV", Doc: "potential of the membrane"},
				{Name: "u_m", Unit: "mV/ms", Doc: "recovery"},
			},
		},
		Inputs:  []catalog.Variable{{Name: "spikes", Unit: "mV", Doc: "jump of the membrane"}},
		Current: true,
		New: func(b Block, params any) (sim.Population, error) {
			return newIzhikevich(b, *params.(*IzhikevichParams))
		},
	}
}

// izhikevich is a block of cells.
type izhikevich struct {
	params IzhikevichParams
	h      float64 // ms

	// state
	v []float64 // mV
	u []float64 // mV/ms
}

var _ sim.Population = (*izhikevich)(nil)

func newIzhikevich(b Block, p IzhikevichParams) (*izhikevich, error) {
	if p.A*b.StepMS >= 2 {
		return nil, fmt.Errorf("a step of %g ms with a = %g/ms lets the recovery variable grow without bound; the step must be below 2/a = %g ms", b.StepMS, p.A, 2/p.A)
	}
	n := &izhikevich{params: p, h: b.StepMS, v: make([]float64, b.Len()), u: make([]float64, b.Len())}
	if err := mustBeFinite(b.StepMS, constant{"the recovery variable at rest", p.B * izhikevichRest}); err != nil {
		return nil, err
	}
	n.Reset()
	return n, nil
}

// Size returns the number of cells.
func (n *izhikevich) Size() int { return len(n.v) }

// Reset puts every cell to the beginning.
func (n *izhikevich) Reset() {
	for i := range n.v {
		n.v[i] = izhikevichRest
		n.u[i] = n.params.B * izhikevichRest
	}
}

// State is the potential and the recovery.
func (n *izhikevich) State() []sim.Variable {
	return []sim.Variable{{Name: "v_m", Values: n.v}, {Name: "u_m", Values: n.u}}
}

// Advance goes one step on.
func (n *izhikevich) Advance(in sim.Input, spikes []int32) []int32 {
	if n.params.Scheme == "published" {
		return stepIzhikevichPublished(&n.params, n.h, n.v, n.u, in.Channels[0], in.Current, spikes)
	}
	return stepIzhikevich(&n.params, n.h, n.v, n.u, in.Channels[0], in.Current, spikes)
}

// izhikevichSlope is dv/dt. The conversions keep products and sums from being
// fused, which would give other bits on other processors.
func izhikevichSlope(v, u, current float64) float64 {
	return float64(0.04*v*v) + float64(5*v) + 140 - u + current
}

// stepIzhikevich is the step of all cells by Euler's method.
func stepIzhikevich(p *IzhikevichParams, h float64, v, u []float64, jump []float32, current []float64, spikes []int32) []int32 {
	u, jump = u[:len(v)], jump[:len(v)]
	for i, x := range v {
		y, c := u[i], p.IE
		if current != nil {
			c += current[i]
		}
		v[i] = x + float64(h*izhikevichSlope(x, y, c)) + float64(jump[i])
		u[i] = y + float64(h*p.A*(float64(p.B*x)-y))
		if v[i] >= p.VTh {
			v[i] = p.C
			u[i] += p.D
			spikes = append(spikes, int32(i))
		}
	}
	return spikes
}

// stepIzhikevichPublished is the step of all cells as in the paper's script.
func stepIzhikevichPublished(p *IzhikevichParams, h float64, v, u []float64, jump []float32, current []float64, spikes []int32) []int32 {
	u, jump = u[:len(v)], jump[:len(v)]
	for i, x := range v {
		y, c, half := u[i], p.IE, 0.5*float64(jump[i])
		if current != nil {
			c += current[i]
		}
		x += float64(0.5*h*izhikevichSlope(x, y, c)) + half
		x += float64(0.5*h*izhikevichSlope(x, y, c)) + half
		y += float64(h * p.A * (float64(p.B*x) - y))
		if x >= p.VTh {
			x = p.C
			y += p.D
			spikes = append(spikes, int32(i))
		}
		v[i], u[i] = x, y
	}
	return spikes
}
