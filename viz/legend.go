package viz

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawFramed draws a plot with its legend in a white box with a thin border:
// lines of the grid and of the data would run through its names.
func drawFramed(p *plot.Plot, c draw.Canvas) {
	bare := *p
	bare.Legend = plot.NewLegend()
	bare.Draw(c)
	const gap, pad = 8, 4 // points: from the axes to the names, and from these to the border
	inner := draw.Crop(bare.DataCanvas(c), gap, -gap, gap, -gap)
	size := p.Legend.Rectangle(inner).Size()
	if !(size.X > 0 && size.Y > 0) {
		return
	}
	descent := p.Legend.TextStyle.FontExtents().Descent
	low := vg.Point{X: inner.Max.X - size.X - pad, Y: inner.Min.Y - pad}
	if p.Legend.Left {
		low.X = inner.Min.X - pad
	}
	if p.Legend.Top {
		low.Y = inner.Max.Y - descent - size.Y - pad
	}
	high := vg.Point{X: low.X + size.X + 2*pad, Y: low.Y + size.Y + descent + 2*pad}
	box := []vg.Point{low, {X: high.X, Y: low.Y}, high, {X: low.X, Y: high.Y}}
	c.FillPolygon(color.White, box)
	c.StrokeLines(draw.LineStyle{Color: color.Gray{Y: 160}, Width: vg.Points(0.5)}, append(box, low))
	p.Legend.Draw(inner)
}
