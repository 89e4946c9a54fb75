package drives_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"

	"github.com/synohm/synohm/neurons/drives"
	"github.com/synohm/synohm/sim"
)

func eventDrive(t testing.TB, m drives.Model, s drives.EventSetting, params any) sim.EventDrive {
	d, err := m.Event(s, params)
	require.NoError(t, err)
	return d
}

// take goes past spikes of a train until a time.
func take(d sim.EventDrive, train int32, until float64) (times []float64) {
	for d.Next(train) <= until {
		times = append(times, d.Next(train))
		d.Take(train)
	}
	return times
}

// The gaps have the exponential distribution: mean, coefficient of variation
// 1, and Kolmogorov and Smirnov's distance below its value at p = 0.001.
func TestEventPoissonHasExponentialGaps(t *testing.T) {
	set := drives.EventSetting{Size: 3, Seed: 7, Weight: 2, Delay: 1.5}
	d := eventDrive(t, drives.PoissonGeneratorModel(), set, &drives.PoissonGeneratorParams{Rate: 1000, Active: drives.Active{Start: 5, Stop: 1e12}})
	times := take(d, 1, 40000)
	require.Greater(t, times[0], 6.5)
	var gaps, p []float64
	last := 6.5 // start and delay
	for _, at := range times {
		gaps = append(gaps, at-last)
		p = append(p, -math.Expm1(-(at - last)))
		last = at
	}
	n := math.Sqrt(float64(len(gaps)))
	mean, std := stat.MeanStdDev(gaps, nil)
	require.InDelta(t, 1, mean, 4/n)
	require.InDelta(t, 1, std/mean, 4/n)
	even := make([]float64, 200000)
	for i := range even {
		even[i] = (float64(i) + 0.5) / float64(len(even))
	}
	sorted := append([]float64(nil), p...)
	stat.SortWeighted(sorted, nil)
	require.Less(t, stat.KolmogorovSmirnov(sorted, nil, even, nil), 1.95/n)
	require.NotEqual(t, take(d, 0, 100), take(d, 2, 100), "trains are independent")
	require.Equal(t, float32(2), d.Take(1))
}

func TestEventPoissonDependsOnNothingButTheSpike(t *testing.T) {
	p := &drives.PoissonGeneratorParams{Rate: 500, Active: drives.Active{Stop: 100}}
	whole := eventDrive(t, drives.PoissonGeneratorModel(), drives.EventSetting{Size: 2, Seed: 7}, p)
	want := take(whole, 1, 1000)
	require.NotEmpty(t, want)
	require.LessOrEqual(t, want[len(want)-1], 100.0)
	require.True(t, math.IsInf(whole.Next(1), 1))
	larger := eventDrive(t, drives.PoissonGeneratorModel(), drives.EventSetting{Size: 50, Seed: 7}, p)
	take(larger, 0, 50)
	require.Equal(t, want, take(larger, 1, 1000))
	silent := eventDrive(t, drives.PoissonGeneratorModel(), drives.EventSetting{Size: 1}, &drives.PoissonGeneratorParams{Active: drives.Active{Stop: 1e12}})
	require.True(t, math.IsInf(silent.Next(0), 1))
}

func TestEventSpikeGeneratorKeepsItsTimes(t *testing.T) {
	m := drives.SpikeGeneratorModel()
	all := eventDrive(t, m, drives.EventSetting{Size: 2, Weight: 3, Delay: 1}, &drives.SpikeGeneratorParams{
		SpikeTimes: []float64{0.1234567, 2, 2, 7}, SpikeWeights: []float64{1, 2, 3, 4}, Active: drives.Active{Start: 0.5, Stop: 2},
	})
	require.Equal(t, 3.0, all.Next(1))
	require.Equal(t, float32(6), all.Take(1))
	require.Equal(t, float32(9), all.Take(1))
	require.True(t, math.IsInf(all.Next(1), 1))
	require.Equal(t, 3.0, all.Next(0))
	own := eventDrive(t, m, drives.EventSetting{Size: 2}, &drives.SpikeGeneratorParams{SpikeTrains: [][]float64{{}, {0.1234567}}, Active: drives.Active{Stop: 9}})
	require.Equal(t, []float64{0.1234567}, take(own, 1, 10))
	require.Empty(t, take(own, 0, 10))
	_, err := m.Event(drives.EventSetting{Size: 3}, &drives.SpikeGeneratorParams{SpikeTrains: [][]float64{{}}})
	require.ErrorContains(t, err, "has 1 lists for 3 trains")
	_, err = m.Event(drives.EventSetting{Size: 1, Sends: true}, &drives.SpikeGeneratorParams{SpikeTimes: []float64{1}, SpikeWeights: []float64{1}})
	require.ErrorContains(t, err, "has no meaning where projections come from it")
	require.Equal(t, []string{"poisson_generator", "spike_generator"}, drives.EventModels())
}
