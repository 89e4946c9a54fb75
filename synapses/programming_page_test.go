package synapses_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices/array"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/synapses"
)

// The substrates of docs/programming.md reach nine cells of ten.
func TestThePageOfProgramming(t *testing.T) {
	page, err := os.ReadFile("../docs/programming.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```yaml\n(substrates:.*?)```").FindAllStringSubmatch(string(page), -1)
	require.Len(t, blocks, 2)
	for _, b := range blocks {
		tree, err := config.Parse("programming.md", []byte(b[1]))
		require.NoError(t, err)
		var f struct {
			Substrates []struct {
				Name string         `yaml:"name"`
				Is   config.Variant `yaml:",inline" catalog:"substrates"`
			} `yaml:"substrates"`
		}
		require.NoError(t, tree.Decode(&f, synapses.Catalogs()).Err())
		sub, err := synapses.New(f.Substrates[0].Is.Kind, f.Substrates[0].Is.Value)
		require.NoError(t, err)
		w, err := sub.Make(t.Context(), synapses.Want{Sources: 40, Targets: 40, Std: 1}, 1)
		require.NoError(t, err)
		m, ok := sim.As[interface {
			sim.Weights
			Reports() []array.Report
		}](w)
		require.True(t, ok)
		cells, reached := 0, 0
		for _, r := range m.Reports() {
			cells, reached = cells+int(r.Cells), reached+r.Verdicts.Reached
		}
		require.Greater(t, float64(reached), 0.9*float64(cells), b[1])
	}
}
