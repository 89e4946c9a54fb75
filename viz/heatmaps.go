package viz

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/synohm/synohm/sim"
)

// grid is a matrix for plotter's heat map, row 0 on top.
type grid struct {
	rows, cols int
	v          []float64
}

func (g grid) Dims() (int, int)   { return g.cols, g.rows }
func (g grid) Z(c, r int) float64 { return g.v[(g.rows-1-r)*g.cols+c] }
func (g grid) X(c int) float64    { return float64(c) }
func (g grid) Y(r int) float64    { return float64(r) }

// Heatmap draws a matrix with a bar of its colours, which are symmetric about
// zero where values have both signs.
func Heatmap(title, xlabel, ylabel string, s sim.Snapshot) (*image.RGBA, error) {
	h, err := newHeat(title, xlabel, ylabel, s)
	if err != nil {
		return nil, err
	}
	img := vgimg.NewWith(vgimg.UseWH(8*vg.Inch, 5.5*vg.Inch), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	h.draw(draw.New(img))
	return rgba(img), nil
}

// Heatmaps draws matrices side by side, each under its name and with a bar of
// its own colours.
func Heatmaps(title, xlabel, ylabel string, panels ...sim.Snapshot) (*image.RGBA, error) {
	if len(panels) == 0 {
		return nil, fmt.Errorf("viz: %s has no matrix to draw", title)
	}
	var heats []heat
	for i, s := range panels {
		h, err := newHeat(s.Name, xlabel, "", s)
		if err != nil {
			return nil, err
		}
		if i == 0 { // the others have the same rows
			h.plot.Y.Label.Text = ylabel
		}
		heats = append(heats, h)
	}
	const wide, high, top = 4.4 * vg.Inch, 3.8 * vg.Inch, 24
	width := wide * vg.Length(len(panels))
	img := vgimg.NewWith(vgimg.UseWH(width, high+top), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	dc := draw.New(img)
	style := heats[0].plot.Title.TextStyle
	style.XAlign, style.YAlign = draw.XCenter, draw.YTop
	dc.FillText(style, vg.Point{X: width / 2, Y: dc.Max.Y - 6}, title)
	for i, h := range heats {
		h.draw(draw.Crop(dc, wide*vg.Length(i), -wide*vg.Length(len(heats)-1-i), 0, -top))
	}
	return rgba(img), nil
}

// heat is a heat map and the bar beside it.
type heat struct{ plot, bar *plot.Plot }

// draw fills a canvas.
func (h heat) draw(dc draw.Canvas) {
	left := draw.Crop(dc, 8, -90, 4, -6)
	h.plot.Draw(left)
	field := h.plot.DataCanvas(left) // the bar is as high as what it explains
	h.bar.Draw(draw.Crop(dc, dc.Max.X-dc.Min.X-80, -12, field.Min.Y-dc.Min.Y-4, field.Max.Y-dc.Max.Y+4))
}

func newHeat(title, xlabel, ylabel string, s sim.Snapshot) (heat, error) {
	if s.Kind != sim.KindMatrix || len(s.Shape) != 2 || s.Shape[0]*s.Shape[1] != len(s.Values) || len(s.Values) == 0 {
		return heat{}, fmt.Errorf("viz: a heat map needs a matrix, %s is a %s of shape %v", s.Name, s.Kind, s.Shape)
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, v := range s.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return heat{}, fmt.Errorf("viz: value %d of %s is %g", i, s.Name, v)
		}
		lo, hi = math.Min(lo, v), math.Max(hi, v)
	}
	var cm palette.ColorMap = &ramp{colours: viridis}
	if lo < 0 && hi > 0 {
		cm = moreland.SmoothBlueRed()
		hi = math.Max(hi, -lo)
		lo = -hi
	}
	// Values that differ by rounding alone are one value.
	if size := math.Max(math.Abs(lo), math.Abs(hi)); !(hi-lo > 1e-9*size) {
		if size == 0 {
			size = 10
		}
		hi = lo + 0.1*size
	}
	cm.SetMin(lo)
	cm.SetMax(hi)
	p := newPlot(title, xlabel, ylabel)
	h := plotter.NewHeatMap(resampled(grid{s.Shape[0], s.Shape[1], s.Values}), cm.Palette(255))
	h.Min, h.Max, h.Rasterized = lo, hi, true // as rectangles, the values would have seams
	p.Add(cells{h})
	p.X.Tick.Marker, p.Y.Tick.Marker = wholeTicks{}, flipped{float64(s.Shape[0] - 1)}
	bar := plot.New()
	bar.HideX()
	bar.Y.Tick.Marker = roundTicks{}
	bar.Y.Label.Text = s.Unit
	bar.Add(&plotter.ColorBar{ColorMap: cm, Vertical: true})
	return heat{p, bar}, nil
}

// cells is a heat map that asks for no room beside its own: for that the plot
// would look at every value.
type cells struct{ h *plotter.HeatMap }

func (c cells) Plot(dc draw.Canvas, p *plot.Plot)           { c.h.Plot(dc, p) }
func (c cells) DataRange() (xmin, xmax, ymin, ymax float64) { return c.h.DataRange() }

// flipped labels an axis that counts from the top.
type flipped struct{ last float64 }

func (f flipped) Ticks(lo, hi float64) []plot.Tick {
	ticks := wholeTicks{}.Ticks(0, f.last)
	for i := range ticks {
		ticks[i].Value = f.last - ticks[i].Value
	}
	return ticks
}

// side is about how many pixels a side of a picture has.
const side = 512

// pixels is a matrix that stands for another one: a value of it for each block
// of values, or several for each value.
type pixels struct {
	grid
	stepX, stepY float64 // rows and columns of the other a value
	last         float64 // row of the other
}

func (p pixels) X(c int) float64 { return p.stepX*float64(c) + (p.stepX-1)/2 }
func (p pixels) Y(r int) float64 { return p.last - p.stepY*float64(p.rows-1-r) - (p.stepY-1)/2 }

// resampled takes means where a matrix has more values than a picture has
// pixels, and repeats values where it has fewer: an image that is stretched
// blurs.
func resampled(g grid) plotter.GridXYZ {
	rows, stepY := resize(g.rows)
	cols, stepX := resize(g.cols)
	p := pixels{grid{rows, cols, make([]float64, rows*cols)}, stepX, stepY, float64(g.rows - 1)}
	for r := range rows {
		top, bottom := covered(r, stepY, g.rows)
		for c := range cols {
			left, right := covered(c, stepX, g.cols)
			sum := 0.0
			for y := top; y < bottom; y++ {
				for _, v := range g.v[y*g.cols+left : y*g.cols+right] {
					sum += v
				}
			}
			p.v[r*cols+c] = sum / float64((bottom-top)*(right-left))
		}
	}
	return p
}

// resize gives how many pixels show n values, and how many values a pixel shows.
func resize(n int) (count int, step float64) {
	if n > side {
		block := (n + side - 1) / side
		return (n + block - 1) / block, float64(block)
	}
	times := (side + n - 1) / n
	return n * times, 1 / float64(times)
}

// covered gives the values, of n, that a pixel shows.
func covered(pixel int, step float64, n int) (from, to int) {
	if step < 1 {
		from = pixel / int(math.Round(1/step))
		return from, from + 1
	}
	from = pixel * int(step)
	return from, min(from+int(step), n)
}
