package kernels

import "math"

// The sweeps that end a solution of a crossbar's lines: the voltages of the bit
// lines for those of the word lines, and what Kirchhoff's current law leaves
// over.

// LineFill goes down a strip: the forward substitution
// y[i] = kappa g[i] w[i] + c[i-1] y[i-1].
func LineFill(kappa float64, w, g, c, y []float64) {
	sameLength(len(w), len(g), len(c), len(y))
	wholeBands(len(w), LineCols)
	if len(w) == 0 {
		return
	}
	if vectors() {
		lineFillVectors(kappa, w, g, c, y)
		return
	}
	var last [LineCols]float64
	for i := 0; i < len(w); i += LineCols {
		for k := range last {
			t := float64(kappa*float64(g[i+k]*w[i+k])) + last[k]
			y[i+k] = t
			last[k] = float64(c[i+k] * t)
		}
	}
}

// LineBack goes up a strip: the back substitution x[i] = c[i] (y[i] + x[i+1]),
// x in the place of y.
func LineBack(c, y []float64) {
	sameLength(len(c), len(y))
	wholeBands(len(c), LineCols)
	if len(c) == 0 {
		return
	}
	if vectors() {
		lineBackVectors(c, y)
		return
	}
	var x [LineCols]float64
	for i := len(c) - LineCols; i >= 0; i -= LineCols {
		for k := range x {
			x[k] = float64(c[i+k] * (y[i+k] + x[k]))
			y[i+k] = x[k]
		}
	}
}

// LineLaw is what is summed up along the lines of a strip, column by column.
type LineLaw struct {
	Before  [LineCols]float64 // current into the next node from the one before
	Left    [LineCols]float64 // squares of what is left over at the nodes
	Through [LineCols]float64 // the cells' currents
	Size    [LineCols]float64 // and what these are differences of
}

// LineLawDown goes down the bit lines of a strip: a node of voltage u gets the
// current of the node above, and kappa g (w - u) of its cell, and gives
// u[i] - u[i+1] to the node below. u has a row more than the others.
func LineLawDown(kappa float64, w, u, g []float64, law *LineLaw) {
	sameLength(len(w), len(g), len(u)-LineCols)
	wholeBands(len(w), LineCols)
	if len(w) == 0 {
		return
	}
	if vectors() {
		lineLawDownVectors(kappa, w, u, g, law)
		return
	}
	for i := 0; i < len(w); i += LineCols {
		for k := range LineCols {
			x, y, a := w[i+k], u[i+k], g[i+k]
			after := y - u[i+k+LineCols]
			cell := float64(kappa * float64(a*(x-y)))
			rest := law.Before[k] - after + cell
			law.Left[k] += float64(rest * rest)
			law.Through[k] += cell
			law.Size[k] += float64(kappa * float64(a*(math.Abs(x)+math.Abs(y))))
			law.Before[k] = after
		}
	}
}

// LineBandLaw is what is summed up along the lines of a band. Sums run in 16
// parts, one for each column of a strip, so that no addition waits for the one
// before.
type LineBandLaw struct {
	Before  [LineRows]float64
	Left    [LineCols]float64 // of all rows
	Through [LineRows][LineCols]float64
	Size    [LineRows][LineCols]float64
}

// LineLawRight goes from left to right along the word lines of a band, over all
// strips but the last, and writes to z what is left over: a node of voltage w
// gets the current of the node before, gives w[j] - w[j+1] to the next one and
// g (w - u) to its cell. The arrays begin with the first row's part of the first
// strip, and stride is from strip to strip.
func LineLawRight(strips, stride int, w, u, g, z []float64, law *LineBandLaw) {
	sameLength(len(w), len(u), len(g), len(z))
	if strips < 0 || bandStrips(stride, (strips+1)*LineRows*LineCols, len(w)) == 1 {
		return
	}
	if vectors() {
		lineLawRightVectors(strips, stride, w, u, g, z, law)
		return
	}
	for s := range strips {
		for r := range LineRows {
			at := s*stride + r*LineCols
			for k := range LineCols {
				x, y, a := w[at+k], u[at+k], g[at+k]
				next := at + k + 1
				if k == LineCols-1 {
					next = at + stride
				}
				after := x - w[next]
				cell := float64(a * (x - y))
				rest := law.Before[r] - after - cell
				z[at+k] = rest
				law.Left[k] += float64(rest * rest)
				law.Through[r][k] += cell
				law.Size[r][k] += float64(a * (math.Abs(x) + math.Abs(y)))
				law.Before[r] = after
			}
		}
	}
}
