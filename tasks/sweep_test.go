package tasks_test

import (
	"context"
	"encoding/csv"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/tasks"
)

var quick = []string{"populations[liquid].size=30", "task.compare=false", "task.readout.epochs=3"}

func axis(path string, values ...config.Scalar) tasks.Axis {
	return tasks.Axis{Path: path, Values: values}
}

func table(t *testing.T, dir, name string) (rows []map[string]string) {
	f, err := os.Open(filepath.Join(dir, name))
	require.NoError(t, err)
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	for _, r := range all[1:] {
		m := map[string]string{}
		for i, cell := range r {
			m[all[0][i]] = cell
		}
		rows = append(rows, m)
	}
	return rows
}

func TestSweep(t *testing.T) {
	file := smallConfig(t)
	over := []tasks.Axis{axis("substrate", "ideal", "crossbar"), axis("time.step", "10 ms", "20 ms")}
	plan, err := tasks.PlanSweep(file, quick, nil, over, 2, "")
	require.NoError(t, err)
	require.Len(t, plan.Points, 8)
	var first map[string]string
	for _, jobs := range []int{1, 3} {
		res, err := tasks.RunSweep(context.Background(), plan, tasks.SweepOptions{RunOptions: tasks.RunOptions{Workers: 2, Runs: t.TempDir()}, Jobs: jobs})
		require.NoError(t, err)
		require.Equal(t, 8, res.Runs)
		files := tree(t, res.RunDir)
		if first == nil {
			first = files
			rows, sums := table(t, res.RunDir, "results.csv"), table(t, res.RunDir, "summary.csv")
			require.Len(t, rows, 8)
			require.Len(t, sums, 4)
			require.Equal(t, []string{"crossbar", "10 ms", "1"}, []string{rows[4]["substrate"], rows[4]["time.step"], rows[4]["seed"]})
			a, _ := strconv.ParseFloat(rows[4]["test_accuracy"], 64)
			b, _ := strconv.ParseFloat(rows[5]["test_accuracy"], 64)
			mean, _ := strconv.ParseFloat(sums[2]["test_accuracy_mean"], 64)
			std, _ := strconv.ParseFloat(sums[2]["test_accuracy_std"], 64)
			require.InDelta(t, (a+b)/2, mean, 1e-12)
			require.InDelta(t, (a-b)*(a-b)/2, std*std, 1e-12, "of a sample")
			require.Equal(t, "2", sums[2]["runs"])
			require.Contains(t, files, "plots/sweep.png")
			require.Contains(t, files, "points/00008/DONE")
			// A point is what a run of its own gives.
			alone := run(t, load(t, file, append([]string{"substrate=crossbar"}, quick...)...), 1)
			require.Equal(t, alone.Spikes, rows[4]["spikes_sha256"])
			continue
		}
		require.Equal(t, first, files, "the same bits for any number of jobs")
	}
}

func TestSweepBlockOfTheFile(t *testing.T) {
	file := smallConfig(t)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	block := "sweep:\n  seeds: 2\n  metric: mean_spikes_per_neuron\n  over:\n    - {path: 'populations[liquid].size', values: [20, 40]}\n"
	require.NoError(t, os.WriteFile(file, append(text, block...), 0o644))
	plan, err := tasks.PlanSweep(file, quick[1:], nil, nil, 0, "")
	require.NoError(t, err)
	require.Len(t, plan.Points, 4)
	require.Equal(t, "mean_spikes_per_neuron", plan.Metric)
	require.Nil(t, plan.Points[0].X.Sweep, "a point is a plain run")
	plan, err = tasks.PlanSweep(file, quick[1:], nil, []tasks.Axis{axis("substrate", "ideal")}, 1, "")
	require.NoError(t, err)
	require.Len(t, plan.Points, 1, "what is given stands in for the block")
}

func TestSweepGoesOn(t *testing.T) {
	file := smallConfig(t)
	over := []tasks.Axis{axis("populations[liquid].size", "20", "25", "30")}
	plan, err := tasks.PlanSweep(file, quick, nil, over, 1, "")
	require.NoError(t, err)
	whole, err := tasks.RunSweep(context.Background(), plan, tasks.SweepOptions{RunOptions: tasks.RunOptions{Workers: 2, Runs: t.TempDir()}, Jobs: 1})
	require.NoError(t, err)

	runs := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cut, err := tasks.RunSweep(ctx, plan, tasks.SweepOptions{RunOptions: tasks.RunOptions{Workers: 2, Runs: runs, Progress: func(phase string, done, _ int) {
		if strings.HasPrefix(phase, "run 2 of 3") && done > 2 {
			cancel()
		}
	}}, Jobs: 1})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, cut.Runs)
	require.Len(t, table(t, cut.RunDir, "results.csv"), 1, "what there is")

	started := 0
	again, err := tasks.RunSweep(context.Background(), plan, tasks.SweepOptions{RunOptions: tasks.RunOptions{Workers: 2, Runs: runs, Progress: func(phase string, done, _ int) {
		if strings.HasPrefix(phase, "run 1 of 3") {
			started++
		}
	}}, Jobs: 1, Resume: true})
	require.NoError(t, err)
	require.Zero(t, started, "what is done is not done again")
	require.Equal(t, cut.RunDir, again.RunDir, "the latest of the same plan is found")
	require.Equal(t, tree(t, whole.RunDir), tree(t, again.RunDir), "and ends as the uncut sweep")

	other, err := tasks.PlanSweep(file, quick, nil, over, 2, "")
	require.NoError(t, err)
	_, err = tasks.RunSweep(context.Background(), other, tasks.SweepOptions{RunOptions: tasks.RunOptions{Workers: 2, Out: again.RunDir}, Resume: true})
	require.ErrorIs(t, err, runfolder.ErrPlace)
	require.ErrorContains(t, err, "is of another sweep")
}

func TestSweepRefuses(t *testing.T) {
	file := smallConfig(t)
	for _, c := range []struct {
		name string
		over []tasks.Axis
		rule string
	}{
		{"value", []tasks.Axis{axis("substrate", "ideal", "paper")}, "sweep over substrate=paper: substrate: paper: there is no substrate"},
		{"path", []tasks.Axis{axis("substrat", "ideal")}, "substrat: unknown key"},
		{"item", []tasks.Axis{axis("populations[x].size", "1")}, `no item "x"`},
		{"no values", []tasks.Axis{axis("substrate")}, "is varied over no value"},
		{"seed", []tasks.Axis{axis("seed", "1", "2")}, "seed: is varied by the number of seeds (--seeds)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := tasks.PlanSweep(file, nil, nil, c.over, 3, "")
			require.ErrorContains(t, err, c.rule)
			var ps config.Problems
			require.ErrorAs(t, err, &ps)
			require.Len(t, ps, 1, "told once for all seeds")
		})
	}
	many := axis("populations[liquid].size")
	for range 400 {
		many.Values = append(many.Values, "1")
	}
	_, err := tasks.PlanSweep(file, nil, nil, []tasks.Axis{many, many}, 1, "")
	require.ErrorContains(t, err, "at most")
	plan, err := tasks.PlanSweep(file, quick, nil, []tasks.Axis{axis("substrate", "ideal")}, 1, "no_such_metric")
	require.NoError(t, err)
	_, err = tasks.RunSweep(context.Background(), plan, tasks.SweepOptions{RunOptions: tasks.RunOptions{Workers: 2, Runs: t.TempDir()}})
	require.ErrorContains(t, err, `no metric "no_such_metric"`)
}

// The rates of a simulation are figures of its sweep, and its first population's
// is what the plot shows.
func TestSweepOfASimulation(t *testing.T) {
	file := filepath.Join(t.TempDir(), "net.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`synohm: 1
time: {step: 0.1 ms, run: 50 ms}
populations: [{name: a, model: iaf_psc_exp, size: 50}, {name: b, model: iaf_psc_exp, size: 10}]
sources: [{name: s, model: poisson_generator, to: a, params: {rate: 10 kHz}, weight: 60 pA}]
task: {kind: simulate, plots: false}
`), 0o644))
	plan, err := tasks.PlanSweep(file, nil, nil, []tasks.Axis{{Path: "sources[s].params.rate", Values: []config.Scalar{"5 kHz", "10 kHz"}}}, 2, "")
	require.NoError(t, err)
	require.Equal(t, "rate_hz.a", plan.Metric)
	res, err := tasks.RunSweep(t.Context(), plan, tasks.SweepOptions{RunOptions: tasks.RunOptions{Workers: 1, Out: filepath.Join(t.TempDir(), "sweep")}, Jobs: 1})
	require.NoError(t, err)
	require.Greater(t, res.Summary[1].Mean["rate_hz.a"], res.Summary[0].Mean["rate_hz.a"])
	require.Contains(t, res.Summary[0].Mean, "rate_hz.b")
	require.Zero(t, res.Summary[0].Mean["rate_hz.b"])
}

// An axis may set several paths at once, and says how its values stand.
func TestSweepOverPathsTogether(t *testing.T) {
	file := smallConfig(t)
	a := axis("projections[in].weight.std", "0.4", "0.8")
	a.Also = []string{"projections[rec].weight.std"}
	plan, err := tasks.PlanSweep(file, quick, nil, []tasks.Axis{a}, 1, "")
	require.NoError(t, err)
	for i, want := range []string{"0.4", "0.8"} {
		for _, p := range plan.Points[i].X.Projections {
			require.EqualValues(t, want, p.Weight.Std, p.Name)
		}
	}
	a.Also = []string{"projections[nowhere].weight.std"}
	_, err = tasks.PlanSweep(file, quick, nil, []tasks.Axis{a}, 1, "")
	require.ErrorContains(t, err, `no item "nowhere"`)
	a.Also = []string{"seed"}
	_, err = tasks.PlanSweep(file, quick, nil, []tasks.Axis{a}, 1, "")
	require.ErrorContains(t, err, "is varied by the number of seeds")
}

func TestSweepRefusesScales(t *testing.T) {
	file := smallConfig(t)
	for _, c := range []struct {
		a    tasks.Axis
		rule string
	}{
		{tasks.Axis{Path: "substrate", Scale: "log", Values: []config.Scalar{"ideal"}}, "are not numbers of one kind, so they have no log scale"},
		{tasks.Axis{Path: "projections[in].weight.mean", Scale: "log", Values: []config.Scalar{"0", "-1"}}, "a logarithmic scale has no place for"},
		{tasks.Axis{Path: "time.step", Scale: "linear", Values: []config.Scalar{"1 ms", "1 mV"}}, "are not numbers of one kind, so they have no linear scale"},
	} {
		_, err := tasks.PlanSweep(file, nil, nil, []tasks.Axis{c.a}, 1, "")
		require.ErrorContains(t, err, c.rule)
	}
}

// Further metrics stand below in panels, and are held to those that there are.
func TestSweepPlotsFurtherMetrics(t *testing.T) {
	file := smallConfig(t)
	plan, err := tasks.PlanSweep(file, quick, nil, []tasks.Axis{axis("time.step", "10 ms", "20 ms")}, 1, "")
	require.NoError(t, err)
	height := func(below ...string) int {
		plan.Below = below
		res, err := tasks.RunSweep(t.Context(), plan, tasks.SweepOptions{RunOptions: tasks.RunOptions{Workers: 2, Runs: t.TempDir()}})
		require.NoError(t, err)
		f, err := os.Open(filepath.Join(res.RunDir, "plots", "sweep.png"))
		require.NoError(t, err)
		defer f.Close()
		c, err := png.DecodeConfig(f)
		require.NoError(t, err)
		return c.Height
	}
	require.Greater(t, height("test_spikes_per_neuron"), height())
	plan.Below = []string{"none_such"}
	_, err = tasks.RunSweep(t.Context(), plan, tasks.SweepOptions{RunOptions: tasks.RunOptions{Workers: 2, Runs: t.TempDir()}})
	require.ErrorContains(t, err, `no metric "none_such"`)
}
