package neurons

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/config"
)

// The oracle looks at the closed form every 5 us. Half of the thresholds are
// put just below the highest potential that it sees, so that the crossing is
// as short as can be seen.
func TestNoCrossingIsMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		current := func(label string) float64 { return rapid.Float64Range(-3000, 3000).Draw(t, label) }
		tau := func(label string) float64 {
			return rapid.SampledFrom([]float64{0.3, 2, 2.0000001, 5, 10}).Draw(t, label)
		}
		p := IAFPscAlphaParams{}
		config.Defaults(&p, nil)
		p.TauSynEx, p.TauSynIn, p.IE = tau("ex"), tau("in"), rapid.Float64Range(-200, 500).Draw(t, "i_e")
		n := newIAFPscAlphaEvent(1, &p)
		s := pscState{rapid.Float64Range(-90, -56).Draw(t, "v"),
			pscCurrent{current("i ex"), current("j ex"), p.TauSynEx}, pscCurrent{current("i in"), current("j in"), p.TauSynIn}}
		const h, steps = 0.005, 8000
		highest := math.Inf(-1)
		for k := 0; k <= steps; k += 4 {
			highest = max(highest, n.after(s, float64(k)*h).v)
		}
		if just := rapid.Bool().Draw(t, "just"); just && highest > s.v+1e-6 {
			n.vTh = highest - 1e-9
		}
		x := n.crossing(s, rapid.SampledFrom([]float64{0, 3, 1e6}).Draw(t, "time"))
		if !math.IsInf(x, 1) {
			require.InDelta(t, n.vTh, n.after(s, x).v, 1e-6, "at the crossing")
		}
		for k := 0; k <= steps; k += 4 {
			at := float64(k) * h
			if n.after(s, at).v >= n.vTh {
				require.LessOrEqual(t, x, at+1e-9, "the potential is above the threshold at %g ms", at)
				break
			}
		}
		// Nor is it found late: before it the potential is below.
		for k := range 500 {
			at := float64(k) / 500 * min(x, steps*h)
			require.Less(t, n.after(s, at).v, n.vTh+1e-9)
		}
	})
}

func BenchmarkCrossing(b *testing.B) {
	p := IAFPscAlphaParams{}
	config.Defaults(&p, nil)
	n := newIAFPscAlphaEvent(1, &p)
	for _, c := range []struct {
		name string
		j    float64
	}{{"none", 100}, {"near", 800}, {"one", 4000}} {
		b.Run(c.name, func(b *testing.B) {
			s := pscState{-65, pscCurrent{50, c.j, 2}, pscCurrent{-50, -30, 2}}
			for b.Loop() {
				n.crossing(s, 100)
			}
		})
	}
}
