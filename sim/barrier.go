package sim

import (
	"runtime"
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
	_       [apart]byte // who waits looks at the round, and not at those who come
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

// Looks at the round before a worker goes to sleep: about two hundred
// microseconds.
const spins = 10_000

// After so many looks, some microseconds, a worker offers its processor to the
// others: who has slept is woken in the queue of the one that woke it, and
// could not arrive while that one waits for it.
const looksToYield = 128

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
	for look := 1; look <= spins; look++ {
		if b.round.Load() != round {
			return
		}
		if look%looksToYield == 0 {
			runtime.Gosched()
		} else {
			kernels.Pause()
		}
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
