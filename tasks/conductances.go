package tasks

import (
	"errors"
	"io"
	"strings"

	"github.com/synohm/synohm/devices/array"
	"github.com/synohm/synohm/internal/npz"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
	"github.com/synohm/synohm/viz"
)

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
			return x.physical(p.Substrate)
		}
	}
	return false
}

// physical tells whether a substrate is made of cells.
func (x *Experiment) physical(substrate string) bool {
	sub, err := x.substrate(substrate)
	_, ok := sub.(synapses.Physical)
	return err == nil && ok
}
