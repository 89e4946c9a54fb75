package kernels

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
