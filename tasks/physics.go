package tasks

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/synohm/synohm/devices/array"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/sim"
)

// namedWeights are those of a projection, or of a layer.
type namedWeights struct {
	projection string // its name, or that of the layer
	layer      bool
	sim.Weights
}

// of says in messages whose weights they are.
func (w namedWeights) of() string {
	if w.layer {
		return "layer " + w.projection
	}
	return "projection " + w.projection
}

// weightsOf lists the weights of a network.
func weightsOf(net *sim.Network) (all []namedWeights) {
	for _, p := range net.Projections {
		all = append(all, namedWeights{projection: p.Name, Weights: p.Weights})
	}
	return all
}

// physics adds what a network's weights took to the results, and writes a line
// a tile into tiles.csv and the conductances that are recorded. What a user
// should know of the arrays is noted, and kept in the manifest.
func (x *Experiment) physics(weights []namedWeights, o RunOptions, f *runfolder.Folder, res *Result) error {
	type modelled struct {
		projection, of string
		onArrays
	}
	var cost sim.Cost
	var found []modelled
	for _, w := range weights {
		cost = cost.Add(w.Cost())
		if a, ok := sim.As[onArrays](w.Weights); ok {
			found = append(found, modelled{w.projection, w.of(), a})
		}
	}
	warn(weights, o, f)
	m := res.Metrics
	joule := func(aj uint64) float64 { return float64(aj) * 1e-18 }
	m["cell_reads"], m["read_energy_j"] = float64(cost.Reads), joule(cost.Attojoule)
	if cost.Pulses > 0 {
		m["programming_pulses"], m["programming_energy_j"] = float64(cost.Pulses), joule(cost.WriteAttojoule)
	}
	if len(found) == 0 {
		return nil
	}
	m["conversions"], m["conversion_energy_j"] = float64(cost.Conversions), joule(cost.ConvertAttojoule)
	rows := [][]string{{
		"projection", "row", "column", "rows", "columns", "cells", "cells_stuck", "cell_reads", "read_energy_j",
		"programming_pulses", "programming_energy_j", "most_cycles_of_a_cell", "conversions", "conversion_energy_j",
		"busy_s", "line_loss", "line_error", "reached", "stuck_low", "stuck_high", "not_formed", "gave_up",
	}}
	var busiest uint64
	for _, a := range found {
		reports := a.Reports()
		if v := verdicts(reports); v.All() > 0 {
			m["cells_not_reached"] += float64(v.All() - v.Reached)
			if missed := float64(v.All()-v.Reached) / float64(v.All()); missed > 0.01 {
				note(o, f, fmt.Sprintf("%s: programming ended with %.3g %% of its cells away from their targets (%d stuck low, %d stuck high, %d not formed, %d gave up; tiles.csv); give it more writes, another voltage or a wider tolerance", a.of, 100*missed, v.StuckLow, v.StuckHigh, v.NotFormed, v.GaveUp))
			}
		}
		for _, r := range reports {
			busiest = max(busiest, r.Picoseconds)
			row := []string{a.projection}
			for _, x := range []any{
				r.Row, r.Col, r.Rows, r.Cols, r.Cells, r.Stuck, r.Reads, joule(r.ReadAttojoule),
				r.Pulses, joule(r.WriteAttojoule), r.Wear, r.Conversions, joule(r.ConvertAttojoule),
				float64(r.Picoseconds) * 1e-12, r.LineLoss, r.LineError,
				r.Verdicts.Reached, r.Verdicts.StuckLow, r.Verdicts.StuckHigh, r.Verdicts.NotFormed, r.Verdicts.GaveUp,
			} {
				row = append(row, fmt.Sprint(x))
			}
			rows = append(rows, row)
			if r.Resist {
				m["line_loss"] = math.Max(m["line_loss"], r.LineLoss)
			}
			if r.LineError > 0 {
				m["line_error"] = math.Max(m["line_error"], r.LineError)
			}
		}
	}
	m["array_busy_s"] = float64(busiest) * 1e-12 // of the tile that was busy longest
	errs := []error{writeCSV(f, "tiles.csv", rows)}
	for _, r := range x.Record {
		for _, a := range found {
			if r.What == "conductances" && r.Of == a.projection {
				errs = append(errs, writeConductances(f, r.file(), a.Conductances()))
			}
		}
	}
	return errors.Join(errs...)
}

// onArrays is weights on modelled cells.
type onArrays interface {
	sim.Weights
	Reports() []array.Report
	Conductances() []array.CellMap
}

// verdicts adds up those of tiles.
func verdicts(reports []array.Report) (v array.Verdicts) {
	for _, r := range reports {
		v = v.Add(r.Verdicts)
	}
	return v
}

// note tells the user something once, and keeps it in the manifest.
func note(o RunOptions, f *runfolder.Folder, text string) {
	if !slices.Contains(f.Manifest.Warnings, text) {
		f.Manifest.Warnings = append(f.Manifest.Warnings, text)
		o.note(text)
	}
}

// warn notes what weights say that a user of the results should know.
func warn(weights []namedWeights, o RunOptions, f *runfolder.Folder) {
	for _, w := range weights {
		told, ok := sim.As[interface {
			sim.Weights
			Warnings() []string
		}](w.Weights)
		if !ok {
			continue
		}
		for _, warning := range told.Warnings() {
			note(o, f, fmt.Sprintf("%s: %s", w.of(), warning))
		}
	}
}
