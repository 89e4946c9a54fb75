package drives

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/sim"
)

// eventSpikes is spike_generator at exact times: as they are given, on no grid.
type eventSpikes struct {
	setting EventSetting
	times   [][]float64 // [train], or one list for all, ms
	factors []float64   // of the weight, by spike; nil for 1
	at      []int64     // [train]: its next spike
}

func newEventSpikes(s EventSetting, p *SpikeGeneratorParams) (*eventSpikes, error) {
	if s.Sends && len(p.SpikeWeights) > 0 {
		return nil, config.FieldError{Field: "spike_weights", Rule: "has no meaning where projections come from it, since spikes are all alike there; drive the population itself (to)"}
	}
	d := &eventSpikes{setting: s, at: make([]int64, s.Size)}
	active := func(t float64) bool { return t > p.Start && t <= p.Stop }
	if len(p.SpikeTrains) == 0 {
		d.times = make([][]float64, 1)
		for i, t := range p.SpikeTimes {
			if !active(t) {
				continue
			}
			d.times[0] = append(d.times[0], t)
			if len(p.SpikeWeights) > 0 {
				d.factors = append(d.factors, p.SpikeWeights[i])
			}
		}
		return d, nil
	}
	if len(p.SpikeTrains) != s.Size {
		return nil, config.FieldError{Field: "spike_trains", Rule: fmt.Sprintf("has %d lists for %d trains; there must be one for each", len(p.SpikeTrains), s.Size)}
	}
	for _, train := range p.SpikeTrains {
		var kept []float64
		for _, t := range train {
			if active(t) {
				kept = append(kept, t)
			}
		}
		d.times = append(d.times, kept)
	}
	return d, nil
}

// State is how far every train has come.
func (d *eventSpikes) State() []sim.Variable { return []sim.Variable{{Name: "at", Values: d.at}} }

// Next is when the next spike of a train arrives.
func (d *eventSpikes) Next(train int32) float64 {
	times := d.times[0]
	if len(d.times) > 1 {
		times = d.times[train]
	}
	if k := d.at[train]; k >= 0 && k < int64(len(times)) {
		return times[k] + d.setting.Delay
	}
	return math.Inf(1)
}

// Take goes past that spike.
func (d *eventSpikes) Take(train int32) float32 {
	k := d.at[train]
	d.at[train]++
	if d.factors == nil {
		return d.setting.Weight
	}
	return float32(d.setting.Weight * float32(d.factors[k]))
}
