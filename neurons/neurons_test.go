package neurons_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/neurons/neurontest"
)

func TestContract(t *testing.T) {
	require.NoError(t, neurons.Catalog().Check())
	for _, m := range neurons.Builtin() {
		t.Run(m.Name, func(t *testing.T) { neurontest.Check(t, m) })
	}
}

func TestFind(t *testing.T) {
	m, err := neurons.Find("lif_discrete")
	require.NoError(t, err)
	require.Equal(t, "lif_discrete", m.Name)
	_, err = neurons.Find("lif")
	require.ErrorContains(t, err, `"lif"`)
}
