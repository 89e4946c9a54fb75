package tasks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"

	"github.com/synohm/synohm/internal/npz"
	"github.com/synohm/synohm/internal/testdeps"
	"github.com/synohm/synohm/tasks"
)

// figures are what a network's activity is compared by.
type figures struct {
	Rate        float64 `json:"rate"`        // Hz
	CV          float64 `json:"cv"`          // mean coefficient of variation of the intervals
	Correlation float64 `json:"correlation"` // mean of pairs, of counts in 5 ms
}

// The networks of Vogels and Abbott have the statistics that they have in
// Brian2: the means of each figure over five networks of either agree within
// three standard errors of the spread from network to network.
func TestStatisticsAgreeWithBrian2(t *testing.T) {
	python := testdeps.Python(t, "brian2")
	if _, err := exec.LookPath("g++"); err != nil {
		testdeps.Missing(t, "g++, with which Brian2 builds its programs", "make test-deps")
	}
	const networks = 5
	for _, name := range []string{"cuba", "coba"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := filepath.Join(testdeps.ModuleRoot(t), "docs", "peers", "brian2_networks.py")
			cmd := exec.Command(python, script, name, "--dir", t.TempDir(), "--stats", "--copies", fmt.Sprint(networks))
			out, err := cmd.Output()
			require.NoError(t, err, "%s", out)
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			var theirs struct {
				Rates map[string]figures `json:"rate_hz"`
			}
			require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &theirs))
			require.Len(t, theirs.Rates, 2*networks)
			ours := map[string]figures{}
			for seed := range uint64(networks) {
				for population, f := range measured(t, name, seed+1) {
					ours[fmt.Sprint(population, "/", seed)] = f
				}
			}
			for _, population := range []string{"exc", "inh"} {
				for what, of := range map[string]func(figures) float64{
					"rate":        func(f figures) float64 { return f.Rate },
					"CV":          func(f figures) float64 { return f.CV },
					"correlation": func(f figures) float64 { return f.Correlation },
				} {
					var a, b []float64
					for k := range networks {
						a = append(a, of(ours[fmt.Sprint(population, "/", k)]))
						b = append(b, of(theirs.Rates[fmt.Sprint(population, "/", k)]))
					}
					meanA, sdA := stat.MeanStdDev(a, nil)
					meanB, sdB := stat.MeanStdDev(b, nil)
					t.Logf("%s of %s: %.4f ± %.4f here, %.4f ± %.4f in Brian2", what, population, meanA, sdA, meanB, sdB)
					require.NotZero(t, meanA)
					require.InDelta(t, meanB, meanA, 3*math.Sqrt((sdA*sdA+sdB*sdB)/networks), "%s of %s", what, population)
				}
			}
		})
	}
}

// measured runs a benchmark network as its file says and measures its spikes.
func measured(t *testing.T, name string, seed uint64) map[string]figures {
	x, err := tasks.Load("../configs/bench/"+name+".yaml", []string{
		"record=[{what: spikes, of: exc}, {what: spikes, of: inh}]", "task.plots=false",
	}, &seed)
	require.NoError(t, err)
	res, err := tasks.Run(context.Background(), x, tasks.RunOptions{Workers: 1, Runs: t.TempDir()})
	require.NoError(t, err)
	out := map[string]figures{}
	for population, rate := range res.Rates {
		arrays, err := npz.Open(filepath.Join(res.RunDir, "spikes."+population+".npz"), 1<<30)
		require.NoError(t, err)
		read := func(name string) any {
			a, err := arrays.Read(name)
			require.NoError(t, err)
			return a.Data
		}
		times, ids := read("timestamps").([]float64), read("node_ids").([]int64)
		require.NoError(t, arrays.Close())
		trains := map[int64][]float64{}
		var cells []int64
		for i, id := range ids {
			if trains[id] == nil {
				cells = append(cells, id)
			}
			trains[id] = append(trains[id], times[i])
		}
		f := figures{Rate: rate}
		var cvs []float64
		for _, id := range cells {
			if train := trains[id]; len(train) > 10 {
				var d []float64
				for i := range train[1:] {
					d = append(d, train[i+1]-train[i])
				}
				cvs = append(cvs, stat.PopStdDev(d, nil)/stat.Mean(d, nil))
			}
		}
		f.CV = stat.Mean(cvs, nil)
		slices.Sort(cells)
		var counts [][]float64
		for k := range min(200, len(cells)) {
			id := cells[k*len(cells)/min(200, len(cells))]
			c := make([]float64, int(x.Time.Run/5)+1)
			for _, at := range trains[id] {
				c[int((at-x.Time.WarmUp)/5)]++
			}
			counts = append(counts, c)
		}
		sum, pairs := 0.0, 0.0
		for i := range counts {
			for j := range counts[:i] {
				sum += stat.Correlation(counts[i], counts[j], nil)
				pairs++
			}
		}
		f.Correlation = sum / pairs
		out[population] = f
	}
	return out
}
