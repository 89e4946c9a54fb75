package array

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/philox"
)

// Matrix is weights on cells, [rows][cols]: rows are driven, columns are read.
type Matrix struct {
	rows, cols int
	s          *Settings
	cell       devices.Cell
	mapping    Mapping
	planes     []Plane
	gains      []float64 // of the mapping's digits
	convert    bool      // digits are converted one by one
	seed       uint64
	first      uint32    // number of the first cell, where a row is a part of a list
	alone      bool      // cells stand alone
	end        float64   // weight at the end of the window, where it is given; else 0
	step       float64   // of a pulse, uS; 0 before it is asked for
	carried    []float32 // changes of weights that were not yet written, [rows][cols]; nil where all are
	low, high  float64   // window of the cell, uS
	tiles      []*tile   // by row, then by column
	acrossCols int       // tiles side by side

	workers    int
	now        float64 // s
	origin     float64 // when the first programming was done
	programmed float64 // when cells were programmed last
	looked     float64 // when conductances were looked at last
	looks      uint32  // how often
	refreshes  uint64  // since the first programming
	writes     uint64  // programmings of all cells
	warnings   [warningKinds]string

	saved saved
}

// MaxCells bounds a matrix before anything is allocated.
const MaxCells = 1 << 29

// Check finds what New would refuse.
func Check(cell devices.Cell, s *Settings, rows, cols int) error {
	m, err := NewMapping(s.Mapping.Kind, s.Mapping.Value)
	if err != nil {
		return err
	}
	planes := m.Planes()
	if rows < 1 || cols < 1 || float64(rows)*float64(cols)*float64(len(planes)) > MaxCells {
		return fmt.Errorf("%d x %d weights of %d cells: at least one weight and at most %d cells are possible", rows, cols, len(planes), MaxCells)
	}
	_, formed := cell.(devices.Formed)
	if formed && s.Mapping.Kind != "differential" {
		return fmt.Errorf("cells that are formed and never programmed make weights of mean 0 as differences alone; their mapping is differential, not %s", s.Mapping.Kind)
	}
	var errs []error
	if formed {
		errs = append(errs, checkFormed(s))
	}
	return errors.Join(append(errs, CheckAge(cell, s, 0), checkTiles(s, rows, cols, len(planes)),
		devices.CheckEffects(cell, s.Effects), checkProgramming(cell, s))...)
}

// checkFormed refuses what does nothing to cells that are never programmed, or
// cannot be done to them.
func checkFormed(s *Settings) error {
	var errs []error
	refuse := func(set bool, key, why string) {
		if set {
			errs = append(errs, fmt.Errorf("cells that are formed and never programmed %s; leave %s out, or name a cell that is programmed", why, key))
		}
	}
	refuse(s.Clock.RefreshEvery > 0, "refresh_every", "cannot be refreshed")
	refuse(s.Programming.Kind != "direct", "programming", "have no programming")
	refuse(s.Saturate > 0, "saturate", "have no targets")
	refuse(s.Headroom > 1, "headroom", "have no targets")
	refuse(s.Scaling != "matrix", "scaling", "share the scale of their spread")
	still := !s.Effects.Age()
	refuse(still && s.Clock.Age > 0, "age", "do not change with time unless effects make them")
	refuse(still && s.Clock.Compensation != "none", "compensation", "do not change with time unless effects make them")
	return errors.Join(errs...)
}

// CheckAge tells whether the cells' model knows them so many seconds after the
// beginning of a run.
func CheckAge(cell devices.Cell, s *Settings, seconds float64) error {
	since := s.Clock.Age + seconds
	if s.Clock.RefreshEvery > 0 {
		since = min(since, s.Clock.RefreshEvery)
	}
	_, err := outside(cell, s, since)
	return err
}

// maxTiles bounds what a matrix is cut into, maxSolved the cells of a tile whose
// lines are solved: 2048 x 2048 take a gigabyte, and hours.
const (
	maxTiles  = 1 << 16
	maxSolved = 1 << 22
)

// checkTiles refuses a matrix in too many parts, and lines of too large ones.
func checkTiles(s *Settings, rows, cols, planes int) error {
	var errs []error
	tr, tc := limit(s.Tile.Rows, rows), limit(s.Tile.Cols, cols)
	down, across := (rows+tr-1)/tr, (cols+tc-1)/tc
	if float64(down)*float64(across) > maxTiles {
		errs = append(errs, fmt.Errorf("tiles of %d x %d cut %d x %d weights into %d x %d parts, at most %d are possible; set larger tile.rows and tile.cols", tr, tc, rows, cols, down, across, maxTiles))
	}
	if n := float64(tr) * float64(tc) * float64(planes); s.Resist() && n > maxSolved {
		errs = append(errs, fmt.Errorf("the lines of a tile of %d x %d weights have %.3g cells on them, at most %d can be solved; set tile.rows and tile.cols, such as 512, or lines.solve to none", tr, tc, n, maxSolved))
	}
	return errors.Join(errs...)
}

func limit(bound, n int) int {
	if bound == 0 {
		return n
	}
	return min(bound, n)
}

// New makes the cells of a matrix, as they leave the factory. Cells that are
// programmed hold no weights before Program.
func New(cell devices.Cell, s *Settings, rows, cols int, seed uint64, workers int) (*Matrix, error) {
	return newMatrix(cell, s, rows, cols, seed, 0, workers, false)
}

// NewRow makes the cells of weights that stand alone, numbered from first: parts
// of a list give what the whole list would. Cells that stand alone are no array
// that would be busy.
func NewRow(cell devices.Cell, s *Settings, cols int, seed uint64, first uint32) (*Matrix, error) {
	if s.Resist() || s.Input != nil || s.Output != nil || s.Tile != (Tile{}) {
		return nil, fmt.Errorf("cells that stand alone share no lines, converters and tiles; leave lines, input, output and tile out")
	}
	return newMatrix(cell, s, 1, cols, seed, first, 1, true)
}

func newMatrix(cell devices.Cell, s *Settings, rows, cols int, seed uint64, first uint32, workers int, alone bool) (*Matrix, error) {
	if err := Check(cell, s, rows, cols); err != nil {
		return nil, err
	}
	mapping, err := NewMapping(s.Mapping.Kind, s.Mapping.Value)
	if err != nil {
		return nil, err
	}
	m := &Matrix{
		rows: rows, cols: cols, s: s, cell: cell, mapping: mapping, planes: mapping.Planes(), gains: mapping.Gains(),
		seed: seed, first: first, alone: alone, workers: max(1, workers),
	}
	m.low, m.high = cell.Window()
	m.convert = s.Output != nil
	tr, tc := limit(s.Tile.Rows, rows), limit(s.Tile.Cols, cols)
	m.acrossCols = (cols + tc - 1) / tc
	for r := 0; r < rows; r += tr {
		for c := 0; c < cols; c += tc {
			t := &tile{m: m, row0: r, rows: min(tr, rows-r), col0: c, cols: min(tc, cols-c), seed: seed}
			if tr < rows || tc < cols {
				t.seed = philox.Fork(seed, fmt.Sprintf("tile/%d/%d", r, c))
			}
			t.scratch.New = func() any { return new([]float32) }
			if s.Effects.ReadDisturb != nil {
				t.rowReads = make([]atomic.Uint32, t.rows)
				if alone {
					t.rowReads = make([]atomic.Uint32, t.cols)
				}
			}
			if err := t.form(cell); err != nil {
				return nil, err
			}
			m.tiles = append(m.tiles, t)
		}
	}
	return m, nil
}

// Shape returns the numbers of rows and columns.
func (m *Matrix) Shape() (rows, cols int) { return m.rows, m.cols }

// Formed takes cells as they were formed: a microsiemens of difference is so
// much weight.
func (m *Matrix) Formed(ctx context.Context, weight float64) error {
	for _, t := range m.tiles {
		t.factor = make([]float32, t.cols)
		for j := range t.factor {
			t.factor[j] = float32(weight)
		}
	}
	return m.start(ctx)
}

// Program puts weights [rows][cols] onto the cells, at the present time.
func (m *Matrix) Program(ctx context.Context, w []float32) error {
	if len(w) != m.rows*m.cols {
		panic("array: the weights are not those of the matrix")
	}
	for i, x := range w {
		if x != x || math.IsInf(float64(x), 0) {
			return fmt.Errorf("weight %d, %d is %g; weights are finite", i/m.cols, i%m.cols, x)
		}
	}
	m.scale(w)
	for _, t := range m.tiles {
		t.aim(w)
	}
	if err := m.write(ctx); err != nil {
		return err
	}
	m.origin, m.refreshes = m.now, 0
	return m.start(ctx)
}

// span is the weight that the end of the window stands for.
func (m *Matrix) span(w []float32, row0, rows, col0, cols int) float64 {
	var largest, square float64
	for r := row0; r < row0+rows; r++ {
		for _, x := range w[r*m.cols+col0 : r*m.cols+col0+cols] {
			largest = max(largest, math.Abs(float64(x)))
			square += float64(x) * float64(x)
		}
	}
	if s := m.s.Saturate; s > 0 {
		largest = min(largest, s*math.Sqrt(square/float64(rows*cols)))
	}
	return largest * max(1, m.s.Headroom)
}

// scale chooses the weight of a microsiemens, and the drive of the rows.
func (m *Matrix) scale(w []float32) {
	window := m.high - m.low
	whole := m.end
	if whole == 0 {
		whole = m.span(w, 0, m.rows, 0, m.cols)
	}
	rows := make([]float64, m.rows)
	if m.s.Scaling == "row" {
		// No row is driven with more than the read voltage.
		whole = 0
		for r := range rows {
			rows[r] = m.span(w, r, 1, 0, m.cols)
			whole = max(whole, rows[r])
		}
	}
	for _, t := range m.tiles {
		t.factor, t.drive = make([]float32, t.cols), nil
		span := whole
		if m.s.Scaling == "tile" {
			span = m.span(w, t.row0, t.rows, t.col0, t.cols)
		}
		for j := range t.factor {
			if m.s.Scaling == "column" {
				span = m.span(w, 0, m.rows, t.col0+j, 1)
			}
			t.factor[j] = float32(span / window)
		}
		if m.s.Scaling == "row" {
			t.drive = make([]float32, t.rows)
			for r := range t.drive {
				if whole > 0 {
					t.drive[r] = float32(rows[t.row0+r] / whole)
				}
			}
		}
	}
}

// aim encodes the weights of a tile as targets of its cells.
func (t *tile) aim(w []float32) {
	m := t.m
	window := m.high - m.low
	x := make([]float64, len(m.planes))
	t.target = nil
	sum := m.mapping.Offset()
	for _, p := range m.planes {
		t.target = append(t.target, make([]float32, t.planeCells(p)))
		sum -= p.Sign * m.gains[p.Digit] * m.low / window
	}
	t.offset = float32(sum * window)
	for r := range t.rows {
		for j := range t.cols {
			u := 0.0
			full := float64(t.factor[j]) * window
			if t.drive != nil {
				full *= float64(t.drive[r])
			}
			if full > 0 {
				u = min(max(float64(w[(t.row0+r)*m.cols+t.col0+j])/full, -1), 1)
			}
			m.mapping.Encode(u, x)
			for i, p := range m.planes {
				at := r*t.cols + j
				if p.Shared {
					at = r
				}
				t.target[i][at] = float32(m.low + float64(x[i]*window))
			}
		}
	}
}
