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

// TestContributingExampleWorks adds the model of CONTRIBUTING.md to the package
// (one file, its test, one catalogue line, by an overlay that touches nothing
// on disk), runs the package's tests, and asks the command about the model.
func TestContributingExampleWorks(t *testing.T) {
	page, err := os.ReadFile("CONTRIBUTING.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	require.Len(t, blocks, 3)
	catalog, err := os.ReadFile("neurons/catalog.go")
	require.NoError(t, err)
	const before = "\t\tLIFDiscreteModel(),\n"
	require.Contains(t, string(catalog), before)

	root, err := os.Getwd()
	require.NoError(t, err)
	dir := t.TempDir()
	replace := map[string]string{}
	for name, text := range map[string]string{
		"if_adaptive.go":      blocks[0][1],
		"if_adaptive_test.go": blocks[1][1],
		"catalog.go":          strings.Replace(string(catalog), before, before+blocks[2][1], 1),
	} {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		replace[filepath.Join(root, "neurons", name)] = file
	}
	overlay := filepath.Join(dir, "overlay.json")
	text, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, text, 0o644))

	out, err := exec.Command("go", "test", "-overlay", overlay, "-v", "-run", "TestContract/if_adaptive|TestIFAdaptive", "./neurons").CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "--- PASS: TestIFAdaptiveIntervalsGrow")
	require.Contains(t, string(out), "--- PASS: TestContract/if_adaptive/split", "the contract holds it to the rules")
	out, err = exec.Command("go", "run", "-overlay", overlay, "./cmd/synohm", "describe", "neurons/if_adaptive").CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "by how much a spike raises the threshold")
	out, err = exec.Command("gofmt", "-l", dir).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Empty(t, string(out), "the example is formatted")
}
