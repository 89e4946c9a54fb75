package config

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

type switches struct {
	Part *part  `yaml:"part" doc:"a part that may be left out"`
	Cell *cell  `yaml:"cell" doc:"another"`
	Kind string `yaml:"kind" default:"a" enum:"a|b"`
	Size int    `yaml:"size" default:"2" range:"[1, 9]"`
}

func parse(t *testing.T, text string) *Tree {
	tree, err := Parse("f.yaml", []byte(text))
	require.NoError(t, err)
	return tree
}

// A part that may be left out is there when its key is, be it with nothing but
// defaults, and stays so through a file that is written and read again.
func TestPartsThatMayBeLeftOut(t *testing.T) {
	for text, want := range map[string]switches{
		"{}\n":                        {Kind: "a", Size: 2},
		"part: {}\n":                  {Part: &part{1, 2}, Kind: "a", Size: 2},
		"part: null\n":                {Kind: "a", Size: 2},
		"part: {}\ncell: {gain: 3}\n": {Part: &part{1, 2}, Cell: &cell{20, 3}, Kind: "a", Size: 2},
	} {
		tree := parse(t, text)
		var got switches
		require.Empty(t, tree.Decode(&got, nil), text)
		require.Equal(t, want, got)
		for _, write := range []func(any) ([]byte, error){tree.Resolved, tree.NonDefault} {
			out, err := write(&got)
			require.NoError(t, err)
			var back switches
			require.Empty(t, parse(t, string(out)).Decode(&back, nil), string(out))
			require.Equal(t, got, back, string(out))
		}
	}
	var s switches
	tree := parse(t, "part: {}\n")
	require.NoError(t, tree.Set("part", "null"))
	require.Empty(t, tree.Decode(&s, nil))
	require.Nil(t, s.Part, "--set switches it off")
	// A key with nothing behind it may mean either.
	require.Equal(t, "f.yaml:1: part: nothing: write {} for its defaults, or null to leave it out",
		parse(t, "part:\n").Decode(&s, nil).Error())
	require.Equal(t, "f.yaml:1: part.low: 7: must not be above high", parse(t, "part: {low: 7}\n").Decode(&s, nil).Error())
}

func TestSchemaOfPartsThatMayBeLeftOut(t *testing.T) {
	text, err := Schema(&switches{}, nil, "test")
	require.NoError(t, err)
	s := compile(t, text)
	for text, ok := range map[string]bool{
		"{}": true, "part: {}": true, "part: {low: 0}": true, "cell: {gain: 2}": true,
		"part: {lo: 0}": false, "part:": false, "cell: {gain: 11}": false,
	} {
		var v any
		require.NoError(t, yaml.Unmarshal([]byte(text), &v))
		require.Equal(t, ok, s.Validate(v) == nil, text)
	}
}

func TestCheckFindsWhatTheDecoderWould(t *testing.T) {
	require.NoError(t, Check(&switches{Part: &part{1, 2}, Cell: &cell{20, 1}, Kind: "b", Size: 9}))
	require.NoError(t, Check(&switches{Kind: "a", Size: 1}))
	err := Check(&switches{Part: &part{3, 2}, Cell: &cell{math.NaN(), 11}, Kind: "c", Size: 0})
	require.EqualError(t, err, "part.low: must not be above high\ncell.tau: must be a finite number\n"+
		"cell.gain: must be in [0, 10]\nkind: must be one of a, b\nsize: must be in [1, 9]")
	require.EqualError(t, Check(&cell{Tau: -1}), "tau: must be in (0, inf) ms")
	var fe FieldError
	require.ErrorAs(t, err, &fe)
}
