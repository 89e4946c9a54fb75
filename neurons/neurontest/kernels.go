package neurontest

import (
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/sim"
)

// sameOnEveryPath holds that kernels in assembly and portable ones make the
// same spikes and leave the same bits in the state: with the default
// parameters, and with every other value of those that choose a method.
func sameOnEveryPath(t *testing.T, m neurons.Model) {
	defer kernels.UsePortable(false)
	for _, p := range choices(t, m) {
		var spikes [2][][2]int
		var states [2][]sim.Variable
		drive := strong(t, m)
		for k, portable := range []bool{false, true} {
			kernels.UsePortable(portable)
			block, err := m.New(neurons.Block{Part: sim.Part{Lo: 0, Hi: size}, StepMS: stepMS}, p)
			require.NoError(t, err)
			spikes[k] = run(m, block, drive, 0, size, 0)
			states[k] = block.State()
		}
		require.NotEmpty(t, spikes[0], "%+v", p)
		require.Equal(t, spikes[1], spikes[0], "%+v", p)
		for i, v := range states[1] {
			require.Equal(t, bits(v.Values), bits(states[0][i].Values), "%s with %+v", v.Name, p)
		}
	}
}

// choices are the default parameters and those that differ from them by one
// value of one field that chooses among names.
func choices(t *testing.T, m neurons.Model) []any {
	all := []any{params(m)}
	if m.Params == nil {
		return all
	}
	for _, f := range config.Fields(reflect.TypeOf(m.Params)) {
		for _, name := range f.Enum {
			if name == f.Default {
				continue
			}
			tree, err := config.Parse("test.yaml", []byte(f.Key+": "+name+"\n"))
			require.NoError(t, err)
			p := m.Entry.New()
			require.Empty(t, tree.Decode(p, nil))
			all = append(all, p)
		}
	}
	return all
}

// bits shows float64 values as they are stored, so that -0 is not 0.
func bits(values any) any {
	x, ok := values.([]float64)
	if !ok {
		return values
	}
	b := make([]uint64, len(x))
	for i, v := range x {
		b[i] = math.Float64bits(v)
	}
	return b
}
