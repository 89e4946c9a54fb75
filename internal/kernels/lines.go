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
// forward substitution y[j] = v[j] + c[j-1] y[j-1]. v begins with the first
// row's part of the first strip, and stride is from strip to strip; c and y are
// a band.
func LineRight(stride int, v, c, y []float64) {
	strips := bandStrips(stride, len(c), len(v))
	sameLength(len(c), len(y))
	if strips == 0 {
		return
	}
	if vectors() {
		lineRightVectors(strips, stride, v, c, y)
		return
	}
	for r := range LineRows {
		last := 0.0
		at := r
		for s := range strips {
			for _, b := range v[s*stride+r*LineCols:][:LineCols] {
				t := b + last
				y[at] = t
				last = float64(c[at] * t)
				at += LineRows
			}
		}
	}
}

// LineLeft goes back from right to left: x[j] = c[j] (y[j] + x[j+1]), and
// z -= alpha (p - x), w += alpha p. The products of v and the new z are added to
// dot: of rows 0 to 3 and columns k, k+4, ... to dot[k], of rows 4 to 7 to
// dot[4+k].
func LineLeft(alpha float64, stride int, c, y, v, p, z, w []float64, dot *[LineRows]float64) {
	strips := bandStrips(stride, len(c), len(p))
	sameLength(len(c), len(y))
	sameLength(len(p), len(v), len(z), len(w))
	if strips == 0 {
		return
	}
	if vectors() {
		lineLeftVectors(alpha, strips, stride, c, y, v, p, z, w, dot)
		return
	}
	var x [LineRows]float64
	for s := strips - 1; s >= 0; s-- {
		for first := LineCols - 4; first >= 0; first -= 4 { // of four columns
			for r := range x {
				t := x[r]
				for k := 3; k >= 0; k-- {
					at := (s*LineCols+first+k)*LineRows + r
					t = float64(c[at] * (y[at] + t))
					j := s*stride + r*LineCols + first + k
					z[j] -= float64(alpha * (p[j] - t))
					w[j] += float64(alpha * p[j])
					dot[r/4*4+k] += float64(z[j] * v[j])
				}
				x[r] = t
			}
		}
	}
}

// LineReturn is LineLeft where z takes x: the products of x and v are added to
// dot in the same way.
func LineReturn(stride int, c, y, v, z []float64, dot *[LineRows]float64) {
	strips := bandStrips(stride, len(c), len(z))
	sameLength(len(c), len(y))
	sameLength(len(v), len(z))
	if strips == 0 {
		return
	}
	if vectors() {
		lineReturnVectors(strips, stride, c, y, v, z, dot)
		return
	}
	var x [LineRows]float64
	for s := strips - 1; s >= 0; s-- {
		for first := LineCols - 4; first >= 0; first -= 4 {
			for r := range x {
				t := x[r]
				for k := 3; k >= 0; k-- {
					at := (s*LineCols+first+k)*LineRows + r
					t = float64(c[at] * (y[at] + t))
					j := s*stride + r*LineCols + first + k
					z[j] = t
					dot[r/4*4+k] += float64(t * v[j])
				}
				x[r] = t
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
