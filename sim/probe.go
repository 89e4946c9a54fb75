package sim

import "fmt"

// Probe copies a variable of some neurons out of a run, at regular times.
type Probe struct {
	Population int
	Variable   string
	Every      int     // steps between two samples; the first is that after so many steps
	Neurons    []int32 // ascending; nil takes all

	index int         // among the probes of its engine
	live  [][]float64 // [part]: the variable's memory
	mine  [][]int     // [part]: which of Neurons are in it
	parts []Part
}

// attach finds the memory of the variable.
func (p *Probe) attach(e *Engine, index int) error {
	if p.Population < 0 || p.Population >= len(e.state) || p.Every < 1 {
		panic(fmt.Sprintf("sim: probe of population %d every %d steps", p.Population, p.Every))
	}
	p.index, p.parts = index, e.parts[p.Population]
	if p.Neurons == nil {
		for i := range e.net.Populations[p.Population].Size {
			p.Neurons = append(p.Neurons, int32(i))
		}
	}
	p.live, p.mine = nil, make([][]int, len(e.parts[p.Population]))
	for q, block := range e.state[p.Population] {
		v, err := Values(block, p.Variable)
		if err != nil {
			return err
		}
		p.live = append(p.live, v)
		for i, n := range p.Neurons {
			if int(n) >= p.parts[q].Lo && int(n) < p.parts[q].Hi {
				p.mine[q] = append(p.mine[q], i)
			}
		}
	}
	// Every epoch's buffer has samples of its own: a worker that is ahead
	// must not write over what is being looked at.
	for i := range e.buffers {
		e.buffers[i].samples = append(e.buffers[i].samples, make([]float64, (e.epoch/p.Every+1)*len(p.Neurons)))
	}
	return nil
}

// sample copies after a step where the time has come.
func (p *Probe) sample(b *Epoch, population, q int, first, step int64) {
	if population != p.Population || (step+1)%int64(p.Every) != 0 {
		return
	}
	row := int((step+1)/int64(p.Every) - (first/int64(p.Every) + 1))
	to := b.samples[p.index][row*len(p.Neurons):]
	lo := p.parts[q].Lo
	for _, i := range p.mine[q] {
		to[i] = p.live[q][int(p.Neurons[i])-lo]
	}
}

// Samples calls f with the values of a probe at every time that it sampled in
// the epoch; the time is that at the end of the step.
func (b *Epoch) Samples(p *Probe, f func(step int64, values []float64)) {
	every := int64(p.Every)
	row := 0
	for s := (b.First/every + 1) * every; s <= b.First+int64(b.Steps); s += every {
		f(s-1, b.samples[p.index][row*len(p.Neurons):(row+1)*len(p.Neurons)])
		row++
	}
}
