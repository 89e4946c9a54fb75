package npz

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
)

// Array is an array of an archive.
type Array struct {
	Shape []int
	Data  any // as Writer.Write takes it, or a string
}

// Reader finds the arrays of an archive. Bytes of arrays that are read count
// against its bound; they are checked against their checksums.
type Reader struct {
	file *os.File
	zip  *zip.Reader
	name string
	left int64
}

// The largest header and rank that a reader takes; NumPy's own are smaller.
const (
	maxHeader = 1 << 16
	maxRank   = 32
)

// Open opens an archive, of which at most so many bytes of arrays are read.
func Open(path string, bound int64) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	r, err := NewReader(f, info.Size(), bound)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r.file, r.name = f, path
	return r, nil
}

// NewReader is Open for an archive that lies elsewhere.
func NewReader(r io.ReaderAt, size, bound int64) (*Reader, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("npz: no whole archive: %w", err)
	}
	return &Reader{zip: z, name: "npz", left: bound}, nil
}

// Close closes what Open has opened.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// Names lists the arrays in the order of the archive.
func (r *Reader) Names() []string {
	var names []string
	for _, f := range r.zip.File {
		if name, ok := strings.CutSuffix(f.Name, ".npy"); ok {
			names = append(names, name)
		}
	}
	return names
}

// Read reads an array.
func (r *Reader) Read(name string) (Array, error) {
	for _, f := range r.zip.File {
		if f.Name != name+".npy" {
			continue
		}
		a, err := r.read(f)
		if err != nil {
			return Array{}, fmt.Errorf("%s: array %s: %w", r.name, name, err)
		}
		return a, nil
	}
	return Array{}, fmt.Errorf("%s: there is no array %s", r.name, name)
}

func (r *Reader) read(f *zip.File) (Array, error) {
	in, err := f.Open()
	if err != nil {
		return Array{}, err
	}
	defer in.Close()
	descr, shape, err := header(in)
	if err != nil {
		return Array{}, err
	}
	width, err := strconv.Atoi(descr[2:])
	if err != nil || width < 1 || width > 1<<20 {
		return Array{}, fmt.Errorf("values of type %q", descr)
	}
	if descr[1] == 'U' {
		width *= 4
	}
	n, bytes := 1, int64(width)
	for _, s := range shape {
		if s > 0 && bytes > r.left/int64(s) {
			return Array{}, fmt.Errorf("shape %v of %s is more than the %d bytes that are allowed", shape, descr, r.left)
		}
		n, bytes = n*s, bytes*int64(s)
	}
	if bytes > r.left {
		return Array{}, fmt.Errorf("%d bytes, %d are allowed", bytes, r.left)
	}
	a := Array{Shape: shape}
	switch descr {
	case "|u1":
		a.Data, err = values[uint8](in, n, 1)
	case "<i4":
		a.Data, err = values[int32](in, n, 4)
	case "<u4":
		a.Data, err = values[uint32](in, n, 4)
	case "<i8":
		a.Data, err = values[int64](in, n, 8)
	case "<u8":
		a.Data, err = values[uint64](in, n, 8)
	case "<f4":
		a.Data, err = values[float32](in, n, 4)
	case "<f8":
		a.Data, err = values[float64](in, n, 8)
	default:
		if !strings.HasPrefix(descr, "<U") || len(shape) > 0 {
			return Array{}, fmt.Errorf("values of type %q and shape %v", descr, shape)
		}
		a.Data, err = text(in, width/4)
	}
	if err != nil {
		return Array{}, err
	}
	// Reading to the end checks the checksum.
	if extra, err := io.Copy(io.Discard, io.LimitReader(in, 1)); err != nil {
		return Array{}, err
	} else if extra > 0 {
		return Array{}, fmt.Errorf("there is more than shape %v of %s", shape, descr)
	}
	r.left -= bytes
	return a, nil
}

// values reads n values. Memory grows with what is there, not with what a
// header promises.
func values[T any](in io.Reader, n, width int) ([]T, error) {
	const block = 1 << 18
	out := make([]T, 0, min(n, block))
	for len(out) < n {
		k := min(n-len(out), block)
		if cap(out)-len(out) < k {
			grown := make([]T, len(out), min(n, 2*cap(out)))
			copy(grown, out)
			out = grown
			k = min(k, cap(out)-len(out))
		}
		if err := binary.Read(in, binary.LittleEndian, out[len(out):len(out)+k]); err != nil {
			return nil, short(err, n*width)
		}
		out = out[:len(out)+k]
	}
	return out, nil
}

func text(in io.Reader, n int) (string, error) {
	points, err := values[int32](in, n, 4)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range points {
		if p < 0 || p > unicode.MaxRune {
			return "", fmt.Errorf("a text with the character %d", p)
		}
		b.WriteRune(p)
	}
	return strings.TrimRight(b.String(), "\x00"), nil
}

// short says what an early end means.
func short(err error, bytes int) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("ends before its %d bytes", bytes)
	}
	return err
}

// header reads the head of a .npy file of version 1, 2 or 3.
func header(in io.Reader) (descr string, shape []int, err error) {
	var head [8]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return "", nil, short(err, len(head))
	}
	if string(head[:6]) != "\x93NUMPY" || head[6] < 1 || head[6] > 3 {
		return "", nil, fmt.Errorf("is not in the .npy format, version 1 to 3")
	}
	var size [4]byte
	width := 2
	if head[6] > 1 {
		width = 4
	}
	if _, err := io.ReadFull(in, size[:width]); err != nil {
		return "", nil, short(err, width)
	}
	n := binary.LittleEndian.Uint32(size[:])
	if n > maxHeader {
		return "", nil, fmt.Errorf("has a header of %d bytes, at most %d are taken", n, maxHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(in, text); err != nil {
		return "", nil, short(err, len(text))
	}
	return parseHeader(string(text))
}

// parseHeader reads the Python dictionary of a header. NumPy writes the keys
// in this form always, so a full parser is not needed.
func parseHeader(h string) (descr string, shape []int, err error) {
	bad := func(what string) (string, []int, error) {
		return "", nil, fmt.Errorf("has a header without %s: %.80q", what, h)
	}
	after := func(key string) (string, bool) {
		_, rest, ok := strings.Cut(h, "'"+key+"':")
		return strings.TrimLeft(rest, " "), ok
	}
	rest, ok := after("descr")
	if !ok || !strings.HasPrefix(rest, "'") {
		return bad("a type")
	}
	descr, _, ok = strings.Cut(rest[1:], "'")
	if !ok || len(descr) < 3 || len(descr) > 16 {
		return bad("a type")
	}
	rest, ok = after("fortran_order")
	if !ok || !strings.HasPrefix(rest, "False") {
		return bad("row-major order")
	}
	rest, ok = after("shape")
	if !ok || !strings.HasPrefix(rest, "(") {
		return bad("a shape")
	}
	inside, _, ok := strings.Cut(rest[1:], ")")
	if !ok {
		return bad("a shape")
	}
	for _, part := range strings.Split(inside, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || len(shape) == maxRank {
			return bad("a shape")
		}
		shape = append(shape, n)
	}
	return descr, shape, nil
}
