package command

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/synohm/synohm/tasks"
)

// progress shows how far a run is and how long it will take.
type progress struct {
	mu      sync.Mutex
	w       io.Writer
	live    bool // rewrite one line, on a terminal
	off     bool
	after   time.Duration    // nothing is shown of a phase that takes less
	started map[string]begin // of each phase
	shown   time.Time
}

// begin is when a phase began, and with how much done: a run that is resumed
// begins in the middle.
type begin struct {
	at   time.Time
	done int
}

func newProgress(w io.Writer, mode string) *progress {
	p := &progress{w: w, off: mode == "none", started: map[string]begin{}}
	if f, ok := w.(*os.File); ok && mode == "auto" {
		p.live = term.IsTerminal(int(f.Fd()))
	}
	return p
}

// update is called by any worker; it prints ten times a second at most on a
// terminal, every five seconds and at the end of a phase elsewhere.
func (p *progress) update(phase string, done, total int) {
	if p.off {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	started, known := p.started[phase]
	if !known {
		started = begin{now, done}
		p.started[phase], p.shown = started, now
	}
	if done <= started.done && done < total { // the phase begins
		return
	}
	if now.Sub(started.at) < p.after {
		return
	}
	every := 5 * time.Second
	if p.live {
		every = 100 * time.Millisecond
	}
	if done < total && now.Sub(p.shown) < every {
		return
	}
	p.shown = now
	spent := now.Sub(started.at)
	unit := ""
	if phase == tasks.PhaseSimulate {
		unit = " ms"
	}
	line := fmt.Sprintf("%s: %d%s done in %s", phase, total, unit, spent.Round(100*time.Millisecond))
	if done < total {
		left := time.Duration(float64(spent) / float64(done-started.done) * float64(total-done)).Round(time.Second)
		line = fmt.Sprintf("%s: %d of %d%s, %s left", phase, done, total, unit, left)
	}
	if !p.live {
		fmt.Fprintln(p.w, line)
		return
	}
	fmt.Fprintf(p.w, "\r\033[K%s", line)
	if done >= total {
		fmt.Fprintln(p.w)
	}
}
