package layers_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/neurons/layers"
	"github.com/synohm/synohm/sim"
)

func TestLocal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, in := drawWindow(t)
		s := &layers.Local{Channels: rapid.IntRange(1, 5).Draw(t, "channels"), Window: w, Init: layers.Init{Gain: 1}}
		holds(t, s, in, sums(w, in, func(l sim.Layer, place int) (m, bias []float32) {
			p := l.Parameters()
			return p[place].Values(), p[len(p)-1].Values()[place*s.Channels:][:s.Channels]
		}))
	})
}

// Places begin with weights of their own.
func TestPlacesOfLocalDiffer(t *testing.T) {
	l := made(t, &layers.Local{Channels: 4, Window: layers.Window{Kernel: 2, Stride: 2}, Init: layers.Init{Gain: 1}}, sim.Extent{Rows: 4, Cols: 4, Channels: 1}, 1)
	require.Len(t, l.Parameters(), 5)
	for i, p := range l.Parameters()[:4] {
		for _, q := range l.Parameters()[:i] {
			require.NotEqual(t, p.Values(), q.Values())
		}
	}
}
