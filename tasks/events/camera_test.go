package events_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/tasks/events"
)

// camera gives the default camera, changed.
func camera(change func(*events.Camera)) events.Camera {
	var c events.Camera
	config.Defaults(&c, nil)
	if change != nil {
		change(&c)
	}
	return c
}

// bar is an image with a white vertical bar.
func bar(side, from, to int) []uint8 {
	img := make([]uint8, side*side)
	for y := range side {
		for x := from; x < to; x++ {
			img[y*side+x] = 255
		}
	}
	return img
}

func record(t testing.TB, c events.Camera, img []uint8, side int, seed uint64, trial uint32) events.Stream {
	s, err := events.NewRecorder(c, seed).Record(img, side, side, trial)
	require.NoError(t, err)
	return s
}

func TestAStillSceneIsSilent(t *testing.T) {
	require.Empty(t, record(t, camera(nil), make([]uint8, 28*28), 28, 1, 0).Events, "nothing moves where all is black")
	c := camera(func(c *events.Camera) { c.Amplitude = 0 })
	require.Empty(t, record(t, c, bar(28, 10, 14), 28, 1, 0).Events, "nothing moves where the camera stands still")
}

// A pixel's log intensity goes from log(floor) to log(floor + 1) and back, so
// without a refractory time it makes floor(log((floor+1)/floor) / threshold)
// ON events on the way up, and as many OFF events on the way down when the
// thresholds are equal. The path ends where it began, so each pixel's events
// balance to within the one threshold that its memory can be off.
func TestEventsBalanceOverTheClosedPath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := camera(func(c *events.Camera) {
			c.Refractory = 0
			c.ThresholdOn = rapid.Float64Range(0.1, 1).Draw(t, "threshold")
			c.ThresholdOff = c.ThresholdOn
			c.Amplitude = rapid.Float64Range(0.5, 4).Draw(t, "amplitude")
		})
		img := rapid.SliceOfN(rapid.Byte(), 36, 36).Draw(t, "image")
		s, err := events.NewRecorder(c, 1).Record(img, 6, 6, 0)
		require.NoError(t, err)
		net := make([]int, s.Width*s.Height)
		for i, e := range s.Events {
			require.Less(t, int(e.X), s.Width)
			require.Less(t, int(e.Y), s.Height)
			require.True(t, e.T >= 0 && float64(e.T) <= c.Duration)
			if i > 0 {
				require.GreaterOrEqual(t, e.T, s.Events[i-1].T)
			}
			if e.On {
				net[int(e.Y)*s.Width+int(e.X)]++
			} else {
				net[int(e.Y)*s.Width+int(e.X)]--
			}
		}
		for i, d := range net {
			require.LessOrEqual(t, d*d, 1, "pixel %d", i)
		}
	})
}

// One edge that sweeps over a pixel: the number of events is known.
func TestTheContrastSetsTheNumberOfEvents(t *testing.T) {
	c := camera(func(c *events.Camera) {
		c.Refractory, c.Floor, c.Amplitude = 0, 0.1, 4
		c.ThresholdOn, c.ThresholdOff = 0.3, 0.3
	})
	// log(1.1/0.1) = 2.398 holds 7 thresholds of 0.3.
	s := record(t, c, bar(28, 0, 14), 28, 1, 0)
	counts := map[[2]uint16]int{}
	first := map[[2]uint16]bool{}
	for _, e := range s.Events {
		k := [2]uint16{e.X, e.Y}
		if _, seen := first[k]; !seen {
			first[k] = e.On
		}
		if e.On == first[k] {
			counts[k]++
		}
	}
	// Sensor column 17 at half height sees the edge pass completely once each
	// way: seven events of the polarity that comes first.
	require.Equal(t, int(math.Floor(math.Log(11)/0.3)), counts[[2]uint16{17, 17}])
}

func TestRefractoryTimeSeparatesEventsOfAPixel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := camera(func(c *events.Camera) { c.Refractory = rapid.Float64Range(100, 50_000).Draw(t, "refractory") })
		s, err := events.NewRecorder(c, 1).Record(bar(28, 8, 15), 28, 28, 0)
		require.NoError(t, err)
		require.NotEmpty(t, s.Events)
		last := map[[2]uint16]int32{}
		for _, e := range s.Events {
			k := [2]uint16{e.X, e.Y}
			if before, ok := last[k]; ok {
				require.GreaterOrEqual(t, float64(e.T-before), c.Refractory-1) // times are cut to whole us
			}
			last[k] = e.T
		}
	})
}

// The background is a Poisson process of the given rate on every pixel, half
// of it ON; hot pixels add theirs.
func TestNoiseHasItsRate(t *testing.T) {
	count := func(c events.Camera) (n, on int) {
		r := events.NewRecorder(c, 3)
		for trial := range uint32(50) {
			s, err := r.Record(make([]uint8, 28*28), 28, 28, trial)
			require.NoError(t, err)
			for _, e := range s.Events {
				n++
				if e.On {
					on++
				}
			}
		}
		return n, on
	}
	n, on := count(camera(func(c *events.Camera) { c.Background = 5 }))
	want := 5 * 0.3 * 34 * 34 * 50
	require.InDelta(t, want, float64(n), 4*math.Sqrt(want))
	require.InDelta(t, 0.5*float64(n), float64(on), 2*math.Sqrt(float64(n)))

	n, _ = count(camera(func(c *events.Camera) { c.HotPixels, c.HotRate = 1, 20 }))
	require.InDelta(t, 4*want, float64(n), 4*math.Sqrt(4*want))
	n, _ = count(camera(func(c *events.Camera) { c.HotPixels, c.HotRate = 0.1, 20 }))
	// The number of hot pixels is binomial: 115.6 with a deviation of 10.2.
	require.InDelta(t, 0.4*want, float64(n), 0.4*want*4*10.2/115.6)
}

func TestRecordingsDependOnSeedAndTrialAlone(t *testing.T) {
	c := camera(func(c *events.Camera) { c.Background, c.Mismatch = 5, 0.1 })
	img := bar(28, 10, 14)
	first := record(t, c, img, 28, 1, 4)
	r := events.NewRecorder(c, 1)
	_, err := r.Record(bar(28, 1, 2), 28, 28, 9) // something else before
	require.NoError(t, err)
	again, err := r.Record(img, 28, 28, 4)
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.NotEqual(t, first, record(t, c, img, 28, 1, 5))
	require.NotEqual(t, first, record(t, c, img, 28, 2, 4))
}

func TestRecordRefusesImagesThatDoNotFit(t *testing.T) {
	r := events.NewRecorder(camera(nil), 1)
	_, err := r.Record(make([]uint8, 40*40), 40, 40, 0)
	require.ErrorContains(t, err, "40 x 40 pixels does not fit the 34 x 34 sensor")
	_, err = r.Record(make([]uint8, 3), 2, 2, 0)
	require.Error(t, err)
}

func BenchmarkRecord(b *testing.B) {
	r := events.NewRecorder(camera(nil), 1)
	img := bar(28, 10, 14)
	n := 0
	for b.Loop() {
		s, err := r.Record(img, 28, 28, 0)
		if err != nil {
			b.Fatal(err)
		}
		n += len(s.Events)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}
