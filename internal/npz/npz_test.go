package npz_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/npz"
	"github.com/synohm/synohm/internal/testdeps"
)

func write(t *testing.T) []byte {
	var b bytes.Buffer
	w := npz.NewWriter(&b)
	require.NoError(t, w.Write("a", []int{2, 3}, []float64{1.5, -2, 3, 4, 5, 6e300}))
	require.NoError(t, w.Write("b", []int{4}, []int64{-1, 0, 1, 1 << 40}))
	require.NoError(t, w.Write("c", []int{1, 2, 1}, []float32{0.25, 8}))
	require.NoError(t, w.Write("d", []int{0}, []int32{}))
	require.NoError(t, w.Write("e", []int{3}, []uint8{0, 9, 255}))
	require.NoError(t, w.Close())
	return b.Bytes()
}

// NumPy reads what was written.
func TestNumPyReadsIt(t *testing.T) {
	python := testdeps.Python(t, "numpy")
	file := filepath.Join(t.TempDir(), "x.npz")
	require.NoError(t, os.WriteFile(file, write(t), 0o644))
	out, err := exec.Command(python, "-c", `
import sys, numpy as np
z = np.load(sys.argv[1])
assert z["a"].shape == (2, 3) and z["a"].dtype == np.float64 and z["a"][1, 2] == 6e300 and z["a"][0, 1] == -2
assert z["b"].dtype == np.int64 and z["b"].tolist() == [-1, 0, 1, 1 << 40]
assert z["c"].shape == (1, 2, 1) and z["c"].dtype == np.float32 and z["c"].ravel().tolist() == [0.25, 8]
assert z["d"].shape == (0,) and z["d"].dtype == np.int32
assert z["e"].dtype == np.uint8 and z["e"].tolist() == [0, 9, 255]
`, file).CombinedOutput()
	require.NoError(t, err, string(out))
}

// The header as the format description says: magic, version, length, and data
// that begins at a multiple of 64 bytes.
func TestHeader(t *testing.T) {
	data := write(t)
	require.Equal(t, data, write(t), "the bytes depend on the data alone")
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	require.Equal(t, "a.npy", z.File[0].Name)
	f, err := z.File[0].Open()
	require.NoError(t, err)
	a, err := io.ReadAll(f)
	require.NoError(t, err)
	require.Equal(t, "\x93NUMPY\x01\x00", string(a[:8]))
	n := 10 + int(a[8]) + int(a[9])<<8
	require.Zero(t, n%64)
	require.Len(t, a, n+6*8)
	require.Contains(t, string(a[10:n]), "'shape': (2, 3,)")
	require.Equal(t, byte('\n'), a[n-1])
}

func TestWriteRefuses(t *testing.T) {
	w := npz.NewWriter(io.Discard)
	require.ErrorContains(t, w.Write("x", []int{2}, []float64{1}), "x: 1 values for shape [2]")
	require.ErrorContains(t, w.Write("x", []int{1}, []string{"a"}), "no array of []string")
}
