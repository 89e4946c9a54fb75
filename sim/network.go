package sim

import (
	"context"
	"fmt"
)

// Network describes populations and how they are joined. It holds no state:
// replicas do.
type Network struct {
	Populations []PopulationSpec
	Projections []Projection
}

// PopulationSpec names a population and makes its state.
type PopulationSpec struct {
	Name string
	Size int
	New  func() Population
}

// Projection joins a source of spikes to a population. Spikes of a presented
// stream arrive in the step they are presented in, spikes of a population one
// step after they were sent.
type Projection struct {
	Name    string
	From    int // index of the population, or External
	To      int // index of the population
	Weights SpikeWeights
}

// External as From stands for the stream that a trial presents.
const External = -1

// Check tells a programmer about indices and sizes that do not fit.
func (n *Network) Check(external int) error {
	for _, p := range n.Projections {
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
	input   [][]float32
	spikes  [2][][]int32 // of the step before and of this step
}

// NewReplica makes state for a network.
func (n *Network) NewReplica() *Replica {
	r := &Replica{network: n}
	for _, p := range n.Populations {
		r.state = append(r.state, p.New())
		r.input = append(r.input, make([]float32, p.Size))
		for i := range r.spikes {
			r.spikes[i] = append(r.spikes[i], make([]int32, 0, p.Size))
		}
	}
	return r
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
		for _, in := range r.input {
			clear(in)
		}
		for _, p := range r.network.Projections {
			spikes := presented
			if p.From != External {
				spikes = before[p.From]
			}
			in := r.input[p.To]
			if err := p.Weights.Deliver(ctx, Key{Trial: trial, Step: uint32(t)}, spikes, 0, len(in), in); err != nil {
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

// Cost sums what all projections have taken.
func (n *Network) Cost() Cost {
	var c Cost
	for _, p := range n.Projections {
		c = c.Add(p.Weights.Cost())
	}
	return c
}
