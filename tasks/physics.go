package tasks

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/synohm/synohm/devices/array"
	"github.com/synohm/synohm/internal/npz"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
	"github.com/synohm/synohm/viz"
)

// namedWeights are those of a projection.
type namedWeights struct {
	projection string
	sim.Weights
}

// weightsOf lists the weights of a network.
func weightsOf(net *sim.Network) (all []namedWeights) {
	for _, p := range net.Projections {
		all = append(all, namedWeights{p.Name, p.Weights})
	}
	return all
}

// physics adds what a network's weights took to the results, and writes a line
// a tile into tiles.csv and the conductances that are recorded. What a user
// should know of the arrays is noted, and kept in the manifest.
func (x *Experiment) physics(weights []namedWeights, o RunOptions, f *runfolder.Folder, res *Result) error {
	type modelled struct {
		projection string
		*array.Matrix
	}
	var cost sim.Cost
	var found []modelled
	for _, w := range weights {
		cost = cost.Add(w.Cost())
		if a, ok := sim.As[interface {
			sim.Weights
			Array() *array.Matrix
		}](w.Weights); ok {
			found = append(found, modelled{w.projection, a.Array()})
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
		for _, r := range a.Reports() {
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
			text := fmt.Sprintf("projection %s: %s", w.projection, warning)
			if !slices.Contains(f.Manifest.Warnings, text) {
				f.Manifest.Warnings = append(f.Manifest.Warnings, text)
				o.note(text)
			}
		}
	}
}

// writeConductances keeps the conductances of every plane of cells as they are
// at the end, uS, beside what they were programmed to, and draws those of an
// array.
func writeConductances(f *runfolder.Folder, name string, planes []array.CellMap) error {
	err := f.Write(name+".npz", func(w io.Writer) error {
		z := npz.NewWriter(w)
		errs := []error{z.WriteText("unit", "uS")}
		for _, p := range planes {
			key := strings.ReplaceAll(p.Plane, "/", "_")
			errs = append(errs, z.Write(key, p.Shape, p.Now))
			if p.Target != nil {
				errs = append(errs, z.Write(key+"_target", p.Shape, p.Target))
			}
		}
		return errors.Join(append(errs, z.Close())...)
	})
	var panels []sim.Snapshot
	for _, p := range planes {
		if p.Shape[0] > 1 && p.Shape[1] > 1 && len(panels) < 4 {
			s := sim.Snapshot{Name: p.Plane, Kind: sim.KindMatrix, Shape: p.Shape, Unit: "uS", Values: make([]float64, len(p.Now))}
			for i, g := range p.Now {
				s.Values[i] = float64(g)
			}
			panels = append(panels, s)
		}
	}
	if err != nil || len(panels) == 0 {
		return err
	}
	img, err := viz.Heatmaps(name+" at the end of the run", "target", "source", panels...)
	if err != nil {
		return err
	}
	return f.Write("plots/"+name+".png", func(w io.Writer) error { return viz.WritePNG(w, img) })
}

// onCells tells whether a projection's weights are conductances.
func (x *Experiment) onCells(projection string) bool {
	for _, p := range x.Projections {
		if p.Name == projection {
			sub, err := x.substrate(p.Substrate)
			_, ok := sub.(*synapses.Crossbar)
			return err == nil && ok
		}
	}
	return false
}
