package tasks

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/viz"
)

// plotEpochs draws the errors of trainings over their epochs, one line for each
// combination of values, mean and standard deviation over the seeds.
func (p *SweepPlan) plotEpochs(f *runfolder.Folder, results []*Result) error {
	if _, ok := p.Points[0].X.Task.Variant.Value.(*Train); !ok {
		return nil
	}
	panel := viz.Panel{YLabel: "test error (%)"}
	for lo := 0; lo < len(results); lo += p.Seeds {
		at := map[int][]float64{} // epoch: errors of the seeds
		last := 0
		for _, r := range results[lo : lo+p.Seeds] {
			epochs, err := readEpochs(r.RunDir, math.MaxInt)
			if err != nil {
				return err
			}
			for _, e := range epochs {
				if !math.IsNaN(e.Test) {
					at[e.Epoch] = append(at[e.Epoch], 100*e.Test)
					last = max(last, e.Epoch)
				}
			}
		}
		s := viz.Series{Name: strings.Join(p.called(p.Points[lo].Values), ", ")}
		for epoch := range last + 1 {
			if v := at[epoch]; len(v) > 0 {
				mean, std := meanStd(v)
				s.X, s.Y, s.E = append(s.X, float64(epoch)), append(s.Y, mean), append(s.E, std)
			}
		}
		if len(s.X) > 0 {
			panel.Series = append(panel.Series, s)
		}
	}
	if len(panel.Series) == 0 {
		return nil
	}
	img, err := viz.Curves(fmt.Sprintf("%s, %d seeds", p.Name, p.Seeds), viz.Axis{Label: "epoch"}, panel)
	if err != nil {
		return err
	}
	return f.Write("plots/learning.png", func(w io.Writer) error { return viz.WritePNG(w, img) })
}
