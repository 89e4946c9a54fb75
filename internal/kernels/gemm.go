package kernels

import (
	"sync"
	"sync/atomic"
)

// A dense product is worked out in tiles of c, as Goto and van de Geijn do
// ("Anatomy of high-performance matrix multiplication", ACM TOMS 34(3):12, 2008):
// a block of a is packed into panels of eight rows that stay in the second
// cache, a strip of b into a panel of 48 columns, and a kernel keeps the tile
// where they meet in registers.
//
// An element of c is alpha times a chain of sums along k, plus what was there,
// once for each block along k. The blocks follow from k alone, so the bits of an
// element depend neither on the other rows and columns, nor on how many there
// are, nor on the workers. AVX2 and AVX-512 fuse product and sum in the chain
// and give the same bits; the portable form rounds both.
const (
	gemmRows = 8  // of a tile, as in the assembly
	gemmCols = 48 // of a tile, as in the assembly

	gemmDepth = 384 // the longest block along k: a panel of b takes 72 kB
	gemmBlock = 256 // the most rows of a packed at once: 384 kB

	// What a worker must have to do, in products and sums, to be worth its
	// start: some ten microseconds.
	gemmGrain = 1 << 20
	// The chunks of c for each worker, so that a late one is waited for less.
	gemmChunks = 2
)

// gemm is a product with its division into chunks.
type gemm struct {
	transA, transB bool
	m, n, k        int
	alpha          float32
	a, b, c        []float32
	lda, ldb, ldc  int
	overwrite      bool // c is written without being read

	rows, groups int // rows of a chunk, and groups of strips beside each other
	next         atomic.Int64
}

// gemmBuffer is what a worker packs into.
type gemmBuffer struct {
	a [gemmBlock * gemmDepth]float32
	b [gemmCols * gemmDepth]float32
}

var gemmBuffers = sync.Pool{New: func() any { return new(gemmBuffer) }}

// Gemm writes c = alpha op(a) op(b) + beta c on some workers: op(a) has m rows
// and k columns, op(b) k rows and n columns, and op turns rows into columns
// where trans says so. The matrices lie in memory by rows, lda, ldb and ldc
// numbers apart. Where beta is 0, c is not read; where alpha is 0, neither a nor b.
func Gemm(workers int, transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	if m == 0 || n == 0 {
		return
	}
	holds := func(x []float32, ld, rows, cols int) bool {
		return ld >= cols && len(x) >= (rows-1)*ld+cols
	}
	aRows, aCols, bRows, bCols := m, k, k, n
	if transA {
		aRows, aCols = k, m
	}
	if transB {
		bRows, bCols = n, k
	}
	if m < 0 || n < 0 || k < 0 || !holds(c, ldc, m, n) || k > 0 && !(holds(a, lda, aRows, aCols) && holds(b, ldb, bRows, bCols)) {
		panic("kernels: a matrix is shorter than its product needs")
	}
	if beta != 1 && !(beta == 0 && k > 0 && alpha != 0) {
		for i := range m {
			row := c[i*ldc:][:n]
			if beta == 0 {
				clear(row)
				continue
			}
			for j := range row {
				row[j] *= beta
			}
		}
	}
	if k == 0 || alpha == 0 {
		return
	}
	g := &gemm{
		transA: transA, transB: transB, m: m, n: n, k: k, alpha: alpha,
		a: a, lda: lda, b: b, ldb: ldb, c: c, ldc: ldc, overwrite: beta == 0,
	}
	workers = g.divide(workers)
	var others sync.WaitGroup
	for range workers - 1 {
		others.Go(g.work)
	}
	g.work()
	others.Wait()
}

// divide chooses the chunks of c and says how many workers they are for.
func (g *gemm) divide(workers int) int {
	workers = max(1, min(workers, int(float64(g.m)*float64(g.n)*float64(g.k)/gemmGrain)))
	chunks := 1
	if workers > 1 {
		chunks = gemmChunks * workers
	}
	strips := ceilDiv(g.n, gemmCols)
	blocks := max(ceilDiv(g.m, gemmBlock), min(ceilDiv(chunks, strips), ceilDiv(g.m, gemmRows)))
	g.rows = ceilDiv(ceilDiv(g.m, blocks), gemmRows) * gemmRows
	g.groups = min(strips, ceilDiv(chunks, ceilDiv(g.m, g.rows)))
	return workers
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// work does chunks until none is left.
func (g *gemm) work() {
	buffer := gemmBuffers.Get().(*gemmBuffer)
	defer gemmBuffers.Put(buffer)
	blocks, strips := ceilDiv(g.m, g.rows), ceilDiv(g.n, gemmCols)
	for {
		at := int(g.next.Add(1)) - 1
		if at >= blocks*g.groups {
			return
		}
		row, group := at/g.groups*g.rows, at%g.groups
		first, last := strips*group/g.groups, strips*(group+1)/g.groups
		g.chunk(buffer, row, min(g.m, row+g.rows), first*gemmCols, min(g.n, last*gemmCols))
	}
}

// chunk works out rows r0 to r1 and columns c0 to c1 of c.
func (g *gemm) chunk(buffer *gemmBuffer, r0, r1, c0, c1 int) {
	depth := ceilDiv(ceilDiv(g.k, ceilDiv(g.k, gemmDepth)), 4) * 4
	for k0 := 0; k0 < g.k; k0 += depth {
		k := min(depth, g.k-k0)
		for i := r0; i < r1; i += gemmRows {
			to := buffer.a[(i-r0)*k:][:gemmRows*k]
			if g.transA {
				gemmColumns(to, gemmRows, min(gemmRows, r1-i), k, g.a[k0*g.lda+i:], g.lda)
			} else {
				gemmTurned(to, gemmRows, min(gemmRows, r1-i), k, g.a[i*g.lda+k0:], g.lda)
			}
		}
		for j := c0; j < c1; j += gemmCols {
			cols := min(gemmCols, c1-j)
			b := buffer.b[:gemmCols*k]
			if g.transB {
				gemmTurned(b, gemmCols, cols, k, g.b[j*g.ldb+k0:], g.ldb)
			} else {
				gemmColumns(b, gemmCols, cols, k, g.b[k0*g.ldb+j:], g.ldb)
			}
			for i := r0; i < r1; i += gemmRows {
				t := gemmTile{
					k: k, a: buffer.a[(i-r0)*k:], b: b, ldb: gemmCols,
					c: g.c[i*g.ldc+j:], ldc: g.ldc, rows: min(gemmRows, r1-i), cols: cols,
					alpha: g.alpha, add: k0 > 0 || !g.overwrite,
				}
				if vectors() {
					t.vectors()
				} else {
					t.portable()
				}
			}
		}
	}
}

// gemmColumns packs k rows of some columns as k rows of width, with zeros
// beside them.
func gemmColumns(to []float32, width, cols, k int, from []float32, ld int) {
	if cols == width && vectors() {
		gemmColumnsVectors(to, width, k, from, ld)
		return
	}
	for p := range k {
		row := to[p*width:][:width]
		clear(row[copy(row, from[p*ld:][:cols]):])
	}
}

// gemmTurned packs some rows of k as k rows of width, with zeros beside them.
func gemmTurned(to []float32, width, rows, k int, from []float32, ld int) {
	done, deep := 0, 0
	if vectors() {
		done, deep = rows&^7, k&^3
		gemmTurnedVectors(to, width, done, deep, from, ld)
	}
	for i := range width {
		switch {
		case i >= rows:
			for p := range k {
				to[p*width+i] = 0
			}
		default:
			p := 0
			if i < done {
				p = deep
			}
			for row := from[i*ld:][:k]; p < k; p++ {
				to[p*width+i] = row[p]
			}
		}
	}
}

// gemmTile is a tile of c: k of eight rows of a, packed, times k rows of b, ldb
// apart.
type gemmTile struct {
	k          int
	a, b       []float32
	ldb        int
	c          []float32
	ldc        int
	rows, cols int // that are written
	alpha      float32
	add        bool // to what is there
}

// portable works the tile out in pieces of two rows and four columns, whose
// sums have room in registers.
func (t *gemmTile) portable() {
	for i := 0; i < t.rows; i += 2 {
		for j := 0; j < t.cols; j += 4 {
			var s [2][4]float32
			t.piece(&s, i, j)
			for di := range min(2, t.rows-i) {
				row := t.c[(i+di)*t.ldc+j:][:min(4, t.cols-j)]
				for dj := range row {
					v := float32(t.alpha * s[di][dj])
					if t.add {
						v += row[dj]
					}
					row[dj] = v
				}
			}
		}
	}
}

func (t *gemmTile) piece(s *[2][4]float32, i, j int) {
	var s00, s01, s02, s03, s10, s11, s12, s13 float32
	for p := range t.k {
		a, b := t.a[p*gemmRows+i:][:2], t.b[p*t.ldb+j:][:4]
		s00 += float32(a[0] * b[0])
		s01 += float32(a[0] * b[1])
		s02 += float32(a[0] * b[2])
		s03 += float32(a[0] * b[3])
		s10 += float32(a[1] * b[0])
		s11 += float32(a[1] * b[1])
		s12 += float32(a[1] * b[2])
		s13 += float32(a[1] * b[3])
	}
	*s = [2][4]float32{{s00, s01, s02, s03}, {s10, s11, s12, s13}}
}
