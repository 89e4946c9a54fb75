// Package devicetest is the contract that every cell model keeps.
package devicetest

import (
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/config"
)

// Check holds a cell to the contract, with its default parameters.
func Check(t *testing.T, m devices.Model) {
	require.NotEmpty(t, m.Summary)
	require.NotEmpty(t, m.Equation)
	require.NotEmpty(t, m.Reference)
	p := m.Entry.New()
	if p != nil {
		for _, f := range config.Fields(reflect.TypeOf(p)) {
			require.NotEmpty(t, f.Doc, "%s has no doc", f.Key)
		}
		config.Defaults(p, nil)
	}
	cell := m.New(p)
	const n = 40_003
	whole := make([]float32, n)
	cell.Form(whole, 5, 0)

	t.Run("split", func(t *testing.T) {
		parts := make([]float32, n)
		cell.Form(parts[:1001], 5, 0)
		cell.Form(parts[1001:], 5, 1001)
		require.Equal(t, whole, parts, "a cell does not depend on who else was formed with it")
		other := make([]float32, n)
		cell.Form(other, 6, 0)
		require.NotEqual(t, whole, other, "another seed gives other cells")
	})
	t.Run("moments", func(t *testing.T) {
		var sum, sum2 float64
		for i, g := range whole {
			require.GreaterOrEqual(t, g, float32(0), "cell %d", i)
			require.GreaterOrEqual(t, cell.ReadSigma(g), float32(0))
			sum += float64(g)
			sum2 += float64(g) * float64(g)
		}
		mean, std := cell.Moments()
		got := sum / n
		require.InDelta(t, mean, got, 5*std/math.Sqrt(n)+1e-6*mean)
		require.InDelta(t, std, math.Sqrt(math.Max(0, sum2/n-got*got)), 5*std/math.Sqrt(2*n)+1e-4*mean)
	})
}
