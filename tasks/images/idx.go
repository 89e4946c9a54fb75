package images

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Bounds of what is read; MNIST has 60,000 images of 28 x 28.
const (
	maxItems = 1 << 20
	maxSide  = 1024
	maxBytes = 1 << 30
)

// IDX magic numbers: 0, 0, type 8 (unsigned byte), number of dimensions.
const (
	magicLabels = 0x00000801
	magicImages = 0x00000803
)

// Stack is a stack of grey images, one byte a pixel, 0 black to 255 white.
type Stack struct {
	N, Rows, Cols int
	Pix           []uint8 // [N][Rows][Cols]
}

// At returns the pixels of image i.
func (im *Stack) At(i int) []uint8 {
	size := im.Rows * im.Cols
	return im.Pix[i*size : (i+1)*size : (i+1)*size]
}

// ReadImages reads an IDX file of images, plain or gzipped. The name stands in
// the errors.
func ReadImages(r io.Reader, name string) (*Stack, error) {
	dims, pix, err := readIDX(r, name, magicImages, 3)
	if err != nil {
		return nil, err
	}
	return &Stack{N: dims[0], Rows: dims[1], Cols: dims[2], Pix: pix}, nil
}

// ReadLabels reads an IDX file of labels, plain or gzipped.
func ReadLabels(r io.Reader, name string) ([]uint8, error) {
	_, labels, err := readIDX(r, name, magicLabels, 1)
	return labels, err
}

func readIDX(r io.Reader, name string, magic uint32, nd int) ([]int, []uint8, error) {
	br := bufio.NewReader(r)
	if head, _ := br.Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: damaged gzip header: %w", name, err)
		}
		defer z.Close()
		br = bufio.NewReader(z)
	}
	header := make([]byte, 4+4*nd)
	if n, err := io.ReadFull(br, header); err != nil {
		return nil, nil, fmt.Errorf("%s: ends at byte %d inside the header of %d bytes", name, n, len(header))
	}
	if m := binary.BigEndian.Uint32(header); m != magic {
		return nil, nil, fmt.Errorf("%s: byte 0: magic number %#08x, an IDX file of this kind begins with %#08x", name, m, magic)
	}
	dims, total := make([]int, nd), 1
	for i := range dims {
		v, limit := binary.BigEndian.Uint32(header[4+4*i:]), uint32(maxSide)
		if i == 0 {
			limit = maxItems
		}
		if v < 1 || v > limit {
			return nil, nil, fmt.Errorf("%s: byte %d: size %d of dimension %d is not in 1 to %d", name, 4+4*i, v, i+1, limit)
		}
		dims[i] = int(v)
		total *= int(v)
	}
	if total > maxBytes {
		return nil, nil, fmt.Errorf("%s: holds %d bytes, at most %d are read", name, total, maxBytes)
	}
	// A header that lies about a short file must not cost its claim in memory.
	var buf bytes.Buffer
	n, err := io.CopyN(&buf, br, int64(total))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("%s: byte %d: %w", name, int64(len(header))+n, err)
	}
	if n < int64(total) {
		return nil, nil, fmt.Errorf("%s: truncated: ends at byte %d of %d", name, int64(len(header))+n, len(header)+total)
	}
	if _, err := br.ReadByte(); err != io.EOF {
		return nil, nil, fmt.Errorf("%s: goes on after byte %d, where it should end", name, len(header)+total)
	}
	return dims, buf.Bytes(), nil
}

// WriteImages writes an IDX file of images.
func WriteImages(w io.Writer, im *Stack) error {
	h := binary.BigEndian.AppendUint32(nil, magicImages)
	for _, d := range []int{im.N, im.Rows, im.Cols} {
		h = binary.BigEndian.AppendUint32(h, uint32(d))
	}
	_, err := w.Write(append(h, im.Pix...))
	return err
}

// WriteLabels writes an IDX file of labels.
func WriteLabels(w io.Writer, labels []uint8) error {
	h := binary.BigEndian.AppendUint32(nil, magicLabels)
	h = binary.BigEndian.AppendUint32(h, uint32(len(labels)))
	_, err := w.Write(append(h, labels...))
	return err
}
