package synapses

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/philox"
)

// Sheet is a rectangle that two populations lie on.
type Sheet struct {
	Width       float64 `yaml:"width" unit:"mm" default:"1 mm" range:"(0, 1000000]" doc:"extent of the sheet in x"`
	Height      float64 `yaml:"height" unit:"mm" default:"1 mm" range:"(0, 1000000]" doc:"extent of the sheet in y"`
	Periodic    bool    `yaml:"periodic" default:"true" doc:"what leaves the sheet on one side comes back on the other"`
	Layout      string  `yaml:"layout" default:"grid" enum:"grid|random" doc:"where neurons are: row by row in the middle of equal cells, or anywhere, the same places in every projection of a population"`
	FromColumns int     `yaml:"from_columns" default:"0" range:"[0, 16777216]" doc:"columns of the grid of the sources; 0 makes cells as square as can be"`
	ToColumns   int     `yaml:"to_columns" default:"0" range:"[0, 16777216]" doc:"columns of the grid of the targets; 0 makes cells as square as can be"`
}

// check wants grids no wider than their populations.
func (s *Sheet) check(w *Wiring) error {
	for _, c := range []struct {
		key        string
		columns, n int
	}{{"from_columns", s.FromColumns, w.Sources}, {"to_columns", s.ToColumns, w.Targets}} {
		if c.columns > c.n {
			return fmt.Errorf("%s %d is more than the %d neurons of the population", c.key, c.columns, c.n)
		}
	}
	if w.Same && s.FromColumns != s.ToColumns {
		return fmt.Errorf("from_columns %d and to_columns %d are of the same population; give both the same value", s.FromColumns, s.ToColumns)
	}
	return nil
}

// scaled is the sheet with fewer neurons in either direction.
func (s Sheet) scaled(f float64) Sheet {
	for _, c := range []*int{&s.FromColumns, &s.ToColumns} {
		if *c > 0 {
			*c = int(scaledCount(int64(*c), math.Sqrt(f)))
		}
	}
	return s
}

var purposePlaces = philox.Purpose("synapses.sheet.places")

// places returns where each of n neurons is, mm.
func (s *Sheet) places(n, columns int, seed uint64) func(i int) (x, y float64) {
	if s.Layout == "random" {
		st := philox.Stream{Seed: seed, Purpose: purposePlaces}
		return func(i int) (x, y float64) {
			b := st.Block(uint32(i), 0)
			return s.Width * philox.Uniform52(b[0], b[1]), s.Height * philox.Uniform52(b[2], b[3])
		}
	}
	if columns == 0 {
		columns = int(math.Round(min(max(math.Sqrt(float64(n)*s.Width/s.Height), 1), float64(n))))
	}
	rows := (n + columns - 1) / columns
	return func(i int) (x, y float64) {
		return s.Width * (float64(i%columns) + 0.5) / float64(columns), s.Height * (float64(i/columns) + 0.5) / float64(rows)
	}
}

func (s *Sheet) sources(w *Wiring) func(i int) (x, y float64) {
	return s.places(w.Sources, s.FromColumns, w.Places[0])
}

func (s *Sheet) targets(w *Wiring) func(i int) (x, y float64) {
	return s.places(w.Targets, s.ToColumns, w.Places[1])
}

// distance is that between two places, on a periodic sheet the shortest one.
func (s *Sheet) distance(x0, y0, x1, y1 float64) float64 {
	return math.Hypot(s.along(x0, x1, s.Width), s.along(y0, y1, s.Height))
}

// along is the distance in one direction.
func (s *Sheet) along(a, b, extent float64) float64 {
	d := math.Abs(a - b)
	if s.Periodic {
		d = min(d, extent-d)
	}
	return max(d, 0)
}

// farthest is the largest distance there can be.
func (s *Sheet) farthest() float64 {
	d := math.Hypot(s.Width, s.Height)
	if s.Periodic {
		d /= 2
	}
	return d
}

// beside is the distance in one direction from a place to an interval.
func (s *Sheet) beside(a, lo, hi, extent float64) float64 {
	if a >= lo && a <= hi {
		return 0
	}
	return min(s.along(a, lo, extent), s.along(a, hi, extent))
}

// bins are sources by where they are: a grid of cells on the sheet, and in
// each the sources, ascending.
type bins struct {
	*Sheet
	columns, rows int
	start         []int32 // of each bin, row by row; one more at the end
	source        []int32
	x, y          []float64 // mm, of source
	dx, dy        []float64 // from a place to every column and row of bins
}

// perBin is about how many sources a bin has: the price of looking at a bin is
// that of looking at some sources.
const perBin = 32

func newBins(s *Sheet, n int, place func(i int) (x, y float64)) *bins {
	b := &bins{Sheet: s, source: make([]int32, n), x: make([]float64, n), y: make([]float64, n)}
	cells := max(1, float64(n)/perBin)
	b.columns = int(min(max(math.Sqrt(cells*s.Width/s.Height), 1), cells))
	b.rows = max(1, int(cells)/b.columns)
	b.dx, b.dy = make([]float64, b.columns), make([]float64, b.rows)
	b.start = make([]int32, b.columns*b.rows+1)
	cell := func(x, y float64) int {
		c := min(int(x/s.Width*float64(b.columns)), b.columns-1)
		r := min(int(y/s.Height*float64(b.rows)), b.rows-1)
		return r*b.columns + c
	}
	for i := range n {
		b.start[cell(place(i))+1]++
	}
	for i := 1; i < len(b.start); i++ {
		b.start[i] += b.start[i-1]
	}
	for i := range n {
		x, y := place(i)
		c := cell(x, y)
		at := b.start[c]
		b.start[c]++
		b.source[at], b.x[at], b.y[at] = int32(i), x, y
	}
	copy(b.start[1:], b.start)
	b.start[0] = 0
	return b
}

// near calls f with every bin, its least distance from a place, and the range
// of its sources.
func (b *bins) near(x, y float64, f func(distance float64, lo, hi int)) {
	w, h := b.Width/float64(b.columns), b.Height/float64(b.rows)
	for c := range b.dx {
		b.dx[c] = b.beside(x, w*float64(c), w*float64(c+1), b.Width)
	}
	for r := range b.dy {
		b.dy[r] = b.beside(y, h*float64(r), h*float64(r+1), b.Height)
	}
	for r, dy := range b.dy {
		for c, dx := range b.dx {
			at := r*b.columns + c
			f(math.Sqrt(float64(dx*dx)+float64(dy*dy)), int(b.start[at]), int(b.start[at+1]))
		}
	}
}
