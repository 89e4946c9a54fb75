package tasks

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/viz"
)

// Summary is one combination of values, over its seeds.
type Summary struct {
	Values  []string           `json:"values"` // one an axis
	Runs    int                `json:"runs"`
	Mean    map[string]float64 `json:"mean"`
	Std     map[string]float64 `json:"std"` // of a sample, divided by n-1; 0 for one run
	metrics []string
}

// metricNames lists every metric that any run has, in order.
func metricNames(results []*Result) []string {
	seen := map[string]bool{}
	for _, r := range results {
		if r != nil {
			for k := range r.figures() {
				seen[k] = true
			}
		}
	}
	var names []string
	for k := range seen {
		names = append(names, k)
	}
	sort.Strings(names)
	return names
}

func number(x float64, ok bool) string {
	if !ok || math.IsNaN(x) || math.IsInf(x, 0) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// rows is the table of all runs that ended.
func (p *SweepPlan) rows(results []*Result) [][]string {
	names := metricNames(results)
	head := []string{"run"}
	for _, a := range p.Over {
		head = append(head, a.Path)
	}
	rows := [][]string{append(append(append(head, "seed"), names...), "spikes_sha256")}
	for i, r := range results {
		if r == nil {
			continue
		}
		row := append([]string{fmt.Sprintf("%05d", i+1)}, p.Points[i].Values...)
		row = append(row, fmt.Sprint(p.Points[i].Seed))
		for _, n := range names {
			x, ok := r.figures()[n]
			row = append(row, number(x, ok))
		}
		rows = append(rows, append(row, r.Spikes))
	}
	return rows
}

// summarise takes mean and standard deviation over the seeds, which stand next
// to each other.
func (p *SweepPlan) summarise(results []*Result) []Summary {
	names := metricNames(results)
	var sums []Summary
	for lo := 0; lo < len(results); lo += p.Seeds {
		s := Summary{Values: p.Points[lo].Values, Mean: map[string]float64{}, Std: map[string]float64{}, metrics: names}
		for _, n := range names {
			var xs []float64
			for _, r := range results[lo : lo+p.Seeds] {
				if r != nil {
					if x, ok := r.figures()[n]; ok && !math.IsNaN(x) {
						xs = append(xs, x)
					}
				}
			}
			s.Runs = max(s.Runs, len(xs))
			if len(xs) > 0 {
				s.Mean[n], s.Std[n] = meanStd(xs)
			}
		}
		if s.Runs > 0 {
			sums = append(sums, s)
		}
	}
	return sums
}

// meanStd are those of a sample.
func meanStd(xs []float64) (mean, std float64) {
	for _, x := range xs {
		mean += x
	}
	mean /= float64(len(xs))
	if len(xs) < 2 {
		return mean, 0
	}
	for _, x := range xs {
		std += float64((x - mean) * (x - mean))
	}
	return mean, math.Sqrt(std / float64(len(xs)-1))
}

func (p *SweepPlan) summaryRows(sums []Summary) [][]string {
	var head []string
	for _, a := range p.Over {
		head = append(head, a.Path)
	}
	head = append(head, "runs")
	if len(sums) == 0 {
		return [][]string{head}
	}
	for _, n := range sums[0].metrics {
		head = append(head, n+"_mean", n+"_std")
	}
	rows := [][]string{head}
	for _, s := range sums {
		row := append(append([]string(nil), s.Values...), fmt.Sprint(s.Runs))
		for _, n := range s.metrics {
			m, ok := s.Mean[n]
			row = append(row, number(m, ok), number(s.Std[n], ok))
		}
		rows = append(rows, row)
	}
	return rows
}

func writeCSV(f *runfolder.Folder, name string, rows [][]string) error {
	return f.Write(name, func(w io.Writer) error {
		c := csv.NewWriter(w)
		return c.WriteAll(rows)
	})
}

// plot draws the metric over the first axis, one line for each combination of
// the others, with the standard deviation as error bars. Values that are no
// numbers stand side by side in the order of the file.
func (p *SweepPlan) plot(f *runfolder.Folder, sums []Summary) error {
	if len(p.Over) == 0 || len(sums) == 0 {
		return nil
	}
	if _, ok := sums[0].Mean[p.Metric]; !ok {
		return fmt.Errorf("there is no metric %q to plot; there are %s", p.Metric, strings.Join(sums[0].metrics, ", "))
	}
	label, factor := p.Metric, 1.0
	if strings.Contains(p.Metric, "accuracy") {
		label, factor = strings.ReplaceAll(p.Metric, "_", " ")+" (%)", 100
	}
	at, names, unit := axisValues(p.Over[0])
	var series []viz.Series
	index := map[string]int{}
	for _, s := range sums {
		var parts []string
		for i, v := range s.Values[1:] {
			path := p.Over[i+1].Path
			parts = append(parts, path[strings.LastIndex(path, ".")+1:]+" "+v)
		}
		key := strings.Join(parts, ", ")
		k, ok := index[key]
		if !ok {
			k = len(series)
			index[key] = k
			name := key
			if name == "" {
				name = p.Metric
			}
			series = append(series, viz.Series{Name: name})
		}
		m, ok := s.Mean[p.Metric]
		if !ok {
			continue
		}
		series[k].X = append(series[k].X, at[s.Values[0]])
		series[k].Y = append(series[k].Y, factor*m)
		series[k].E = append(series[k].E, factor*s.Std[p.Metric])
	}
	x := p.Over[0].Path
	if unit != "" {
		x += " (" + unit + ")"
	}
	img, err := viz.Curves(fmt.Sprintf("%s, %d seed(s)", p.Name, p.Seeds), x, label, names, series...)
	if err != nil {
		return err
	}
	return f.Write("plots/sweep.png", func(w io.Writer) error { return viz.WritePNG(w, img) })
}

// axisValues places the values of an axis: as numbers, if all are numbers of
// one unit or of none; else by their order, under their names.
func axisValues(a Axis) (at map[string]float64, names []string, unit string) {
	at = map[string]float64{}
	numeric := true
	for i, v := range a.Values {
		text, u, _ := strings.Cut(strings.TrimSpace(string(v)), " ")
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || i > 0 && u != unit || math.IsNaN(x) || math.IsInf(x, 0) {
			numeric = false
			break
		}
		unit = u
		at[string(v)] = x
	}
	if numeric {
		return at, nil, unit
	}
	for i, v := range a.Values {
		at[string(v)] = float64(i)
		names = append(names, string(v))
	}
	return at, names, ""
}
