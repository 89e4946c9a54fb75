package kernels

import "math/bits"

// Rows of bits: bit i of a row says that its source has a synapse to target i.
// Where a tenth of all pairs is joined and one weight is shared, a row of bits
// is smaller than a list of indices, and adding up the rows of all sources
// that spike in a step by carry-save adders (64 targets an operation) is far
// less work than going over their synapses one by one.

// BitCounter adds up rows of bits.
type BitCounter struct {
	planes [8][]uint64 // plane k holds bit k of the count of every target
	zero   []uint64
}

// maxRows is how many rows are added up at once: their count fits a byte.
const maxRows = 248 // a multiple of eight

// NewBitCounter makes a counter for rows of a number of words.
func NewBitCounter(words int) *BitCounter {
	c := &BitCounter{zero: make([]uint64, words)}
	for k := range c.planes {
		c.planes[k] = make([]uint64, words)
	}
	return c
}

// Add adds to every target w times the number of the given rows whose bit it
// has. A row is words long, from rows[source*stride+first]. The product is
// rounded once, where adding w again and again would round every time.
func (c *BitCounter) Add(to []float32, rows []uint64, stride, first int, sources []int32, w float32) {
	words := len(c.zero)
	row := func(s int32) []uint64 {
		at := int(s)*stride + first
		return rows[at : at+words]
	}
	for len(sources) > 0 {
		batch := sources[:min(len(sources), maxRows)]
		sources = sources[len(batch):]
		n := len(batch)
		var group [8][]uint64
		for g := 0; g < n; g += 8 {
			for k := range group {
				group[k] = c.zero
				if g+k < n {
					group[k] = row(batch[g+k])
				}
			}
			if g == 0 {
				c.first(&group)
			} else {
				c.more(&group, bits.Len(uint(min(g+8, n))))
			}
		}
		c.expand(to, bits.Len(uint(n)), w)
	}
}

// add3 is a full adder of 64 columns.
func add3(a, b, c uint64) (sum, carry uint64) {
	u := a ^ b
	return u ^ c, a&b | u&c
}

// first sets the planes to the sum of eight rows.
func (c *BitCounter) first(g *[8][]uint64) {
	n := len(c.zero)
	p0, p1, p2, p3 := c.planes[0][:n], c.planes[1][:n], c.planes[2][:n], c.planes[3][:n]
	r0, r1, r2, r3, r4, r5, r6, r7 := g[0][:n], g[1][:n], g[2][:n], g[3][:n], g[4][:n], g[5][:n], g[6][:n], g[7][:n]
	for i := range n {
		s0, t0 := add3(r0[i], r1[i], r2[i])
		s1, t1 := add3(r3[i], r4[i], r5[i])
		s2, t2 := add3(s0, s1, r6[i])
		p0[i] = s2 ^ r7[i]
		t3 := s2 & r7[i]
		u0, f0 := add3(t0, t1, t2)
		p1[i] = u0 ^ t3
		f1 := u0 & t3
		p2[i] = f0 ^ f1
		p3[i] = f0 & f1
	}
	for _, p := range c.planes[4:] {
		clear(p)
	}
}

// more adds eight rows to the planes, of which the lowest used ones can be
// other than zero afterwards.
func (c *BitCounter) more(g *[8][]uint64, used int) {
	n := len(c.zero)
	p0, p1, p2, p3 := c.planes[0][:n], c.planes[1][:n], c.planes[2][:n], c.planes[3][:n]
	r0, r1, r2, r3, r4, r5, r6, r7 := g[0][:n], g[1][:n], g[2][:n], g[3][:n], g[4][:n], g[5][:n], g[6][:n], g[7][:n]
	for i := range n {
		s0, t0 := add3(p0[i], r0[i], r1[i])
		s1, t1 := add3(r2[i], r3[i], r4[i])
		s2, t2 := add3(r5[i], r6[i], r7[i])
		var t3, f0, f1, f2, e uint64
		p0[i], t3 = add3(s0, s1, s2)
		u0, f0 := add3(p1[i], t0, t1)
		p1[i], f1 = add3(u0, t2, t3)
		p2[i], f2 = add3(p2[i], f0, f1)
		p3[i], e = p3[i]^f2, p3[i]&f2
		for k := 4; e != 0 && k < used; k++ {
			p := c.planes[k]
			p[i], e = p[i]^e, p[i]&e
		}
	}
}

// spread puts the eight bits of a byte into eight bytes.
var spread = func() (t [256]uint64) {
	for i := range t {
		for k := range 8 {
			t[i] |= uint64(i>>k&1) << (8 * k)
		}
	}
	return t
}()

// expand adds w times the count of every target, whose bits are in the lowest
// planes.
func (c *BitCounter) expand(to []float32, used int, w float32) {
	var lut [256]float32
	for i := range 1 << used {
		lut[i] = float32(w * float32(i))
	}
	var tail [64]float32
	for i := range c.zero {
		var p [8]uint64
		for k := range used {
			p[k] = c.planes[k][i]
		}
		at := i * 64
		block := tail[:]
		if at+64 <= len(to) {
			block = to[at : at+64]
		} else {
			copy(block, to[at:])
		}
		for b := 0; b < 64; b += 8 {
			n := spread[byte(p[0]>>b)]
			for k := 1; k < used; k++ {
				n += spread[byte(p[k]>>b)] << k
			}
			if n == 0 {
				continue
			}
			r := block[b : b+8 : b+8]
			r[0] += lut[byte(n)]
			r[1] += lut[byte(n>>8)]
			r[2] += lut[byte(n>>16)]
			r[3] += lut[byte(n>>24)]
			r[4] += lut[byte(n>>32)]
			r[5] += lut[byte(n>>40)]
			r[6] += lut[byte(n>>48)]
			r[7] += lut[byte(n>>56)]
		}
		if at+64 > len(to) {
			copy(to[at:], block)
		}
	}
}
