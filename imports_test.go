package synohm_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/synohm/synohm"

// rooms lists what each top-level folder may import, beside itself. Imports
// run one way, to the ground.
var rooms = map[string][]string{
	"internal": {},
	"sim":      {"internal"},
	"devices":  {"internal"},
	"synapses": {"sim", "devices", "internal"},
	"neurons":  {"sim", "devices", "internal"},
	"learning": {"sim", "neurons", "synapses", "internal"},
	"viz":      {"sim", "internal"},
	"configs":  {}, // tests alone
	"tasks":    {"sim", "devices", "synapses", "neurons", "learning", "viz", "internal"},
	"cmd":      {"sim", "devices", "synapses", "neurons", "learning", "viz", "tasks", "internal"},
}

func golist(t *testing.T, args ...string) []string {
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	require.NoError(t, err)
	return strings.Fields(string(out))
}

func TestImportsRunOneWay(t *testing.T) {
	packages := 0
	for _, line := range strings.Split(strings.Join(golist(t, "-f", `{{.ImportPath}},{{join .Imports ","}}`, "./..."), "\n"), "\n") {
		parts := strings.Split(line, ",")
		room, _, _ := strings.Cut(strings.TrimPrefix(parts[0], module+"/"), "/")
		if parts[0] == module {
			continue
		}
		allowed, known := rooms[room]
		require.True(t, known, "%s is in no room of the house", parts[0])
		packages++
		for _, imp := range parts[1:] {
			rest, ours := strings.CutPrefix(imp, module+"/")
			if !ours {
				continue
			}
			to, _, _ := strings.Cut(rest, "/")
			require.True(t, to == room || contains(allowed, to), "%s must not import %s", parts[0], imp)
		}
	}
	require.Greater(t, packages, 10)
}

func TestHeadlessCommandLinksNoWindow(t *testing.T) {
	deps := golist(t, "-deps", "./cmd/synohm")
	require.Contains(t, deps, module+"/tasks")
	for _, d := range deps {
		require.NotContains(t, d, "ebiten")
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
