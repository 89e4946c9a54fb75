package sim

import (
	"context"
	"fmt"
)

// WholeSteps are sparse weights that must see all spikes of a step at once,
// such as an array that draws its read noise once an output: the engine then
// calls Deliver once a step, and not once for every part of the senders.
type WholeSteps interface {
	SparseWeights
	WholeSteps()
}

// projectWhole delivers the spikes of an epoch, those of a step together.
func (e *Engine) projectWhole(ctx context.Context, b *Epoch, i, target int) (events int, err error) {
	p := &e.net.Projections[i]
	var spikes []int32
	for k := range b.Steps {
		spikes = spikes[:0]
		for q := range e.parts[p.From] {
			spikes = append(spikes, b.part(p.From, q, k)...)
		}
		if len(spikes) == 0 {
			continue
		}
		key := Key{Step: uint32(b.First + int64(k))}
		n, err := e.sparse[i].Deliver(ctx, key, spikes, nil, target, e.rings[p.To][p.Channel])
		if err != nil {
			return events, fmt.Errorf("step %d: %w", key.Step, err)
		}
		events += n
	}
	return events, nil
}
