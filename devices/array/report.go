package array

// Taken is what a tile has done. Counts are whole numbers, so that their sums
// depend on no order.
type Taken struct {
	Reads            uint64 // cells read
	Pulses           uint64 // programmings and pulses
	ReadAttojoule    uint64 // of V^2 G t
	WriteAttojoule   uint64 // of programming
	Conversions      uint64
	ConvertAttojoule uint64
	Picoseconds      uint64 // in which the tile was busy reading
}

// Taken sums what the tiles have done.
func (m *Matrix) Taken() (sum Taken) {
	for _, t := range m.tiles {
		one := t.taken()
		sum.Reads += one.Reads
		sum.Pulses += one.Pulses
		sum.ReadAttojoule += one.ReadAttojoule
		sum.WriteAttojoule += one.WriteAttojoule
		sum.Conversions += one.Conversions
		sum.ConvertAttojoule += one.ConvertAttojoule
		sum.Picoseconds += one.Picoseconds
	}
	return sum
}

func (t *tile) taken() Taken {
	return Taken{
		Reads: t.reads.Load(), Pulses: t.pulses,
		ReadAttojoule: t.attojoule.Load(), WriteAttojoule: t.writeAttojoule,
		Conversions: t.conversions.Load(), ConvertAttojoule: t.convertAttojoule.Load(),
		Picoseconds: t.picoseconds.Load(),
	}
}

// Report is what a tile has done and how it stands.
type Report struct {
	Taken
	Row, Col   int // first of the matrix
	Rows, Cols int // of weights
	Cells      uint64
	Wear       uint32   // most programmings or pulses that a cell has seen
	Stuck      int      // cells that no longer change
	Verdicts   Verdicts // of the last programming with verification
	Resist     bool     // lines are not ideal
	LineLoss   float64  // part of the current that the lines take, all rows driven
	LineError  float64  // of the approximation of the lines, relative; 0 where they are solved exactly
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
			Taken: t.taken(), Row: t.row0, Col: t.col0, Rows: t.rows, Cols: t.cols, Cells: t.cells(),
			Wear: wear, Stuck: stuck, Verdicts: t.verdicts,
			Resist: m.s.Resist(), LineLoss: t.lineLoss, LineError: t.lineError,
		})
	}
	return out
}

// Weights writes the weights that a read without noise would give, [rows][cols].
func (m *Matrix) Weights(w []float32) {
	for _, t := range m.tiles {
		t.weights(w[t.row0*m.cols+t.col0:], m.cols)
	}
}

// weights writes those of a tile, a row every stride numbers.
func (t *tile) weights(w []float32, stride int) {
	for r := range t.rows {
		row := w[r*stride:][:t.cols]
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

// Bytes is the memory that the matrix takes.
func (m *Matrix) Bytes() int {
	if m.alone {
		return m.cols * int(CellBytes(m.cell, m.s))
	}
	return int(Bytes(m.cell, m.s, m.rows, m.cols)) + 4*len(m.carried)
}

// warning is a kind of warning; the first text of a kind is kept.
type warning int

const (
	beyondMeasured warning = iota
	nothingArrives
	curvedBehindLines
	linesApproximated
	warningKinds
)

// Warnings are what a user of the results should know.
func (m *Matrix) Warnings() (all []string) {
	for _, w := range m.warnings {
		if w != "" {
			all = append(all, w)
		}
	}
	return all
}

func (m *Matrix) warn(kind warning, text string) {
	if m.warnings[kind] == "" {
		m.warnings[kind] = text
	}
}
