package viz

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/synohm/synohm/sim"
)

// Sheet draws small images [n, rows, columns] side by side, such as the
// receptive fields of units: blue below zero, red above, each to its own
// largest magnitude.
func Sheet(title string, s sim.Snapshot) (*image.RGBA, error) {
	if s.Kind != sim.KindImages || len(s.Shape) != 3 || s.Shape[0]*s.Shape[1]*s.Shape[2] != len(s.Values) || len(s.Values) == 0 {
		return nil, fmt.Errorf("viz: %s of shape %v is no sheet of images", s.Name, s.Shape)
	}
	n, rows, cols := s.Shape[0], s.Shape[1], s.Shape[2]
	across := int(math.Ceil(math.Sqrt(float64(n) * 1.4 * float64(rows) / float64(cols))))
	down := (n + across - 1) / across
	zoom := max(1, 840/(across*(cols+1)))
	sheet := image.NewRGBA(image.Rect(0, 0, zoom*(across*(cols+1)-1), zoom*(down*(rows+1)-1)))
	for i := range sheet.Pix {
		sheet.Pix[i] = 0xff
	}
	colours := moreland.SmoothBlueRed()
	colours.SetMin(-1)
	colours.SetMax(1)
	for k := range n {
		v := s.Values[k*rows*cols : (k+1)*rows*cols]
		most := 0.0
		for _, x := range v {
			most = math.Max(most, math.Abs(x))
		}
		for i, x := range v {
			if most > 0 {
				x /= most
			}
			c, err := colours.At(x)
			if err != nil { // a value that is no number
				c = color.Gray{0x80}
			}
			left, top := zoom*(k%across*(cols+1)+i%cols), zoom*(k/across*(rows+1)+i/cols)
			for y := range zoom {
				for x := range zoom {
					sheet.Set(left+x, top+y, c)
				}
			}
		}
	}
	const margin, head = 12, 30
	size := sheet.Bounds().Size()
	points := func(pixels int) vg.Length { return vg.Length(pixels) / dpi * vg.Inch }
	w, h := points(size.X), points(size.Y)
	img := vgimg.NewWith(vgimg.UseWH(w+2*margin, h+margin+head), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	dc := draw.New(img)
	style := newPlot("", "", "").Title.TextStyle
	style.XAlign, style.YAlign = draw.XCenter, draw.YTop
	dc.FillText(style, vg.Point{X: w/2 + margin, Y: dc.Max.Y - 8}, title)
	dc.DrawImage(vg.Rectangle{Min: vg.Point{X: margin, Y: margin}, Max: vg.Point{X: margin + w, Y: margin + h}}, sheet)
	return rgba(img), nil
}
