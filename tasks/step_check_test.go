package tasks_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/tasks"
)

// What a model cannot do with the step of the file is found with the other
// mistakes, before anything is made.
func TestStepsThatModelsRefuse(t *testing.T) {
	const text = `synohm: 1
time: {step: 100 ms, run: 1 s}
populations:
  - {name: fine, model: iaf_psc_exp, size: 10}
  - {name: wild, model: izhikevich, size: 10}
  - {name: absurd, model: iaf_psc_alpha, size: 10, params: {c_m: 1e-320 pF}}
  - {name: repeat, model: parrot, size: 10}
task: {kind: simulate}
`
	tree, err := config.Parse("x.yaml", []byte(text))
	require.NoError(t, err)
	_, err = tasks.Build(tree, nil, nil)
	require.ErrorContains(t, err, "x.yaml:5: populations[wild].params: a step of 100 ms with a = 0.02/ms lets the recovery variable grow without bound; the step must be below 2/a = 100 ms")
	require.ErrorContains(t, err, "populations[absurd].params: the effect of a current on the membrane comes out as +Inf for a step of 100 ms")
	require.NotContains(t, err.Error(), "fine")
	require.NotContains(t, err.Error(), "repeat")
}
