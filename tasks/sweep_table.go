package tasks

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"

	"github.com/synohm/synohm/internal/runfolder"
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
	digest := "spikes_sha256"
	for _, r := range results {
		if r != nil && r.Weights != "" {
			digest = "weights_sha256"
		}
	}
	rows := [][]string{append(append(append(head, "seed"), names...), digest)}
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
		rows = append(rows, append(row, r.Spikes+r.Weights)) // a run has one of them
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
