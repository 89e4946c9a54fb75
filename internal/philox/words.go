package philox

// Words reads the words of a stream at one step one after the other, for draws
// that need as many as they come to need.
type Words struct {
	stream Stream
	step   uint32
	next   uint32 // block
	block  [4]uint32
	used   int
}

// Words begins with the word of entity 0.
func (s Stream) Words(step uint32) Words { return Words{stream: s, step: step, used: 4} }

// Next is the next word.
func (w *Words) Next() uint32 {
	if w.used == 4 {
		w.refill()
	}
	u := w.block[w.used&3]
	w.used++
	return u
}

func (w *Words) refill() {
	w.block = w.stream.Block(w.next, w.step)
	w.next++
	w.used = 0
}

// Block is the next four words that have a block of their own.
func (w *Words) Block() [4]uint32 {
	w.next++
	w.used = 4
	return w.stream.Block(w.next-1, w.step)
}

// Below is a number below n, at most 2^32. A word has 32 bits, so the bias is
// below n/2^32.
func (w *Words) Below(n int) int { return int(uint64(w.Next()) * uint64(n) >> 32) }

// Uniform is inside (0, 1), with 52 bits.
func (w *Words) Uniform() float64 {
	high := w.Next()
	return Uniform52(high, w.Next())
}

// Uniform52 maps two words to the open interval (0, 1), 2^-53 away from either
// end.
func Uniform52(high, low uint32) float64 {
	return (float64(uint64(high)<<20|uint64(low)>>12) + 0.5) * (1.0 / (1 << 52))
}
