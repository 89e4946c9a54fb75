package neurons

import (
	"fmt"

	"github.com/synohm/synohm/sim"
)

// EventModels names the models that have a closed form between events.
func EventModels() []string {
	var names []string
	for _, m := range Builtin() {
		if m.NewEvent != nil {
			names = append(names, m.Name)
		}
	}
	return names
}

// eventClock is when the state of every cell of an event population was last
// brought up to date, and until when it is refractory.
type eventClock struct {
	last  []float64 // ms
	ready []float64 // ms; negative before the first spike
}

func newEventClock(size int) eventClock {
	return eventClock{make([]float64, size), make([]float64, size)}
}

func (c *eventClock) reset() {
	clear(c.last)
	for i := range c.ready {
		c.ready[i] = -1
	}
}

// fired begins the refractory time of a cell in which all that arrives is
// lost, at its end too, as in stepped mode: its state is that of the end.
func (c *eventClock) fired(t float64, neuron int32, tRef float64) {
	c.last[neuron], c.ready[neuron] = t+tRef, t+tRef
}

// since is the time from the state of a cell to t, 0 while it is refractory.
func (c *eventClock) since(t float64, neuron int32) float64 { return max(0, t-c.last[neuron]) }

func (c *eventClock) state() []sim.Variable {
	return []sim.Variable{{Name: "last", Values: c.last}, {Name: "ready", Values: c.ready}}
}

// sample fills the values of some cells, of all if nil.
func sample(neurons []int32, into []float64, at func(neuron int32) float64) {
	if neurons == nil {
		for i := range into {
			into[i] = at(int32(i))
		}
		return
	}
	for i, n := range neurons {
		into[i] = at(n)
	}
}

func noVariable(name string) error { return fmt.Errorf("there is no variable %q", name) }
