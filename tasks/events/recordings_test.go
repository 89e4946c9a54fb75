package events_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/testdeps"
	"github.com/synohm/synohm/tasks/events"
)

func TestNMNISTRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := events.Stream{Width: 34, Height: 34, Events: []events.Event{}}
		at := int32(0)
		for range rapid.IntRange(0, 30).Draw(t, "n") {
			at += rapid.Int32Range(0, 200_000).Draw(t, "dt")
			s.Events = append(s.Events, events.Event{
				T: at, X: rapid.Uint16Range(0, 33).Draw(t, "x"), Y: rapid.Uint16Range(0, 33).Draw(t, "y"), On: rapid.Bool().Draw(t, "on"),
			})
		}
		var b bytes.Buffer
		require.NoError(t, events.WriteNMNIST(&b, s))
		got, err := events.ReadNMNIST(bytes.NewReader(b.Bytes()), "x")
		require.NoError(t, err)
		require.Equal(t, s, got)
		if b.Len() > 0 {
			cut := rapid.IntRange(1, b.Len()).Draw(t, "cut")
			_, err = events.ReadNMNIST(bytes.NewReader(b.Bytes()[:b.Len()-cut]), "cut.bin")
			if cut%5 != 0 {
				require.ErrorContains(t, err, "cut.bin: byte ")
				require.ErrorContains(t, err, "truncated")
			}
		}
	})
}

// The bytes of the format by hand: x, y, then polarity and 23 bits of time.
func TestNMNISTBytes(t *testing.T) {
	s, err := events.ReadNMNIST(bytes.NewReader([]byte{5, 7, 0x81, 0x02, 0x03, 1, 2, 0x00, 0x00, 0x09}), "x")
	require.NoError(t, err)
	require.Equal(t, []events.Event{{T: 9, X: 1, Y: 2}, {T: 0x010203, X: 5, Y: 7, On: true}}, s.Events, "and they are put in order of time")
	_, err = events.ReadNMNIST(bytes.NewReader([]byte{1, 2, 0, 0, 0, 34, 0, 0, 0, 0}), "x.bin")
	require.ErrorContains(t, err, "x.bin: byte 5: pixel (34, 0) lies outside")
	_, err = events.ReadNMNIST(bytes.NewReader(make([]byte, 17<<20)), "x.bin")
	require.ErrorContains(t, err, "longer than")
	require.Error(t, events.WriteNMNIST(&bytes.Buffer{}, events.Stream{Events: []events.Event{{T: -1}}}))
	require.Error(t, events.WriteNMNIST(&bytes.Buffer{}, events.Stream{Events: []events.Event{{X: 34}}}))
}

// files writes a small set of recordings.
func files(change map[string]string) map[string][]byte {
	m := map[string][]byte{
		"set/1.bin": {1, 2, 0, 0, 9}, "set/2.bs2": {3, 4, 0x80, 0, 7}, "set/3.bin": {},
		"set/train2.txt": []byte("# sample class\n1 5\n2 6\n"), "set/test1.txt": []byte("3 0\n"),
	}
	for k, v := range change {
		if v == "-" {
			delete(m, k)
			continue
		}
		m[k] = []byte(v)
	}
	return m
}

func folder(t *testing.T, m map[string][]byte) string {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "set"), 0o755))
	for name, data := range m {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
	return dir
}

func archive(t *testing.T, m map[string][]byte) string {
	name := filepath.Join(t.TempDir(), "set.zip")
	f, err := os.Create(name)
	require.NoError(t, err)
	z := zip.NewWriter(f)
	for n, data := range m {
		w, err := z.Create(n)
		require.NoError(t, err)
		_, err = w.Write(data)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	require.NoError(t, f.Close())
	return name
}

func TestRecordingsInFolderAndZip(t *testing.T) {
	for name, at := range map[string]string{"folder": folder(t, files(nil)), "zip": archive(t, files(nil))} {
		t.Run(name, func(t *testing.T) {
			r, err := events.OpenRecordings(at)
			require.NoError(t, err)
			defer r.Close()
			require.Len(t, r.Train, 2)
			require.Len(t, r.Test, 1)
			require.Equal(t, []int{2, 6}, []int{r.Train[1].Sample, int(r.Train[1].Label)})
			s, err := r.Read(r.Train[1])
			require.NoError(t, err)
			require.Equal(t, []events.Event{{T: 7, X: 3, Y: 4, On: true}}, s.Events)
		})
	}
}

func TestRecordingsNameEveryMistake(t *testing.T) {
	_, err := events.OpenRecordings(folder(t, files(map[string]string{
		"set/train2.txt": "1 5\n9 1\n1 5\nx y\n2 10\n1 2 3\n", "set/3.bin": "-",
	})))
	for _, rule := range []string{
		"set/train2.txt:2: there is no recording 9.bs2 or 9.bin for this label",
		"set/train2.txt:3: sample 1 has a label in line 1 already",
		"set/train2.txt:4: expected whole numbers",
		"set/train2.txt:5: expected whole numbers, the class in 0 to 9",
		"set/train2.txt:6: expected a sample and a class",
		"set/test1.txt:1: there is no recording 3.bs2",
	} {
		require.ErrorContains(t, err, rule)
	}
	_, err = events.OpenRecordings(folder(t, files(map[string]string{"set/test1.txt": "-"})))
	require.ErrorContains(t, err, "needs labels in both train*.txt and test*.txt")
	_, err = events.OpenRecordings(filepath.Join(t.TempDir(), "nowhere"))
	require.ErrorContains(t, err, "nowhere")
	name := filepath.Join(t.TempDir(), "x.zip")
	require.NoError(t, os.WriteFile(name, []byte("PK no"), 0o644))
	_, err = events.OpenRecordings(name)
	require.ErrorContains(t, err, "not a folder and not a readable zip")

	r, err := events.OpenRecordings(folder(t, files(map[string]string{"set/3.bin": "abc"})))
	require.NoError(t, err)
	_, err = r.Read(r.Test[0])
	require.ErrorContains(t, err, "set/3.bin: byte 0: truncated")
}

// The real recordings: their number, and what the data set's paper says of
// them: about 300 ms, 34 x 34 pixels, ON and OFF about as often.
func TestRealRecordings(t *testing.T) {
	r, err := events.OpenRecordings(testdeps.Data(t, "nmnist600/nmnist600.zip"))
	require.NoError(t, err)
	defer r.Close()
	require.Equal(t, []int{600, 100}, []int{len(r.Train), len(r.Test)})
	classes := map[uint8]int{}
	total, on := 0, 0
	for _, l := range r.Test {
		s, err := r.Read(l)
		require.NoError(t, err)
		classes[l.Label]++
		last := s.Events[len(s.Events)-1].T
		require.True(t, last > 280_000 && last < 340_000, "sample %d ends at %d us", l.Sample, last)
		for _, e := range s.Events {
			total++
			if e.On {
				on++
			}
		}
	}
	require.Len(t, classes, 10)
	require.InDelta(t, 0.5, float64(on)/float64(total), 0.1)
}

func FuzzReadNMNIST(f *testing.F) {
	f.Add([]byte{5, 7, 0x81, 0x02, 0x03})
	f.Add([]byte{33, 33, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0})
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := events.ReadNMNIST(bytes.NewReader(data), "f")
		if err != nil {
			return
		}
		if len(s.Events)*5 != len(data) {
			t.Fatalf("%d events of %d bytes", len(s.Events), len(data))
		}
		// What was read can be written, and read again to the same.
		var b bytes.Buffer
		if err := events.WriteNMNIST(&b, s); err != nil {
			t.Fatal(err)
		}
		fr, err := events.Framing{Crop: 32, Pool: 2, Polarity: "both"}.Cut(s, 50, 6000)
		if err != nil || len(fr.Spikes) != 50 {
			t.Fatal(err)
		}
	})
}
