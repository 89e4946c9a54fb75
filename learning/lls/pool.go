package lls

import "github.com/synohm/synohm/sim"

// pool averages the activity of a layer to a length: a plain vector in parts of
// nearly the same length, places in a grid of parts, channel by channel. Parts
// reach from floor(i n/m) to ceil((i+1) n/m), as is usual.
type pool struct {
	in   sim.Extent
	side int // parts along a side, or of a vector; 0 where nothing is averaged
}

// length is that of what is averaged.
func (p pool) length() int {
	switch {
	case p.side == 0:
		return p.in.Units()
	case p.in.Rows*p.in.Cols > 1:
		return p.rows() * p.cols() * p.in.Channels
	}
	return p.side
}

func (p pool) rows() int { return min(p.side, p.in.Rows) }
func (p pool) cols() int { return min(p.side, p.in.Cols) }

func part(i, n, m int) (lo, hi int) { return i * n / m, ((i+1)*n + m - 1) / m }

// forward averages one example.
func (p pool) forward(h, a []float32) {
	switch {
	case p.side == 0:
		copy(a, h)
	case p.in.Rows*p.in.Cols > 1:
		p.each(func(at, from int, share float32, first bool) {
			to, h := a[at:at+p.in.Channels], h[from:from+p.in.Channels]
			if first {
				clear(to)
			}
			for c, v := range h {
				to[c] += float32(v * share)
			}
		})
	default:
		for i := range a {
			lo, hi := part(i, len(h), p.side)
			var sum float32
			for _, v := range h[lo:hi] {
				sum += v
			}
			a[i] = sum / float32(hi-lo)
		}
	}
}

// backward brings a derivative along the averages to the activity.
func (p pool) backward(da, dh []float32) {
	if p.side == 0 {
		copy(dh, da)
		return
	}
	clear(dh)
	if p.in.Rows*p.in.Cols > 1 {
		p.each(func(at, from int, share float32, _ bool) {
			to := dh[from : from+p.in.Channels]
			for c, v := range da[at : at+p.in.Channels] {
				to[c] += float32(v * share)
			}
		})
		return
	}
	for i, v := range da {
		lo, hi := part(i, len(dh), p.side)
		v /= float32(hi - lo)
		for j := lo; j < hi; j++ {
			dh[j] += v
		}
	}
}

// each calls f for every place of every part of the grid.
func (p pool) each(f func(at, from int, share float32, first bool)) {
	for r := range p.rows() {
		r0, r1 := part(r, p.in.Rows, p.rows())
		for c := range p.cols() {
			c0, c1 := part(c, p.in.Cols, p.cols())
			share := 1 / float32((r1-r0)*(c1-c0))
			for y := r0; y < r1; y++ {
				for x := c0; x < c1; x++ {
					f((r*p.cols()+c)*p.in.Channels, (y*p.in.Cols+x)*p.in.Channels, share, y == r0 && x == c0)
				}
			}
		}
	}
}
