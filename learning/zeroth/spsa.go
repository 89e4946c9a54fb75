package zeroth

import (
	"context"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/learning"
)

// SPSA is simultaneous perturbation: all parameters are moved by as much, to one
// side or the other, and the step and the way moved shrink as the training goes
// on. The shrinking of the step comes on top of the trainer's schedule.
type SPSA struct {
	Settings  `yaml:",inline"`
	Epsilon   float64 `yaml:"eps" default:"0.01" range:"(0, 100]" doc:"how far parameters are moved to either side at the start (c)"`
	Alpha     float64 `yaml:"alpha" default:"0.602" range:"[0, 2]" doc:"power by which the step shrinks; 0 keeps it"`
	Gamma     float64 `yaml:"gamma" default:"0.101" range:"[0, 1]" doc:"power by which the way moved shrinks; 0 keeps it"`
	Stability float64 `yaml:"stability" default:"0.1" range:"[0, 1]" doc:"part of the training's steps (A) that is added to the number of a step before its power is taken, so that steps do not shrink too early"`
}

var _ learning.Rule = (*SPSA)(nil)

// SPSAEntry is the catalogue entry.
func SPSAEntry() catalog.Entry {
	return catalog.Entry{
		Name: "spsa", Summary: "simultaneous perturbation: every parameter moved by as much, to either side, with steps that shrink",
		Equation: "g_i = mean over queries of (L(w + c_k D) - L(w - c_k D)) / (2 c_k D_i),  D_i = -1 or 1\n" +
			"c_k = eps / (k + 1)^gamma,  a_k = rate ((A + 1) / (A + k + 1))^alpha,  k the number of the step",
		Reference: "Spall, IEEE Trans. Autom. Control 37, 332 (1992), eqs. 2.1 to 2.3; powers and A from Spall, IEEE Trans. Aerosp. Electron. Syst. 34, 817 (1998), section III",
		Params:    &SPSA{},
		Defaults:  map[string]string{"rate": "0.01"},
	}
}

// Check refuses what does not fit.
func (z *SPSA) Check(s learning.Setting) error { return z.check(s) }

// New makes the network.
func (z *SPSA) New(ctx context.Context, s learning.Setting) (learning.Learner, error) {
	l, err := z.make(ctx, s)
	if err != nil {
		return nil, err
	}
	l.estimate = func(ctx context.Context, at learning.Step, b learning.Batch) (float64, error) {
		// A sign is its own inverse: 1 / D = D.
		return l.differences(ctx, at, b, "rademacher", z.Epsilon/math.Pow(float64(at.Number)+1, z.Gamma))
	}
	a := math.Round(z.Stability * float64(s.Steps*s.Epochs))
	l.gain = func(at learning.Step) float64 { return math.Pow((a+1)/(a+float64(at.Number)+1), z.Alpha) }
	return l, nil
}
