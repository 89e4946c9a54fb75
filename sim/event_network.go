package sim

import (
	"context"
	"fmt"
	"math"
)

// EventNetwork describes populations and how they are joined, for an engine
// that goes from event to event. Times are exact, in ms, and lie on no grid.
type EventNetwork struct {
	Populations []EventPopulationSpec
	Projections []EventProjection
	Drives      []EventDriveSpec
}

// EventPopulationSpec names a population and makes its state.
type EventPopulationSpec struct {
	Name     string
	Size     int
	Channels int // kinds of input that its model tells apart
	New      func() (EventPopulation, error)
}

// EventProjection joins two populations.
type EventProjection struct {
	Name     string
	From, To int // indices of populations
	Channel  int // input of the target that the weights go to
	Weights  EventWeights
}

// EventDriveSpec says which population a drive acts on.
type EventDriveSpec struct {
	Name    string
	To      int
	Channel int
	Drive   EventDrive
}

// EventPopulation is the state of a population whose equations have a closed
// form between events. Times never run backwards for a neuron. What a neuron
// does next depends on its State alone, so a saved one goes on as it was.
type EventPopulation interface {
	Stateful
	Size() int
	// Reset returns every neuron to its initial state at time 0.
	Reset()
	// Deliver brings a weight to an input of a neuron and tells whether that
	// makes it spike at once; if so, its state is that after the spike.
	Deliver(t float64, neuron int32, channel int, weight float32) (spike bool)
	// Next is when a neuron spikes by itself if nothing arrives before;
	// infinity if it does not.
	Next(neuron int32) float64
	// Fire lets a neuron spike by itself, at the time that Next gave.
	Fire(t float64, neuron int32)
	// Sample gives a variable of some neurons, of all if nil, as it is at a
	// time not before the last event.
	Sample(t float64, variable string, neurons []int32, into []float64) error
}

// EventDrive is spike trains from outside, one for every neuron of a
// population.
type EventDrive interface {
	Stateful
	// Next is when the next spike of a train arrives; infinity after the last.
	Next(train int32) float64
	// Take goes past that spike and returns its weight.
	Take(train int32) float32
}

// EventWeights are synapses that each have an exact delay.
type EventWeights interface {
	Weights
	// Rows gives the memory of the synapses. It is not to be changed.
	Rows() EventRows
	// Synapses is their number, Bytes the memory that they take.
	Synapses() int
	Bytes() int
}

// EventReader is synapses whose weight is read when a spike goes over them:
// with noise, and as it is at that time.
type EventReader interface {
	EventWeights
	// Read is the weight of a synapse at a time, ms, for a spike by its sequence.
	Read(ctx context.Context, t float64, synapse uint32, sequence uint64) (float32, error)
}

// EventRows are the synapses of one source after the other, and of each source
// by (delay, target, place in the row).
type EventRows struct {
	Start   []uint32  // [source]: first synapse; one more at the end
	Targets []int32   // of each
	Delay   float64   // of all, ms, where Delays is nil
	Delays  []float64 // of each, ms
	Weight  float32   // of all, where Weights is nil
	Weights []float32 // of each
}

// DelayOf is the delay of a synapse, ms.
func (r *EventRows) DelayOf(i uint32) float64 {
	if r.Delays != nil {
		return r.Delays[i]
	}
	return r.Delay
}

// WeightOf is the weight of a synapse.
func (r *EventRows) WeightOf(i uint32) float32 {
	if r.Weights != nil {
		return r.Weights[i]
	}
	return r.Weight
}

// Shortest is the smallest delay, infinity without synapses.
func (r *EventRows) Shortest() float64 {
	low := math.Inf(1)
	for s := range len(r.Start) - 1 {
		if lo := r.Start[s]; lo < r.Start[s+1] {
			low = min(low, r.DelayOf(lo))
		}
	}
	return low
}

// Check tells a programmer about indices and sizes that do not fit.
func (n *EventNetwork) Check() error {
	size := 0
	for _, p := range n.Populations {
		size += p.Size
	}
	fits := func(kind, name string, to, channel int) error {
		if to < 0 || to >= len(n.Populations) {
			return fmt.Errorf("sim: %s %s goes to a population that does not exist", kind, name)
		}
		if channel < 0 || channel >= n.Populations[to].Channels {
			return fmt.Errorf("sim: %s %s goes to input %d, which its population does not have", kind, name, channel)
		}
		return nil
	}
	for _, p := range n.Projections {
		if err := fits("projection", p.Name, p.To, p.Channel); err != nil {
			return err
		}
		if p.From < 0 || p.From >= len(n.Populations) {
			return fmt.Errorf("sim: projection %s comes from a population that does not exist", p.Name)
		}
		if t, s := p.Weights.Shape(); t != n.Populations[p.To].Size || s != n.Populations[p.From].Size {
			return fmt.Errorf("sim: projection %s: weights are %d x %d, the populations need %d x %d", p.Name, t, s, n.Populations[p.To].Size, n.Populations[p.From].Size)
		}
	}
	for _, d := range n.Drives {
		if err := fits("drive", d.Name, d.To, d.Channel); err != nil {
			return err
		}
		size += n.Populations[d.To].Size
	}
	if size > math.MaxInt32 {
		return fmt.Errorf("%d neurons and trains of drives; in event mode at most %d are possible", size, math.MaxInt32)
	}
	return nil
}

// Senders makes a population of the trains of a drive, so that they go over
// synapses. It takes no input.
func Senders(d EventDrive, size int) EventPopulation { return senders{d, size} }

type senders struct {
	EventDrive
	size int
}

func (s senders) Size() int                                 { return s.size }
func (s senders) Reset()                                    { panic("sim: senders are not reset") }
func (s senders) Deliver(float64, int32, int, float32) bool { panic("sim: senders take no input") }
func (s senders) Fire(_ float64, neuron int32)              { s.Take(neuron) }
func (s senders) Sample(_ float64, variable string, _ []int32, _ []float64) error {
	return fmt.Errorf("there is no variable %q", variable)
}
