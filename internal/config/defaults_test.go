package config

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/catalog"
)

type stepParams struct {
	Step float64 `yaml:"step" default:"1" range:"(0, inf)" doc:"a step"`
	Low  float64 `yaml:"low" unit:"uS" default:"0 uS" range:"[0, inf)" doc:"lowest"`
}

type presetFile struct {
	Cell Variant `yaml:",inline" catalog:"cells" key:"cell" under:"cell_params" default:"plain" doc:"a cell"`
}

func presetCatalogs() Catalogs {
	return Catalogs{"cells": {
		{Name: "plain", Summary: "as the tags say", Params: &stepParams{}},
		{Name: "fine", Summary: "a preset", Params: &stepParams{}, Defaults: map[string]string{"step": "0.25", "low": "9 uS"}},
	}}
}

func TestEntriesMayHaveDefaultsOfTheirOwn(t *testing.T) {
	for text, want := range map[string]stepParams{
		"cell: plain\n":                         {1, 0},
		"cell: fine\n":                          {0.25, 9},
		"cell: fine\ncell_params: {step: 1}\n":  {1, 9},
		"cell: fine\ncell_params: {low: 0 S}\n": {0.25, 0},
	} {
		tree, err := Parse("f.yaml", []byte(text))
		require.NoError(t, err)
		var f presetFile
		require.Empty(t, tree.Decode(&f, presetCatalogs()), text)
		require.Equal(t, want, *f.Cell.Value.(*stepParams), text)
		for _, write := range []func(any) ([]byte, error){tree.Resolved, tree.NonDefault} {
			out, err := write(&f)
			require.NoError(t, err)
			again, err := Parse("g.yaml", out)
			require.NoError(t, err)
			var back presetFile
			require.Empty(t, again.Decode(&back, presetCatalogs()), string(out))
			require.Equal(t, f, back)
		}
	}
	tree, err := Parse("f.yaml", []byte("cell: fine\n"))
	require.NoError(t, err)
	var f presetFile
	require.Empty(t, tree.Decode(&f, presetCatalogs()))
	brief, err := tree.NonDefault(&f)
	require.NoError(t, err)
	require.Equal(t, "cell: fine\n", string(brief))

	fine, _ := presetCatalogs()["cells"].Find("fine")
	require.Equal(t, &stepParams{0.25, 9}, EntryDefaults(fine))
	text, err := Schema(&presetFile{}, presetCatalogs(), "test")
	require.NoError(t, err)
	require.True(t, json.Valid(text))
	require.Contains(t, string(text), "0.25")
	require.Panics(t, func() {
		EntryDefaults(catalog.Entry{Name: "x", Params: &stepParams{}, Defaults: map[string]string{"stpe": "1"}})
	})
}
