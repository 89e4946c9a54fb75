package tasks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/viz"
)

// picture writes one that was drawn.
func picture(f *runfolder.Folder, name string, img *image.RGBA, err error) error {
	if err != nil {
		return err
	}
	return f.Write("plots/"+name+".png", func(w io.Writer) error { return viz.WritePNG(w, img) })
}

// pictures draws the learning curves, the figures of layers over the epochs, the
// receptive fields of the first layer, and what else the learner has to show.
func (j *training) pictures(ctx context.Context, t *learning.Training, f *runfolder.Folder) error {
	errs := append(j.curves(f), j.receptiveFields(t.Learner.Layers(), f))
	if shower, ok := t.Learner.(learning.Shower); ok {
		figures, err := shower.Figures(ctx, t)
		errs = append(errs, err)
		for _, g := range figures {
			errs = append(errs, drawFigure(f, g))
		}
	}
	if j.seen != nil {
		for _, g := range j.seen.Figures() {
			errs = append(errs, drawFigure(f, g))
		}
	}
	return errors.Join(errs...)
}

// fields is how many receptive fields are drawn.
const fields = 140

// receptiveFields draws the weights from the image to the first units.
func (j *training) receptiveFields(layers []sim.Layer, f *runfolder.Folder) error {
	first := layers[0]
	in := first.In()
	for _, p := range first.Parameters() {
		if p.Weights == nil {
			continue
		}
		targets, sources := p.Weights.Shape()
		if sources != in.Units() || in.Channels != 1 || in.Rows*in.Cols != sources || in.Rows == 1 {
			return nil
		}
		w := p.Weights.Snapshot("")
		n := min(fields, targets)
		s := sim.Snapshot{Name: first.Name(), Kind: sim.KindImages, Shape: []int{n, in.Rows, in.Cols}}
		for k := range n {
			for i := range sources {
				s.Values = append(s.Values, w.Values[i*targets+k])
			}
		}
		img, err := viz.Sheet(fmt.Sprintf("receptive fields of the first %d units of layer %s", n, first.Name()), s)
		return picture(f, "fields", img, err)
	}
	return nil
}

// drawFigure draws what a learner shows by the kind of its snapshots.
func drawFigure(f *runfolder.Folder, g learning.Figure) error {
	if len(g.Snapshots) == 0 {
		return nil
	}
	switch g.Snapshots[0].Kind {
	case sim.KindImages:
		img, err := viz.Sheet(g.Title, g.Snapshots[0])
		return picture(f, g.Name, img, err)
	case sim.KindMatrix:
		img, err := viz.Heatmaps(g.Title, g.X, g.Y, g.Snapshots...)
		return picture(f, g.Name, img, err)
	case sim.KindSeries:
		panel := viz.Panel{YLabel: g.Y}
		for _, s := range g.Snapshots {
			one := viz.Series{Name: s.Name}
			for i := 0; i < len(s.Values); i += 2 {
				one.X, one.Y = append(one.X, s.Values[i]), append(one.Y, s.Values[i+1])
			}
			panel.Series = append(panel.Series, one)
		}
		img, err := viz.Curves(g.Title, viz.Axis{Label: g.X}, panel)
		return picture(f, g.Name, img, err)
	}
	return fmt.Errorf("figure %s: nothing draws snapshots of kind %s", g.Name, g.Snapshots[0].Kind)
}

// curves draws errors, loss and what layers report over the epochs.
func (j *training) curves(f *runfolder.Folder) []error {
	curve := func(name string, of func(e learning.Epoch) float64) (s viz.Series, ok bool) {
		s.Name = name
		for _, e := range j.epochs {
			if v := of(e); !math.IsNaN(v) {
				s.X, s.Y = append(s.X, float64(e.Epoch)), append(s.Y, v)
			}
		}
		return s, len(s.X) > 0
	}
	var errors_, losses viz.Panel
	errors_.YLabel, losses.YLabel = "error (%)", "loss"
	add := func(p *viz.Panel, name string, of func(e learning.Epoch) float64) {
		if s, ok := curve(name, of); ok {
			p.Series = append(p.Series, s)
		}
	}
	add(&errors_, "test", func(e learning.Epoch) float64 { return 100 * e.Test })
	add(&errors_, "validation", func(e learning.Epoch) float64 { return 100 * e.Validation })
	add(&losses, "training", func(e learning.Epoch) float64 { return e.Loss })
	img, err := viz.Curves(fmt.Sprintf("rule %s on %s", j.Rule.Kind, j.Data.Kind), viz.Axis{Label: "epoch"}, errors_, losses)
	errs := []error{picture(f, "learning", img, err)}
	var kinds []string
	panels := map[string]*viz.Panel{}
	for _, v := range j.reported() {
		p := panels[v.Name]
		if p == nil {
			p = &viz.Panel{YLabel: strings.ReplaceAll(v.Name, "_", " ")}
			if v.Name == "angle" {
				p.YLabel = "angle to the derivative (degrees)"
			}
			panels[v.Name] = p
			kinds = append(kinds, v.Name)
		}
		label := "network"
		if v.Layer > 0 {
			label = fmt.Sprintf("layer %d", v.Layer)
		}
		add(p, label, func(e learning.Epoch) float64 {
			for _, w := range e.Values {
				if w.Name == v.Name && w.Layer == v.Layer {
					return w.Value
				}
			}
			return math.NaN()
		})
	}
	if len(kinds) > 0 {
		var all []viz.Panel
		for _, k := range kinds {
			all = append(all, *panels[k])
		}
		img, err := viz.Curves("layers over training", viz.Axis{Label: "epoch"}, all...)
		errs = append(errs, picture(f, "layers", img, err))
	}
	return errs
}

// reported lists what was reported in any epoch, by name and layer: a rule may
// train one layer after the other.
func (j *training) reported() (all []learning.Value) {
	for _, e := range j.epochs {
		for _, v := range e.Values {
			same := func(w learning.Value) bool { return w.Name == v.Name && w.Layer == v.Layer }
			if !slices.ContainsFunc(all, same) {
				all = append(all, v)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b learning.Value) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Layer, b.Layer))
	})
	return all
}
