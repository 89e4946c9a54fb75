package command_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// On a full disk nothing half-written stands under a final name.
func TestFullDisk(t *testing.T) {
	file := small(t)
	place := t.TempDir()
	if err := syscall.Mount("tmpfs", place, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("skipped: a small file system cannot be mounted here (%v); to have it: run the tests as root outside of a container", err)
	}
	defer func() { _ = syscall.Unmount(place, 0) }()
	out := filepath.Join(place, "r")
	code, _, stderr := synohm("run", file, "--out", out)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "cannot be written")
	require.Contains(t, stderr, "no space left on device")
	require.NoFileExists(t, filepath.Join(out, "DONE"))
	require.NoError(t, filepath.WalkDir(out, func(p string, d os.DirEntry, err error) error {
		require.NotContains(t, filepath.Base(p), ".part-")
		return err
	}))
}
