package tasks_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/npz"
	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/tasks"
)

// A run on arrays leaves a line a tile, whose sums are the run's metrics, and
// the conductances of the cells as they have become.
func TestArraysTellWhatTheyTook(t *testing.T) {
	x := load(t, smallConfig(t),
		"substrates=[{name: chip, kind: crossbar, cell: pcm, tile: {rows: 100}, programming: {kind: write-verify, tolerance: 1 uS}, output: {bits: 8}}]",
		"substrate=chip", "populations[liquid].size=40", "task.compare=false", "task.test_at=1 d",
		"record=[{what: conductances, of: in}, {what: weights, of: in}]")
	r := run(t, x, 2)
	f, err := os.Open(filepath.Join(r.RunDir, "tiles.csv"))
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 5, "three tiles of in, one of rec, and the head")
	sums := map[string]float64{}
	for _, row := range rows[1:] {
		require.Len(t, row, len(rows[0]))
		for i, name := range rows[0] {
			sums[name] += number(t, row[i])
		}
	}
	for _, name := range []string{"cell_reads", "read_energy_j", "programming_pulses", "programming_energy_j", "conversions", "conversion_energy_j"} {
		require.Positive(t, sums[name], name)
		require.InEpsilon(t, r.Metrics[name], sums[name], 1e-9, name)
	}
	require.Equal(t, sums["cells"], sums["reached"]+sums["stuck_low"]+sums["stuck_high"]+sums["gave_up"])
	require.Positive(t, r.Metrics["array_busy_s"])

	z, err := npz.Open(filepath.Join(r.RunDir, "conductances.in.npz"), 1<<24)
	require.NoError(t, err)
	defer z.Close()
	mean := map[string]float64{}
	for _, plane := range []string{"plus", "plus_target"} {
		a, err := z.Read(plane)
		require.NoError(t, err)
		require.Equal(t, []int{256, 40}, a.Shape)
		for _, g := range a.Data.([]float32) {
			mean[plane] += float64(g) / (256 * 40)
		}
	}
	require.Less(t, mean["plus"], 0.9*mean["plus_target"], "phase-change cells drift")
	require.FileExists(t, filepath.Join(r.RunDir, "plots", "conductances.in.png"))

	_, err = tasks.Load(smallConfig(t), []string{"substrate=ideal", "record=[{what: conductances, of: in}]"}, nil)
	require.ErrorContains(t, err, "in is not on a crossbar, so it has no conductances; record its weights")
}

// number reads a cell of a table, 0 for a name.
func number(t testing.TB, text string) float64 {
	if strings.Trim(text, "-+.e0123456789") != "" {
		return 0
	}
	x, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return x
}

// A laboratory's own table decides the results: the run keeps it, and its hash
// is part of the configuration's.
func TestFilesOfCellsAreKept(t *testing.T) {
	table := filepath.Join(t.TempDir(), "cell.csv")
	hashes := map[string]string{}
	for _, std := range []string{"0.5", "2.5"} {
		require.NoError(t, os.WriteFile(table, []byte("1,1,"+std+"\n20,20,"+std+"\n"), 0o644))
		r := run(t, load(t, smallConfig(t),
			"substrates=[{name: chip, kind: crossbar, cell: measured, cell_params: {path: '"+table+"'}}]",
			"substrate=chip", "populations[liquid].size=10", "task.compare=false"), 1)
		var m runfolder.Manifest
		text, err := os.ReadFile(filepath.Join(r.RunDir, "manifest.json"))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &m))
		require.Len(t, m.Files, 1)
		require.Equal(t, table, m.Files[0].Path)
		kept, err := os.ReadFile(filepath.Join(r.RunDir, m.Files[0].Copy))
		require.NoError(t, err)
		require.Contains(t, string(kept), std)
		hashes[m.ConfigHash] = std
	}
	require.Len(t, hashes, 2)
}

// Programming that fails is told: on the way, in the manifest and in a metric.
func TestFailedProgrammingIsTold(t *testing.T) {
	var notes []string
	x := load(t, smallConfig(t),
		"substrates=[{name: chip, kind: crossbar, cell: ecram, programming: {kind: write-verify, tolerance: 0.5 uS, writes: 3}}]",
		"substrate=chip", "populations[liquid].size=10", "task.compare=false")
	r, err := tasks.Run(t.Context(), x, tasks.RunOptions{Workers: 1, Runs: t.TempDir(), Note: func(s string) { notes = append(notes, s) }})
	require.NoError(t, err)
	require.Positive(t, r.Metrics["cells_not_reached"])
	require.Contains(t, strings.Join(notes, "\n"), "projection in: programming ended with")
	text, err := os.ReadFile(filepath.Join(r.RunDir, "manifest.json"))
	require.NoError(t, err)
	require.Contains(t, string(text), "away from their targets")
}
