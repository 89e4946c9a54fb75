package images_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/tasks/images"
)

// numbered writes a set of 2 x 2 images whose first pixel is the image's number
// and whose label is the number modulo 10; test images have 255 as last pixel.
func numbered(t testing.TB, train, test int) string {
	dir := t.TempDir()
	for part, n := range map[string]int{"train": train, "t10k": test} {
		s, labels := &images.Stack{N: n, Rows: 2, Cols: 2, Pix: make([]uint8, 4*n)}, make([]uint8, n)
		for i := range n {
			s.At(i)[0], labels[i] = uint8(i), uint8(i%10)
			if part == "t10k" {
				s.At(i)[3] = 255
			}
		}
		var a, b bytes.Buffer
		require.NoError(t, images.WriteImages(&a, s))
		require.NoError(t, images.WriteLabels(&b, labels))
		require.NoError(t, os.WriteFile(filepath.Join(dir, part+"-images-idx3-ubyte"), a.Bytes(), 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(dir, part+"-labels-idx1-ubyte.gz"), zipped(t, b.Bytes()), 0o644))
	}
	return dir
}

func open(t *testing.T, c images.Choice, seed uint64) *images.Set {
	c.Classes = 10
	s, err := images.Open("numbers", c, seed)
	require.NoError(t, err)
	require.Equal(t, []any{"numbers", 2, 2, 10, 4}, []any{s.Name, s.Rows, s.Cols, s.Classes, s.Pixels()})
	for name, p := range map[string]*images.Split{"train": &s.Train, "validation": &s.Validation, "test": &s.Test} {
		require.Len(t, p.Y, p.N, name)
		require.Len(t, p.Number, p.N, name)
		require.Len(t, p.X, 4*p.N, name)
		require.True(t, slices.IsSorted(p.Number), name)
		last := map[string]float32{"test": 1}[name]
		for i, from := range p.Number {
			require.Equal(t, uint8(from%10), p.Y[i])
			require.Equal(t, []float32{float32(from) / 255, 0, 0, last}, s.At(p, i))
		}
	}
	return s
}

func TestOpenTakesAll(t *testing.T) {
	s := open(t, images.Choice{Path: numbered(t, 200, 30)}, 1)
	require.Equal(t, []int{200, 0, 30}, []int{s.Train.N, s.Validation.N, s.Test.N})
	require.Equal(t, uint32(199), s.Train.Number[199], "all of them, in the order of the file")
}

func TestOpenDrawsBySeed(t *testing.T) {
	dir := numbered(t, 200, 30)
	c := images.Choice{Path: dir, Train: 60, Validation: 20, Test: 10}
	s := open(t, c, 1)
	require.Equal(t, []int{40, 20, 10}, []int{s.Train.N, s.Validation.N, s.Test.N})
	both := slices.Concat(s.Train.Number, s.Validation.Number)
	slices.Sort(both)
	require.Len(t, slices.Compact(both), 60, "no image is in both parts")
	require.Equal(t, s, open(t, c, 1), "the same seed draws the same")
	other := open(t, c, 2)
	require.NotEqual(t, s.Train.Number, other.Train.Number)
	require.NotEqual(t, s.Test.Number, other.Test.Number)

	// Without validation, the same images are drawn; a larger choice holds a
	// smaller one; the test images do not depend on either.
	all := open(t, images.Choice{Path: dir, Train: 60, Test: 10}, 1)
	require.Equal(t, slices.Sorted(slices.Values(slices.Concat(s.Train.Number, s.Validation.Number))), all.Train.Number)
	require.Equal(t, s.Test, all.Test)
	more := open(t, images.Choice{Path: dir, Train: 100, Test: 10}, 1)
	for _, n := range all.Train.Number {
		require.Contains(t, more.Train.Number, n)
	}
	held := open(t, images.Choice{Path: dir, Validation: 50}, 1)
	require.Equal(t, []int{150, 50, 30}, []int{held.Train.N, held.Validation.N, held.Test.N})
}

func TestOpenRefuses(t *testing.T) {
	dir := numbered(t, 20, 5)
	t.Setenv("SYNOHM_DATA", "")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for _, c := range []struct {
		name   string
		choice images.Choice
		rules  []string
	}{
		{"numbers", images.Choice{Path: dir, Train: 21, Test: 6, Classes: 10}, []string{dir + ": train: 21 training images are asked for, there are 20", dir + ": test: 6 test images are asked for, there are 5"}},
		{"numbers", images.Choice{Path: dir, Train: 5, Validation: 5, Classes: 10}, []string{"validation", "must leave some of the 5 training images"}},
		{"numbers", images.Choice{Path: dir, Validation: 20, Classes: 10}, []string{"validation: 20 images are asked for, which leaves none of the 20"}},
		{"numbers", images.Choice{Path: dir, Classes: 4}, []string{
			"train-labels-idx1-ubyte.gz: label 4 of image 4 is not in 0 to 3", "t10k-labels-idx1-ubyte.gz: label 4 of image 4", "classes says how many there are"}},
		{"numbers", images.Choice{Path: dir, Train: -1, Validation: -1, Test: 1 << 30, Classes: 1}, []string{"train", "validation", "-1 is not in 0 to", "test", "classes", "1 is not in 2 to 256"}},
		{"numbers", images.Choice{Path: "/nowhere", Classes: 10}, []string{"/nowhere: neither train-images-idx3-ubyte nor"}},
		{"fashion-mnist", images.Choice{Classes: 10}, []string{"data set fashion-mnist not found", "remedy: synohm data fetch fashion-mnist, or name the folder of its four IDX files as path"}},
		{"letters", images.Choice{Classes: 10}, []string{"data set letters not found", "remedy: name the folder of its four IDX files as path"}},
	} {
		t.Run(c.rules[0], func(t *testing.T) {
			_, err := images.Open(c.name, c.choice, 1)
			for _, r := range c.rules {
				require.ErrorContains(t, err, r)
			}
		})
	}
}

func TestMemoryIsBounded(t *testing.T) {
	require.NoError(t, images.Fits(1024, 1024, 1024, "d"))
	require.EqualError(t, images.Fits(2048, 1024, 1024, "d"), "d: 2048 images of 1024 x 1024 pixels take 8.6 GB, at most 4.3 GB are possible; take fewer by train and test")
	require.Error(t, images.Fits(1025, 1024, 1024, "d"))
	require.Error(t, images.Fits(2<<20, 1024, 1024, "d"))
}

// What a fetch brings of Fashion-MNIST is looked at where it was fetched (no
// package ships it, so it cannot be asked for everywhere): 60,000 and 10,000
// images, as many of each of ten classes, and a mean pixel of 0.2860, by which
// users of the set normalise; the first training images are an ankle boot, a
// T-shirt, another, a dress and another, 9 0 0 3 0.
func TestFashionMNIST(t *testing.T) {
	if _, err := images.Find("fashion-mnist"); err != nil {
		t.Skip(err)
	}
	s, err := images.Open("fashion-mnist", images.Choice{Classes: images.Classes}, 1)
	require.NoError(t, err)
	require.Equal(t, []int{60_000, 10_000, 784}, []int{s.Train.N, s.Test.N, s.Pixels()})
	require.Equal(t, []uint8{9, 0, 0, 3, 0}, s.Train.Y[:5])
	counts := make([]int, 10)
	for _, y := range s.Train.Y {
		counts[y]++
	}
	require.Equal(t, slices.Repeat([]int{6000}, 10), counts)
	sum := 0.0
	for _, v := range s.Train.X {
		sum += float64(v)
	}
	require.InDelta(t, 0.2860, sum/float64(len(s.Train.X)), 1e-4)
}

func TestSourcesCanBeChecked(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range images.Sources() {
		require.False(t, seen[s.Name])
		seen[s.Name] = true
		require.True(t, s.Licence != "" && s.Reference != "" && len(s.Mirrors) > 0, s.Name)
		for _, f := range s.Files {
			require.False(t, seen[f.SHA256], "one sum for two files")
			seen[f.SHA256] = true
			require.Regexp(t, "^[0-9a-f]{64}$", f.SHA256)
			require.Positive(t, f.Size)
		}
	}
}

func ExampleOpen() {
	s, err := images.Open("mnist", images.Choice{Train: 6000, Validation: 1000, Classes: images.Classes}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Train.N, s.Validation.N, s.Test.N, s.Pixels())
	// Output: 5000 1000 10000 784
}
