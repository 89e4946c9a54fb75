package tasks

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"

	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/viz"
)

// pictures draws the learning curves and the figures of layers over the epochs.
func (j *training) pictures(_ context.Context, _ *learning.Training, f *runfolder.Folder) error {
	save := func(name string, img *image.RGBA, err error) error {
		if err != nil {
			return err
		}
		return f.Write("plots/"+name+".png", func(w io.Writer) error { return viz.WritePNG(w, img) })
	}
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
	errs := []error{save("learning", img, err)}
	var kinds []string
	panels := map[string]*viz.Panel{}
	for i, v := range j.epochs[len(j.epochs)-1].Values {
		p := panels[v.Name]
		if p == nil {
			p = &viz.Panel{YLabel: v.Name}
			panels[v.Name] = p
			kinds = append(kinds, v.Name)
		}
		label := "network"
		if v.Layer > 0 {
			label = fmt.Sprintf("layer %d", v.Layer)
		}
		add(p, label, func(e learning.Epoch) float64 {
			if i < len(e.Values) {
				return e.Values[i].Value
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
		errs = append(errs, save("layers", img, err))
	}
	return errors.Join(errs...)
}
