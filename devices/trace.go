package devices

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/internal/progress"
)

// Traced cells can be followed while the voltage across one of them changes.
type Traced interface {
	Driven
	// Trace drives one cell with a voltage that is a function of the time since
	// its start, and looks at the cell at intervals+1 times from 0 to seconds.
	// The cell is left as it is at the end; where an error comes, as it was.
	// Noise of cycles is drawn once an interval. A context that is cancelled ends
	// it with its error, and hears how far it is.
	Trace(ctx context.Context, cell int, volt func(t float64) float64, seconds float64, intervals int) (*Trace, error)
}

// Trace is what a cell did under a waveform: one value a time.
type Trace struct {
	Times []float64 // s since the start
	Volts []float64 // V
	Amps  []float64 // A
	State Variable  // what moves in the cell, []float64
}

// Trace drives one cell with a waveform.
func (d *drivenCells) Trace(ctx context.Context, cell int, volt func(t float64) float64, seconds float64, intervals int) (*Trace, error) {
	if cell < 0 || cell >= len(d.x) {
		return nil, fmt.Errorf("cell %d of %d; they are counted from 0", cell, len(d.x))
	}
	if err := checkTime(seconds); err != nil {
		return nil, err
	}
	if intervals < 1 {
		return nil, fmt.Errorf("%d intervals; give at least 1", intervals)
	}
	tr := &Trace{State: d.state}
	var states []float64
	x, start := d.x[cell], uint32(0)
	if d.noise != nil {
		start = d.noise.ops[cell]
	}
	back := func() {
		if d.noise != nil {
			d.noise.ops[cell] = start
		}
	}
	fail := func(t float64, err error) (*Trace, error) {
		back()
		return nil, fmt.Errorf("cell %d at %.6g s, %.6g V: %w", cell, t, volt(t), err)
	}
	for k := range intervals + 1 {
		if err := ctx.Err(); err != nil {
			back()
			return nil, err
		}
		progress.Report(ctx, "intervals", k, intervals)
		t := seconds * float64(k) / float64(intervals)
		v := volt(t)
		if err := checkVolt(v); err != nil {
			return fail(t, err)
		}
		tr.Times, tr.Volts = append(tr.Times, t), append(tr.Volts, v)
		tr.Amps, states = append(tr.Amps, d.current(x, v)), append(states, x)
		if k == intervals {
			break
		}
		until := seconds * float64(k+1) / float64(intervals)
		xi := d.noise.draw(cell, until-t)
		for _, p := range d.pieces(volt, t, until) {
			var err error
			x, err = d.run(func(s, x float64) float64 { return d.rate(x, volt(min(p.from+s, p.until)), xi) }, x, p.until-p.from)
			if err != nil {
				return fail(t, err)
			}
		}
		d.noise.count(cell)
	}
	d.x[cell] = x
	tr.State.Values = states
	return tr, nil
}

// piece is a time in which a waveform crosses no kink of a model, s.
type piece struct{ from, until float64 }

// pieces cuts a time where the voltage crosses a kink, as seen by looking at 16
// moments. What ends and what begins beside a cut are neighbours among numbers,
// so that each piece sees one side alone.
func (d *drivenCells) pieces(volt func(t float64) float64, from, until float64) []piece {
	m, ok := d.physics.(kinked)
	if !ok {
		return []piece{{from, until}}
	}
	kinks := m.kinks()
	// side counts the kinks below a voltage, and those at it by a half.
	side := func(t float64) (n int) {
		v := volt(t)
		for _, k := range kinks {
			if v > k {
				n += 2
			} else if v == k {
				n++
			}
		}
		return n
	}
	var all []piece
	const looks = 16
	at, before := from, side(from)
	start, wide := from, until-from
	for k := range looks {
		t, next := at, start+float64(wide*float64(k+1)/looks)
		for side(next) != before { // the next cut is between t and next
			after := next
			for {
				mid := t + (after-t)/2
				if mid <= t || mid >= after {
					break
				}
				if side(mid) == before {
					t = mid
				} else {
					after = mid
				}
			}
			all = append(all, piece{from, t})
			from, t, before = after, after, side(after)
		}
		at = next
	}
	return append(all, piece{from, until})
}

var _ Traced = (*drivenCells)(nil)
