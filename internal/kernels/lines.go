package kernels

// The sweeps of a crossbar's lines (package devices/lines). A line's equations
// are tridiagonal; lanes run across lines, so every line has the bits of a
// plain loop.
//
// An array of nodes is stored in strips of LineCols columns, one strip after
// the other, row after row in a strip. What only sweeps along rows use is
// stored in bands of LineRows rows, one column after the other.
const (
	LineCols = 16 // columns of a strip
	LineRows = 8  // rows of a band
)

// LineDown goes down a strip: p = z + beta p, and the forward substitution
// y[i] = g[i] p[i] + c[i-1] y[i-1].
func LineDown(beta float64, z, p, g, c, y []float64) {
	sameLength(len(z), len(p), len(g), len(c), len(y))
	wholeBands(len(z), LineCols)
	if len(z) == 0 {
		return
	}
	if vectors() {
		lineDownVectors(beta, z, p, g, c, y)
		return
	}
	for k := range LineCols {
		last := 0.0
		for i := k; i < len(z); i += LineCols {
			q := z[i] + float64(beta*p[i])
			p[i] = q
			last = float64(g[i]*q) + last
			y[i] = last
			last = float64(c[i] * last)
		}
	}
}

// LineUp goes up a strip: the back substitution x[i] = c[i] (y[i] + x[i+1]),
// v = kappa g x, and the sum of p v of each column is added to dot.
func LineUp(kappa float64, y, c, g, p, v []float64, dot *[LineCols]float64) {
	sameLength(len(y), len(c), len(g), len(p), len(v))
	wholeBands(len(y), LineCols)
	if len(y) == 0 {
		return
	}
	if vectors() {
		lineUpVectors(kappa, y, c, g, p, v, dot)
		return
	}
	for k := range LineCols {
		x, sum := 0.0, dot[k]
		for i := len(y) - LineCols + k; i >= 0; i -= LineCols {
			x = float64(c[i] * (y[i] + x))
			u := float64(kappa * float64(g[i]*x))
			v[i] = u
			sum += float64(p[i] * u)
		}
		dot[k] = sum
	}
}

// LineRight goes from left to right over LineRows rows, strip by strip: the
// forward substitution y[j] = v[j] + c[j-1] y[j-1]; the sum of c y^2 of each
// row, which is v A^-1 v of its line, is added to dot. v begins with the first
// row's part of the first strip, and stride is from strip to strip; c and y are
// a band.
func LineRight(stride int, v, c, y []float64, dot *[LineRows]float64) {
	strips := bandStrips(stride, len(c), len(v))
	sameLength(len(c), len(y))
	if strips == 0 {
		return
	}
	if vectors() {
		lineRightVectors(strips, stride, v, c, y, dot)
		return
	}
	for r := range LineRows {
		last, sum := 0.0, dot[r]
		at := r
		for s := range strips {
			row := v[s*stride+r*LineCols:][:LineCols]
			for _, b := range row {
				t := b + last
				y[at] = t
				last = float64(c[at] * t)
				sum += float64(t * last)
				at += LineRows
			}
		}
		dot[r] = sum
	}
}

// LineLeft goes back from right to left: x[j] = c[j] (y[j] + x[j+1]), and
// z -= alpha (p - x), w += alpha p.
func LineLeft(alpha float64, stride int, c, y, p, z, w []float64) {
	strips := bandStrips(stride, len(c), len(p))
	sameLength(len(c), len(y))
	sameLength(len(p), len(z), len(w))
	if strips == 0 {
		return
	}
	if vectors() {
		lineLeftVectors(alpha, strips, stride, c, y, p, z, w)
		return
	}
	for r := range LineRows {
		x := 0.0
		at := len(c) - LineRows + r
		for s := strips - 1; s >= 0; s-- {
			row := s*stride + r*LineCols
			for j := row + LineCols - 1; j >= row; j-- {
				x = float64(c[at] * (y[at] + x))
				z[j] -= float64(alpha * (p[j] - x))
				w[j] += float64(alpha * p[j])
				at -= LineRows
			}
		}
	}
}

func wholeBands(n, of int) {
	if n%of != 0 {
		panic("kernels: part of a row")
	}
}

// bandStrips is the number of strips of a band, whose rows in n numbers of the
// strips must be all there.
func bandStrips(stride, band, n int) int {
	wholeBands(band, LineRows*LineCols)
	strips := band / (LineRows * LineCols)
	if strips > 0 && (stride < LineRows*LineCols || n < (strips-1)*stride+LineRows*LineCols) {
		panic("kernels: a band longer than its strips")
	}
	return strips
}
