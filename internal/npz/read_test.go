package npz_test

import (
	"bytes"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/npz"
	"github.com/synohm/synohm/internal/testdeps"
)

// every writes an archive with all that can be written.
func every(t testing.TB, w *npz.Writer) {
	require.NoError(t, w.Write("a/b", []int{2, 2}, []float64{1, -0.5, math.Inf(1), 6e-300}))
	require.NoError(t, w.Write("i4", []int{3}, []int32{-1, 0, 7}))
	require.NoError(t, w.Write("i8", []int{1, 2}, []int64{-1 << 60, 3}))
	require.NoError(t, w.Write("u8", []int{1}, []uint64{math.MaxUint64}))
	require.NoError(t, w.Write("f4", []int{0, 5}, []float32{}))
	require.NoError(t, w.Write("u1", []int{2}, []uint8{1, 255}))
	require.NoError(t, w.WriteText("unit", "µS"))
	require.NoError(t, w.WriteText("none", ""))
	require.NoError(t, w.WriteFrom("from", []int{2, 1}, []int64(nil), bytes.NewReader([]byte{1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9})))
	require.NoError(t, w.Close())
}

func TestReadGivesBackWhatWasWritten(t *testing.T) {
	for name, start := range map[string]func(io.Writer) *npz.Writer{"compressed": npz.NewWriter, "stored": npz.NewStoredWriter} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			every(t, start(&b))
			r, err := npz.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()), 1000)
			require.NoError(t, err)
			require.Equal(t, []string{"a/b", "i4", "i8", "u8", "f4", "u1", "unit", "none", "from"}, r.Names())
			for name, want := range map[string]any{
				"a/b": []float64{1, -0.5, math.Inf(1), 6e-300}, "i4": []int32{-1, 0, 7}, "i8": []int64{-1 << 60, 3},
				"u8": []uint64{math.MaxUint64}, "f4": []float32{}, "u1": []uint8{1, 255}, "unit": "µS", "none": "", "from": []int64{1, 2},
			} {
				a, err := r.Read(name)
				require.NoError(t, err)
				require.Equal(t, want, a.Data, name)
			}
			a, err := r.Read("f4")
			require.NoError(t, err)
			require.Equal(t, []int{0, 5}, a.Shape)
			_, err = r.Read("nobody")
			require.ErrorContains(t, err, "there is no array nobody")
		})
	}
}

// The arrays that NumPy writes are read, and it reads texts and streamed arrays.
func TestNumPyAndReader(t *testing.T) {
	python := testdeps.Python(t, "numpy")
	dir := t.TempDir()
	ours, theirs := filepath.Join(dir, "a.npz"), filepath.Join(dir, "b.npz")
	f, err := os.Create(ours)
	require.NoError(t, err)
	every(t, npz.NewStoredWriter(f))
	require.NoError(t, f.Close())
	out, err := exec.Command(python, "-c", `
import sys, numpy as np
z = np.load(sys.argv[1])
assert z["unit"].item() == "µS" and z["none"].item() == ""
assert z["from"].tolist() == [[1], [2]] and z["u8"].dtype == np.uint64
np.savez_compressed(sys.argv[2], m=np.arange(6.).reshape(2, 3), k=np.int64(5), s="mV", big=np.arange(700000, dtype=np.int32))
`, ours, theirs).CombinedOutput()
	require.NoError(t, err, string(out))
	r, err := npz.Open(theirs, 4<<20)
	require.NoError(t, err)
	defer r.Close()
	m, err := r.Read("m")
	require.NoError(t, err)
	require.Equal(t, npz.Array{Shape: []int{2, 3}, Data: []float64{0, 1, 2, 3, 4, 5}}, m)
	k, err := r.Read("k")
	require.NoError(t, err)
	require.Equal(t, npz.Array{Data: []int64{5}}, k)
	s, err := r.Read("s")
	require.NoError(t, err)
	require.Equal(t, "mV", s.Data)
	big, err := r.Read("big")
	require.NoError(t, err)
	require.Len(t, big.Data, 700000)
	require.Equal(t, int32(699999), big.Data.([]int32)[699999])
}

func TestReadKeepsToItsBound(t *testing.T) {
	var b bytes.Buffer
	w := npz.NewWriter(&b)
	require.NoError(t, w.Write("x", []int{100}, make([]float64, 100)))
	require.NoError(t, w.Write("y", []int{100}, make([]float64, 100)))
	require.NoError(t, w.Close())
	r, err := npz.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()), 1000)
	require.NoError(t, err)
	_, err = r.Read("x")
	require.NoError(t, err)
	_, err = r.Read("y")
	require.ErrorContains(t, err, "array y: shape [100] of <f8 is more than the 200 bytes that are allowed")
}

// A changed byte of data is found by the checksum, a cut archive at once.
func TestDamageIsFound(t *testing.T) {
	var b bytes.Buffer
	w := npz.NewStoredWriter(&b)
	require.NoError(t, w.Write("x", []int{100}, make([]float64, 100)))
	require.NoError(t, w.Close())
	data := b.Bytes()
	_, err := npz.NewReader(bytes.NewReader(data[:700]), 700, 1000)
	require.ErrorContains(t, err, "no whole archive")
	data[500] ^= 1
	r, err := npz.NewReader(bytes.NewReader(data), int64(len(data)), 1000)
	require.NoError(t, err)
	_, err = r.Read("x")
	require.ErrorContains(t, err, "checksum error")
	_, err = npz.Open(t.TempDir(), 1000)
	require.ErrorContains(t, err, "is not a file")
}

func TestWriteFromWantsAllBytes(t *testing.T) {
	w := npz.NewWriter(io.Discard)
	require.ErrorContains(t, w.WriteFrom("x", []int{2}, []int32(nil), strings.NewReader("12345")), "x: 5 bytes for shape [2], 8 are wanted")
	require.ErrorContains(t, w.WriteFrom("x", []int{-1}, []int32(nil), strings.NewReader("")), "shape [-1]")
	require.ErrorContains(t, w.WriteFrom("x", nil, []bool(nil), strings.NewReader("")), "no array of []bool")
}

// Whatever the bytes are, the reader neither panics nor takes more than its
// bound.
func FuzzReader(f *testing.F) {
	var b, c bytes.Buffer
	every(f, npz.NewWriter(&b))
	every(f, npz.NewStoredWriter(&c))
	f.Add(b.Bytes())
	f.Add(c.Bytes())
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := npz.NewReader(bytes.NewReader(data), int64(len(data)), 1<<16)
		if err != nil {
			return
		}
		for _, name := range r.Names() {
			a, err := r.Read(name)
			if err != nil {
				continue
			}
			n := 1
			for _, s := range a.Shape {
				n *= s
			}
			switch d := a.Data.(type) {
			case []float64:
				require.Len(t, d, n)
				require.LessOrEqual(t, n, 1<<13)
			case []float32:
				require.Len(t, d, n)
			case []int64:
				require.Len(t, d, n)
			case []uint64:
				require.Len(t, d, n)
			case []int32:
				require.Len(t, d, n)
			case []uint8:
				require.Len(t, d, n)
			case string:
				require.Empty(t, a.Shape)
			default:
				t.Fatalf("an array of %T", a.Data)
			}
		}
	})
}
