package events_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/tasks/events"
)

func TestSources(t *testing.T) {
	for _, c := range []struct {
		f    events.Framing
		n    int
		rule string
	}{
		{events.Framing{Crop: 32, Pool: 2}, 256, ""},
		{events.Framing{Crop: 16, Pool: 1}, 256, ""},
		{events.Framing{Pool: 1}, 34 * 34, ""},
		{events.Framing{Crop: 35, Pool: 1}, 0, "crop of 35 pixels does not fit the 34 x 34 sensor"},
		{events.Framing{Crop: 32, Pool: 3}, 0, "pool of 3 pixels does not divide 32 x 32"},
		{events.Framing{Pool: 0}, 0, "pool of 0"},
	} {
		n, err := c.f.Sources(34, 34)
		if c.rule != "" {
			require.ErrorContains(t, err, c.rule)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.n, n)
	}
}

func TestCutByHand(t *testing.T) {
	s := events.Stream{Width: 6, Height: 6, Events: []events.Event{
		{T: 0, X: 0, Y: 0, On: true},  // outside the crop
		{T: 1, X: 1, Y: 1, On: true},  // pool 0
		{T: 2, X: 2, Y: 2, On: true},  // pool 0 again: one spike, two counts
		{T: 9, X: 4, Y: 1, On: false}, // OFF
		{T: 10, X: 4, Y: 4, On: true}, // pool 3, on the edge of the second step
		{T: 20, X: 1, Y: 1, On: true}, // after the last step
	}}
	f, err := events.Framing{Crop: 4, Pool: 2, Polarity: "on"}.Cut(s, 2, 10)
	require.NoError(t, err)
	require.Equal(t, [][]int32{{0}, {3}}, f.Spikes)
	require.Equal(t, []float32{2, 0, 0, 1}, f.Counts)
	f, err = events.Framing{Crop: 4, Pool: 2, Polarity: "off"}.Cut(s, 2, 10)
	require.NoError(t, err)
	require.Equal(t, []float32{0, 1, 0, 0}, f.Counts)
}

// The counts of both polarities are the sum of each, and every spike has a
// count behind it.
func TestCutCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := events.Stream{Width: 8, Height: 8}
		at := int32(0)
		for range rapid.IntRange(0, 80).Draw(t, "n") {
			at += rapid.Int32Range(0, 5).Draw(t, "dt")
			s.Events = append(s.Events, events.Event{T: at, X: rapid.Uint16Range(0, 7).Draw(t, "x"), Y: rapid.Uint16Range(0, 7).Draw(t, "y"), On: rapid.Bool().Draw(t, "on")})
		}
		cut := func(polarity string) events.Frames {
			f, err := events.Framing{Pool: 2, Polarity: polarity}.Cut(s, 40, 10)
			require.NoError(t, err)
			return f
		}
		on, off, both := cut("on"), cut("off"), cut("both")
		total := float32(0)
		for i := range both.Counts {
			require.Equal(t, both.Counts[i], on.Counts[i]+off.Counts[i])
			total += both.Counts[i]
		}
		require.Equal(t, float32(len(s.Events)), total)
		seen := map[int32]bool{}
		for _, frame := range both.Spikes {
			for i, k := range frame {
				require.True(t, i == 0 || k > frame[i-1], "ascending")
				require.Positive(t, both.Counts[k])
				seen[k] = true
			}
		}
		for i, n := range both.Counts {
			require.Equal(t, n > 0, seen[int32(i)])
		}
	})
}
