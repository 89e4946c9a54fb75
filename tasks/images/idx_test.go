package images_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/tasks/images"
)

func zipped(t testing.TB, data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(data)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

func TestImagesRoundTrip(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		im := &images.Stack{N: rapid.IntRange(1, 5).Draw(r, "n"), Rows: rapid.IntRange(1, 6).Draw(r, "rows"), Cols: rapid.IntRange(1, 6).Draw(r, "cols")}
		n := im.N * im.Rows * im.Cols
		im.Pix = rapid.SliceOfN(rapid.Byte(), n, n).Draw(r, "pix")
		var b bytes.Buffer
		require.NoError(r, images.WriteImages(&b, im))
		got, err := images.ReadImages(bytes.NewReader(b.Bytes()), "x")
		require.NoError(r, err)
		require.Equal(r, im, got)
		got, err = images.ReadImages(bytes.NewReader(zipped(t, b.Bytes())), "x")
		require.NoError(r, err)
		require.Equal(r, im, got)
		require.Equal(r, im.Pix[(im.N-1)*im.Rows*im.Cols:], got.At(im.N-1))
		// Cut anywhere, it is refused by name.
		cut := rapid.IntRange(0, b.Len()-1).Draw(r, "cut")
		_, err = images.ReadImages(bytes.NewReader(b.Bytes()[:cut]), "cut.idx")
		require.ErrorContains(r, err, "cut.idx: ")
	})
}

func TestReadRefuses(t *testing.T) {
	var pixels, labels bytes.Buffer
	require.NoError(t, images.WriteImages(&pixels, &images.Stack{N: 1, Rows: 2, Cols: 2, Pix: []uint8{1, 2, 3, 4}}))
	require.NoError(t, images.WriteLabels(&labels, []uint8{3, 4}))
	change := func(at int, b ...byte) []byte {
		c := bytes.Clone(pixels.Bytes())
		copy(c[at:], b)
		return c
	}
	for _, c := range []struct {
		name string
		data []byte
		rule string
	}{
		{"empty", nil, "ends at byte 0 inside the header"},
		{"labels for images", labels.Bytes(), "ends at byte 10 inside the header"},
		{"magic", change(3, 9), "byte 0: magic number 0x00000809"},
		{"no images", change(4, 0, 0, 0, 0), "byte 4: size 0 of dimension 1"},
		{"huge", change(4, 0xff, 0xff, 0xff, 0xff), "byte 4: size 4294967295"},
		{"huge side", change(8, 0, 1, 0, 0), "byte 8: size 65536 of dimension 2 is not in 1 to 1024"},
		{"claims more than there is", change(4, 0, 0x0f, 0xff, 0xff), "truncated: ends at byte 20 of"},
		{"too much in all", append(change(4, 0, 0x0f, 0xff, 0xff, 0, 0, 4, 0, 0, 0, 4, 0), 0), "at most"},
		{"more than it claims", append(pixels.Bytes(), 1), "goes on after byte 20"},
		{"gzip header", []byte{0x1f, 0x8b, 1}, "damaged gzip header"},
		{"gzip cut", zipped(t, pixels.Bytes())[:20], "bad: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := images.ReadImages(bytes.NewReader(c.data), "bad")
			require.ErrorContains(t, err, c.rule)
		})
	}
	_, err := images.ReadLabels(bytes.NewReader(labels.Bytes()[:9]), "l")
	require.ErrorContains(t, err, "l: truncated: ends at byte 9 of 10")
}

// write makes the four files of a set of n training and n test images.
func write(t testing.TB, dir string, change map[string][]byte) {
	for _, part := range []string{"train", "t10k"} {
		var pixels, labels bytes.Buffer
		require.NoError(t, images.WriteImages(&pixels, &images.Stack{N: 3, Rows: 2, Cols: 2, Pix: make([]uint8, 12)}))
		require.NoError(t, images.WriteLabels(&labels, []uint8{0, 5, 9}))
		for name, data := range map[string][]byte{part + "-images-idx3-ubyte": pixels.Bytes(), part + "-labels-idx1-ubyte": labels.Bytes()} {
			if c, ok := change[name]; ok {
				if data = c; data == nil {
					continue
				}
			}
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, nil)
	s, err := images.Load(dir, images.Classes)
	require.NoError(t, err)
	require.Equal(t, []uint8{0, 5, 9}, s.Test.Labels)
	require.Equal(t, 3, s.Train.Images.N)
}

func TestLoadFindsEveryMistake(t *testing.T) {
	dir := t.TempDir()
	var few, wrong, other bytes.Buffer
	require.NoError(t, images.WriteLabels(&few, []uint8{1}))
	require.NoError(t, images.WriteLabels(&wrong, []uint8{1, 2, 10}))
	require.NoError(t, images.WriteImages(&other, &images.Stack{N: 3, Rows: 2, Cols: 3, Pix: make([]uint8, 18)}))
	write(t, dir, map[string][]byte{"train-labels-idx1-ubyte": few.Bytes(), "t10k-labels-idx1-ubyte": wrong.Bytes(), "t10k-images-idx3-ubyte": other.Bytes()})
	_, err := images.Load(dir, images.Classes)
	require.ErrorContains(t, err, "train-labels-idx1-ubyte: 1 labels for 3 images")
	require.ErrorContains(t, err, "t10k-labels-idx1-ubyte: label 10 of image 2 is not in 0 to 9")
	require.ErrorContains(t, err, "training images are 2 x 2, test images 2 x 3")

	_, err = images.Load(t.TempDir(), images.Classes)
	for _, f := range []string{"train-images", "train-labels", "t10k-images", "t10k-labels"} {
		require.ErrorContains(t, err, f)
	}
}

func TestFind(t *testing.T) {
	data := t.TempDir()
	t.Setenv("SYNOHM_DATA", data)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	_, err := images.Find("letters")
	require.ErrorContains(t, err, "data set letters not found; looked in "+filepath.Join(data, "letters"))
	require.NoError(t, os.Mkdir(filepath.Join(data, "letters"), 0o755))
	write(t, filepath.Join(data, "letters"), nil)
	dir, err := images.Find("letters")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(data, "letters"), dir)
}

// The numbers are those of the data set's page: 60,000 and 10,000 images of
// 28 x 28; the first training labels are 5 0 4 1 9, the first test label is 7,
// and the mean pixel of the training images is 33.318 (0.1307 of 255).
func TestMNISTFromTheModuleCache(t *testing.T) {
	t.Setenv("SYNOHM_DATA", "")
	dir, err := images.Find("mnist")
	require.NoError(t, err, "the module in go.mod brings the files")
	s, err := images.Load(dir, images.Classes)
	require.NoError(t, err)
	require.Equal(t, []int{60000, 28, 28, 10000}, []int{s.Train.Images.N, s.Train.Images.Rows, s.Train.Images.Cols, s.Test.Images.N})
	require.Equal(t, []uint8{5, 0, 4, 1, 9}, s.Train.Labels[:5])
	require.Equal(t, uint8(7), s.Test.Labels[0])
	for _, f := range images.Sources()[0].Files { // what a fetch must bring is what is there
		data, err := os.ReadFile(filepath.Join(dir, f.Name))
		require.NoError(t, err)
		require.Equal(t, []any{f.Size, f.SHA256}, []any{int64(len(data)), fmt.Sprintf("%x", sha256.Sum256(data))})
	}
	sum := 0
	for _, p := range s.Train.Images.Pix {
		sum += int(p)
	}
	require.InDelta(t, 33.318, float64(sum)/float64(len(s.Train.Images.Pix)), 1e-3)
}

func FuzzReadIDX(f *testing.F) {
	var pixels, labels bytes.Buffer
	require.NoError(f, images.WriteImages(&pixels, &images.Stack{N: 1, Rows: 2, Cols: 2, Pix: []uint8{1, 2, 3, 4}}))
	require.NoError(f, images.WriteLabels(&labels, []uint8{3, 4}))
	f.Add(pixels.Bytes())
	f.Add(labels.Bytes())
	f.Add(zipped(f, pixels.Bytes()))
	f.Fuzz(func(t *testing.T, data []byte) {
		if im, err := images.ReadImages(bytes.NewReader(data), "f"); err == nil {
			if len(im.Pix) != im.N*im.Rows*im.Cols {
				t.Fatalf("%d pixels for %d x %d x %d", len(im.Pix), im.N, im.Rows, im.Cols)
			}
		}
		_, _ = images.ReadLabels(bytes.NewReader(data), "f")
	})
}
