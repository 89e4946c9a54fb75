package programming

import "fmt"

// write is what a rule wants done with a cell next.
type write struct {
	volt float64 // of a pulse; 0 for a write by the port's own means
	stop bool    // nothing more
}

// rule decides for cells, which are numbered by their place in the run's list.
type rule interface {
	// begin forgets what was done to a cell in an epoch before.
	begin(k int)
	// next is for a cell that was read to be g, outside its tolerance.
	next(k int, up bool) write
	// width of a pulse, s.
	width() float64
}

// fixedRule writes the same again and again.
type fixedRule struct {
	set, reset, seconds float64 // 0 V for a Programmer
	most                int
	sent                []int
}

func (r *fixedRule) begin(k int)    { r.sent[k] = 0 }
func (r *fixedRule) width() float64 { return r.seconds }

func (r *fixedRule) next(k int, up bool) write {
	if r.sent[k] == r.most {
		return write{stop: true}
	}
	r.sent[k]++
	if up {
		return write{volt: r.set}
	}
	return write{volt: -r.reset}
}

func (a *OneShot) rule(port Port, n int) (rule, error) {
	if _, ok := port.(Programmer); !ok {
		return nil, fmt.Errorf("one-shot writes conductances, and these cells take pulses alone; use ispp or write-verify")
	}
	return &fixedRule{most: 1, sent: make([]int, n)}, nil
}

func (a *WriteVerify) rule(port Port, n int) (rule, error) {
	r := &fixedRule{most: a.Writes, sent: make([]int, n)}
	if _, ok := port.(Programmer); !ok {
		r.set, r.reset, r.seconds = a.Set, a.Reset, a.Width
	}
	return r, nil
}

// isppRule is a ramp for each cell.
type isppRule struct {
	*ISPP
	ramps []ramp
}

type ramp struct {
	up    bool
	sent  int // pulses this way
	turns int
}

func (a *ISPP) rule(_ Port, n int) (rule, error) {
	return &isppRule{ISPP: a, ramps: make([]ramp, n)}, nil
}

func (r *isppRule) begin(k int)    { r.ramps[k] = ramp{} }
func (r *isppRule) width() float64 { return r.Width }

func (r *isppRule) next(k int, up bool) write {
	s := &r.ramps[k]
	if s.sent > 0 && up != s.up {
		if s.turns == r.Turns {
			return write{stop: true}
		}
		s.turns++
		s.sent = 0
	}
	s.up = up
	start, step, stop, sign := r.SetStart, r.SetStep, r.SetStop, 1.0
	if !up {
		start, step, stop, sign = r.ResetStart, r.ResetStep, r.ResetStop, -1
	}
	rise := stepsTo(start, step, stop)
	if s.sent > rise+r.Hold {
		return write{stop: true}
	}
	v := stop
	if s.sent < rise {
		v = start + float64(float64(s.sent)*step)
	}
	s.sent++
	return write{volt: sign * v}
}

// stepsTo is how many pulses there are below the highest voltage.
func stepsTo(start, step, stop float64) int {
	n := 0
	// A last step that is short by rounding alone is none.
	for start+float64(float64(n)*step) < stop-step*1e-6 {
		n++
	}
	return n
}
