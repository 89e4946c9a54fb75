package drives

import (
	"math"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// eventPoisson is poisson_generator at exact times: the gaps between the
// spikes of a train are exponential,
//
//	gap = -ln(u) / rate,  u uniform in (0, 1) of 53 bits
//
// and u is a function of the seed, the train and the number of the spike.
type eventPoisson struct {
	setting EventSetting
	mean    float64 // gap, ms
	stop    float64 // ms
	stream  philox.Stream
	time    []float64 // [train]: when its next spike is sent, ms; infinity after the last
	count   []uint64  // [train]: gaps drawn
}

var purposeEventPoisson = philox.Purpose("drives.poisson.event")

func newEventPoisson(s EventSetting, p *PoissonGeneratorParams) *eventPoisson {
	d := &eventPoisson{
		setting: s, mean: 1e3 / p.Rate, stop: p.Stop,
		stream: philox.Stream{Seed: s.Seed, Purpose: purposeEventPoisson},
		time:   make([]float64, s.Size), count: make([]uint64, s.Size),
	}
	for i := range d.time {
		d.time[i] = p.Start
		d.step(int32(i))
	}
	return d
}

// step goes to the next spike of a train.
func (d *eventPoisson) step(train int32) {
	n := d.count[train]
	d.count[train]++
	stream := d.stream
	stream.Trial = uint32(n >> 33)
	b := stream.Block(uint32(train), uint32(n>>1))
	if n%2 == 1 {
		b[0], b[1] = b[2], b[3]
	}
	u := (float64((uint64(b[1])<<32|uint64(b[0]))>>11) + 0.5) * 0x1p-53
	d.time[train] -= float64(d.mean * math.Log(u))
	if !(d.time[train] <= d.stop) { // a rate of 0 has infinite gaps
		d.time[train] = math.Inf(1)
	}
}

// State is the next spike of every train and how many there were.
func (d *eventPoisson) State() []sim.Variable {
	return []sim.Variable{{Name: "time", Values: d.time}, {Name: "count", Values: d.count}}
}

// Next is when the next spike of a train arrives.
func (d *eventPoisson) Next(train int32) float64 { return d.time[train] + d.setting.Delay }

// Take goes past that spike.
func (d *eventPoisson) Take(train int32) float32 {
	d.step(train)
	return d.setting.Weight
}
