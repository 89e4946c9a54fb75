package kernels

import (
	"math"

	"github.com/synohm/synohm/internal/philox"
)

// PoissonTable makes Poisson numbers of one mean of single words.
type PoissonTable struct {
	below []uint32     // below[k]: words less than this make at most k
	guide *[256]uint32 // by the first byte of a word: the least number it makes

	// What the assembly takes, for a small table: below, shifted so that signed
	// numbers compare; and how many of them a group of words seldom passes.
	shifted []int32
	common  int
}

// smallTable is the number of thresholds that comparing a word with all of them
// pays for.
const smallTable = 128

// NewPoissonTable makes the table of a mean.
func NewPoissonTable(mean float64) PoissonTable {
	var t PoissonTable
	sum := 0.0
	for k := 0; ; k++ {
		lg, _ := math.Lgamma(float64(k) + 1)
		sum += math.Exp(float64(k)*math.Log(mean) - mean - lg)
		if mean == 0 || sum >= 1-1.0/(1<<33) || float64(k) > mean+20*math.Sqrt(mean)+20 {
			break
		}
		t.below = append(t.below, uint32(math.Round(sum*(1<<32))))
	}
	t.prepare()
	return t
}

// prepare derives from the thresholds what makes their use fast.
func (t *PoissonTable) prepare() {
	t.guide = new([256]uint32)
	n := 0
	for first := range t.guide {
		for n < len(t.below) && uint32(first)<<24 >= t.below[n] {
			n++
		}
		t.guide[first] = uint32(n)
	}
	if len(t.below) > smallTable {
		return
	}
	for _, b := range t.below {
		t.shifted = append(t.shifted, int32(b^1<<31))
		// One in 640 words, one in 13 turns of 48, passes the last one.
		if t.common == 0 && -b < (1<<32)/640 && b != 0 {
			t.common = len(t.shifted)
		}
	}
	if t.common == 0 {
		t.common = len(t.shifted)
	}
}

// Count is the number that a word makes.
func (t *PoissonTable) Count(u uint32) int {
	n := int(t.guide[u>>24])
	for n < len(t.below) && u >= t.below[n] {
		n++
	}
	return n
}

// Add adds w times a Poisson number to every value; the first one belongs to
// entity lo, a multiple of four.
func (t *PoissonTable) Add(s philox.Stream, step uint32, lo int, to []float32, w float32) {
	if len(t.below) == 0 {
		return
	}
	if vectors() && t.shifted != nil && lo%4 == 0 {
		t.addVectors(s, step, uint32(lo/4), to, w)
		return
	}
	var words [256]uint32
	for ; len(to) > 0; lo += len(words) {
		n := min(len(to), len(words))
		Words(s, step, lo, words[:n])
		for i, u := range words[:n] {
			to[i] += float32(w * float32(t.Count(u)))
		}
		to = to[n:]
	}
}
