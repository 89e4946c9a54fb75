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

// A simulation that fills the disk while it records says so; it leaves no
// archive, and the free space is looked at before where it is known to lack.
func TestFullDiskWhileRecording(t *testing.T) {
	file := spiking(t, "500 ms")
	place := t.TempDir()
	if err := syscall.Mount("tmpfs", place, "tmpfs", 0, "size=80k"); err != nil {
		t.Skipf("skipped: a small file system cannot be mounted here (%v); to have it: run the tests as root outside of a container", err)
	}
	defer func() { _ = syscall.Unmount(place, 0) }()
	out := filepath.Join(place, "r")
	code, _, stderr := synohm("run", file, "--out", out, "--progress", "none", "--set", "populations[exc].rate=1 Hz") // it is more
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "cannot be written")
	require.Contains(t, stderr, "no space left on device")
	require.NoFileExists(t, filepath.Join(out, "DONE"))
	require.NoFileExists(t, filepath.Join(out, "spikes.exc.npz"))

	other := filepath.Join(place, "s")
	code, _, stderr = synohm("run", file, "--out", other, "--set", "time.run=10 s", "--progress", "none")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "the recordings take about 1.")
	require.Contains(t, stderr, "assuming 20 Hz of exc, and as much again while they are packed; "+place+" has ")
	require.NoDirExists(t, other)
}
