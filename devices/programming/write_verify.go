package programming

import "errors"

// WriteVerify writes until a cell is within tolerance: its target by the port's
// own means where that is a Programmer, else pulses of one voltage each way.
type WriteVerify struct {
	Verify `yaml:",inline"`
	Pulses `yaml:",inline"`
	Set    float64 `yaml:"set" unit:"V" default:"1.5 V" range:"(0, 100]" doc:"voltage of a pulse that raises the conductance"`
	Reset  float64 `yaml:"reset" unit:"V" default:"1.8 V" range:"(0, 100]" doc:"voltage of a pulse that lowers it, as a magnitude"`
	Writes int     `yaml:"writes" default:"100" range:"[1, 1000000000]" doc:"most pulses or writes of a cell in an epoch"`
}

func (a *WriteVerify) check(l Limits) error {
	return errors.Join(l.volt("set", a.Set), l.volt("reset", a.Reset), l.width(a.Width))
}

func (a *WriteVerify) rule(port Port, n int) (rule, error) {
	r := &sameAgain{most: a.Writes, sent: make([]int, n)}
	if _, ok := port.(Programmer); !ok {
		r.up, r.down, r.seconds = a.volt(true, a.Set), a.volt(false, a.Reset), a.Width
	}
	return r, nil
}

// sameAgain writes the same again and again.
type sameAgain struct {
	up, down, seconds float64 // V and s of a pulse, 0 for a Programmer
	most              int
	sent              []int
}

func (r *sameAgain) begin(k int)    { r.sent[k] = 0 }
func (r *sameAgain) width() float64 { return r.seconds }

func (r *sameAgain) next(k int, up bool) write {
	if r.sent[k] >= r.most {
		return write{stop: true}
	}
	r.sent[k]++
	if up {
		return write{volt: r.up}
	}
	return write{volt: r.down}
}
