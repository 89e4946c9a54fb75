package converters

import (
	"fmt"

	"github.com/synohm/synohm/internal/kernels"
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

// normals writes standard normal numbers of a read, for the rows or columns from
// first on.
func normals(seed uint64, purpose uint32, key Key, first int, to []float64) {
	s := philox.Stream{Seed: seed, Purpose: purpose, Trial: key.Trial}
	kernels.Normals(s, key.Step, int(key.Read)<<(placeBits+2)+first, to)
}

// someNormals are drawn together.
const someNormals = 256

func checkPlaces(n int, what string) error {
	if n < 1 || n > maxPlaces {
		return fmt.Errorf("%d %s; 1 to %d are possible", n, what, maxPlaces)
	}
	return nil
}
