package programming

import (
	"context"
	"fmt"
	"math"
)

// Run brings cells[k] to target[k] uS. The list is ascending. A report comes
// with an error too: it tells what was sent until then.
func Run(ctx context.Context, port Port, a Algorithm, l Limits, cells []int32, target []float32) (*Report, error) {
	r := &run{port: port, verify: a.verify(), limits: l, report: &Report{Cells: make([]Cell, len(cells))}}
	if err := check(port, a, l, cells, target); err != nil {
		return r.report, err
	}
	var err error
	if r.rule, err = a.rule(port, len(cells)); err != nil {
		return r.report, err
	}
	r.motion = make([]motion, len(cells))
	for k, c := range cells {
		r.report.Cells[k] = Cell{Cell: c, Target: target[k]}
	}
	return r.report, r.run(ctx)
}

// check refuses what is wrong before anything is sent.
func check(port Port, a Algorithm, l Limits, cells []int32, target []float32) error {
	if err := a.Validate(); err != nil {
		return err
	}
	if err := a.check(l); err != nil {
		return err
	}
	if len(cells) != len(target) {
		return fmt.Errorf("%d cells and %d targets; each cell has one", len(cells), len(target))
	}
	low, high := 0.0, math.MaxFloat64
	if w, ok := port.(Windowed); ok {
		low, high = w.Window()
	}
	slack := 1e-6 * high // what single precision rounds away
	for k, c := range cells {
		switch x := float64(target[k]); {
		case c < 0:
			return fmt.Errorf("cell %d does not exist; the first is 0", c)
		case k > 0 && c <= cells[k-1]:
			return fmt.Errorf("cell %d follows cell %d; a list of cells is ascending", c, cells[k-1])
		case !(x >= 0) || math.IsInf(x, 0):
			return fmt.Errorf("target of cell %d is %g uS; a conductance is 0 or more, and finite", c, x)
		case x < low-slack || x > high+slack:
			return fmt.Errorf("target of cell %d is %g uS; these cells can be asked for %g to %g uS", c, x, low, high)
		}
	}
	return nil
}

// run is the state of a Run. Cells are numbered by their place in the list.
type run struct {
	port   Port
	rule   rule
	verify *Verify
	limits Limits
	report *Report

	motion []motion
}

func (r *run) run(ctx context.Context) error {
	all := make([]int, len(r.report.Cells))
	for k := range all {
		all[k] = k
	}
	if err := r.epoch(ctx, all); err != nil {
		return err
	}
	for e := range r.verify.Epochs {
		if err := r.port.Wait(ctx, r.verify.Delay); err != nil {
			return portError("waiting", nil, err)
		}
		r.report.Seconds += r.verify.Delay
		left, err := r.again(ctx, all)
		if err != nil {
			return err
		}
		if e == r.verify.Epochs-1 {
			for _, k := range left {
				r.report.Cells[k].Verdict = r.failed(k)
			}
			return nil
		}
		if err := r.epoch(ctx, left); err != nil {
			return err
		}
	}
	return nil
}

// again looks at all cells after a while and returns those that are to be
// written again: reached before, and outside their tolerance now. Those that
// failed before and are within it now are reached.
func (r *run) again(ctx context.Context, all []int) ([]int, error) {
	for _, k := range all {
		c := &r.report.Cells[k]
		r.motion[k].close(float64(c.G)) // what time does is no motion by pulses
	}
	within, err := r.judge(ctx, all, 0)
	if err != nil {
		return nil, err
	}
	var left []int
	for i, k := range all {
		c := &r.report.Cells[k]
		switch {
		case within[i]:
			c.Verdict = Reached
		case c.Verdict == Unfinished:
			left = append(left, k)
		}
	}
	return left, nil
}

// epoch writes to cells until each is within its tolerance or at its end.
func (r *run) epoch(ctx context.Context, cells []int) error {
	for _, k := range cells {
		r.rule.begin(k)
	}
	tighter := 0.0 // %, for cells that were written
	for len(cells) > 0 {
		within, err := r.judge(ctx, cells, tighter)
		if err != nil {
			return err
		}
		tighter = r.verify.Hysteresis
		var left []int
		var writes []write
		for i, k := range cells {
			c := &r.report.Cells[k]
			if within[i] {
				c.Verdict = Reached
				continue
			}
			w := write{stop: true}
			if c.Pulses < r.limits.Pulses {
				w = r.rule.next(k, c.G < c.Target)
			}
			if w.stop {
				c.Verdict = r.failed(k)
				continue
			}
			r.motion[k].wrote(c.G < c.Target, float64(c.G))
			left, writes = append(left, k), append(writes, w)
		}
		if err := r.write(ctx, left, writes); err != nil {
			return err
		}
		cells = left
	}
	return nil
}

// failed is the verdict of a cell outside its tolerance at the end.
func (r *run) failed(k int) Verdict {
	c := r.report.Cells[k]
	switch {
	case c.Pulses == 0 || r.motion[k].close(float64(c.G)) > r.verify.Move:
		return GaveUp
	case c.G > c.Target:
		return StuckHigh
	case float64(c.G) < r.verify.Formed:
		return NotFormed
	}
	return StuckLow
}

// judge reads cells, and those within tolerance again where that is wanted. A
// cell that is found outside is reached no more.
func (r *run) judge(ctx context.Context, cells []int, tighter float64) ([]bool, error) {
	within := make([]bool, len(cells))
	if err := r.read(ctx, cells); err != nil {
		return nil, err
	}
	var second []int
	for i, k := range cells {
		if within[i] = r.within(k, tighter); within[i] {
			second = append(second, k)
		}
	}
	if !r.verify.Confirm || len(second) == 0 {
		return within, nil
	}
	if err := r.read(ctx, second); err != nil {
		return nil, err
	}
	for i, k := range cells {
		within[i] = within[i] && r.within(k, 0)
	}
	return within, nil
}

func (r *run) within(k int, tighter float64) bool {
	c := &r.report.Cells[k]
	ok := r.verify.within(c.G, c.Target, tighter)
	if !ok && c.Verdict == Reached {
		c.Verdict = Unfinished
	}
	return ok
}

// read takes a reading of cells, an average of reads.
func (r *run) read(ctx context.Context, cells []int) error {
	list := r.list(cells)
	g := make([]float32, len(cells))
	sum := make([]float64, len(cells))
	for n := range r.verify.Drop + r.verify.Reads {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, k := range cells {
			r.report.Cells[k].Reads++
		}
		if err := r.port.Read(ctx, list, g); err != nil {
			return portError("reading", list, err)
		}
		for i, x := range g {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				return fmt.Errorf("reading cell %d: %g uS is no conductance", list[i], x)
			}
			if n >= r.verify.Drop {
				sum[i] += float64(x)
			}
		}
	}
	for i, k := range cells {
		mean := sum[i] / float64(r.verify.Reads)
		r.report.Cells[k].G = float32(mean)
	}
	return nil
}

// write sends what the rule wants. What is sent counts, whether the port
// fails or not: a pulse whose reply was lost may have acted.
func (r *run) write(ctx context.Context, cells []int, writes []write) error {
	if len(cells) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	list := r.list(cells)
	for _, k := range cells {
		r.report.Cells[k].Pulses++
	}
	if writes[0].volt == 0 {
		target := make([]float32, len(cells))
		for i, k := range cells {
			target[i] = r.report.Cells[k].Target
		}
		if err := r.port.(Programmer).Program(ctx, list, target); err != nil {
			return portError("programming", list, err)
		}
		return nil
	}
	volts := make([]float64, len(cells))
	for i, w := range writes {
		volts[i] = w.volt
	}
	if err := r.port.Pulse(ctx, list, volts, r.rule.width()); err != nil {
		return portError("pulsing", list, err)
	}
	r.report.Seconds += r.rule.width()
	return nil
}

func (r *run) list(cells []int) []int32 {
	list := make([]int32, 0, len(cells))
	for _, k := range cells {
		list = append(list, r.report.Cells[k].Cell)
	}
	return list
}
