package lines

// factors are the tridiagonal systems of all lines, eliminated. In units of the
// conductance of a segment, a line with the conductances a[k] to the other
// lines and end to its driver is
//
//	a[k] x[k] + (x[k] - x[k-1]) + (x[k] - x[k+1]) = b[k],   end x at its driven end
//
// Elimination from one end to the other gives e[k] = a[k] + e[k-1] c[k-1] and
// c[k] = 1/(1 + e[k]); e is what conducts from node k to ground away from the
// next node, a sum of parallel and series conductances. Nothing is subtracted,
// so c has the accuracy of a few roundings for any range of conductances. In
// the last node, which has no next one, c = 1/e. Then
//
//	y[k] = b[k] + c[k-1] y[k-1],   x[k] = c[k] (y[k] + x[k+1])
type factors struct {
	wordEnd, bitEnd []float64 // conductance to the driver, 0 where the end floats
	word            []float64 // c of the word lines, by bands: [band][column][8]
	bit             []float64 // c of the bit lines, in strips
}

// factor eliminates all lines. cells are the conductances of the cells in units
// of a word segment's, kappa times that in units of a bit segment's.
func (g *grid) factor(c *crew, cells []float64, kappa float64, wordEnd, bitEnd []float64) *factors {
	f := &factors{wordEnd: wordEnd, bitEnd: bitEnd, word: make([]float64, g.bands*g.band()), bit: make([]float64, g.size())}
	c.each(g.strips+g.bands, func(piece int, _ []float64) {
		if piece < g.strips {
			g.factorStrip(f, cells, kappa, piece)
		} else {
			g.factorBand(f, cells, piece-g.strips)
		}
	})
	return f
}

// factorStrip goes down the bit lines, to their driven end.
func (g *grid) factorStrip(f *factors, cells []float64, kappa float64, s int) {
	a, to := g.strip(cells, s), g.strip(f.bit, s)
	last := make([]float64, stripCols) // e c of the row above
	for i := range g.rows - 1 {
		row, c := row16(a, i), row16(to, i)
		for k := range row {
			e := float64(kappa*row[k]) + last[k]
			c[k] = 1 / (1 + e)
			last[k] = e * c[k]
		}
	}
	row, c := row16(a, g.rows-1), row16(to, g.rows-1)
	for k := range min(stripCols, g.cols-s*stripCols) {
		c[k] = 1 / (float64(kappa*row[k]) + last[k] + f.bitEnd[s*stripCols+k])
	}
}

// factorBand goes along the word lines, away from their driven end.
func (g *grid) factorBand(f *factors, cells []float64, band int) {
	to := g.bandOf(f.word, band)
	var last [bandRows]float64
	rows := min(bandRows, g.rows-band*bandRows)
	copy(last[:], f.wordEnd[band*bandRows:][:rows])
	for s := range g.strips {
		a := g.from(g.strip(cells, s), band)[:bandRows*stripCols]
		for k := range min(stripCols, g.cols-s*stripCols) {
			c := (*[bandRows]float64)(to[(s*stripCols+k)*bandRows:])
			for r := range c {
				e := a[r*stripCols+k] + last[r]
				c[r] = 1 / (1 + e)
				last[r] = e * c[r]
			}
		}
	}
	j := g.cols - 1
	for r := range rows {
		c := &to[j*bandRows+r]
		// 1/(1+e) and e/(1+e) are known; 1/e is their quotient.
		*c = *c / last[r]
	}
	for r := rows; r < bandRows; r++ {
		to[j*bandRows+r] = 0
	}
}

// solveStrip solves the bit lines of a strip: b becomes x.
func (g *grid) solveStrip(f *factors, s int, b []float64) {
	c := g.strip(f.bit, s)
	for i := 1; i < g.rows; i++ {
		y, above, ca := row16(b, i), row16(b, i-1), row16(c, i-1)
		for k := range y {
			y[k] += float64(ca[k] * above[k])
		}
	}
	var x [stripCols]float64
	for i := g.rows - 1; i >= 0; i-- {
		y, ci := row16(b, i), row16(c, i)
		for k := range y {
			x[k] = float64(ci[k] * (y[k] + x[k]))
			y[k] = x[k]
		}
	}
}

func square(x float64) float64 { return float64(x * x) }

// sum adds numbers in their order.
func sum(a []float64) (s float64) {
	for _, x := range a {
		s += x
	}
	return s
}
