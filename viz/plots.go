package viz

import (
	"fmt"
	"image"
	"image/color"
	imagedraw "image/draw"
	"image/png"
	"io"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/synohm/synohm/sim"
)

// The colours of Okabe and Ito, "Color universal design" (2008), in an order in
// which the first six are far apart.
var okabeIto = []color.RGBA{
	{0, 114, 178, 255}, {230, 159, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
	{0, 0, 0, 255}, {213, 94, 0, 255}, {86, 180, 233, 255},
}

const dpi = 150

func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font.Size, p.Title.Padding = font.Points(13), font.Points(6)
	p.BackgroundColor = color.White
	p.Legend.Padding = vg.Points(2)
	p.X.Tick.Marker, p.Y.Tick.Marker = roundTicks{}, roundTicks{}
	return p
}

// canvas draws plots one below the other, their axes aligned.
func canvas(width, height vg.Length, plots ...*plot.Plot) *image.RGBA {
	img := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	rows := make([][]*plot.Plot, len(plots))
	for i, p := range plots {
		rows[i] = []*plot.Plot{p}
	}
	tiles := draw.Tiles{Rows: len(plots), Cols: 1, PadLeft: 8, PadRight: 12, PadTop: 6, PadBottom: 4, PadY: 6}
	for i, row := range plot.Align(rows, tiles, draw.New(img)) {
		drawFramed(plots[i], row[0])
	}
	return rgba(img)
}

// rgba returns what was drawn.
func rgba(img *vgimg.Canvas) *image.RGBA {
	src := img.Image()
	if p, ok := src.(*image.RGBA); ok {
		return p
	}
	out := image.NewRGBA(src.Bounds())
	imagedraw.Draw(out, out.Bounds(), src, src.Bounds().Min, imagedraw.Src)
	return out
}

// roundTicks stand at multiples of 1, 2 or 5 times a power of ten, four to
// nine of them, with small ones half way.
type roundTicks struct{}

func (roundTicks) Ticks(lo, hi float64) []plot.Tick {
	if !(hi > lo) {
		return []plot.Tick{{Value: lo, Label: strconv.FormatFloat(lo, 'g', 6, 64)}}
	}
	step := math.Pow(10, math.Floor(math.Log10((hi-lo)/4)))
	for _, f := range []float64{5, 2} {
		if step*f <= (hi-lo)/4 {
			step *= f
			break
		}
	}
	var ticks []plot.Tick
	const slack = 1e-9 // of a step: multiples are not exact
	for k := math.Ceil(2*lo/step - slack); k <= 2*hi/step+slack; k++ {
		t := plot.Tick{Value: k*step/2 + 0} // -0 + 0 is 0
		if math.Mod(k, 2) == 0 {
			t.Label = strconv.FormatFloat(t.Value, 'g', 6, 64)
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// WritePNG encodes a picture.
func WritePNG(w io.Writer, img image.Image) error { return png.Encode(w, img) }

// Raster draws spikes over time, one panel a snapshot of kind "spikes".
func Raster(title string, panels ...sim.Snapshot) (*image.RGBA, error) {
	var plots []*plot.Plot
	for i, s := range panels {
		if s.Kind != sim.KindSpikes || len(s.Values)%2 != 0 {
			return nil, fmt.Errorf("viz: a raster needs snapshots of spikes, %s is a %s", s.Name, s.Kind)
		}
		t := ""
		if i == 0 {
			t = title
		}
		p := newPlot(t, "", s.Name)
		if i == len(panels)-1 {
			p.X.Label.Text = "time (" + s.Unit + ")"
		}
		pts := make(plotter.XYs, len(s.Values)/2)
		for k := range pts {
			pts[k] = plotter.XY{X: s.Values[2*k], Y: s.Values[2*k+1]}
		}
		if len(pts) > 0 {
			sc, err := plotter.NewScatter(pts)
			if err != nil {
				return nil, fmt.Errorf("viz: raster of %s: %w", s.Name, err)
			}
			sc.GlyphStyle = draw.GlyphStyle{Color: okabeIto[i%len(okabeIto)], Radius: 1.1, Shape: draw.BoxGlyph{}}
			p.Add(sc)
		}
		plots = append(plots, p)
	}
	if len(plots) == 0 {
		return nil, fmt.Errorf("viz: a raster needs at least one panel")
	}
	// One time axis for all panels.
	for _, p := range plots[1:] {
		plots[0].X.Min, plots[0].X.Max = math.Min(plots[0].X.Min, p.X.Min), math.Max(plots[0].X.Max, p.X.Max)
	}
	for _, p := range plots {
		p.X.Min, p.X.Max = plots[0].X.Min, plots[0].X.Max
		if !(p.X.Min > p.X.Max-p.X.Min) { // else it is the end of a longer run
			p.X.Min = math.Min(0, p.X.Min)
		}
		if math.IsInf(p.X.Min, 0) { // no spikes at all
			p.X.Min = 0
		}
		p.Y.Min = math.Min(0, p.Y.Min)
		for _, a := range []*plot.Axis{&p.X, &p.Y} {
			if !(a.Max > a.Min) { // no spikes, or all in one place
				a.Max = a.Min + 1
			}
		}
	}
	height := 6 * vg.Inch
	if n := len(plots); n > 3 { // low panels have room for two labels, and share the times of the last
		height = vg.Length(n+1) * 0.9 * vg.Inch
		for i, p := range plots {
			top := roundTicks{}.Ticks(p.Y.Min, p.Y.Max)
			for len(top) > 0 && top[len(top)-1].Label == "" {
				top = top[:len(top)-1]
			}
			p.Y.Tick.Marker = plot.ConstantTicks{{Value: 0, Label: "0"}}
			if len(top) > 1 {
				p.Y.Tick.Marker = plot.ConstantTicks{{Value: 0, Label: "0"}, top[len(top)-1]}
			}
			if i < n-1 {
				p.X.Tick.Marker = plot.ConstantTicks{}
			}
		}
	}
	return canvas(8*vg.Inch, height, plots...), nil
}

// Confusion draws a confusion matrix: rows true, columns named, numbers in the
// cells, colours by the share of the row.
func Confusion(title string, matrix [][]int) (*image.RGBA, error) {
	n := len(matrix)
	if n == 0 {
		return nil, fmt.Errorf("viz: an empty confusion matrix")
	}
	g := grid{n, n, make([]float64, n*n)}
	labels := plotter.XYLabels{}
	for r, row := range matrix {
		if len(row) != n {
			return nil, fmt.Errorf("viz: row %d of the confusion matrix has %d entries, not %d", r, len(row), n)
		}
		sum := 0
		for _, v := range row {
			sum += v
		}
		for c, v := range row {
			g.v[r*n+c] = float64(v) / math.Max(1, float64(sum))
			if v > 0 {
				labels.XYs = append(labels.XYs, plotter.XY{X: float64(c), Y: float64(n - 1 - r)})
				labels.Labels = append(labels.Labels, fmt.Sprint(v))
			}
		}
	}
	p := newPlot(title, "named", "true")
	h := plotter.NewHeatMap(g, blues(255))
	h.Min, h.Max = 0, 1
	p.Add(h)
	l, err := plotter.NewLabels(labels)
	if err != nil {
		return nil, err
	}
	for i := range l.TextStyle {
		l.TextStyle[i].XAlign, l.TextStyle[i].YAlign = draw.XCenter, draw.YCenter
		at := l.XYs[i]
		if g.v[(n-1-int(at.Y))*n+int(at.X)] > 0.5 {
			l.TextStyle[i].Color = color.White
		}
	}
	p.Add(l)
	var xt, yt plot.ConstantTicks
	for i := range n {
		xt = append(xt, plot.Tick{Value: float64(i), Label: fmt.Sprint(i)})
		yt = append(yt, plot.Tick{Value: float64(n - 1 - i), Label: fmt.Sprint(i)})
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = xt, yt
	return canvas(6.4*vg.Inch, 6*vg.Inch, p), nil
}

// blues runs from white to a dark blue.
type shades []color.Color

func (s shades) Colors() []color.Color { return s }

func blues(n int) palette.Palette {
	s := make(shades, n)
	for i := range s {
		x := float64(i) / float64(n-1)
		s[i] = color.RGBA{uint8(255 - 247*x), uint8(255 - 207*x), uint8(255 - 148*x), 255}
	}
	return s
}
