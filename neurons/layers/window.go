package layers

import (
	"fmt"

	"github.com/synohm/synohm/sim"
)

// Window is what part of its input a place of a layer sees.
type Window struct {
	Kernel int `yaml:"kernel" required:"true" range:"[1, 1000]" doc:"rows and columns of the input that a place sees"`
	Stride int `yaml:"stride" default:"1" range:"[1, 1000]" doc:"rows and columns of the input from one place to the next"`
	Pad    int `yaml:"pad" default:"0" range:"[0, 1000]" doc:"rows and columns of zeros around the input"`
}

// out is the extent of the places, of so many channels, or what is wrong.
func (w Window) out(in sim.Extent, channels int) (sim.Extent, error) {
	if w.Pad >= w.Kernel {
		return sim.Extent{}, fmt.Errorf("a pad of %d lets places see zeros alone; it must be below the kernel of %d", w.Pad, w.Kernel)
	}
	rows, cols := in.Rows+2*w.Pad, in.Cols+2*w.Pad
	if w.Kernel > rows || w.Kernel > cols {
		return sim.Extent{}, fmt.Errorf("a kernel of %d x %d does not fit into an input of %d x %d with its pad; have a smaller kernel", w.Kernel, w.Kernel, rows, cols)
	}
	return sim.Extent{Rows: (rows-w.Kernel)/w.Stride + 1, Cols: (cols-w.Kernel)/w.Stride + 1, Channels: channels}, nil
}

// area is a window on an input.
type area struct {
	Window
	in, out sim.Extent
}

// sees is the number of values in a window.
func (a area) sees() int { return a.Kernel * a.Kernel * a.in.Channels }

// places is how many windows there are.
func (a area) places() int { return a.out.Rows * a.out.Cols }

// rows calls f for every row of the window of a place that lies on the input: n
// values, from at in the example and from to in the patch, [row][column][channel].
func (a area) rows(place int, f func(at, to, n int)) {
	channels := a.in.Channels
	top, left := place/a.out.Cols*a.Stride-a.Pad, place%a.out.Cols*a.Stride-a.Pad
	first, last := max(left, 0), min(left+a.Kernel, a.in.Cols)
	for k := max(0, -top); k < a.Kernel && top+k < a.in.Rows; k++ {
		f(((top+k)*a.in.Cols+first)*channels, (k*a.Kernel+first-left)*channels, (last-first)*channels)
	}
}

// gather writes what a place sees of an example; what lies beyond the edges is 0.
func (a area) gather(place int, patch, x []float32) {
	if a.Pad > 0 {
		clear(patch)
	}
	a.rows(place, func(at, to, n int) { copy(patch[to:to+n], x[at:at+n]) })
}

// scatter adds a patch to where it came from.
func (a area) scatter(place int, patch, x []float32) {
	a.rows(place, func(at, to, n int) {
		row := x[at : at+n]
		for i, v := range patch[to : to+n] {
			row[i] += v
		}
	})
}

// scratch makes a slice as long as needed.
func scratch(s *[]float32, n int) []float32 {
	if cap(*s) < n {
		*s = make([]float32, n)
	}
	return (*s)[:n]
}
