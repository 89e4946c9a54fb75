package ensembles

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/learningtest"
	"github.com/synohm/synohm/sim"
)

// The limits of the definition: one unit alone, and all alike.
func TestHoyer(t *testing.T) {
	s, ok := Hoyer([]float32{0, 0, 3, 0})
	require.True(t, ok)
	require.Equal(t, 1.0, s)
	s, ok = Hoyer([]float32{2, 2, 2, 2, 2})
	require.True(t, ok)
	require.InDelta(t, 0, s, 1e-12)
	// Two of four alike: (2 - sqrt 2) / (2 - 1).
	s, _ = Hoyer([]float32{1, 0, 1, 0})
	require.InDelta(t, 2-math.Sqrt2, s, 1e-12)
	_, ok = Hoyer(make([]float32, 7))
	require.False(t, ok, "no activity")
	_, ok = Hoyer([]float32{1})
	require.False(t, ok, "one unit is neither sparse nor not")
}

// It lies from 0 to 1, whatever the sign, and does not depend on the scale.
func TestHoyerHasNoScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := rapid.SliceOfN(rapid.Float32Range(-10, 10), 2, 50).Draw(t, "h")
		h[0] = 1
		s, ok := Hoyer(h)
		require.True(t, ok)
		require.True(t, s >= 0 && s <= 1)
		for i := range h {
			h[i] *= -4
		}
		again, _ := Hoyer(h)
		require.InDelta(t, s, again, 1e-9)
	})
}

// Class 0 has units 0 and 1, class 1 has 1 and 2, class 2 was never seen.
func made() *Layer {
	l := NewLayer(Settings{Level: 0.1, Reliable: 0.5}, 4, 3)
	l.Add(0, []float32{2, 1, 0, 0})
	l.Add(0, []float32{4, 1, 0.3, 0}) // 0.3 is below a tenth of 4
	l.Add(0, []float32{1, 0, 0, 1})   // unit 3 is active once in four examples
	l.Add(0, []float32{0, 0, 0, 0})
	l.Add(1, []float32{0, 1, 1, 0})
	return l
}

func TestEnsembles(t *testing.T) {
	l := made()
	require.Equal(t, 5, l.Examples())
	require.Equal(t, 1, l.Silent)
	require.Equal(t, []int{0, 1}, l.Ensemble(0))
	require.Equal(t, []int{1, 2}, l.Ensemble(1))
	require.Empty(t, l.Ensemble(2))
	require.False(t, l.Seen(2))
	require.Equal(t, 2.0, l.Size())
	require.InDelta(t, 1.0/3, l.Overlap(0, 1), 1e-12)
	require.Equal(t, 1.0, l.Overlap(1, 1))
	require.True(t, math.IsNaN(l.Overlap(2, 2)))
	require.InDelta(t, 7.0/4, l.Mean(0, 0), 1e-12)
	require.InDelta(t, 1.0/3, l.MeanOverlap(), 1e-12, "without the class that was not seen")
	want := 0.0
	for _, h := range [][]float32{{2, 1, 0, 0}, {4, 1, 0.3, 0}, {1, 0, 0, 1}, {0, 1, 1, 0}} {
		s, _ := Hoyer(h)
		want += s / 4
	}
	require.InDelta(t, want, l.Sparsity(), 1e-12, "without the silent example")
}

func TestFigures(t *testing.T) {
	figures := (&Analysis{Layers: []*Layer{made()}}).Figures()
	require.Len(t, figures, 4)
	// Units 0 and 3 prefer class 0, 1 (mean 1 against 1/2) and 2 class 1.
	require.Equal(t, []float64{1.75, 0.25, 0.5, 0.075, 0, 0, 1, 1, 0, 0, 0, 0}, rounded(figures[0].Snapshots[0].Values))
	require.Equal(t, sim.KindMatrix, figures[1].Snapshots[0].Kind)
	require.Equal(t, []float64{0, 2, 1, 2}, figures[2].Snapshots[0].Values)
	require.Empty(t, (&Analysis{Layers: []*Layer{NewLayer(Settings{}, 2, 2)}}).Figures(), "nothing was named rightly")
}

func rounded(v []float64) (out []float64) {
	for _, x := range v {
		out = append(out, math.Round(x*1e6)/1e6)
	}
	return out
}

// A network that is right about even examples, and whose only layer has the
// label's unit active.
type network struct{ learning.Learner }

func (network) Scores(_ context.Context, _ sim.Key, b learning.Batch, scores []float32) error {
	clear(scores)
	for i, y := range b.Y {
		k := int(y)
		if b.Index[i]%2 == 1 {
			k = (k + 1) % learningtest.Classes
		}
		scores[i*learningtest.Classes+k] = 1
	}
	return nil
}

func (network) Activities(_ context.Context, _ sim.Key, b learning.Batch) ([][]float32, error) {
	h := make([]float32, b.N*8)
	for i, y := range b.Y {
		h[i*8+int(y)] = 3
	}
	return [][]float32{h}, nil
}

func TestOfCountsWhatIsNamedRightly(t *testing.T) {
	data := learningtest.Quadrants{N: 500, Seed: 1}
	tr := &learning.Training{Trainer: learning.Trainer{Batch: 1}, Learner: network{}, Classes: learningtest.Classes, Train: data}
	require.NoError(t, tr.Begin())
	a, err := Of(context.Background(), Settings{Level: 0.1, Reliable: 0.5}, tr, data)
	require.NoError(t, err)
	l := a.Layers[0]
	require.Equal(t, 250, l.Examples())
	for c := range learningtest.Classes {
		require.Equal(t, c%2 == 0, l.Seen(c)) // the class is the number modulo 4
	}
	require.Equal(t, map[string]float64{"sparsity_1": 1, "silent_1": 0, "ensemble_units_1": 1, "ensemble_overlap_1": 0}, a.Results())
	tr.Learner = struct{ learning.Learner }{network{}}
	_, err = Of(context.Background(), Settings{}, tr, data)
	require.ErrorContains(t, err, "does not show")
}
