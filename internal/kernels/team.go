package kernels

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A goroutine that has slept takes some hundred microseconds to begin, as long
// as a small product takes. So helpers wait for the next work for a moment
// before they end, and whoever has begun does not wait for those that have not.

// helperLooks is how often a helper looks for work before it ends, about a
// hundred microseconds; after looksToYield of them whoever waits offers its
// processor to others.
const (
	helperLooks  = 5_000
	looksToYield = 128
)

// closedTeam is added to the number of helpers at work when the work is done.
const closedTeam = -1 << 30

// team is workers that do one work.
type team struct {
	work    func()
	helpers atomic.Int32 // that are at work
}

// helper is a goroutine that works for one team after the other.
type helper struct{ next atomic.Pointer[team] }

// idle are the helpers that wait.
var idle struct {
	sync.Mutex
	helpers []*helper
}

// Together runs f on up to a number of workers at once, the caller being one, and
// returns when nobody is in f any more. Each f is to take pieces of the work
// until none is left; whether the others come at all is not sure.
func Together(workers int, f func()) {
	if workers <= 1 {
		f()
		return
	}
	t := &team{work: f}
	idle.Lock()
	n := max(0, len(idle.helpers)-(workers-1))
	called := idle.helpers[n:]
	for _, h := range called {
		h.next.Store(t)
	}
	missing := workers - 1 - len(called)
	idle.helpers = idle.helpers[:n]
	idle.Unlock()
	for range missing {
		h := new(helper)
		h.next.Store(t)
		go h.run()
	}
	f()
	t.helpers.Add(closedTeam)
	waitFor(func() bool { return t.helpers.Load() == closedTeam })
}

// run works for teams until none has come for a while.
func (h *helper) run() {
	for {
		t := h.next.Swap(nil)
		if t.helpers.Add(1) > 0 {
			t.work()
		}
		t.helpers.Add(-1)
		idle.Lock()
		idle.helpers = append(idle.helpers, h)
		idle.Unlock()
		for look := 1; h.next.Load() == nil; look++ {
			if look == helperLooks && h.retire() {
				return
			}
			pauseOrYield(look)
		}
	}
}

// retire takes a helper from those that wait, if it has not been called.
func (h *helper) retire() bool {
	idle.Lock()
	defer idle.Unlock()
	for i, other := range idle.helpers {
		if other == h {
			idle.helpers = append(idle.helpers[:i], idle.helpers[i+1:]...)
			return true
		}
	}
	return false
}

// waitFor waits for what is expected within microseconds, and sleeps where it
// takes longer, since the processor is then at other work.
func waitFor(done func() bool) {
	for look := 1; !done(); look++ {
		if look > helperLooks {
			time.Sleep(20 * time.Microsecond)
			continue
		}
		pauseOrYield(look)
	}
}

func pauseOrYield(look int) {
	if look%looksToYield == 0 {
		runtime.Gosched()
	} else {
		Pause()
	}
}
