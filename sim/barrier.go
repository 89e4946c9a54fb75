package sim

import (
	"sync"
	"sync/atomic"

	"github.com/synohm/synohm/internal/kernels"
)

// barrier lets workers wait for each other. They spin at first, since an epoch
// may take a few microseconds only and a sleeping goroutine wakes up later than
// that; whoever has waited for longer sleeps, so that a busy machine is not
// kept from letting the others arrive.
type barrier struct {
	n       int32
	waiting atomic.Int32
	round   atomic.Uint32

	asleep atomic.Int32
	mu     sync.Mutex
	wake   *sync.Cond
}

func newBarrier(n int) *barrier {
	b := &barrier{n: int32(n)}
	b.wake = sync.NewCond(&b.mu)
	return b
}

// spins before a worker goes to sleep: about a hundred microseconds.
const spins = 10_000

func (b *barrier) wait() {
	if b.n == 1 {
		return
	}
	round := b.round.Load()
	if b.waiting.Add(1) == b.n {
		b.waiting.Store(0)
		b.round.Add(1)
		if b.asleep.Load() > 0 {
			b.mu.Lock()
			b.wake.Broadcast()
			b.mu.Unlock()
		}
		return
	}
	for range spins {
		if b.round.Load() != round {
			return
		}
		kernels.Pause()
	}
	// Who falls asleep says so before it looks a last time, and who ends the
	// round looks for sleepers after it, so none is forgotten.
	b.asleep.Add(1)
	b.mu.Lock()
	for b.round.Load() == round {
		b.wake.Wait()
	}
	b.mu.Unlock()
	b.asleep.Add(-1)
}
