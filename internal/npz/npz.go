// Package npz writes NumPy archives (.npz): a zip of arrays in the .npy format,
// version 1.0, so that a run's recordings open with numpy.load and nothing
// else. The bytes depend on the data alone, not on the time of writing.
package npz

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// Writer writes arrays into an archive.
type Writer struct{ z *zip.Writer }

// NewWriter starts an archive.
func NewWriter(w io.Writer) *Writer { return &Writer{zip.NewWriter(w)} }

// Write adds an array: data is a slice of uint8, int32, int64, float32 or
// float64, row-major, whose length is the product of the shape.
func (w *Writer) Write(name string, shape []int, data any) error {
	var descr string
	var n int
	switch d := data.(type) {
	case []uint8:
		descr, n = "|u1", len(d)
	case []int32:
		descr, n = "<i4", len(d)
	case []int64:
		descr, n = "<i8", len(d)
	case []float32:
		descr, n = "<f4", len(d)
	case []float64:
		descr, n = "<f8", len(d)
	default:
		return fmt.Errorf("npz: %s: no array of %T", name, data)
	}
	product := 1
	dims := ""
	for _, s := range shape {
		product *= s
		dims += fmt.Sprintf("%d, ", s)
	}
	if product != n {
		return fmt.Errorf("npz: %s: %d values for shape %v", name, n, shape)
	}
	f, err := w.z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Deflate})
	if err != nil {
		return err
	}
	// The header is padded with spaces so that the data begins at a multiple
	// of 64 bytes (NumPy's format description, NEP 1).
	h := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, strings.TrimSuffix(dims, " "))
	h += strings.Repeat(" ", 63-(10+len(h))%64) + "\n"
	head := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(h)))
	if _, err := f.Write(append(head, h...)); err != nil {
		return err
	}
	return binary.Write(f, binary.LittleEndian, data)
}

// Close finishes the archive, not the writer below it.
func (w *Writer) Close() error { return w.z.Close() }
