package sim

import "fmt"

// Ring holds the input that is under way to a population on one of its
// channels: a row of one float32 a neuron for each of the coming steps, used
// round and round. Workers write to targets of their own.
type Ring struct {
	Width int       // neurons
	Mask  int64     // rows less one; their number is a power of two
	Data  []float32 // [row][neuron]
}

// MaxDelay bounds a delay, in steps.
const MaxDelay = 1<<16 - 1

// NewRing makes a ring that takes delays of up to the given number of steps
// from any step of an epoch.
func NewRing(width, delay, epoch int) *Ring {
	if width < 0 || delay < 1 || delay > MaxDelay || epoch < 1 {
		panic(fmt.Sprintf("sim: ring of width %d for a delay of %d steps, epoch %d", width, delay, epoch))
	}
	rows := 1
	for rows < delay+epoch {
		rows *= 2
	}
	return &Ring{Width: width, Mask: int64(rows - 1), Data: make([]float32, rows*width)}
}

// RingBytes is the memory of a ring at most: of any epoch.
func RingBytes(width, delay int) float64 {
	rows := 1
	for rows < delay+maxEpoch {
		rows *= 2
	}
	return 4 * float64(rows) * float64(width)
}

// Row is the input that arrives in a step.
func (r *Ring) Row(step int64) []float32 {
	at := int(step&r.Mask) * r.Width
	return r.Data[at : at+r.Width : at+r.Width]
}
