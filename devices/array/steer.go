package array

import (
	"sync"

	"github.com/synohm/synohm/devices"
)

// pulses are what weights of a tile are moved by, at the same time: weights
// ascending, up where positive.
type pulses struct {
	weights []int32
	n       []int32
}

func (p *pulses) add(weight, n int32) {
	if n != 0 {
		p.weights, p.n = append(p.weights, weight), append(p.n, n)
	}
}

// pulseStep is the change of a weight by a pulse of the nominal cell, in uS. Of
// a differential pair whose sides are both used, either cell takes half of a
// change.
func (m *Matrix) pulseStep() float64 {
	if m.step == 0 {
		m.step = devices.StepOf(m.cell.(devices.Nominal))
	}
	gain := m.gains[0]
	if m.bothSides() {
		gain *= 2
	}
	return gain * m.step
}

func (m *Matrix) bothSides() bool {
	d, ok := m.mapping.(*Differential)
	return ok && d.Sides == "both"
}

// steer tells how the pulses of weights are split over pairs of which one side
// is used at a time: the cell against the change is taken down to its low end
// first, and the other one up. It is nil for other mappings.
type steer struct {
	left [2][]int32 // pulses of the nominal step down to the low end, as known
}

func (t *tile) steer(now float64) *steer {
	if len(t.blocks) == 1 || t.m.bothSides() {
		return nil
	}
	s := &steer{}
	for i, g := range t.conductances(now) {
		s.left[i] = make([]int32, len(g))
		for k, x := range g {
			s.left[i][k] = int32(min(max(0, (float64(x)-t.m.low)/t.m.step), maxPulses))
		}
	}
	return s
}

// split is what the cells of a pair get.
func (s *steer) split(p pulses) (of [2]pulses) {
	for k, at := range p.weights {
		n, up, against := p.n[k], 0, 1
		if n < 0 {
			n, up, against = -n, 1, 0
		}
		down := min(n, s.left[against][at])
		s.left[against][at] -= down
		s.left[up][at] += n - down
		of[against].add(at, -down)
		of[up].add(at, n-down)
	}
	return of
}

// give pulses the cells of weights, one list after the other. The planes of a
// tile are pulsed side by side; cells of one know nothing of those of another.
func (t *tile) give(now float64, lists []pulses, s *steer) error {
	planes := make([][]pulses, len(t.blocks))
	for _, p := range lists {
		if s != nil {
			for i, of := range s.split(p) {
				planes[i] = append(planes[i], of)
			}
			continue
		}
		for i := range planes {
			planes[i] = append(planes[i], p)
		}
	}
	errs := make([]error, len(planes))
	taken := make([]uint64, len(planes))
	var negative []int32
	one := func(i int) {
		for _, p := range planes[i] {
			if len(p.n) == 0 {
				continue
			}
			n := p.n
			if s == nil && i == 1 { // the other side of a pair
				negative = negative[:0]
				for _, x := range n {
					negative = append(negative, -x)
				}
				n = negative
			}
			if errs[i] = t.blocks[i].Pulse(now, p.weights, n); errs[i] != nil {
				return
			}
			for _, x := range n {
				taken[i] += uint64(max(x, -x))
			}
		}
	}
	var wg sync.WaitGroup
	if t.m.workers > 1 {
		for i := range planes[1:] {
			wg.Go(func() { one(i + 1) })
		}
	} else {
		for i := range planes[1:] {
			one(i + 1)
		}
	}
	one(0)
	wg.Wait()
	for i, n := range taken {
		t.pulses += n
		t.writeAttojoule += n * t.m.writeAttojoule()
		if errs[i] != nil {
			return errs[i]
		}
	}
	return nil
}
