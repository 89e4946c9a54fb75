package synapses

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/sim"
)

// Dynamic is a catalogue entry of what a synapse does with the spikes that go
// over it, beside its weight.
type Dynamic struct {
	catalog.Entry
	// Single tells that synapses are looked at one by one, so that the
	// weights must be of a kind that hands out rows (Wiring.Plastic).
	Single bool
	// New puts the dynamics before weights. Params is of the type of
	// Entry.Params, decoded and validated. Where the weights are plastic,
	// the result is.
	New func(w sim.SparseWeights, s Setting, params any) (sim.SparseWeights, error)
}

// Setting is where synapses act.
type Setting struct {
	StepMS  float64 // length of a step, ms
	Workers int     // that the weights were made for
	Seed    uint64
}

// Dynamics lists what synapses can do. A new one is one line.
func Dynamics() []Dynamic {
	return []Dynamic{staticDynamic(), TsodyksDynamic(), Tsodyks2Dynamic(), StochasticReleaseDynamic()}
}

// DynamicsCatalog gives the entries alone.
func DynamicsCatalog() catalog.Catalog {
	var c catalog.Catalog
	for _, d := range Dynamics() {
		c = append(c, d.Entry)
	}
	return c
}

// FindDynamic returns the dynamics of a name.
func FindDynamic(name string) (Dynamic, error) {
	for _, d := range Dynamics() {
		if d.Name == name {
			return d, nil
		}
	}
	return Dynamic{}, fmt.Errorf("no synapse %q", name)
}

// staticDynamic leaves spikes as they are.
func staticDynamic() Dynamic {
	return Dynamic{
		Entry: catalog.Entry{
			Name: "static", Summary: "every spike brings the weight", Equation: "input += w at the time of the spike plus the delay",
			Reference: "NEST's static_synapse",
		},
		New: func(w sim.SparseWeights, _ Setting, _ any) (sim.SparseWeights, error) { return w, nil },
	}
}

// gains is the dynamics of synapses with shared parameters: what they do
// depends on the spike times of their source alone, so there is one state a
// source. Every part of the targets keeps a copy, which lets parts be delivered
// at the same time; all copies are the same.
type gains interface {
	// spike lets a source spike, at a number of steps since the start, and
	// gives the factor of its weights.
	spike(source int32, step int64) float64
	state() []sim.Variable
}

// shortTerm puts gains before weights.
type shortTerm struct {
	sim.SparseWeights
	parts []gainPart
}

// gainPart is the copy of one part.
type gainPart struct {
	gains
	buffer []float32
}

// plasticShortTerm is shortTerm before weights that a rule changes.
type plasticShortTerm struct {
	*shortTerm
	plastic sim.PlasticWeights
}

var (
	_ sim.PlasticWeights = plasticShortTerm{}
	_ sim.Stateful       = plasticShortTerm{}
	_ sim.Restorer       = plasticShortTerm{}
)

// withGains makes dynamics of a state for every part.
func withGains(w sim.SparseWeights, s Setting, make func(sources int) gains) sim.SparseWeights {
	targets, sources := w.Shape()
	d := &shortTerm{SparseWeights: w}
	for range sim.Parts(targets, s.Workers) {
		d.parts = append(d.parts, gainPart{gains: make(sources)})
	}
	if p, ok := w.(sim.PlasticWeights); ok {
		return plasticShortTerm{d, p}
	}
	return d
}

// Deliver scales every spike by the gain of its source.
func (d *shortTerm) Deliver(ctx context.Context, key sim.Key, spikes []int32, gain []float32, part int, ring *sim.Ring) (int, error) {
	p := &d.parts[part]
	p.buffer = p.buffer[:0]
	for i, source := range spikes {
		g := p.spike(source, int64(key.Step))
		if gain != nil {
			g *= float64(gain[i])
		}
		p.buffer = append(p.buffer, float32(g))
	}
	return d.SparseWeights.Deliver(ctx, key, spikes, p.buffer, part, ring)
}

// Bytes adds the state of all parts.
func (d *shortTerm) Bytes() int {
	n := d.SparseWeights.Bytes()
	for _, v := range d.parts[0].state() {
		n += 8 * len(d.parts) * lengthOf(v)
	}
	return n
}

func lengthOf(v sim.Variable) int {
	switch s := v.Values.(type) {
	case []float64:
		return len(s)
	case []int64:
		return len(s)
	}
	return 0
}

// State is that of the sources, and of the weights where they have one.
func (d *shortTerm) State() []sim.Variable {
	return append(d.parts[0].state(), stateOf(d.SparseWeights)...)
}

// Restored copies the state to all parts.
func (d *shortTerm) Restored() error {
	from := d.parts[0].state()
	for _, p := range d.parts[1:] {
		for i, to := range p.state() {
			switch t := to.Values.(type) {
			case []float64:
				copy(t, from[i].Values.([]float64))
			case []int64:
				copy(t, from[i].Values.([]int64))
			}
		}
	}
	return restored(d.SparseWeights)
}

// Unwrap is the weights before short-term dynamics.
func (d *shortTerm) Unwrap() sim.Weights { return d.SparseWeights }

// stateOf is the state of what may have one.
func stateOf(w any) []sim.Variable {
	if s, ok := w.(sim.Stateful); ok {
		return s.State()
	}
	return nil
}

// restored passes the news on to what wants it.
func restored(w any) error {
	if r, ok := w.(sim.Restorer); ok {
		return r.Restored()
	}
	return nil
}

// Row reads the weights.
func (d plasticShortTerm) Row(ctx context.Context, key sim.Key, source int32, part int) (sim.Row, bool, error) {
	return d.plastic.Row(ctx, key, source, part)
}

// Update changes the weights.
func (d plasticShortTerm) Update(ctx context.Context, key sim.Key, source int32, part int, change []float32) error {
	return d.plastic.Update(ctx, key, source, part, change)
}
