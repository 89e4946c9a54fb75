package inputs

import "github.com/synohm/synohm/internal/philox"

var purposeShift = philox.Purpose("learning.inputs.shift")

// Shift moves an image dx pixels to the right and dy down into out, which is
// another array. Pixels that nothing moves to are 0.
func Shift(out, x []float32, rows, cols, dx, dy int) {
	from, to := max(0, -dx), min(cols, cols-dx) // columns of x that stay in sight
	for r := range rows {
		row := out[r*cols : (r+1)*cols : (r+1)*cols]
		if r < dy || r-dy >= rows || from >= to {
			clear(row)
			continue
		}
		clear(row[:from+dx])
		copy(row[from+dx:], x[(r-dy)*cols+from:(r-dy)*cols+to])
		clear(row[to+dx:])
	}
}

// RandomShift draws one of the (2 most + 1)^2 shifts of at most that many
// pixels in each direction; 2 gives the 25 shifts of Hinton, arXiv 2212.13345
// (2022), section 3.3.
func RandomShift(k Key, most int) (dx, dy int) {
	b := philox.Stream{Seed: k.Seed, Purpose: purposeShift, Trial: k.Epoch}.Block(0, k.Image)
	n := 2*most + 1
	return below(b[0], n) - most, below(b[1], n) - most
}

// below maps a word to a number below n; the bias is below n/2^32.
func below(u uint32, n int) int { return int(uint64(u) * uint64(n) >> 32) }
