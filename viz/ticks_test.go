package viz

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestRoundTicks(t *testing.T) {
	labels := func(lo, hi float64) (l []string) {
		for _, k := range (roundTicks{}).Ticks(lo, hi) {
			if k.Label != "" {
				l = append(l, k.Label)
			}
		}
		return l
	}
	require.Equal(t, []string{"0", "50", "100", "150", "200", "250", "300"}, labels(0, 300))
	require.Equal(t, []string{"-10", "-5", "0", "5", "10"}, labels(-12, 12))
	require.Equal(t, []string{"4"}, labels(4, 4))
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-1e6, 1e6).Draw(t, "lo")
		hi := lo + math.Pow(10, rapid.Float64Range(-3, 6).Draw(t, "decades"))
		l := labels(lo, hi)
		require.GreaterOrEqual(t, len(l), 3)
		require.LessOrEqual(t, len(l), 10)
	})
}
