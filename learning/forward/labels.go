package forward

import (
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/inputs"
)

// withEveryLabel writes the images of a batch once for each class, with its
// label: row i classes + c is image i as if it were of class c.
func withEveryLabel(room *[]float32, b learning.Batch, units, classes int) []float32 {
	x := learning.Fit(room, b.N*classes*units)
	for k := range b.N * classes {
		row := x[k*units : (k+1)*units]
		copy(row, b.X[k/classes*units:])
		inputs.EmbedLabel(row, k%classes, classes, 1)
	}
	return x
}
