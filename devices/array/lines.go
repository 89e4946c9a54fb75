package array

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/lines"
	"github.com/synohm/synohm/internal/progress"
)

// throughLines replaces conductances by those that the ends of the lines see:
// the current of a column for a volt on a row. Cells and lines are ohmic, so a
// read of any rows is the sum of those of single rows. The noise of a cell is
// weakened like its current, which holds where a cell is small beside the
// lines' conductance.
func (t *tile) throughLines(ctx context.Context, g, sigma [][]float32) error {
	net, place := t.network(g)
	seen, err := t.effective(ctx, net)
	if err != nil {
		return fmt.Errorf("lines of the tile at row %d, column %d: %w", t.row0, t.col0, err)
	}
	var all, arrived float64
	for i, x := range net.G {
		all += x
		arrived += seen[i]
	}
	t.lineLoss = 0
	if all > 0 {
		t.lineLoss = 1 - arrived/all
	}
	if t.lineLoss > 0.9 {
		t.m.warn(nothingArrives, fmt.Sprintf("lines take %.3g %% of the current of a tile when all its rows are driven; next to nothing arrives", 100*t.lineLoss))
	}
	if _, curved := t.m.cell.(devices.Curved); curved {
		t.m.warn(curvedBehindLines, "the current of these cells is not proportional to their voltage; with lines they are taken as at the read voltage, which the lines lower")
	}
	place(func(plane, cell, at int) {
		x := seen[at] * 1e6
		if old := float64(g[plane][cell]); old > 0 {
			sigma[plane][cell] = float32(float64(sigma[plane][cell]) * x / old)
		}
		g[plane][cell] = float32(x)
	})
	return nil
}

// network lays the cells of a tile out as they stand, and returns a way to go
// through them with their place in the network.
func (t *tile) network(g [][]float32) (*lines.Network, func(f func(plane, cell, at int))) {
	planes := t.m.planes
	own, shared := 0, 0
	for _, p := range planes {
		if p.Shared {
			shared++
		} else {
			own++
		}
	}
	cols := t.cols*own + shared
	net := &lines.Network{Rows: t.rows, Cols: cols, G: make([]float64, t.rows*cols), Wires: t.m.s.Lines.wires()}
	place := func(f func(plane, cell, at int)) {
		for r := range t.rows {
			k, last := 0, t.cols*own
			for i, p := range planes {
				if p.Shared {
					f(i, r, r*cols+last)
					last++
					continue
				}
				for j := range t.cols {
					f(i, r*t.cols+j, r*cols+j*own+k)
				}
				k++
			}
		}
	}
	on := t.m.s.Lines.On
	place(func(plane, cell, at int) {
		x := float64(g[plane][cell]) * 1e-6
		net.G[at] = x / (1 + float64(on*x))
	})
	return net, place
}

// effective is the current of every column for a volt on every row, S.
func (t *tile) effective(ctx context.Context, net *lines.Network) ([]float64, error) {
	o := lines.Options{Workers: t.m.workers}
	t.lineError = 0
	if t.m.s.solve() == "exact" {
		return lines.Effective(ctx, net, o)
	}
	s, err := net.Prepare(o)
	if err != nil {
		return nil, err
	}
	seen := make([]float64, len(net.G))
	const chunk = 64 // of the drives at once; of each, one is solved exactly as well
	for lo := 0; lo < net.Rows; lo += chunk {
		progress.Report(ctx, "lines", lo, net.Rows)
		var batch []lines.Drive
		for k := lo; k < min(lo+chunk, net.Rows); k++ {
			d := lines.Drive{Word: make([]float64, net.Rows)}
			d.Word[k] = 1
			batch = append(batch, d)
		}
		a, err := s.Approximate(ctx, batch, 0, 1)
		if err != nil {
			return nil, err
		}
		t.lineError = max(t.lineError, a.Worst)
		for k, sol := range a.Solutions {
			copy(seen[(lo+k)*net.Cols:], sol.Out)
		}
	}
	progress.Report(ctx, "lines", net.Rows, net.Rows)
	t.m.warn(linesApproximated, fmt.Sprintf("lines are approximated: the current of a single driven row is off by %.2g of it (largest of those that were also solved exactly)", t.lineError))
	return seen, nil
}
