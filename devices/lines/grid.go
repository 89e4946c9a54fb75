package lines

import "github.com/synohm/synohm/internal/kernels"

const (
	stripCols = kernels.LineCols
	bandRows  = kernels.LineRows
)

// grid is how numbers of nodes lie in memory: in strips of 16 columns, row
// after row in a strip, so that a sweep down a strip reads memory from front to
// back, and 8 rows of a strip are a piece of 1 KB for the sweeps along rows.
// Rows and columns are filled up with open cells that carry nothing.
type grid struct {
	rows, cols    int
	bands, strips int
	stride        int // numbers of a strip
}

func newGrid(rows, cols int) grid {
	g := grid{rows: rows, cols: cols, bands: (rows + bandRows - 1) / bandRows, strips: (cols + stripCols - 1) / stripCols}
	g.stride = g.bands * bandRows * stripCols
	return g
}

// size is the length of an array of nodes.
func (g *grid) size() int { return g.strips * g.stride }

// band is the length of a band: what the sweeps along 8 rows keep beside it.
func (g *grid) band() int { return g.strips * stripCols * bandRows }

// at is where node (i, j) lies.
func (g *grid) at(i, j int) int { return j/stripCols*g.stride + i*stripCols + j%stripCols }

// strip is one strip of an array.
func (g *grid) strip(a []float64, s int) []float64 { return a[s*g.stride : (s+1)*g.stride] }

// from is an array from the first row of a band on.
func (g *grid) from(a []float64, band int) []float64 { return a[band*bandRows*stripCols:] }

// bandOf is one band of an array that is stored by bands.
func (g *grid) bandOf(a []float64, band int) []float64 { return a[band*g.band() : (band+1)*g.band()] }

// row16 is row i of a strip.
func row16(strip []float64, i int) *[stripCols]float64 {
	return (*[stripCols]float64)(strip[i*stripCols:])
}

// pack writes the rows of a matrix of [rows][cols], times a factor, to strip s
// of an array.
func (g *grid) pack(to, from []float64, s int, factor float64) {
	strip := g.strip(to, s)
	lo := s * stripCols
	hi := min(lo+stripCols, g.cols)
	for i := range g.rows {
		row := strip[i*stripCols:]
		for j, x := range from[i*g.cols+lo : i*g.cols+hi] {
			row[j] = factor * x
		}
	}
}

// unpack writes strip s of an array to a matrix of [rows][cols].
func (g *grid) unpack(to, from []float64, s int) {
	strip := g.strip(from, s)
	lo := s * stripCols
	hi := min(lo+stripCols, g.cols)
	for i := range g.rows {
		copy(to[i*g.cols+lo:i*g.cols+hi], strip[i*stripCols:])
	}
}
