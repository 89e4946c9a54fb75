package tasks

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/internal/units"
	"github.com/synohm/synohm/viz"
)

// plot draws the metric over the first axis, one line for each combination of
// the others, with the standard deviation as error bars, and the further
// metrics below; or all of them against other metrics.
func (p *SweepPlan) plot(f *runfolder.Folder, sums []Summary) error {
	if len(p.Over) == 0 || len(sums) == 0 {
		return nil
	}
	at, x := p.Over[0].place()
	place := func(s Summary) (string, float64) { return p.series(s), at[s.Values[0]] }
	if len(p.Against) > 0 {
		var err error
		if place, x, err = p.against(sums); err != nil {
			return err
		}
	}
	var panels []viz.Panel
	for _, metric := range append([]string{p.Metric}, p.Below...) {
		panel, err := p.panel(metric, sums, place)
		if err != nil {
			return err
		}
		panels = append(panels, panel)
	}
	title := fmt.Sprintf("%s, %d seeds", p.Name, p.Seeds)
	if p.Seeds == 1 {
		title = fmt.Sprintf("%s, seed %d", p.Name, p.Points[0].Seed)
	}
	img, err := viz.Curves(title, x, panels...)
	if err != nil {
		return err
	}
	return f.Write("plots/sweep.png", func(w io.Writer) error { return viz.WritePNG(w, img) })
}

// known refuses a metric that no run has.
func known(metric string, sums []Summary) error {
	for _, s := range sums {
		if _, ok := s.Mean[metric]; ok {
			return nil
		}
	}
	return fmt.Errorf("there is no metric %q to plot; there are %s", metric, strings.Join(sums[0].metrics, ", "))
}

// against places every combination, named by its values, at the sum of metrics.
func (p *SweepPlan) against(sums []Summary) (place func(Summary) (string, float64), x viz.Axis, err error) {
	var labels []string
	unit := ""
	for i, metric := range p.Against {
		if err := known(metric, sums); err != nil {
			return nil, x, fmt.Errorf("sweep.against: %w", err)
		}
		name, joule := strings.CutSuffix(metric, "_j")
		of := ""
		if joule {
			of = " (J)"
		}
		if i > 0 && of != unit {
			return nil, x, fmt.Errorf("sweep.against: %s and %s have no sum, one is an energy and the other is none; name metrics of one kind", p.Against[0], metric)
		}
		unit = of
		labels = append(labels, strings.ReplaceAll(name, "_", " "))
	}
	x.Apart = true
	x.Label = strings.Join(labels, " + ") + unit
	sum := func(s Summary) (all float64) {
		for _, metric := range p.Against {
			all += s.Mean[metric]
		}
		return all
	}
	least, most, zero := math.Inf(1), math.Inf(-1), false
	for _, s := range sums {
		v := sum(s)
		if v != 0 {
			least = math.Min(least, v)
		}
		zero = zero || v == 0
		most = math.Max(most, v)
	}
	if x.Log = least > 0 && most >= 100*least; x.Log && zero {
		x.Ticks = []viz.Tick{{Label: "0"}}
		for e := math.Ceil(math.Log10(least)); e <= math.Floor(math.Log10(most)); e++ {
			x.Ticks = append(x.Ticks, viz.Tick{At: math.Pow(10, e), Label: fmt.Sprintf("1e%g", e)})
		}
	}
	return func(s Summary) (string, float64) {
		name := s.Values[0]
		if more := p.series(s); more != "" {
			name += ", " + more
		}
		return name, sum(s)
	}, x, nil
}

// panel is one metric where place puts its combinations, in series of a name.
func (p *SweepPlan) panel(metric string, sums []Summary, place func(Summary) (string, float64)) (viz.Panel, error) {
	if err := known(metric, sums); err != nil {
		return viz.Panel{}, err
	}
	panel, factor := viz.Panel{YLabel: strings.ReplaceAll(metric, "_", " ")}, 1.0
	if strings.Contains(metric, "accuracy") || metric == "line_loss" || metric == "test_error" || metric == "validation_error" {
		panel.YLabel, factor = panel.YLabel+" (%)", 100
	}
	if strings.HasPrefix(metric, "rate_hz.") {
		panel.YLabel = "rate of " + strings.TrimPrefix(metric, "rate_hz.") + " (Hz)"
	}
	index := map[string]int{}
	for _, s := range sums {
		m, ok := s.Mean[metric]
		if !ok {
			continue
		}
		name, at := place(s)
		k, ok := index[name]
		if !ok {
			k = len(panel.Series)
			index[name] = k
			panel.Series = append(panel.Series, viz.Series{Name: name})
		}
		l := &panel.Series[k]
		l.X, l.Y, l.E = append(l.X, at), append(l.Y, factor*m), append(l.E, factor*s.Std[metric])
	}
	return panel, nil
}

// series names the line that a combination belongs to, by the values of all
// axes but the first.
func (p *SweepPlan) series(s Summary) string {
	var parts []string
	for i, v := range p.called(s.Values)[1:] {
		a := p.Over[i+1]
		label := a.Label
		if label == "" {
			label = a.Path[strings.LastIndex(a.Path, ".")+1:]
		}
		parts = append(parts, label+" "+v)
	}
	return strings.Join(parts, ", ")
}

// check refuses a scale that the values do not have.
func (a Axis) check() error {
	if a.Scale != "linear" && a.Scale != "log" {
		return nil
	}
	at, _, ok := a.numbers()
	if !ok {
		return fmt.Errorf("has values that are not numbers of one kind, so they have no %s scale; leave scale out", a.Scale)
	}
	for _, x := range at {
		if a.Scale == "log" && x < 0 {
			return fmt.Errorf("has the value %g, which a logarithmic scale has no place for; set scale to linear", x)
		}
	}
	return nil
}

// numbers are the values as numbers in the unit of the first, if they are
// numbers without a unit or quantities of one kind. Mixed tells that they are
// written in several units.
func (a Axis) numbers() (at []float64, mixed, ok bool) {
	_, first, _ := strings.Cut(strings.TrimSpace(string(a.Values[0])), " ")
	for _, v := range a.Values {
		text, unit, _ := strings.Cut(strings.TrimSpace(string(v)), " ")
		x, err := strconv.ParseFloat(text, 64)
		if err == nil && unit != first {
			mixed = true
			var stored units.Unit
			if stored, err = units.ParseUnit(first); err == nil {
				x, err = units.Parse(string(v), stored)
			}
		}
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, false, false
		}
		at = append(at, x)
	}
	return at, mixed, true
}

// called is what a plot calls a combination of values.
func (p *SweepPlan) called(values []string) (names []string) {
	for i, v := range values {
		a := p.Over[i]
		names = append(names, a.names()[slices.Index(a.Values, config.Scalar(v))])
	}
	return names
}

// names are what a plot calls the values: as they are written, but settings of
// different kinds, such as {kind: ff, rate: 0.01}, by their kinds.
func (a Axis) names() []string {
	var whole, kinds []string
	for _, v := range a.Values {
		var m struct{ Kind string }
		kind := string(v)
		if yaml.Unmarshal([]byte(v), &m) == nil && m.Kind != "" {
			kind = m.Kind
		}
		if slices.Contains(kinds, kind) {
			kind = ""
		}
		whole, kinds = append(whole, string(v)), append(kinds, kind)
	}
	if slices.Contains(kinds, "") {
		return whole
	}
	return kinds
}

// place places the values of an axis: as numbers, if they are numbers of one
// kind; else by their order, under their names. Quantities in several units and
// values on a logarithmic scale stand as they are written.
func (a Axis) place() (map[string]float64, viz.Axis) {
	x := viz.Axis{Label: a.Label}
	if x.Label == "" {
		x.Label = a.Path
	}
	place := map[string]float64{}
	at, mixed, ok := a.numbers()
	if !ok {
		x.Names = a.names()
		for i, v := range a.Values {
			place[string(v)] = float64(i)
		}
		return place, x
	}
	least, most := math.Inf(1), math.Inf(-1)
	for i, v := range a.Values {
		place[string(v)] = at[i]
		if at[i] != 0 {
			least = math.Min(least, at[i])
		}
		most = math.Max(most, at[i])
	}
	x.Log = a.Scale == "log" || a.Scale != "linear" && least > 0 && most >= 1000*least
	_, unit, _ := strings.Cut(strings.TrimSpace(string(a.Values[0])), " ")
	if unit != "" && !mixed {
		x.Label += " (" + unit + ")"
	}
	if !x.Log && !mixed {
		return place, x
	}
	for i, v := range a.Values {
		label := strings.TrimSpace(string(v))
		if !mixed {
			label, _, _ = strings.Cut(label, " ")
		}
		x.Ticks = append(x.Ticks, viz.Tick{At: at[i], Label: label})
	}
	return place, x
}
