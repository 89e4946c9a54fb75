package synapses_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices/array"
	"github.com/synohm/synohm/devices/programming"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/synapses"
)

// The examples of docs/arrays.md are substrates that hold weights, and the page
// names every key with its default.
func TestThePageOfArrays(t *testing.T) {
	page, err := os.ReadFile("../docs/arrays.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, blocks)
	n := 0
	for _, b := range blocks {
		tree, err := config.Parse("arrays.md", []byte(b[1]))
		require.NoError(t, err)
		var f struct {
			Substrates []struct {
				Name string         `yaml:"name"`
				Is   config.Variant `yaml:",inline" catalog:"substrates"`
			} `yaml:"substrates"`
			Substrate string `yaml:"substrate" default:""`
		}
		require.NoError(t, tree.Decode(&f, synapses.Catalogs()).Err(), b[1])
		for _, s := range f.Substrates {
			n++
			sub, err := synapses.New(s.Is.Kind, s.Is.Value)
			require.NoError(t, err)
			want := synapses.Want{Sources: 5, Targets: 4, Std: 1}
			_, err = sub.Make(t.Context(), want, 1)
			require.NoError(t, err, b[1])
		}
	}
	require.Equal(t, 13, n)

	fields := config.Fields(reflect.TypeOf(array.Settings{}))
	lines := config.Fields(reflect.TypeOf(array.Lines{}))
	for i := range lines {
		lines[i].Key = "lines." + lines[i].Key
	}
	limits := config.Fields(reflect.TypeOf(programming.Limits{}))
	for i := range limits {
		limits[i].Key = "limits." + limits[i].Key
	}
	tile := config.Fields(reflect.TypeOf(array.Tile{}))
	for i := range tile {
		tile[i].Key = "tile." + tile[i].Key
	}
	update := config.Fields(reflect.TypeOf(array.Update{}))
	for i := range update {
		update[i].Key = "update." + update[i].Key
	}
	for _, f := range slices.Concat(fields, lines, limits, tile, update) {
		switch f.Key {
		case "lines", "limits", "tile", "update":
			continue // their fields are
		}
		row := regexp.MustCompile("(?m)^\\|[^|]*`" + regexp.QuoteMeta(f.Key) + "`[^\n]*").FindString(string(page))
		if row == "" {
			require.Contains(t, string(page), "`"+f.Key+"`", "the page names every key")
			continue
		}
		if f.Default != "" {
			require.Contains(t, strings.ReplaceAll(row, "`", ""), f.Default, "default of %s", f.Key)
		}
	}
	for _, m := range array.Mappings() {
		require.Contains(t, string(page), "| `"+m.Name+"` |")
	}
}
