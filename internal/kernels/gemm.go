package kernels

import (
	"sync"
	"sync/atomic"
)

// A dense product is worked out in tiles of c, as Goto and van de Geijn do
// ("Anatomy of high-performance matrix multiplication", ACM TOMS 34(3):12, 2008):
// b is packed into strips of 48 columns, a block of a into panels of eight rows
// that stay in the second cache, and a kernel keeps the tile where they meet in
// registers.
//
// An element of c is alpha times a chain of sums along k, plus what was there,
// once for each block along k. The blocks follow from k alone, so the bits of an
// element depend neither on the other rows and columns, nor on how many there
// are, nor on the workers. AVX2 and AVX-512 fuse product and sum in the chain
// and give the same bits; the portable form rounds both.
const (
	gemmRows = 8  // of a tile, as in the assembly
	gemmCols = 48 // of a tile, as in the assembly

	gemmDepth  = 384     // the longest block along k: a strip of b takes 72 kB
	gemmBlock  = 128     // the most rows of a packed at once: 192 kB
	gemmBlocks = 8       // along k in one panel, at most
	gemmPanel  = 1 << 20 // the most numbers of b packed at once: 4 MB

	// Products of so few rows use what is packed of b too seldom, so they
	// take it from where it is.
	gemmFewRows = 128

	// What a worker must have to do, in products and sums, to be worth being
	// called: some ten microseconds.
	gemmGrain = 1 << 20
	// The pieces for each worker, so that a late one is waited for less.
	gemmPieces = 4
)

// gemm is a product.
type gemm struct {
	transA, transB bool
	m, n, k        int
	alpha          float32
	a, b, c        []float32
	lda, ldb, ldc  int
	overwrite      bool // c is written without being read
}

// gemmPanelWork is the part of a product that the rows from k0 to k1 and the columns
// from j0 to j1 of b have: all workers pack b together, each strip when one
// first needs it, and take pieces of c, which are some rows and a group of
// strips.
type gemmPanelWork struct {
	*gemm
	k0, k1, j0, j1 int
	depth          int // of a block along k
	strips         int
	inPlace        bool // whole strips of b are not packed
	packed         *gemmPacked

	rows, groups int // of a piece, and groups of strips beside each other
	next         atomic.Int32
	workers      atomic.Int32 // that have begun
}

// gemmPacked is a panel of b, with the state of every strip of a block.
type gemmPacked struct {
	state [gemmPanel / (gemmCols * 4)]atomic.Uint32
	b     [gemmPanel]float32
}

// States of a strip: it is packed by the first that needs it.
const (
	gemmRaw = iota
	gemmBusy
	gemmReady
)

var (
	gemmPackedPool = sync.Pool{New: func() any { return new(gemmPacked) }}
	gemmBlockPool  = sync.Pool{New: func() any { return new([gemmBlock * gemmDepth]float32) }}
)

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
	depth := ceilDiv(ceilDiv(k, ceilDiv(k, gemmDepth)), 4) * 4
	packed := gemmPackedPool.Get().(*gemmPacked)
	defer gemmPackedPool.Put(packed)
	for k0 := 0; k0 < k; k0 += gemmBlocks * depth {
		k1 := min(k, k0+gemmBlocks*depth)
		wide := gemmPanel / (gemmCols * ceilDiv(k1-k0, depth) * depth) * gemmCols
		for j0 := 0; j0 < n; j0 += wide {
			p := gemmPanelWork{gemm: g, k0: k0, k1: k1, j0: j0, j1: min(n, j0+wide), depth: depth, packed: packed}
			p.run(workers)
		}
	}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// run divides the panel into pieces and does them.
func (p *gemmPanelWork) run(workers int) {
	p.inPlace = !p.transB && p.m <= gemmFewRows
	p.strips = ceilDiv(p.j1-p.j0, gemmCols)
	for i := range p.strips * ceilDiv(p.k1-p.k0, p.depth) {
		p.packed.state[i].Store(gemmRaw)
	}
	size := float64(p.m) * float64(p.j1-p.j0) * float64(p.k1-p.k0)
	workers = max(1, min(workers, int(size/gemmGrain)))
	pieces := 1
	if workers > 1 {
		pieces = gemmPieces * workers
	}
	p.rows = min(gemmBlock, ceilDiv(ceilDiv(p.m, pieces), gemmRows)*gemmRows)
	p.groups = min(p.strips, ceilDiv(pieces, ceilDiv(p.m, p.rows)))
	Together(workers, p.work)
}

// work does pieces until none is left.
func (p *gemmPanelWork) work() {
	block := gemmBlockPool.Get().(*[gemmBlock * gemmDepth]float32)
	defer gemmBlockPool.Put(block)
	// Workers begin with different strips, so each packs some of them.
	begin := int(p.workers.Add(1)) - 1
	for {
		at := int(p.next.Add(1)) - 1
		row, group := at/p.groups*p.rows, at%p.groups
		if row >= p.m {
			return
		}
		first, last := p.strips*group/p.groups, p.strips*(group+1)/p.groups
		p.piece(block[:], row, min(p.m, row+p.rows), first, last, begin)
	}
}

// piece works out rows r0 to r1 and some strips of c.
func (p *gemmPanelWork) piece(block []float32, r0, r1, first, last, begin int) {
	for k0 := p.k0; k0 < p.k1; k0 += p.depth {
		k := min(p.depth, p.k1-k0)
		for i := r0; i < r1; i += gemmRows {
			to := block[(i-r0)*k:][:gemmRows*k]
			if p.transA {
				gemmColumns(to, gemmRows, min(gemmRows, r1-i), k, p.a[k0*p.lda+i:], p.lda)
			} else {
				gemmTurned(to, gemmRows, min(gemmRows, r1-i), k, p.a[i*p.lda+k0:], p.lda)
			}
		}
		for s := range last - first {
			s = first + (s+begin*(last-first)/2)%(last-first)
			j := p.j0 + s*gemmCols
			t := gemmTile{
				k: k, ldc: p.ldc, cols: min(gemmCols, p.j1-j),
				alpha: p.alpha, add: k0 > 0 || !p.overwrite,
			}
			t.b, t.ldb = p.strip(k0, k, s)
			for i := r0; i < r1; i += gemmRows {
				t.a, t.c, t.rows = block[(i-r0)*k:], p.c[i*p.ldc+j:], min(gemmRows, r1-i)
				if vectors() {
					t.vectors()
				} else {
					t.portable()
				}
			}
		}
	}
}

// strip gives k rows of strip s of b from k0 on, and how far they are apart.
func (p *gemmPanelWork) strip(k0, k, s int) (b []float32, ld int) {
	j := p.j0 + s*gemmCols
	cols := min(gemmCols, p.j1-j)
	if p.inPlace && cols == gemmCols {
		return p.b[k0*p.ldb+j:], p.ldb
	}
	b = p.packed.b[(k0-p.k0)*p.strips*gemmCols+s*k*gemmCols:][:k*gemmCols]
	state := &p.packed.state[(k0-p.k0)/p.depth*p.strips+s]
	switch {
	case state.Load() == gemmReady:
	case state.CompareAndSwap(gemmRaw, gemmBusy):
		if p.transB {
			gemmTurned(b, gemmCols, cols, k, p.gemm.b[j*p.ldb+k0:], p.ldb)
		} else {
			gemmColumns(b, gemmCols, cols, k, p.gemm.b[k0*p.ldb+j:], p.ldb)
		}
		state.Store(gemmReady)
	default:
		waitFor(func() bool { return state.Load() == gemmReady })
	}
	return b, gemmCols
}
