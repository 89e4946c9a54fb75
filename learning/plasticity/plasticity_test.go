package plasticity_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/learning/plasticity"
	"github.com/synohm/synohm/learning/plasticity/plasticitytest"
)

func TestContract(t *testing.T) {
	require.NoError(t, plasticity.Catalog().Check())
	for _, m := range plasticity.Builtin() {
		if m.New == nil {
			require.Equal(t, "none", m.Name)
			continue
		}
		t.Run(m.Name, func(t *testing.T) { plasticitytest.Check(t, m) })
	}
}

func TestFind(t *testing.T) {
	m, err := plasticity.Find("stdp")
	require.NoError(t, err)
	require.Equal(t, "stdp", m.Name)
	_, err = plasticity.Find("stpd")
	require.ErrorContains(t, err, `"stpd"`)
}
