package config

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// trains has quantities in lists, and in lists of lists.
type trains struct {
	Times  []float64   `yaml:"times" unit:"ms" default:"[]" range:"(0, inf)" doc:"times"`
	Marks  []float64   `yaml:"marks" unit:"ms" default:"[1 ms, 0.5 s]" range:"(0, inf)" doc:"marks"`
	Trains [][]float64 `yaml:"trains" unit:"ms" default:"[]" range:"(0, inf)" doc:"times of each"`
}

func TestListsOfQuantities(t *testing.T) {
	read := func(text string) (trains, *Tree, Problems) {
		tree, err := Parse("f.yaml", []byte(text))
		require.NoError(t, err)
		var into trains
		return into, tree, tree.Decode(&into, nil)
	}
	var got trains
	tree, err := Parse("f.yaml", []byte("times: [1 ms, 2 s]\ntrains: [[1 ms], [], [2 us, 3 ms]]\n"))
	require.NoError(t, err)
	require.Empty(t, tree.Decode(&got, nil))
	want := trains{[]float64{1, 2000}, []float64{1, 500}, [][]float64{{1}, {}, {0.002, 3}}}
	require.Equal(t, want, got)

	for name, write := range map[string]func(any) ([]byte, error){"resolved": tree.Resolved, "non-default": tree.NonDefault} {
		text, err := write(&got)
		require.NoError(t, err)
		again, err := Parse("g.yaml", text)
		require.NoError(t, err)
		var back trains
		require.Empty(t, again.Decode(&back, nil), string(text))
		require.Equal(t, want, back, name)
	}
	var empty trains
	Defaults(&empty, nil)
	require.Equal(t, trains{[]float64{}, []float64{1, 500}, [][]float64{}}, empty)
	text, err := tree.NonDefault(&empty)
	require.NoError(t, err)
	require.Equal(t, "{}\n", string(text))

	_, _, ps := read("times: [1, 2 mV, -1 ms, .nan]\ntrains: [[1 ms, 0 ms], 3 ms]\nmarks: 3 ms\n")
	all := ps.Err().Error()
	for _, want := range []string{
		`f.yaml:1: times[0]: 1: "1" has no unit; units that fit: us, ms, s`,
		`f.yaml:1: times[1]: 2 mV: unit "mV" does not fit here`,
		"f.yaml:1: times[2]: -1 ms: must be in (0, inf) ms",
		"f.yaml:1: times[3]: .nan: must be a finite number",
		"f.yaml:2: trains[0][1]: 0 ms: must be in (0, inf) ms",
		"f.yaml:2: trains[1]: 3 ms: expected a list",
		"f.yaml:3: marks: 3 ms: expected a list",
	} {
		require.Contains(t, all, want)
	}
	require.Len(t, ps, 7, all)
}

// A default in the schema is one that the schema takes.
func TestSchemaOfLists(t *testing.T) {
	text, err := Schema(&trains{}, nil, "test")
	require.NoError(t, err)
	s := compile(t, text)
	var doc struct {
		Properties map[string]struct{ Default any }
	}
	require.NoError(t, json.Unmarshal(text, &doc))
	defaults := map[string]any{}
	for key, p := range doc.Properties {
		defaults[key] = p.Default
	}
	require.Equal(t, map[string]any{"times": []any{}, "marks": []any{"1 ms", "0.5 s"}, "trains": []any{}}, defaults)
	require.NoError(t, s.Validate(defaults))
	require.NoError(t, s.Validate(map[string]any{"times": []any{"1 ms"}, "trains": []any{[]any{"1 ms"}, []any{}}}))
	require.Error(t, s.Validate(map[string]any{"times": "1 ms"}))
	require.Error(t, s.Validate(map[string]any{"times": []any{1.0}}))
	require.Error(t, s.Validate(map[string]any{"trains": []any{"1 ms"}}))
}
