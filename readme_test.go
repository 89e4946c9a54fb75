package synohm_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/tasks"
)

// What the README shows is a configuration, and what it points at is there.
func TestReadme(t *testing.T) {
	page, err := os.ReadFile("README.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(page)
	require.NotNil(t, block)
	file := filepath.Join(t.TempDir(), "readme.yaml")
	require.NoError(t, os.WriteFile(file, block[1], 0o644))
	_, err = tasks.Load(file, nil, nil)
	require.NoError(t, err)
	guide, err := os.ReadFile("docs/spiking.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(guide, -1)
	require.Len(t, blocks, 2)
	for _, block := range blocks {
		require.NoError(t, os.WriteFile(file, block[1], 0o644))
		_, err = tasks.Load(file, nil, nil)
		require.NoError(t, err)
	}
	links := regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, links)
	for _, l := range links {
		_, err := os.Stat(filepath.FromSlash(l[1]))
		require.NoError(t, err, "README points at %s", l[1])
	}
	for _, c := range regexp.MustCompile(`configs/[a-z-]+\.yaml`).FindAllString(string(page), -1) {
		_, err := os.Stat(c)
		require.NoError(t, err)
	}
	require.Less(t, strings.Index(string(page), "make test"), 2500, "the two commands stand on the first screen")
}
