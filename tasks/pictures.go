package tasks

import (
	"errors"
	"fmt"
	"image"
	"io"
	"math"

	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/learning/readout"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/viz"
)

// pictures draws what one wants to see of a liquid: the spikes of a digit, the
// confusions, the weights, the accuracy over training.
func (l *Liquid) pictures(x *Experiment, net *sim.Network, s *streams, c *collected, model *readout.Linear, epochs []readout.Epoch, f *runfolder.Folder) error {
	save := func(name string, img *image.RGBA, err error) error {
		if err != nil {
			return err
		}
		return f.Write("plots/"+name+".png", func(w io.Writer) error { return viz.WritePNG(w, img) })
	}
	var errs []error
	first := s.train + s.validation
	if len(c.input) > 0 {
		img, err := viz.Raster(fmt.Sprintf("spikes of test trial 0, class %d", s.labels[first]),
			spikeSnapshot("input", c.input[0], x.Time.Step), spikeSnapshot(l.Of, c.spikes[x.population(l.Of)][0], x.Time.Step))
		errs = append(errs, save("raster", img, err))
	}
	test := c.liquid.Slice(first, s.n())
	confusion := make([][]int, test.Classes)
	for i := range confusion {
		confusion[i] = make([]int, test.Classes)
	}
	for i, y := range test.Labels {
		confusion[y][model.Predict(test.Row(i))]++
	}
	img, err := viz.Confusion(fmt.Sprintf("test accuracy %.1f %% of %d", 100*model.Accuracy(test), test.N()), confusion)
	errs = append(errs, save("confusion", img, err))
	for i, p := range net.Projections {
		img, err := viz.Heatmap("weights of "+x.Projections[i].Name, "target", "source", p.Weights.Snapshot(p.Name))
		errs = append(errs, save("weights-"+p.Name, img, err))
	}
	train, val := viz.Series{Name: "training"}, viz.Series{Name: "validation"}
	for _, e := range epochs {
		train.X, train.Y = append(train.X, float64(e.Epoch)), append(train.Y, 100*e.TrainAccuracy)
		if !math.IsNaN(e.ValidationAccuracy) {
			val.X, val.Y = append(val.X, float64(e.Epoch)), append(val.Y, 100*e.ValidationAccuracy)
		}
	}
	series := []viz.Series{train}
	if len(val.X) > 0 {
		series = append(series, val)
	}
	img, err = viz.Curves("read-out over training", viz.Axis{Label: "epoch"}, viz.Panel{YLabel: "accuracy (%)", Series: series})
	errs = append(errs, save("accuracy", img, err))
	return errors.Join(errs...)
}

func spikeSnapshot(name string, spikes []spike, stepMS float64) sim.Snapshot {
	s := sim.Snapshot{Name: name, Kind: sim.KindSpikes, Unit: "ms", Shape: []int{len(spikes), 2}}
	for _, k := range spikes {
		s.Values = append(s.Values, float64(k.step)*stepMS, float64(k.id))
	}
	return s
}
