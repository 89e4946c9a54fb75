package kernels

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// lineArrays are n arrays of a size, of numbers of both signs; coefficients of
// the sweeps stay below 1.
func lineArrays(n, size int, seed uint64) (a [][]float64) {
	d := draws{n: size, seed: seed}
	for range n {
		a = append(a, d.doubles(-1, 1))
	}
	return a
}

func TestSweepsOfAStripHaveTheSameBits(t *testing.T) {
	for _, rows := range []int{0, 1, 2, 7, 33} {
		everyPath(t, func() []any {
			a := lineArrays(5, rows*LineCols, uint64(rows))
			z, p, g, c, v := a[0], a[1], a[2], a[3], a[4]
			y := make([]float64, len(z))
			var dot [LineCols]float64
			dot[3] = 1
			LineDown(0.3, z, p, g, c, y)
			LineUp(0.7, y, c, g, p, v, &dot)
			return []any{p, y, v, dot[:]}
		})
	}
}

func TestSweepsOfABandHaveTheSameBits(t *testing.T) {
	for _, strips := range []int{0, 1, 2, 5} {
		everyPath(t, func() []any {
			const stride = 3 * LineRows * LineCols
			a := lineArrays(5, strips*stride, uint64(strips))
			c := lineArrays(1, strips*LineRows*LineCols, 9)[0]
			y := make([]float64, len(c))
			var dot [LineRows]float64
			dot[3] = 1
			LineRight(stride, a[0], c, y)
			LineLeft(0.3, stride, c, y, a[4], a[1], a[2], a[3], &dot)
			LineReturn(stride, c, y, a[4], a[0], &dot)
			return []any{y, dot[:], a[0], a[1], a[2], a[3]}
		})
	}
}

func TestLawsOfAStripHaveTheSameBits(t *testing.T) {
	for _, rows := range []int{0, 1, 2, 7, 33} {
		everyPath(t, func() []any {
			a := lineArrays(3, rows*LineCols, uint64(rows))
			w, g, c := a[0], a[1], a[2]
			y := lineArrays(1, (rows+1)*LineCols, 5)[0]
			law := LineLaw{Before: [LineCols]float64{3: 1}, Left: [LineCols]float64{2: 1}, Through: [LineCols]float64{15: 1}, Size: [LineCols]float64{0: 1}}
			LineLawDown(0.7, w, y, g, &law)
			LineFill(0.7, w, g, c, y[:len(w)])
			filled := slices.Clone(y)
			LineBack(c, y[:len(w)])
			return []any{law.Before[:], law.Left[:], law.Through[:], law.Size[:], filled, y}
		})
	}
}

func TestLawsOfABandHaveTheSameBits(t *testing.T) {
	for _, strips := range []int{-1, 0, 1, 2, 5} {
		everyPath(t, func() []any {
			const stride = 3 * LineRows * LineCols
			a := lineArrays(4, max(0, strips*stride+LineRows*LineCols), uint64(strips))
			law := LineBandLaw{Before: [LineRows]float64{3: 1}, Left: [LineCols]float64{2: 1}}
			law.Through[7][15], law.Size[1][2] = 1, 1
			LineLawRight(strips, stride, a[0], a[1], a[2], a[3], &law)
			got := []any{law.Before[:], law.Left[:], a[3]}
			for r := range LineRows {
				got = append(got, law.Through[r][:], law.Size[r][:])
			}
			return got
		})
	}
}

// A band is solved by its sweeps: with z = p = 0 and alpha = 1, z is the
// solution of the tridiagonal system of each row.
func TestSweepsOfABandSolveItsRows(t *testing.T) {
	for _, form := range Forms() {
		use(t, form)
		const strips, n = 3, 3 * LineCols
		b := lineArrays(1, strips*LineRows*LineCols, 1)[0]
		c, y := make([]float64, len(b)), make([]float64, len(b))
		for r := range LineRows {
			e := 0.0
			for j := range n {
				e = 1 + e/(1+e) // A = 3 on the diagonal, 2 at the ends
				c[j*LineRows+r] = 1 / (1 + e)
			}
			c[(n-1)*LineRows+r] = 1 / e
		}
		z, p, w := make([]float64, len(b)), make([]float64, len(b)), make([]float64, len(b))
		var dot [LineRows]float64
		LineRight(LineRows*LineCols, b, c, y)
		LineLeft(1, LineRows*LineCols, c, y, b, p, z, w, &dot)
		all := 0.0
		for r := range LineRows {
			at := func(j int) int { return j/LineCols*LineRows*LineCols + r*LineCols + j%LineCols }
			for j := range n {
				left := z[at(j)]
				if j > 0 {
					left += z[at(j)] - z[at(j-1)]
				}
				if j < n-1 {
					left += z[at(j)] - z[at(j+1)]
				}
				require.InDelta(t, b[at(j)], left, 1e-14, "%s, row %d, column %d", form, r, j)
				all += b[at(j)] * z[at(j)]
			}
		}
		require.Equal(t, make([]float64, len(w)), w)
		x, again := make([]float64, len(b)), [LineRows]float64{}
		LineReturn(LineRows*LineCols, c, y, b, x, &again)
		require.Equal(t, z, x)
		for _, d := range dot {
			all -= d
		}
		require.InDelta(t, 0, all, 1e-12)
	}
	use(t, "auto")
}

func TestSweepsRefuseWhatIsNoStrip(t *testing.T) {
	v := make([]float64, 2*LineRows*LineCols)
	require.Panics(t, func() { LineDown(0, v, v, v, v, v[:16]) })
	require.Panics(t, func() { LineDown(0, v[:8], v[:8], v[:8], v[:8], v[:8]) })
	require.Panics(t, func() { LineUp(0, v, v, v, v, v[:16], new([LineCols]float64)) })
	require.Panics(t, func() { LineRight(LineRows*LineCols+1, v, v, v) })
	require.Panics(t, func() { LineReturn(LineRows*LineCols, v, v, v, v[:16], new([LineRows]float64)) })
	require.Panics(t, func() { LineFill(0, v, v, v, v[:16]) })
	require.Panics(t, func() { LineBack(v, v[:16]) })
	require.Panics(t, func() { LineLawDown(0, v, v, v, new(LineLaw)) })
	require.Panics(t, func() { LineLawRight(2, LineRows*LineCols, v, v, v, v, new(LineBandLaw)) })
	require.Panics(t, func() { LineLeft(0, LineRows*LineCols, v, v, v, v, v, v[:16], new([LineRows]float64)) })
}
