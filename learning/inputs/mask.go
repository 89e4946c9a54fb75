package inputs

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/philox"
)

// Masks draws the masks of hybrid images, the negative data of unsupervised
// forward-forward learning (Hinton, arXiv 2212.13345, section 3.2): random bits,
// blurred several times by [1/4, 1/2, 1/4] along rows and columns, 1 where the
// blurred value is above 1/2. A mask has large regions of 1 and of 0, so that a
// hybrid has the short-range correlations of images and not their shape. The
// paper leaves the number of blurs and the border open: the border is a mirror
// between the outermost pixel and its image, which leaves 1 as likely there as
// inside.
//
//	hybrid = m*a + (1-m)*b
//
// The blurred values are whole numbers of 4^(-2 blurs), and are held as such:
// nothing is rounded. A Masks is for one goroutine; Clone is for others.
type Masks struct {
	rows, cols, blurs int
	// Rows of bits come in chunks of seven. For each chunk and each value of
	// its bits, table holds what the blur along the row makes of it: spans of
	// packed words, four 16-bit pixels each, that begin at word start.
	chunks, span int // of a row; words of an entry
	start        []int
	table        []uint64 // [chunks][128][span]

	words int      // packed words of a row
	bits  []uint32 // [rows*chunks/4], four chunks a word, then to whole blocks
	row   []uint64 // [words], a row blurred along itself
	// Blur along columns goes over two 32-bit pixels at a time: columns 4w and
	// 4w+2, then 4w+1 and 4w+3, each column of words with a mirrored border of
	// blurs at either end.
	tall   []uint64 // [2*words][rows+2*blurs]
	mirror []int    // row that stands at a place of the border
	mask   []uint32 // [rows*cols], all bits set for 1
}

// MaxBlurs is the most blurs whose whole numbers fit their words.
const MaxBlurs = 7

const chunkBits = 7

var (
	purposeMask  = philox.Purpose("learning.inputs.mask")
	purposeOther = philox.Purpose("learning.inputs.other")
)

// NewMasks makes masks for images of a size.
func NewMasks(rows, cols, blurs int) (*Masks, error) {
	if rows < 1 || cols < 1 || rows > 1024 || cols > 1024 {
		return nil, fmt.Errorf("masks for images of %d x %d pixels: both sides must be in 1 to 1024", rows, cols)
	}
	if blurs < 0 || blurs > MaxBlurs {
		return nil, fmt.Errorf("masks: %d blurs are not in 0 to %d", blurs, MaxBlurs)
	}
	m := &Masks{rows: rows, cols: cols, blurs: blurs, words: (cols + 3) / 4, chunks: (cols + chunkBits - 1) / chunkBits}
	m.span = min(m.words, (chunkBits+2*blurs+2)/4+1)
	m.tabulate()
	for i := range rows + 2*blurs {
		m.mirror = append(m.mirror, reflected(i-blurs, rows))
	}
	return m.Clone(), nil
}

// Clone shares what is constant and has its own working memory.
func (m *Masks) Clone() *Masks {
	c := *m
	c.bits = make([]uint32, (m.rows*m.chunks+15)/16*4)
	c.row = make([]uint64, m.words)
	c.tall = make([]uint64, 2*m.words*(m.rows+2*m.blurs))
	c.mask = make([]uint32, m.rows*m.cols)
	return &c
}

// reflected is where a mirror on either side of n pixels shows pixel i.
func reflected(i, n int) int {
	i = ((i % (2 * n)) + 2*n) % (2 * n)
	return min(i, 2*n-1-i)
}

// tabulate blurs every pixel of a row by itself, and adds up those of a chunk.
func (m *Masks) tabulate() {
	kernel := make([]uint64, 2*m.blurs+1) // binomial: that of blurs times [1, 2, 1]
	kernel[0] = 1
	for range 2 * m.blurs {
		for i := len(kernel) - 1; i > 0; i-- {
			kernel[i] += kernel[i-1]
		}
	}
	m.table = make([]uint64, m.chunks<<chunkBits*m.span)
	for chunk := range m.chunks {
		start := min(max(0, chunk*chunkBits-m.blurs)/4, m.words-m.span)
		m.start = append(m.start, start)
		for bits := range 1 << chunkBits {
			entry := m.table[(chunk<<chunkBits+bits)*m.span:][:m.span]
			for j := range chunkBits {
				p := chunk*chunkBits + j
				if bits>>j&1 == 0 || p >= m.cols {
					continue
				}
				// Pixel q sees p as often as p stands within its kernel, in
				// the mirrors too.
				for q := max(0, p-m.blurs); q <= min(m.cols-1, p+m.blurs); q++ {
					for i, w := range kernel {
						if reflected(q+i-m.blurs, m.cols) == p {
							entry[q/4-start] += w << (q % 4 * 16)
						}
					}
				}
			}
		}
	}
}

// draw makes the mask of an image.
func (m *Masks) draw(k Key) {
	s := philox.Stream{Seed: k.Seed, Purpose: purposeMask, Trial: k.Epoch}
	for i := 0; i < len(m.bits); i += 4 {
		b := s.Block(uint32(i/4), k.Image)
		copy(m.bits[i:i+4], b[:])
	}
	m.blurRows()
	height := m.rows + 2*m.blurs
	for w := range 2 * m.words {
		m.blurColumn(m.tall[w*height : (w+1)*height])
		m.threshold(w)
	}
}

// blurRows blurs the bits along the rows and stands the result on its end.
func (m *Masks) blurRows() {
	height := m.rows + 2*m.blurs
	for r := range m.rows {
		clear(m.row)
		for c := range m.chunks {
			i := r*m.chunks + c
			bits := int(m.bits[i/4]>>(i%4*chunkBits)) & (1<<chunkBits - 1)
			entry := m.table[(c<<chunkBits+bits)*m.span:][:m.span]
			row := m.row[m.start[c]:][:len(entry)]
			for j, v := range entry {
				row[j] += v
			}
		}
		const low = 0x0000ffff0000ffff
		at := m.blurs + r
		for _, v := range m.row {
			m.tall[at] = v & low
			m.tall[at+height] = v >> 16 & low
			at += 2 * height
		}
	}
}

// blurColumn blurs a column of words whose first rows stand after a border, by
// [1, 2, 1] as often as there are blurs, which leaves the rows at its end.
func (m *Masks) blurColumn(v []uint64) {
	for i := range m.blurs {
		v[i] = v[m.blurs+m.mirror[i]]
		j := len(v) - 1 - i
		v[j] = v[m.blurs+m.mirror[j]]
	}
	blurs := m.blurs
	for ; blurs >= 3; blurs -= 3 {
		v = blur3(v)
	}
	for ; blurs > 0; blurs-- {
		v = blur1(v)
	}
}

// blur1 makes of words their sums v[i-2] + 2 v[i-1] + v[i], of which the first
// two lack neighbours and are left out.
func blur1(v []uint64) []uint64 {
	var a, b uint64
	for i, x := range v {
		a, x = x, x+a
		b, x = x, x+b
		v[i] = x
	}
	return v[2:]
}

// blur3 is blur1 three times, in one go: six sums of neighbours, each of which
// keeps what it last saw. The first six results lack neighbours.
func blur3(v []uint64) []uint64 {
	var a, b, c, d, e, f uint64
	for i, x := range v {
		a, x = x, x+a
		b, x = x, x+b
		c, x = x, x+c
		d, x = x, x+d
		e, x = x, x+e
		f, x = x, x+f
		v[i] = x
	}
	return v[6:]
}

// threshold compares a column of words with one half.
func (m *Masks) threshold(w int) {
	v := m.tall[w*(m.rows+2*m.blurs)+2*m.blurs:][:m.rows]
	// Added to a value, it carries into the highest bit of its half where that
	// is above one half of what an image of ones comes to.
	carry := uint64(1)<<31 - 1<<(4*m.blurs)/2 - 1
	carry |= carry << 32
	left := w/2*4 + w%2
	at, right := left, left+2 < m.cols
	if left >= m.cols {
		return
	}
	for _, x := range v {
		x += carry
		m.mask[at] = uint32(int32(uint32(x)) >> 31)
		if right {
			m.mask[at+2] = uint32(int32(uint32(x>>32)) >> 31)
		}
		at += m.cols
	}
}

// Mask writes the mask of an image to out: 1 or 0 a pixel.
func (m *Masks) Mask(k Key, out []float32) {
	m.draw(k)
	for i, one := range m.mask {
		out[i] = math.Float32frombits(one & math.Float32bits(1))
	}
}

// Hybrid writes to out the image a where its mask is 1 and b elsewhere. Out may
// be one of them.
func (m *Masks) Hybrid(k Key, out, a, b []float32) {
	m.draw(k)
	n := len(m.mask)
	out, a, b = out[:n], a[:n], b[:n]
	for i, one := range m.mask {
		out[i] = math.Float32frombits(math.Float32bits(a[i])&one | math.Float32bits(b[i])&^one)
	}
}

// Other draws another image than that of the key out of n, each as likely:
// the one to mix with. i is the place of the image among the n.
func Other(k Key, i, n int) int {
	u := philox.Stream{Seed: k.Seed, Purpose: purposeOther, Trial: k.Epoch}.Word(0, k.Image)
	return skip(below(u, n-1), i)
}
