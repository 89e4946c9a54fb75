package rules

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/learning/learningtest"
	"github.com/synohm/synohm/neurons/layers"
)

// Windows is layers that share weights, layers that do not, and layers without
// any.
func windows() []layers.Spec {
	init := layers.Init{Draw: "normal", Gain: 1.4}
	return []layers.Spec{
		&layers.Conv{Channels: 8, Window: layers.Window{Kernel: 3, Stride: 1, Pad: 1}, Init: init},
		&layers.Pool{Of: "max", Kernel: 2},
		&layers.Local{Channels: 6, Window: layers.Window{Kernel: 3, Stride: 1}, Init: init},
		&layers.Pool{Of: "mean", Kernel: 2},
		&layers.Dense{Size: 12, Init: init},
	}
}

// Rules keep their contract on layers of every kind.
func TestRulesOnLayersOfEveryKind(t *testing.T) {
	for name, reaches := range map[string]float64{"bp": 0.3, "ff": 0.3, "ff-collab": 0.4} {
		t.Run(name, func(t *testing.T) {
			e, ok := Catalog().Find(name)
			require.True(t, ok)
			learningtest.Contract(t, learningtest.Rule(e), learningtest.Options{Specs: windows(), Error: reaches})
		})
	}
}

// Forward-forward learns in layers of local fields, of which but some see the
// label.
func TestForwardForwardOnLocalFields(t *testing.T) {
	e, ok := Catalog().Find("ff")
	require.True(t, ok)
	init := layers.Init{Draw: "normal", Gain: 1}
	learningtest.Contract(t, learningtest.Rule(e), learningtest.Options{Error: 0.3, Specs: []layers.Spec{
		&layers.Local{Channels: 8, Window: layers.Window{Kernel: 7, Stride: 1}, Init: init},
		&layers.Local{Channels: 8, Window: layers.Window{Kernel: 2, Stride: 1}, Init: init},
	}})
}
