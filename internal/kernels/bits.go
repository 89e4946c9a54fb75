package kernels

import (
	"fmt"
	"math/bits"
)

// Rows of bits: bit i of a row says that its source has a synapse to target i.
// Where a tenth of all pairs is joined and one weight is shared, a row of bits
// is smaller than a list of indices, and adding up the rows of all sources
// that spike in a step by carry-save adders (64 targets an operation, 256 in
// assembly) is far less work than going over their synapses one by one.

// BitWords is the number of words of a row of bits for a number of targets:
// whole groups of four.
func BitWords(targets int) int { return (targets + 255) / 256 * 4 }

// planes is how many bits a count has.
const planes = 8

// maxRows is how many rows are added up at once: their count fits a byte.
const maxRows = 248 // a multiple of eight

// BitCounter adds up rows of bits.
type BitCounter struct {
	words int
	// sum holds bit k of the count of target 64 i + j in bit j of word
	// 32 (i/4) + 4 k + i%4: eight planes, interleaved by groups of four words.
	sum  []uint64
	zero []uint64 // a row of no synapses
}

// NewBitCounter makes a counter for rows of a number of words, a multiple of
// four.
func NewBitCounter(words int) *BitCounter {
	if words < 0 || words%4 != 0 {
		panic(fmt.Sprintf("kernels: rows of %d words; must be whole groups of four", words))
	}
	return &BitCounter{words: words, sum: make([]uint64, planes*words), zero: make([]uint64, words)}
}

// Add adds to every target w times the number of the given rows whose bit it
// has. A row begins at rows[source*stride+first]. The product is rounded once,
// where adding w again and again would round every time.
func (c *BitCounter) Add(to []float32, rows []uint64, stride, first int, sources []int32, w float32) {
	if BitWords(len(to)) != c.words {
		panic(fmt.Sprintf("kernels: %d targets for rows of %d words", len(to), c.words))
	}
	if c.words == 0 {
		return
	}
	vector := vectors()
	var group [8][]uint64
	for len(sources) > 0 {
		batch := sources[:min(len(sources), maxRows)]
		sources = sources[len(batch):]
		n := len(batch)
		clear(c.sum)
		for len(batch) > 0 {
			for k := range group {
				group[k] = c.zero
				if k < len(batch) {
					at := int(batch[k])*stride + first
					group[k] = rows[at : at+c.words]
				}
			}
			batch = batch[min(8, len(batch)):]
			if vector {
				c.addVectors(&group)
			} else {
				c.add(&group)
			}
		}
		c.expand(to, bits.Len(uint(n)), w, vector)
	}
}

// add3 is a full adder of 64 columns.
func add3(a, b, c uint64) (sum, carry uint64) {
	u := a ^ b
	return u ^ c, a&b | u&c
}

// add adds eight rows to the sum.
func (c *BitCounter) add(g *[8][]uint64) {
	n := c.words
	r0, r1, r2, r3, r4, r5, r6, r7 := g[0][:n], g[1][:n], g[2][:n], g[3][:n], g[4][:n], g[5][:n], g[6][:n], g[7][:n]
	for i := range n {
		p := (*[29]uint64)(c.sum[32*(i/4)+i%4:])
		s0, t0 := add3(p[0], r0[i], r1[i])
		s1, t1 := add3(r2[i], r3[i], r4[i])
		s2, t2 := add3(r5[i], r6[i], r7[i])
		s3, t3 := add3(s0, s1, s2)
		u0, f0 := add3(p[4], t0, t1)
		u1, f1 := add3(u0, t2, t3)
		v, e := add3(p[8], f0, f1)
		p[0], p[4], p[8] = s3, u1, v
		for k := 12; e != 0 && k < len(p); k += 4 {
			p[k], e = p[k]^e, p[k]&e
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
// used planes.
func (c *BitCounter) expand(to []float32, used int, w float32, vector bool) {
	expandGroups := expandWords
	if vector {
		expandGroups = expandVectors
	}
	whole := len(to) / 256
	expandGroups(c.sum[:32*whole], to[:256*whole], used, w)
	if rest := to[256*whole:]; len(rest) > 0 {
		var tail [256]float32
		copy(tail[:], rest)
		expandGroups(c.sum[32*whole:], tail[:], used, w)
		copy(rest, tail[:])
	}
}

// expandWords is expand for whole groups of 256 targets.
func expandWords(sum []uint64, to []float32, used int, w float32) {
	var lut [256]float32
	for i := range 1 << used {
		lut[i] = float32(w * float32(i))
	}
	for i := range len(to) / 64 {
		p := (*[29]uint64)(sum[32*(i/4)+i%4:])
		for b := 0; b < 64; b += 8 {
			n := spread[byte(p[0]>>b)]
			for k := 1; k < used; k++ {
				n += spread[byte(p[4*k]>>b)] << k
			}
			r := (*[8]float32)(to[64*i+b:])
			r[0] += lut[byte(n)]
			r[1] += lut[byte(n>>8)]
			r[2] += lut[byte(n>>16)]
			r[3] += lut[byte(n>>24)]
			r[4] += lut[byte(n>>32)]
			r[5] += lut[byte(n>>40)]
			r[6] += lut[byte(n>>48)]
			r[7] += lut[byte(n>>56)]
		}
	}
}
