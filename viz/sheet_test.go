package viz

import (
	"image/color"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/sim"
)

func TestSheet(t *testing.T) {
	s := sim.Snapshot{Name: "fields", Kind: sim.KindImages, Shape: []int{2, 2, 2}, Values: []float64{1, -1, 0, 0, 0, 0, 0, 0}}
	img, err := Sheet("two fields", s)
	require.NoError(t, err)
	red, blue := 0, 0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			c := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
			if c.R > 150 && c.B < 100 {
				red++
			}
			if c.B > 150 && c.R < 100 {
				blue++
			}
		}
	}
	require.Greater(t, red, 1000, "the largest value is red")
	require.Greater(t, blue, 1000, "the smallest value is blue")
	s.Shape = []int{2, 2, 3}
	_, err = Sheet("", s)
	require.ErrorContains(t, err, "no sheet of images")
}
