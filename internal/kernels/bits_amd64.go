package kernels

// addVectors is add in assembly.
func (c *BitCounter) addVectors(g *[8][]uint64) {
	var rows [8]*uint64
	for k, r := range g {
		rows[k] = &r[:c.words][0]
	}
	bitsAddAVX2(&c.sum[0], &rows, c.words/4)
}

// expandVectors is expandWords in assembly.
func expandVectors(sum []uint64, to []float32, used int, w float32) {
	if n := len(to) / 256; n > 0 {
		bitsExpandAVX2(&sum[:32*n][0], &to[0], n, used, w)
	}
}
