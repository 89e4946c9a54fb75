package kernels

// sumLanes partial sums go along a row: number j belongs to sum j mod sumLanes.
// They are as many as four registers of AVX2 or two of AVX-512 hold, so that
// additions need not wait for each other; all forms add them up in one order.
const sumLanes = 32

// total adds up partial sums: the upper half to the lower one, again and again.
func total(s *[sumLanes]float32) float32 {
	for n := sumLanes / 2; n > 0; n /= 2 {
		for j := range n {
			s[j] += s[j+n]
		}
	}
	return s[0]
}

// RowSquares writes the sum of squares of every row.
func RowSquares(x []float32, cols int, out []float32) {
	rowsAre(x, cols, len(out))
	for r := range out {
		row := x[r*cols:][:cols]
		var s [sumLanes]float32
		done := 0
		if vectors() {
			done = squaresVectors(row, &s)
		}
		for j := done; j < cols; j++ {
			s[j%sumLanes] += float32(row[j] * row[j])
		}
		out[r] = total(&s)
	}
}

// RowSums writes the sum of every row.
func RowSums(x []float32, cols int, out []float32) {
	rowsAre(x, cols, len(out))
	for r := range out {
		var s [sumLanes]float32
		for j, v := range x[r*cols:][:cols] {
			s[j%sumLanes] += v
		}
		out[r] = total(&s)
	}
}

// ScaleRows writes every row of x times its factor to y, which may be x.
func ScaleRows(y, x []float32, cols int, factor []float32) {
	sameLength(len(x), len(y))
	rowsAre(x, cols, len(factor))
	for r, f := range factor {
		from, to := x[r*cols:][:cols], y[r*cols:][:cols]
		done := 0
		if vectors() {
			done = scaleVectors(to, from, f)
		}
		for j := done; j < cols; j++ {
			to[j] = f * from[j]
		}
	}
}

// ColumnSums writes the sum of every column, added from the first row on.
func ColumnSums(x []float32, cols int, out []float32) {
	sameLength(cols, len(out))
	rows := rowsOf(x, cols)
	clear(out)
	if rows == 0 {
		return
	}
	done := 0
	if vectors() {
		done = columnSumsVectors(rows, x, out)
	}
	for r := range rows {
		row := x[r*cols:][:cols]
		for j := done; j < cols; j++ {
			out[j] += row[j]
		}
	}
}

// rowsOf is how many rows of some columns x has.
func rowsOf(x []float32, cols int) int {
	if cols <= 0 {
		if len(x) > 0 || cols < 0 {
			panic("kernels: rows without columns")
		}
		return 0
	}
	if len(x)%cols != 0 {
		panic("kernels: a matrix of parts of rows")
	}
	return len(x) / cols
}

// rowsAre wants x to have so many rows of so many columns.
func rowsAre(x []float32, cols, rows int) {
	if cols < 0 || len(x) != rows*cols {
		panic("kernels: a matrix of another number of rows")
	}
}
