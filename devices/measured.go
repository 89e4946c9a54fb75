package devices

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"github.com/synohm/synohm/internal/catalog"
)

// Tabulated is a cell by a table of the user's measurements: mean and standard
// deviation of the conductance after programming, at several targets.
//
//	G0       = max(0, mean(target) + std(target) * xi)
//	one read = G0 * (1 + read_noise * xi')
//
// Between the targets of the table, mean and standard deviation are
// interpolated linearly; targets outside of it are refused. The file is a CSV of
// two columns, target and standard deviation, or of three, target, mean and
// standard deviation, all in uS, by ascending target. A first line of names and
// lines that begin with # are passed over.
type Tabulated struct {
	Path      string  `yaml:"path" required:"true" doc:"CSV of target, mean (if it is not the target) and standard deviation, uS; seen from the working directory"`
	ReadNoise float64 `yaml:"read_noise" default:"0" range:"[0, 1]" doc:"standard deviation of one read over the cell's conductance"`
}

// TabulatedModel describes the cell.
func TabulatedModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:    "measured",
			Summary: "cell by your own table (CSV) of conductance and its spread",
			Equation: "G0 = max(0, mean(target) + std(target) * xi), linear between the targets of the table\n" +
				"one read = G0 * (1 + read_noise * xi')",
			Reference: "the table",
			Omits:     "all but programming and noise of a read: drift, temperature, random telegraph noise",
			Params:    &Tabulated{},
		},
		New: func(params any) (Cell, error) {
			p := params.(*Tabulated)
			t, err := readSpreads(p.Path)
			if err != nil {
				return nil, err
			}
			return &tabulatedCell{params: *p, table: t}, nil
		},
	}
}

// tabulatedCell is the cell with its table.
type tabulatedCell struct {
	params Tabulated
	table  []spreadRow // at least two, by ascending target
}

type spreadRow struct{ target, mean, std float64 } // uS

// Window is from the first target of the table to the last one.
func (c *tabulatedCell) Window() (low, high float64) {
	return c.table[0].target, c.table[len(c.table)-1].target
}

// Make makes cells at the first target of the table.
func (c *tabulatedCell) Make(n int, seed uint64, first uint32) Cells {
	return makeStatistical(c.law(), "measured", n, seed, first)
}

func (c *tabulatedCell) law() law {
	return law{
		low: c.table[0].target,
		program: func(target, xi float64) float64 {
			mean, std := c.at(target)
			return max(0, mean+float64(std*xi))
		},
		later: func(_ float64, r run, g, sigma []float32) {
			copy(g, r.prog)
			for i := range sigma {
				sigma[i] = float32(c.params.ReadNoise * float64(g[i]))
			}
		},
	}
}

// at interpolates in the table; outside, its ends stand.
func (c *tabulatedCell) at(target float64) (mean, std float64) {
	k := 1
	for k+1 < len(c.table) && target > c.table[k].target {
		k++
	}
	a, b := c.table[k-1], c.table[k]
	part := clamp((target-a.target)/(b.target-a.target), 0, 1)
	return a.mean + float64(part*(b.mean-a.mean)), a.std + float64(part*(b.std-a.std))
}

const maxUS = 1e9 // uS, far above any cell

// readSpreads reads a table; every mistake is told with its line.
func readSpreads(path string) ([]spreadRow, error) {
	text, err := readTable(path, "table of a measured cell")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w; name a CSV file with the parameter path", err)
	}
	if err != nil {
		return nil, err
	}
	return parseSpreads(path, text)
}

func parseSpreads(path, text string) ([]spreadRow, error) {
	var (
		rows    []spreadRow
		errs    []error
		columns int
		head    = true // no line of numbers was read yet
	)
	for line, cells := range tableRows(text) {
		if len(errs) >= maxWrongs {
			break
		}
		report := func(rule string, args ...any) {
			errs = append(errs, fmt.Errorf("%s:%d: %s", path, line, fmt.Sprintf(rule, args...)))
		}
		if head && !slices.ContainsFunc(cells, isNumber) {
			head, columns = false, len(cells)
			if columns != 2 && columns != 3 {
				report("has %d columns; expected target and standard deviation, or target, mean and standard deviation, in uS", columns)
				break
			}
			continue
		}
		if head {
			head, columns = false, len(cells)
		}
		if len(cells) != columns || columns != 2 && columns != 3 {
			want := "2 or 3"
			if columns == 2 || columns == 3 {
				want = strconv.Itoa(columns)
			}
			report("has %d columns, expected %s", len(cells), want)
			continue
		}
		row, rule := parseSpread(cells)
		if rule == "" && len(rows) > 0 && row.target <= rows[len(rows)-1].target {
			rule = fmt.Sprintf("target %g uS is not above the one before, %g uS; sort the table by target", row.target, rows[len(rows)-1].target)
		}
		if rule != "" {
			report("%s", rule)
			continue
		}
		rows = append(rows, row)
	}
	if len(errs) == 0 && len(rows) < 2 {
		errs = append(errs, fmt.Errorf("%s: has %d targets; a table has at least 2 to interpolate between", path, len(rows)))
	}
	return rows, errors.Join(errs...)
}

// parseSpread reads the columns of a line, and returns the rule they break.
func parseSpread(cells []string) (row spreadRow, rule string) {
	var v [3]float64
	for i, c := range cells {
		x, err := strconv.ParseFloat(c, 64)
		switch {
		case err != nil:
			return row, fmt.Sprintf("column %d: %q is not a number", i+1, c)
		case !(x >= 0 && x <= maxUS):
			return row, fmt.Sprintf("column %d: %g is not a conductance or spread from 0 to %g uS", i+1, x, float64(maxUS))
		}
		v[i] = x
	}
	if len(cells) == 2 {
		return spreadRow{target: v[0], mean: v[0], std: v[1]}, ""
	}
	return spreadRow{target: v[0], mean: v[1], std: v[2]}, ""
}

var _ Cell = (*tabulatedCell)(nil)

// Files are those that the cell is made of.
func (p *Tabulated) Files() []string { return []string{p.Path} }
