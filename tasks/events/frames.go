package events

import "fmt"

// Framing says how a stream becomes frames of spikes: a central crop, square
// pooling, one polarity or both.
type Framing struct {
	Crop     int    `yaml:"crop" default:"0" range:"[0, 1024]" doc:"side of the central square that is kept, in pixels; 0 keeps all"`
	Pool     int    `yaml:"pool" default:"1" range:"[1, 64]" doc:"side of the squares of pixels that share an input"`
	Polarity string `yaml:"polarity" default:"on" enum:"on|off|both" doc:"events that count"`
}

// Frames is a stream cut into steps.
type Frames struct {
	Spikes [][]int32 // [step]: inputs with at least one event, ascending
	Counts []float32 // events of each input over all steps
}

// Sources returns the number of inputs that a sensor gives.
func (f Framing) Sources(width, height int) (int, error) {
	w, h := width, height
	if f.Crop > 0 {
		if f.Crop > w || f.Crop > h {
			return 0, fmt.Errorf("crop of %d pixels does not fit the %d x %d sensor", f.Crop, w, h)
		}
		w, h = f.Crop, f.Crop
	}
	if f.Pool < 1 || w%f.Pool != 0 || h%f.Pool != 0 {
		return 0, fmt.Errorf("pool of %d pixels does not divide %d x %d", f.Pool, w, h)
	}
	return (w / f.Pool) * (h / f.Pool), nil
}

// Cut bins a stream into steps of a duration in us. Events after the last step
// are left out. An input with several events in one step spikes once.
func (f Framing) Cut(s Stream, steps int, stepUS float64) (Frames, error) {
	n, err := f.Sources(s.Width, s.Height)
	if err != nil {
		return Frames{}, err
	}
	left, top, w, h := 0, 0, s.Width, s.Height
	if f.Crop > 0 {
		left, top, w, h = (s.Width-f.Crop)/2, (s.Height-f.Crop)/2, f.Crop, f.Crop
	}
	fr := Frames{Spikes: make([][]int32, steps), Counts: make([]float32, n)}
	on := make([]bool, n)
	var indices []int32
	next := 0
	for t := range steps {
		end := float64(t+1) * stepUS
		for ; next < len(s.Events) && float64(s.Events[next].T) < end; next++ {
			e := s.Events[next]
			x, y := int(e.X)-left, int(e.Y)-top
			if x < 0 || y < 0 || x >= w || y >= h || e.On && f.Polarity == "off" || !e.On && f.Polarity == "on" {
				continue
			}
			i := y/f.Pool*(w/f.Pool) + x/f.Pool
			fr.Counts[i]++
			on[i] = true
		}
		start := len(indices)
		for i, o := range on {
			if o {
				indices = append(indices, int32(i))
				on[i] = false
			}
		}
		fr.Spikes[t] = indices[start:len(indices):len(indices)]
	}
	return fr, nil
}
