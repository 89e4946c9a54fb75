package synohm_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// addition is an example of CONTRIBUTING.md: three pieces of Go that add a model
// to a package.
type addition struct {
	folder, file string
	before       string // line of the catalogue behind which the new one goes
	run          string // tests to run
	passes       []string
	describe     string // what the command is asked about
	says         string
}

// TestContributingExamplesWork adds the models of CONTRIBUTING.md to their
// packages (one file, its test, one catalogue line, by an overlay that touches
// nothing on disk), runs the packages' tests, and asks the command about them.
func TestContributingExamplesWork(t *testing.T) {
	page, err := os.ReadFile("CONTRIBUTING.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	examples := []addition{
		{
			"neurons", "if_adaptive", "\t\tLIFDiscreteModel(),\n", "TestContract/if_adaptive|TestIFAdaptive",
			[]string{"TestIFAdaptiveIntervalsGrow", "TestContract/if_adaptive/split"}, "neurons/if_adaptive", "by how much a spike raises the threshold",
		},
		{
			"devices", "log_relax", "\t\tGenericModel(),\n", "TestContract/log-relax|TestLogRelax",
			[]string{"TestLogRelaxLosesWithTheLogarithm", "TestContract/log-relax/programmed"}, "devices/log-relax", "time from which relaxation is seen",
		},
	}
	require.Len(t, blocks, 3*len(examples))
	for i, a := range examples {
		t.Run(a.folder, func(t *testing.T) { a.check(t, blocks[3*i:3*i+3]) })
	}
}

func (a *addition) check(t *testing.T, blocks [][]string) {
	catalog, err := os.ReadFile(filepath.Join(a.folder, "catalog.go"))
	require.NoError(t, err)
	require.Contains(t, string(catalog), a.before)

	root, err := os.Getwd()
	require.NoError(t, err)
	dir := t.TempDir()
	replace := map[string]string{}
	for name, text := range map[string]string{
		a.file + ".go":      blocks[0][1],
		a.file + "_test.go": blocks[1][1],
		"catalog.go":        strings.Replace(string(catalog), a.before, a.before+blocks[2][1], 1),
	} {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		replace[filepath.Join(root, a.folder, name)] = file
	}
	overlay := filepath.Join(dir, "overlay.json")
	text, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, text, 0o644))

	out, err := exec.Command("go", "test", "-overlay", overlay, "-v", "-run", a.run, "./"+a.folder).CombinedOutput()
	require.NoError(t, err, string(out))
	for _, name := range a.passes {
		require.Contains(t, string(out), "--- PASS: "+name, "the contract holds it to the rules")
	}
	out, err = exec.Command("go", "run", "-overlay", overlay, "./cmd/synohm", "describe", a.describe).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), a.says)
	out, err = exec.Command("gofmt", "-l", dir).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Empty(t, string(out), "the example is formatted")
}
