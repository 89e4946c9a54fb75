package drives_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/neurons/drives"
	"github.com/synohm/synohm/neurons/drives/drivestest"
	"github.com/synohm/synohm/sim"
)

// arrivals are the steps in which something arrives at the first neuron, and
// how much.
func arrivals(d sim.Drive, size, until int) (at []int, much []float32) {
	each(d, size, 0, until, func(step int, spikes []float32, _ []float64) {
		if spikes[0] != 0 {
			at, much = append(at, step), append(much, spikes[0])
		}
	})
	return at, much
}

// R26: the rules of NEST's spike_generator for times on and off the grid, as
// stamps in steps. A spike stamped m arrives with a delay of D in step m-1+D.
func TestSpikeTimesOnTheGrid(t *testing.T) {
	const delay = 7
	for name, c := range map[string]struct {
		params string
		stamps []int
	}{
		"near the grid": {"spike_times: [1.0 ms, 1.9999 ms, 3.0001 ms]", []int{10, 20, 30}},
		"off the grid":  {"spike_times: [1.0 ms, 1.05 ms, 3.0001 ms]\nallow_offgrid: true", []int{10, 11, 30}},
		"earliest":      {"spike_times: [0.1 ms]", []int{1}},
		"in the window": {"spike_times: [1 ms, 1.1 ms, 2 ms, 2.1 ms]\nstart: 1 ms\nstop: 2 ms", []int{11, 20}},
	} {
		t.Run(name, func(t *testing.T) {
			d := drive(t, "spike_generator", c.params, drives.Setting{Size: 3, StepMS: 0.1, Weight: 2, Delay: delay})
			var want []int
			for _, m := range c.stamps {
				want = append(want, m-1+delay)
			}
			at, much := arrivals(d, 3, 60)
			require.Equal(t, want, at)
			for _, w := range much {
				require.EqualValues(t, 2, w)
			}
			m := model(t, "spike_generator")
			p, err := m.Emit(drives.Setting{Size: 20, StepMS: 0.1}, sim.Part{Lo: 16, Hi: 20}, drivestest.Decode(t, m, c.params))
			require.NoError(t, err)
			var stamps []int
			for k := range 60 {
				if spikes := p.Advance(sim.Input{Step: int64(k)}, nil); len(spikes) > 0 {
					require.Equal(t, []int32{0, 1, 2, 3}, spikes)
					stamps = append(stamps, k+1)
				}
			}
			require.Equal(t, c.stamps, stamps)
		})
	}
}

func TestSpikeWeightsAndTrains(t *testing.T) {
	d := drive(t, "spike_generator", "spike_times: [1 ms, 2 ms, 2 ms]\nspike_weights: [3, 0.5, 1]", drives.Setting{Size: 1, StepMS: 0.1, Weight: -2, Delay: 1})
	at, much := arrivals(d, 1, 60)
	require.Equal(t, []int{10, 20}, at)
	require.Equal(t, []float32{-6, -3}, much)

	const trains = "spike_trains: [[2 ms, 3 ms], [], [1 ms, 2 ms]]"
	s := drives.Setting{Size: 3, StepMS: 1, Weight: 1, Delay: 1}
	var rows [][]float32
	each(drive(t, "spike_generator", trains, s), 3, 0, 5, func(_ int, spikes []float32, _ []float64) {
		rows = append(rows, append([]float32(nil), spikes...))
	})
	require.Equal(t, [][]float32{{0, 0, 0}, {0, 0, 1}, {1, 0, 1}, {1, 0, 0}, {0, 0, 0}}, rows)
	m := model(t, "spike_generator")
	p, err := m.Emit(s, sim.Part{Lo: 0, Hi: 3}, drivestest.Decode(t, m, trains))
	require.NoError(t, err)
	var sent [][]int32
	for k := range 4 {
		sent = append(sent, p.Advance(sim.Input{Step: int64(k)}, nil))
	}
	require.Equal(t, [][]int32{{2}, {0, 2}, {0}, nil}, sent)
}

func TestSpikeGeneratorRefuses(t *testing.T) {
	m := model(t, "spike_generator")
	for text, want := range map[string]string{
		"spike_times: [2 ms, 1 ms]":                        "spike_times: a list: must ascend; 1 ms comes after 2 ms",
		"spike_times: [-1 ms]":                             "spike_times[0]: -1 ms: must be in (0, inf) ms",
		"spike_times: [0 ms]":                              "spike_times[0]: 0 ms: must be in (0, inf) ms",
		"spike_times: [1 ms]\nspike_weights: [1, 2]":       "spike_weights: a list: has 2 values, spike_times has 1",
		"spike_times: [1 ms]\nspike_weights: [-1]":         "spike_weights[0]: -1: must be in [0, inf)",
		"spike_trains: [[1 ms]]\nspike_weights: [1]":       "spike_weights: a list: has 1 values, spike_times has 0",
		"spike_trains: [[1 ms], [3 ms, 2 ms]]":             "spike_trains: a list: train 1 must ascend; 2 ms comes after 3 ms",
		"spike_trains: [[1 ms], [3]]":                      `spike_trains[1][0]: 3: "3" has no unit`,
		"spike_trains: [1 ms]":                             "spike_trains[0]: 1 ms: expected a list",
		"spike_trains: [[1 ms]]\nspike_times: [1 ms]":      "spike_trains: a list: has no meaning beside spike_times",
		"spike_times: [1 ms]\nstart: 5 ms\nstop: 1 ms":     "stop: 1 ms: must not be before start",
		"spike_times: [1 ms]\nallow_offgrid_times: true\n": `allow_offgrid_times: unknown key; did you mean "allow_offgrid"?`,
	} {
		tree, err := config.Parse("f.yaml", []byte(text))
		require.NoError(t, err)
		require.ErrorContains(t, tree.Decode(m.Entry.New(), nil).Err(), want, text)
	}
	s := drives.Setting{Size: 2, StepMS: 0.1, Delay: 1}
	for text, want := range map[string]string{
		"spike_times: [1.05 ms]":            "spike_times: 1.05 ms is off the grid of 0.1 ms; the next ones on it are 1 and 1.1 ms, or set allow_offgrid to move it to the second",
		"spike_times: [1e-9 ms]":            "spike_times: 1e-09 ms would be made before the run begins; the first possible time is 0.1 ms",
		"spike_trains: [[1 ms]]":            "spike_trains: has 1 lists for 2 trains",
		"spike_trains: [[1 ms], [1.01 ms]]": "spike_trains: 1.01 ms is off the grid",
	} {
		_, err := m.New(s, drivestest.Decode(t, m, text))
		require.ErrorContains(t, err, want, text)
	}
	for text, want := range map[string]string{
		"spike_times: [1 ms, 1.00001 ms]":         "spike_times: has two spikes of a train at 1 ms; where projections come from it, a train has one spike a step at most",
		"spike_trains: [[1 ms], [1 ms, 1 ms]]":    "spike_trains: has two spikes of a train at 1 ms",
		"spike_times: [1 ms]\nspike_weights: [2]": "spike_weights: has no meaning where projections come from it",
	} {
		_, err := m.Emit(s, sim.Part{Hi: 2}, drivestest.Decode(t, m, text))
		require.ErrorContains(t, err, want, text)
	}
}
