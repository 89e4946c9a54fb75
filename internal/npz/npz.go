// Package npz writes and reads NumPy archives (.npz): a zip of arrays in the
// .npy format, so that a run's recordings open with numpy.load and nothing
// else. The bytes depend on the data alone, not on the time of writing.
//
// What is read may be anything: Open and Read hold to a bound of bytes and
// return errors, never panics, on files that are damaged or hostile.
package npz

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Writer writes arrays into an archive.
type Writer struct {
	z      *zip.Writer
	method uint16
}

// NewWriter starts an archive whose arrays are compressed.
func NewWriter(w io.Writer) *Writer { return &Writer{zip.NewWriter(w), zip.Deflate} }

// NewStoredWriter starts an archive that is not compressed: for what is written
// often and read seldom, such as a checkpoint.
func NewStoredWriter(w io.Writer) *Writer { return &Writer{zip.NewWriter(w), zip.Store} }

// describe names the type of an array's values and gives their number.
func describe(data any) (descr string, n int, ok bool) {
	switch d := data.(type) {
	case []uint8:
		return "|u1", len(d), true
	case []int32:
		return "<i4", len(d), true
	case []uint32:
		return "<u4", len(d), true
	case []int64:
		return "<i8", len(d), true
	case []uint64:
		return "<u8", len(d), true
	case []float32:
		return "<f4", len(d), true
	case []float64:
		return "<f8", len(d), true
	}
	return "", 0, false
}

// Write adds an array: data is a slice of uint8, int32, uint32, int64, uint64, float32
// or float64, row-major, whose length is the product of the shape.
func (w *Writer) Write(name string, shape []int, data any) error {
	descr, n, ok := describe(data)
	if !ok {
		return fmt.Errorf("npz: %s: no array of %T", name, data)
	}
	product := 1
	for _, s := range shape {
		product *= s
	}
	if product != n {
		return fmt.Errorf("npz: %s: %d values for shape %v", name, n, shape)
	}
	f, err := w.begin(name, descr, shape)
	if err != nil {
		return err
	}
	return binary.Write(f, binary.LittleEndian, data)
}

// WriteText adds a text as an array without dimensions: numpy gives it back by
// z[name].item().
func (w *Writer) WriteText(name, text string) error {
	n := max(1, utf8.RuneCountInString(text)) // NumPy has no text of no characters
	f, err := w.begin(name, fmt.Sprintf("<U%d", n), nil)
	if err != nil {
		return err
	}
	runes := make([]int32, n) // UTF-32
	copy(runes, []rune(text))
	return binary.Write(f, binary.LittleEndian, runes)
}

// WriteFrom adds an array of the type of like, as Write takes it, whose bytes
// come from a reader, little-endian and row-major: it may be larger than the
// memory. The reader must have what the shape asks for; the rest is not read.
func (w *Writer) WriteFrom(name string, shape []int, like any, r io.Reader) error {
	descr, _, ok := describe(like)
	if !ok {
		return fmt.Errorf("npz: %s: no array of %T", name, like)
	}
	bytes := int64(descr[2] - '0')
	for _, s := range shape {
		bytes *= int64(s)
	}
	f, err := w.begin(name, descr, shape)
	if err != nil {
		return err
	}
	if n, err := io.CopyN(f, r, bytes); err == io.EOF {
		return fmt.Errorf("npz: %s: %d bytes for shape %v, %d are wanted: %w", name, n, shape, bytes, io.ErrUnexpectedEOF)
	} else if err != nil {
		return fmt.Errorf("npz: %s: %w", name, err)
	}
	return nil
}

// begin writes the header of an array.
func (w *Writer) begin(name, descr string, shape []int) (io.Writer, error) {
	dims := ""
	for _, s := range shape {
		if s < 0 {
			return nil, fmt.Errorf("npz: %s: shape %v", name, shape)
		}
		dims += fmt.Sprintf("%d, ", s)
	}
	f, err := w.z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: w.method})
	if err != nil {
		return nil, err
	}
	// The header is padded with spaces so that the data begins at a multiple
	// of 64 bytes (NumPy's format description, NEP 1).
	h := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, strings.TrimSuffix(dims, " "))
	h += strings.Repeat(" ", 63-(10+len(h))%64) + "\n"
	head := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(h)))
	_, err = f.Write(append(head, h...))
	return f, err
}

// Close finishes the archive, not the writer below it.
func (w *Writer) Close() error { return w.z.Close() }
