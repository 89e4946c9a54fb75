package runfolder_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/runfolder"
)

var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func create(t *testing.T, parent, exact string) *runfolder.Folder {
	f, err := runfolder.Create(parent, exact, "demo", runfolder.Manifest{ConfigHash: "0123456789", Seed: 4}, start)
	require.NoError(t, err)
	return f
}

func names(t *testing.T, dir string) (all []string) {
	require.NoError(t, filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, p)
			all = append(all, filepath.ToSlash(rel))
		}
		return err
	}))
	return all
}

func TestNamesAreNeverTakenTwice(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "runs")
	a, b := create(t, parent, ""), create(t, parent, "")
	require.Equal(t, "20260304-050607-demo-01234567", filepath.Base(a.Path))
	require.Equal(t, "20260304-050607-demo-01234567-2", filepath.Base(b.Path))

	exact := filepath.Join(parent, "deep", "mine")
	create(t, parent, exact)
	_, err := runfolder.Create(parent, exact, "demo", runfolder.Manifest{}, start)
	require.ErrorContains(t, err, exact+" exists and is not overwritten")
	require.ErrorIs(t, err, runfolder.ErrPlace)
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	for _, exact := range []string{"", filepath.Join(file, "x")} {
		_, err := runfolder.Create(file, exact, "demo", runfolder.Manifest{}, start)
		require.ErrorIs(t, err, runfolder.ErrPlace)
		require.ErrorContains(t, err, file)
	}
}

func TestFilesAppearWholeOrNotAtAll(t *testing.T) {
	f := create(t, t.TempDir(), "")
	broken := errors.New("no space left on device")
	err := f.Write("plots/a.png", func(w io.Writer) error {
		_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
		require.NoFileExists(t, filepath.Join(f.Path, "plots", "a.png"))
		return broken
	})
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "a.png cannot be written")
	require.Equal(t, []string{"manifest.json"}, names(t, f.Path), "and nothing is left lying about")
	require.NoError(t, f.Bytes("plots/a.png", []byte("whole")))
	data, err := os.ReadFile(filepath.Join(f.Path, "plots", "a.png"))
	require.NoError(t, err)
	require.Equal(t, "whole", string(data))
}

func TestFinish(t *testing.T) {
	for _, c := range []struct {
		outcome string
		cause   error
		done    bool
	}{{"done", nil, true}, {"failed", errors.New("why"), false}, {"interrupted", errors.New("ctrl-c"), false}} {
		t.Run(c.outcome, func(t *testing.T) {
			f := create(t, t.TempDir(), "")
			require.NoError(t, f.Finish(c.outcome, c.cause, start.Add(time.Minute), time.Minute))
			data, err := os.ReadFile(filepath.Join(f.Path, "manifest.json"))
			require.NoError(t, err)
			var m runfolder.Manifest
			require.NoError(t, json.Unmarshal(data, &m))
			require.Equal(t, c.outcome, m.Outcome)
			require.Equal(t, "2026-03-04T05:07:07Z", m.End)
			require.Equal(t, uint64(4), m.Seed)
			_, err = os.Stat(filepath.Join(f.Path, "DONE"))
			require.Equal(t, c.done, err == nil)
			if c.cause != nil {
				require.Equal(t, c.cause.Error(), m.Error)
			}
		})
	}
}
