package config

import (
	"bytes"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// compile makes a validator of the schema; it refuses what is no draft-07.
func compile(t *testing.T, text []byte) *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("schema.json", doc))
	s, err := c.Compile("schema.json")
	require.NoError(t, err)
	return s
}

// What the decoder takes the schema takes, and of what the decoder refuses the
// schema refuses all that does not hang on several values at once.
func TestSchemaAgreesWithTheDecoder(t *testing.T) {
	text, err := Schema(&file{}, testCatalogs(), "test")
	require.NoError(t, err)
	again, err := Schema(&file{}, testCatalogs(), "test")
	require.NoError(t, err)
	require.Equal(t, string(text), string(again))
	s := compile(t, text)
	item := "items:\n  - {name: one, model: lif}\n"
	for _, c := range []struct {
		text string
		ok   bool
	}{
		{item, true},
		{item + "seed: 7\nmode: b\non: false\n", true},
		{item + "task: x\n", true},
		{item + "task: {kind: x, low: 1, high: 4}\n", true},
		{item + "part: {low: 0}\n", true},
		{"items:\n  - {name: one, model: lif, size: 100, params: {tau: 1.5e1 ms, gain: 10}}\n", true},
		{"items:\n  - {name: one, model: plain}\n", true},
		{"seed: 1\n", false},
		{item + "seed: -1\n", false},
		{item + "mode: c\n", false},
		{item + "on: 3\n", false},
		{item + "itmes: []\n", false},
		{item + "task: y\n", false},
		{item + "task: {kind: x, middle: 1}\n", false},
		{item + "task: {low: 1}\n", false},
		{"items:\n  - {name: one, model: lif, params: {tau: 20}}\n", false},
		{"items:\n  - {name: one, model: lif, params: {gain: 11}}\n", false},
		{"items:\n  - {name: one, model: lif, params: {tua: 20 ms}}\n", false},
		{"items:\n  - {name: one, model: plain, params: {tau: 20 ms}}\n", false},
		{"items:\n  - {name: one, model: lif, size: 101}\n", false},
		{"items:\n  - {name: one, model: lif, size: 1.5}\n", false},
		{"items:\n  - {name: 1, model: lif}\n", false},
		{"items:\n  - {model: lif}\n", false},
		{"items:\n  - {name: one}\n", false},
		{"items: {}\n", false},
	} {
		t.Run(c.text, func(t *testing.T) {
			_, ps := decode(t, c.text)
			require.Equal(t, c.ok, len(ps) == 0, "decoder: %v", ps)
			var v any
			require.NoError(t, yaml.Unmarshal([]byte(c.text), &v))
			err := s.Validate(v)
			require.Equal(t, c.ok, err == nil, "schema: %v", err)
		})
	}
}

func TestNonDefault(t *testing.T) {
	tree, err := Parse("f.yaml", []byte("seed: 1\nitems:\n  - {name: one, model: lif, size: 3, params: {tau: 20 ms, gain: 2}}\npart: {low: 1}\non: true\n"))
	require.NoError(t, err)
	var f file
	require.Empty(t, tree.Decode(&f, testCatalogs()))
	out, err := tree.NonDefault(&f)
	require.NoError(t, err)
	require.Equal(t, "items:\n  - name: one\n    model: lif\n    params:\n      gain: 2\ntask:\n  kind: x\n", string(out))
	brief, err := Parse("g.yaml", out)
	require.NoError(t, err)
	var g file
	require.Empty(t, brief.Decode(&g, testCatalogs()))
	require.Equal(t, f, g, "what differs from the defaults is the whole file")
}

func TestRemoveAndOrigin(t *testing.T) {
	tree, err := Parse("f.yaml", []byte("seed: 1\nitems:\n  - {name: one, model: lif}\n"))
	require.NoError(t, err)
	tree.Remove("seed")
	tree.Remove("nothing")
	require.NoError(t, tree.SetAs("--over", "items[one].size", "0"))
	var f file
	require.Equal(t, "--over items[one].size=0: items[one].size: 0: must be in [1, 100]", tree.Decode(&f, testCatalogs()).Error())
	require.Equal(t, uint64(1), f.Seed)
}
