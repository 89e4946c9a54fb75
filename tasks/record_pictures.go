package tasks

import (
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"math"

	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/sim"
	"github.com/synohm/synohm/viz"
)

// Bounds of the pictures of recorded values.
const (
	tracedRows    = 1000
	tracedNeurons = 4
)

// pictures draws the last spikes, and the end of the rates and variables that
// were recorded.
func (s *simulation) pictures(f *runfolder.Folder, net *sim.Network, counts *spikeCounts) error {
	save := func(name string, img *image.RGBA, err error) error {
		if err != nil {
			return err
		}
		return f.Write("plots/"+name+".png", func(w io.Writer) error { return viz.WritePNG(w, img) })
	}
	var panels []sim.Snapshot
	for p := range min(len(net.Populations), len(s.x.Populations)) {
		if p == 8 { // more would be too low to read
			break
		}
		last := counts.last[p]
		snap := sim.Snapshot{Name: net.Populations[p].Name, Kind: sim.KindSpikes, Unit: "ms", Shape: []int{len(last.ids), 2}}
		for i, id := range last.ids {
			snap.Values = append(snap.Values, float64(last.steps[i]+1)*s.x.Time.Step, float64(id))
		}
		panels = append(panels, snap)
	}
	img, err := viz.Raster("last spikes, of the first 200 neurons of each population", panels...)
	if err := save("raster", img, err); err != nil {
		return err
	}
	var rates []viz.Series
	for i, rec := range s.rec.all {
		r := &s.x.Record[i]
		if rec.label == "" {
			continue
		}
		series, err := rec.traces()
		if err != nil {
			return err
		}
		if len(series) == 0 {
			continue
		}
		if r.What == "rate" {
			series[0].Name = r.Of
			rates = append(rates, series...)
			continue
		}
		panels := make([][]viz.Series, len(series))
		for k := range series {
			panels[k] = series[k : k+1]
		}
		img, err := viz.Traces(fmt.Sprintf("%s of %s", r.What, r.Of), "time (ms)", rec.label, panels...)
		if err := save(rec.file, img, err); err != nil {
			return err
		}
	}
	if len(rates) == 0 {
		return nil
	}
	img, err = viz.Traces("population rates", "time (ms)", "rate (Hz)", rates)
	return save("rates", img, err)
}

// traces reads the last rows of the first values out of the parts: the first
// column is the time, the second the values.
func (r *recording) traces() ([]viz.Series, error) {
	at, v := r.columns[0], r.columns[1]
	rows := at.bytes / int64(at.width)
	first := max(0, rows-tracedRows)
	n := min(v.width/8, tracedNeurons)
	if rows == 0 || n == 0 {
		return nil, nil
	}
	series := make([]viz.Series, n)
	for i := range series {
		if ids, ok := r.neurons(); ok {
			series[i].Name = fmt.Sprintf("neuron %d", ids[i])
		}
	}
	var time [8]byte
	values := make([]byte, 8*n)
	for row := first; row < rows; row++ {
		if _, err := at.file.ReadAt(time[:], row*int64(at.width)); err != nil {
			return nil, err
		}
		if _, err := v.file.ReadAt(values, row*int64(v.width)); err != nil {
			return nil, err
		}
		for i := range series {
			series[i].X = append(series[i].X, math.Float64frombits(binary.LittleEndian.Uint64(time[:])))
			series[i].Y = append(series[i].Y, math.Float64frombits(binary.LittleEndian.Uint64(values[8*i:])))
		}
	}
	return series, nil
}

// neurons are those that the values are of.
func (r *recording) neurons() ([]int64, bool) {
	for _, x := range r.fixed {
		if ids, ok := x.data.([]int64); ok && x.name == "node_ids" {
			return ids, true
		}
	}
	return nil, false
}
