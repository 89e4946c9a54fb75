package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/catalog"
)

type cell struct {
	Tau  float64 `yaml:"tau" unit:"ms" default:"20 ms" range:"(0, inf)" doc:"time constant"`
	Gain float64 `yaml:"gain" default:"1" range:"[0, 10]"`
}

type item struct {
	Name  string  `yaml:"name" required:"true" pattern:"name"`
	Size  int     `yaml:"size" default:"3" range:"[1, 100]"`
	Model Variant `yaml:",inline" catalog:"models" key:"model" under:"params"`
}

type part struct {
	Low  int `yaml:"low" default:"1"`
	High int `yaml:"high" default:"2"`
}

func (p *part) Validate() error {
	if p.Low > p.High {
		return errors.Join(FieldError{"low", "must not be above high"})
	}
	return nil
}

type file struct {
	Seed  uint64  `yaml:"seed" default:"1"`
	Mode  string  `yaml:"mode" default:"a" enum:"a|b"`
	On    bool    `yaml:"on" default:"true"`
	Items []item  `yaml:"items" required:"true"`
	Part  part    `yaml:"part"`
	Task  Variant `yaml:"task" catalog:"tasks" default:"x"`
}

func testCatalogs() Catalogs {
	return Catalogs{
		"models": {{Name: "lif", Summary: "s", Params: &cell{}}, {Name: "plain", Summary: "s"}},
		"tasks":  {{Name: "x", Summary: "s", Params: &part{}}},
	}
}

func decode(t *testing.T, text string, sets ...string) (file, Problems) {
	tree, err := Parse("f.yaml", []byte(text))
	require.NoError(t, err)
	for _, s := range sets {
		path, value, err := SplitAssignment(s)
		require.NoError(t, err)
		require.NoError(t, tree.Set(path, value))
	}
	var f file
	return f, tree.Decode(&f, testCatalogs())
}

func TestDecodeFillsAndResolves(t *testing.T) {
	tree, err := Parse("f.yaml", []byte("items:\n  - {name: one, model: lif, params: {tau: 0.1 s}}\n  - {name: two, model: plain}\n"))
	require.NoError(t, err)
	require.NoError(t, tree.Set("items[two].size", "7"))
	require.NoError(t, tree.Set("part.high", "9"))
	var f file
	require.Empty(t, tree.Decode(&f, testCatalogs()))
	require.Equal(t, &cell{Tau: 100, Gain: 1}, f.Items[0].Model.Value)
	require.Equal(t, 7, f.Items[1].Size)
	require.Equal(t, "x", f.Task.Kind)
	require.Equal(t, 9, f.Part.High)
	require.True(t, f.On)

	out, err := tree.Resolved(&f)
	require.NoError(t, err)
	again, err := Parse("g.yaml", out)
	require.NoError(t, err, string(out))
	var g file
	require.Empty(t, again.Decode(&g, testCatalogs()), string(out))
	require.Equal(t, f, g, "the resolved file decodes to the same")
}

func TestEveryMistakeAtOnce(t *testing.T) {
	text := strings.Join([]string{
		"seed: -1",                          // 1
		"mode: c",                           // 2
		"itmes: []",                         // 3
		"on: maybe",                         // 4
		"items:",                            // 5
		"  - {name: 1, model: lif}",         // 6
		"  - name: one",                     // 7
		"    model: liff",                   // 8
		"  - name: one",                     // 9
		"    model: lif",                    // 10
		"    size: 1000",                    // 11
		"    params: {tau: 20, gain: .nan}", // 12
		"  - {name: two, model: plain, params: {a: 1}}", // 13
		"part: {low: 5, high: 2}",                       // 14
	}, "\n")
	_, ps := decode(t, text)
	all := ps.Err().Error()
	for _, want := range []string{
		"f.yaml:1: seed: -1: expected a whole number",
		"f.yaml:2: mode: c: must be one of a, b",
		`f.yaml:3: itmes: unknown key; did you mean "items"?`,
		"f.yaml:4: on: maybe: expected true or false",
		"f.yaml:6: items[1].name: 1: a name has",
		`f.yaml:8: items[one].model: liff: is not in the catalogue of models; did you mean "lif"?`,
		"f.yaml:9: items[one].name: one: this name is taken by the item in line 7",
		"f.yaml:11: items[one].size: 1000: must be in [1, 100]",
		`f.yaml:12: items[one].params.tau: 20: "20" has no unit; units that fit: us, ms, s`,
		"f.yaml:12: items[one].params.gain: .nan: must be a finite number",
		"f.yaml:13: items[two].params: plain has nothing to set",
		"f.yaml:14: part.low: 5: must not be above high",
	} {
		require.Contains(t, all, want)
	}
	require.Len(t, ps, 12, all)
}

func TestParseRefuses(t *testing.T) {
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	bomb := "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
	for i := 'b'; i < 'j'; i++ {
		bomb += string(i) + ": &" + string(i) + " [" + strings.Repeat("*"+string(i-1)+",", 9) + "*" + string(i-1) + "]\n"
	}
	for name, c := range map[string]struct{ text, rule string }{
		"empty":     {"", "is empty"},
		"not yaml":  {"a: [", "is not YAML"},
		"a list":    {"- 1", "a configuration is a mapping"},
		"two":       {"a: 1\n---\nb: 2\n", "more than one document"},
		"deep":      {"a: " + deep, "nested deeper"},
		"expansion": {bomb, "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(c.text))
			require.ErrorContains(t, err, c.rule)
		})
	}
	_, err := ReadFile("no-such-file.yaml")
	require.ErrorContains(t, err, "no-such-file.yaml: cannot be read")
}

func TestSetRefuses(t *testing.T) {
	for _, c := range []struct{ path, rule string }{
		{"items[three].size", `no item "three"`},
		{"items[9].size", "no item"},
		{"seed.x", "there is no key"},
		{"seed[0]", "asks for an item of a list"},
		{"nothing[0].x", "no list"},
		{"a..b", "is not a key"},
		{"[0]", "a list item is written"},
	} {
		t.Run(c.path, func(t *testing.T) {
			tree, err := Parse("f.yaml", []byte("seed: 1\nitems:\n  - {name: one, model: lif}\n"))
			require.NoError(t, err)
			require.ErrorContains(t, tree.Set(c.path, "1"), c.rule)
		})
	}
}

func TestSetIsNamedInMessages(t *testing.T) {
	_, ps := decode(t, "items:\n  - {name: one, model: lif}\n", "items[one].size=0")
	require.Equal(t, "--set items[one].size=0: items[one].size: 0: must be in [1, 100]", ps.Error())
}

func TestCloneIsIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree, err := Parse("f.yaml", []byte("seed: 1\nitems:\n  - {name: one, model: lif}\n"))
		require.NoError(t, err)
		c := tree.Clone()
		v := rapid.SampledFrom([]string{"2", "[1]", "{a: b}"}).Draw(t, "value")
		require.NoError(t, c.Set(rapid.SampledFrom([]string{"seed", "items[one].size", "part.low"}).Draw(t, "path"), v))
		var f file
		require.Empty(t, tree.Decode(&f, testCatalogs()))
		require.Equal(t, uint64(1), f.Seed)
		require.Equal(t, 3, f.Items[0].Size)
	})
}

func TestDidYouMean(t *testing.T) {
	known := []string{"populations", "projections", "seed"}
	require.Equal(t, `; did you mean "populations"?`, DidYouMean("popluations", known))
	require.Equal(t, "; known: populations, projections, seed", DidYouMean("xyzzy", known))
	require.Equal(t, `; did you mean "seed"?`, DidYouMean("s", known), "a word that was only begun")
	require.Equal(t, `; did you mean "populations" or "projections"?`, DidYouMean("p", known))
	require.Equal(t, `; did you mean "x_on", "x_off" or "x_start"?`, DidYouMean("x", []string{"x_on", "p", "j", "x_off", "x_start"}), "rather than another of one letter")
	require.Empty(t, DidYouMean("x", nil))
}

func TestCatalogCheck(t *testing.T) {
	require.Error(t, catalog.Catalog{{Name: "a"}}.Check())
	require.Error(t, catalog.Catalog{{Name: "a", Summary: "s"}, {Name: "a", Summary: "s"}}.Check())
	require.Equal(t, reflect.TypeOf(&cell{}), reflect.TypeOf(testCatalogs()["models"][0].New()))
}

func FuzzSetPath(f *testing.F) {
	for _, s := range []string{"seed=2", "items[one].size=4", "items[0].params.tau=1 ms", "a.b.c=[1, 2]", "items[one]={name: x}", "part.low=*x", "seed=\"\\", "[=", "=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path, value, err := SplitAssignment(text)
		if err != nil {
			return
		}
		tree, err := Parse("f.yaml", []byte("seed: 1\nitems:\n  - {name: one, model: lif}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if tree.Set(path, value) != nil {
			return
		}
		var into file
		for _, p := range tree.Decode(&into, testCatalogs()) {
			if p.Rule == "" || strings.Contains(p.Error(), "\x00") && !strings.Contains(text, "\x00") {
				t.Fatalf("problem without a rule: %+v", p)
			}
		}
	})
}
