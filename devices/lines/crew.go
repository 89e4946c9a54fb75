package lines

import (
	"sync"
	"sync/atomic"
)

// crew shares pieces of work among goroutines. What a piece computes must not
// depend on who does it or when: sums over pieces are added afterwards, in the
// order of the pieces.
type crew struct {
	scratch [][]float64 // one for each worker
}

func newCrew(workers, scratch int) *crew {
	c := &crew{scratch: make([][]float64, workers)}
	for k := range c.scratch {
		c.scratch[k] = make([]float64, scratch)
	}
	return c
}

// each calls f for every piece, with the scratch memory of the worker.
func (c *crew) each(pieces int, f func(piece int, scratch []float64)) {
	var next atomic.Int64
	work := func(scratch []float64) {
		for {
			k := int(next.Add(1)) - 1
			if k >= pieces {
				return
			}
			f(k, scratch)
		}
	}
	var others sync.WaitGroup
	for k := 1; k < min(len(c.scratch), pieces); k++ {
		others.Go(func() { work(c.scratch[k]) })
	}
	work(c.scratch[0])
	others.Wait()
}
