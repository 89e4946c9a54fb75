package neurontest

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/sim"
)

// eventSpike is a spike at an exact time.
type eventSpike struct {
	time   float64
	neuron int32
}

// runEvents brings arrivals at random times to a population, one a
// hundredth of a ms in the mean, and lets neurons spike by themselves between
// them, as the engine does.
func runEvents(t *testing.T, m neurons.Model, p sim.EventPopulation, strength, from float64) (spikes []eventSpike, now float64) {
	s := philox.Stream{Seed: 1, Purpose: philox.Purpose("neurontest.events")}
	now = from
	for k := range uint32(4000) {
		b := s.Block(k, uint32(from))
		at := now + 0.02*philox.Uniform(b[0])
		for i := range int32(p.Size()) {
			for next := p.Next(i); next <= at; next = p.Next(i) {
				require.GreaterOrEqual(t, next, from, "a neuron spikes by itself in the past")
				p.Fire(next, i)
				spikes = append(spikes, eventSpike{next, i})
				require.Greater(t, p.Next(i), next, "a neuron spikes without end")
			}
		}
		neuron := int32(b[1] % uint32(p.Size()))
		channel := 0
		w := float32(strength * philox.Uniform(b[2]))
		if len(m.Inputs) > 1 && b[3]%4 == 0 {
			channel, w = 1, -w/2
		}
		if p.Deliver(at, neuron, channel, w) {
			spikes = append(spikes, eventSpike{at, neuron})
		}
		now = at
	}
	return spikes, now
}

func makeEvent(t *testing.T, m neurons.Model) sim.EventPopulation {
	p, err := m.NewEvent(7, params(m))
	require.NoError(t, err)
	require.Equal(t, 7, p.Size())
	return p
}

// events holds a model with a closed form to what the event engine relies on:
// a reset population behaves as a new one, and the state is all there is.
func events(t *testing.T, m neurons.Model) {
	strength := 0.0
	for _, s := range strengths {
		if spikes, _ := runEvents(t, m, makeEvent(t, m), s, 0); strength == 0 && len(spikes) > 20 {
			strength = s
		}
	}
	require.Positive(t, strength, "no drive makes spikes; the test would show nothing")
	p := makeEvent(t, m)
	first, end := runEvents(t, m, p, strength, 0)
	fresh := makeEvent(t, m)
	for i, v := range p.State() {
		to := fresh.State()[i]
		require.Equal(t, v.Name, to.Name)
		require.Equal(t, reflect.ValueOf(v.Values).Len(), reflect.Copy(reflect.ValueOf(to.Values), reflect.ValueOf(v.Values)))
	}
	want, _ := runEvents(t, m, p, strength, end)
	got, _ := runEvents(t, m, fresh, strength, end)
	require.Equal(t, want, got, "the state is not all there is")
	p.Reset()
	again, _ := runEvents(t, m, p, strength, 0)
	require.Equal(t, first, again, "a reset population behaves as a new one")
	for _, v := range m.Variables {
		all, one := make([]float64, 7), make([]float64, 1)
		require.NoError(t, p.Sample(200, v.Name, nil, all))
		require.NoError(t, p.Sample(200, v.Name, []int32{3}, one))
		require.Equal(t, all[3], one[0])
	}
	require.Error(t, p.Sample(200, "no such variable", nil, nil))
}
