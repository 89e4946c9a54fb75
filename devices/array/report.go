package array

// Report is what a tile has done and how it stands. Counts are whole numbers,
// so that their sums depend on no order.
type Report struct {
	Row, Col         int // first of the matrix
	Rows, Cols       int // of weights
	Cells            uint64
	Reads            uint64 // cells read
	Pulses           uint64 // programmings and pulses
	ReadAttojoule    uint64 // of V^2 G t
	WriteAttojoule   uint64 // of programming
	Conversions      uint64
	ConvertAttojoule uint64
	Picoseconds      uint64   // in which the tile was busy reading
	Wear             uint32   // most programmings or pulses that a cell has seen
	Stuck            int      // cells that no longer change
	Verdicts         Verdicts // of the last programming with verification
	Resist           bool     // lines are not ideal
	LineLoss         float64  // part of the current that the lines take, all rows driven
	LineError        float64  // of the approximation of the lines, relative; 0 where they are solved exactly
}

// Verdicts counts how programming ended for cells.
type Verdicts struct{ Reached, StuckLow, StuckHigh, NotFormed, GaveUp int }

// All is how many cells were programmed with verification.
func (v Verdicts) All() int { return v.Reached + v.StuckLow + v.StuckHigh + v.NotFormed + v.GaveUp }

// Add sums two counts.
func (v Verdicts) Add(w Verdicts) Verdicts {
	return Verdicts{v.Reached + w.Reached, v.StuckLow + w.StuckLow, v.StuckHigh + w.StuckHigh, v.NotFormed + w.NotFormed, v.GaveUp + w.GaveUp}
}

// Reports gives one for each tile.
func (m *Matrix) Reports() []Report {
	var out []Report
	for _, t := range m.tiles {
		var wear uint32
		stuck := 0
		for _, b := range t.blocks {
			for _, w := range b.Wear() {
				wear = max(wear, w)
			}
			f := b.Faults()
			stuck += f.On + f.Off + f.Unformed + f.Random + f.Worn
		}
		out = append(out, Report{
			Row: t.row0, Col: t.col0, Rows: t.rows, Cols: t.cols, Cells: t.cells(),
			Reads: t.reads.Load(), Pulses: t.pulses, Conversions: t.conversions.Load(), ConvertAttojoule: t.convertAttojoule.Load(),
			ReadAttojoule: t.attojoule.Load(), WriteAttojoule: t.writeAttojoule,
			Picoseconds: t.picoseconds.Load(),
			Verdicts:    t.verdicts,
			Wear:        wear, Stuck: stuck,
			Resist: m.s.Resist(), LineLoss: t.lineLoss, LineError: t.lineError,
		})
	}
	return out
}

// Weights writes the weights that a read without noise would give, [rows][cols].
func (m *Matrix) Weights(w []float32) {
	for _, t := range m.tiles {
		for r := range t.rows {
			row := w[(t.row0+r)*m.cols+t.col0:][:t.cols]
			offset := t.offset
			if t.drive != nil {
				offset *= t.drive[r]
			}
			for j := range row {
				var x float32
				for d := range t.digits {
					x += float32(float32(t.digits[d].gain) * t.digits[d].current[r*t.cols+j])
				}
				if t.comp != nil {
					x *= t.comp[j]
				}
				row[j] = t.factor[j] * float32(x+offset)
			}
		}
	}
}

// Bytes is the memory that the matrix takes.
func (m *Matrix) Bytes() int {
	if m.alone {
		return m.cols * int(CellBytes(m.cell, m.s))
	}
	return int(Bytes(m.cell, m.s, m.rows, m.cols))
}

// Warnings are what a user of the results should know.
func (m *Matrix) Warnings() []string { return m.warnings }

// warn keeps the first warning of a kind: all of one kind begin alike.
func (m *Matrix) warn(text string) {
	for _, w := range m.warnings {
		if len(w) > 20 && len(text) > 20 && w[:20] == text[:20] {
			return
		}
	}
	m.warnings = append(m.warnings, text)
}
