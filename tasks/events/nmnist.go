package events

import (
	"fmt"
	"io"
	"sort"
)

// Sensor of N-MNIST: the recordings are cropped to 34 x 34 pixels (Orchard,
// Jayawant, Cohen, Thakor, Front. Neurosci. 9:437, 2015).
const (
	NMNISTSide     = 34
	nmnistRecord   = 5        // bytes an event
	maxRecording   = 16 << 20 // bytes; the longest of N-MNIST has about 50 kB
	nmnistTimeMask = 1<<23 - 1
)

// ReadNMNIST reads a recording: five bytes an event, big endian: x (8 bits),
// y (8), polarity (1), time in us (23). Events out of order are sorted by time,
// those of one time kept in the order of the file.
func ReadNMNIST(r io.Reader, name string) (Stream, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxRecording+1))
	if err != nil {
		return Stream{}, fmt.Errorf("%s: byte %d: %w", name, len(data), err)
	}
	if len(data) > maxRecording {
		return Stream{}, fmt.Errorf("%s: is longer than %d bytes", name, maxRecording)
	}
	if rest := len(data) % nmnistRecord; rest != 0 {
		return Stream{}, fmt.Errorf("%s: byte %d: truncated, %d bytes of an event of %d", name, len(data)-rest, rest, nmnistRecord)
	}
	s := Stream{Width: NMNISTSide, Height: NMNISTSide, Events: make([]Event, 0, len(data)/nmnistRecord)}
	for i := 0; i < len(data); i += nmnistRecord {
		b := data[i : i+nmnistRecord]
		if b[0] >= NMNISTSide || b[1] >= NMNISTSide {
			return Stream{}, fmt.Errorf("%s: byte %d: pixel (%d, %d) lies outside the %d x %d sensor", name, i, b[0], b[1], NMNISTSide, NMNISTSide)
		}
		t := int32(b[2])<<16 | int32(b[3])<<8 | int32(b[4])
		s.Events = append(s.Events, Event{T: t & nmnistTimeMask, X: uint16(b[0]), Y: uint16(b[1]), On: b[2]&0x80 != 0})
	}
	sort.SliceStable(s.Events, func(i, j int) bool { return s.Events[i].T < s.Events[j].T })
	return s, nil
}

// WriteNMNIST writes a recording in the same format.
func WriteNMNIST(w io.Writer, s Stream) error {
	out := make([]byte, 0, len(s.Events)*nmnistRecord)
	for i, e := range s.Events {
		if e.X >= NMNISTSide || e.Y >= NMNISTSide || e.T < 0 || e.T > nmnistTimeMask {
			return fmt.Errorf("event %d (%+v) does not fit the N-MNIST format", i, e)
		}
		top := byte(e.T >> 16)
		if e.On {
			top |= 0x80
		}
		out = append(out, byte(e.X), byte(e.Y), top, byte(e.T>>8), byte(e.T))
	}
	_, err := w.Write(out)
	return err
}
