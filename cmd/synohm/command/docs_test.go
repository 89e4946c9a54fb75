package command_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/testdeps"
)

// What docs/crossbars.md shows is what its commands print.
func TestCrossbarGuide(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(testdeps.ModuleRoot(t), "docs", "crossbars.md"))
	require.NoError(t, err)
	chapter := regexp.MustCompile(`(?s)## Solving a crossbar\n(.*?)(\n## |$)`).FindStringSubmatch(string(page))
	require.NotNil(t, chapter)
	block := func(kind string) [][]string {
		return regexp.MustCompile("(?s)```"+kind+"\n(.*?)```").FindAllStringSubmatch(chapter[1], -1)
	}
	files := block("csv")
	require.Len(t, files, 2)
	tables(t, files[0][1], files[1][1])
	line := regexp.MustCompile(`(?m)^    synohm (.*)$`).FindStringSubmatch(chapter[1])
	require.NotNil(t, line)
	code, stdout, stderr := synohm(strings.Fields(line[1])...)
	require.Zero(t, code, stderr)
	chosen := regexp.MustCompile("(?s)\n    synohm (crossbar select [^\n]*)\n.*?```text\n(.*?)```").FindStringSubmatch(string(page))
	require.NotNil(t, chosen)
	code, selected, stderr := synohm(strings.Fields(chosen[1])...)
	require.Zero(t, code, stderr)
	require.Equal(t, chosen[2], selected)
	solver := strings.Index(stdout, "solver ")
	require.Positive(t, solver)
	require.Equal(t, block("text")[0][1], stdout[:solver])
	_, stdout, _ = synohm(append(strings.Fields(line[1]), "--json")...)
	rows := regexp.MustCompile("(?m)^\\| (`.*?) \\|").FindAllStringSubmatch(chapter[1], -1)
	require.NotEmpty(t, rows)
	for _, row := range rows {
		for name := range strings.SplitSeq(row[1], ", ") {
			require.Contains(t, stdout, `"`+strings.Trim(name, "`")+`":`)
		}
	}
}
