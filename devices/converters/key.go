package converters

import (
	"fmt"

	"github.com/synohm/synohm/internal/philox"
)

// Key names one read of an array for its random draws.
type Key struct {
	Trial, Step uint32
	Read        uint32 // which of the reads that one product takes: bits, halvings
}

// A block of draws is named by four neighbouring rows or columns, in the low
// bits of its entity, and by the read, in the high ones.
const (
	placeBits = 22
	maxPlaces = 1 << (placeBits + 2)
	maxReads  = 1 << (32 - placeBits)
)

// normals draws a standard normal number for each row or column of a read.
type normals struct {
	stream philox.Stream
	key    Key
	at     uint32 // of the block, plus 1
	block  [4]uint32
}

func newNormals(seed uint64, purpose uint32, key Key) normals {
	return normals{stream: philox.Stream{Seed: seed, Purpose: purpose, Trial: key.Trial}, key: key}
}

func (n *normals) draw(place int) float64 {
	e := uint32(place)
	if n.at != e/4+1 {
		n.at = e/4 + 1
		n.block = n.stream.Block(e/4|n.key.Read<<placeBits, n.key.Step)
	}
	return philox.Normal(n.block[e%4])
}

// drawAll writes the standard normal numbers of places 0 to len(x)-1 that stay:
// what a converter is made with.
func drawAll(seed uint64, purpose, step uint32, x []float64) {
	n := newNormals(seed, purpose, Key{Step: step})
	for i := range x {
		x[i] = n.draw(i)
	}
}

func checkPlaces(n int, what string) error {
	if n < 1 || n > maxPlaces {
		return fmt.Errorf("%d %s; 1 to %d are possible", n, what, maxPlaces)
	}
	return nil
}
