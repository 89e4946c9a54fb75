package sim

import (
	"runtime"
	"sync/atomic"
)

// barrier lets workers wait for each other. It spins, since an epoch may take
// a few microseconds only and a sleeping goroutine wakes up later than that;
// after a while it offers the processor to others.
type barrier struct {
	n       int32
	waiting atomic.Int32
	round   atomic.Uint32
}

// spins before a worker gives way: some microseconds.
const spins = 4000

func (b *barrier) wait() {
	if b.n == 1 {
		return
	}
	round := b.round.Load()
	if b.waiting.Add(1) == b.n {
		b.waiting.Store(0)
		b.round.Add(1)
		return
	}
	for i := 0; b.round.Load() == round; i++ {
		if i > spins {
			runtime.Gosched()
		}
	}
}
