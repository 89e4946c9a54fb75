package sim

import (
	"context"
	"fmt"
)

// Network describes populations and how they are joined. It holds no state:
// replicas (for trials) and engines (for a run in many steps) do.
type Network struct {
	Populations []PopulationSpec
	Projections []Projection
	Drives      []DriveSpec

	// StepSecond is the length of a step in s, for weights that change with
	// time. An engine lets time pass for them at every epoch.
	StepSecond float64
}

// PopulationSpec names a population and makes the state of a part of it.
type PopulationSpec struct {
	Name     string
	Size     int
	Channels int // kinds of input that its model tells apart
	New      func(Part) (Population, error)
}

// Projection joins a source of spikes to a population. In a trial the weights
// are SpikeWeights: spikes of a presented stream arrive in the step they are
// presented in, spikes of a population one step after they were sent. In an
// engine they are SparseWeights, and every synapse has its delay.
type Projection struct {
	Name      string
	From      int // index of the population, or External
	To        int // index of the population
	Channel   int // input of the target that the weights go to
	Modulator int // index of the population that a Modulated rule hears, else -1
	Weights   Weights
}

// DriveSpec says which population a drive acts on.
type DriveSpec struct {
	Name    string
	To      int
	Injects bool // it uses Input.Current
	Drive   Drive
}

// Drive is input from outside that every neuron has of its own: independent
// spike trains, currents. It is called by several workers, for parts of their
// own, and must give a neuron the same whatever the parts are.
type Drive interface {
	// Add adds what arrives in step in.Step at the neurons of a part; the
	// slices of in have one value for each of them.
	Add(part Part, in Input)
}

// External as From stands for the stream that a trial presents.
const External = -1

// Check tells a programmer about indices and sizes that do not fit.
func (n *Network) Check(external int) error {
	for _, p := range n.Projections {
		if p.Channel < 0 || p.To >= 0 && p.To < len(n.Populations) && p.Channel >= n.Populations[p.To].Channels {
			return fmt.Errorf("sim: projection %s goes to input %d, which its population does not have", p.Name, p.Channel)
		}
		if p.To < 0 || p.To >= len(n.Populations) || p.From < External || p.From >= len(n.Populations) {
			return fmt.Errorf("sim: projection %s joins populations that do not exist", p.Name)
		}
		from := external
		if p.From != External {
			from = n.Populations[p.From].Size
		}
		if t, s := p.Weights.Shape(); t != n.Populations[p.To].Size || s != from {
			return fmt.Errorf("sim: projection %s: weights are %d x %d, the populations need %d x %d", p.Name, t, s, n.Populations[p.To].Size, from)
		}
	}
	return nil
}

// Replica is one copy of a network's state. It belongs to one goroutine.
type Replica struct {
	network *Network
	state   []Population
	weights []SpikeWeights
	input   []Input
	spikes  [2][][]int32 // of the step before and of this step
}

// NewReplica makes state for a network.
func (n *Network) NewReplica() (*Replica, error) {
	r := &Replica{network: n}
	for _, p := range n.Projections {
		w, ok := p.Weights.(SpikeWeights)
		if !ok {
			return nil, fmt.Errorf("sim: weights of projection %s cannot be used in a trial", p.Name)
		}
		r.weights = append(r.weights, w)
	}
	for _, p := range n.Populations {
		s, err := p.New(Part{0, p.Size})
		if err != nil {
			return nil, fmt.Errorf("population %s: %w", p.Name, err)
		}
		r.state = append(r.state, s)
		in := Input{}
		for range p.Channels {
			in.Channels = append(in.Channels, make([]float32, p.Size))
		}
		r.input = append(r.input, in)
		for i := range r.spikes {
			r.spikes[i] = append(r.spikes[i], make([]int32, 0, p.Size))
		}
	}
	return r, nil
}

// Population returns the state of a population, for probes.
func (r *Replica) Population(i int) Population { return r.state[i] }

// Trial resets the state, presents a stream (the active sources of every step,
// ascending) and calls observe with the spikes of every population after each
// step; the slices are valid until the next step.
func (r *Replica) Trial(ctx context.Context, trial uint32, stream [][]int32, observe func(step int, spikes [][]int32)) error {
	for i, s := range r.state {
		s.Reset()
		r.spikes[0][i] = r.spikes[0][i][:0]
		r.spikes[1][i] = r.spikes[1][i][:0]
	}
	for t, presented := range stream {
		before, now := r.spikes[t%2], r.spikes[(t+1)%2]
		for i := range r.input {
			r.input[i].Step = int64(t)
			for _, in := range r.input[i].Channels {
				clear(in)
			}
		}
		for i, p := range r.network.Projections {
			spikes := presented
			if p.From != External {
				spikes = before[p.From]
			}
			in := r.input[p.To].Channels[p.Channel]
			if err := r.weights[i].Deliver(ctx, Key{Trial: trial, Step: uint32(t)}, spikes, 0, len(in), in); err != nil {
				return fmt.Errorf("projection %s, trial %d, step %d: %w", p.Name, trial, t, err)
			}
		}
		for i, s := range r.state {
			now[i] = s.Advance(r.input[i], now[i][:0])
		}
		observe(t, now)
	}
	return ctx.Err()
}
