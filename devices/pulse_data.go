package devices

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// PulseData is a measured response to pulses: a run of up pulses and a run of
// down pulses, with what was read after each.
type PulseData struct {
	File     string
	Up, Down []float64 // as in the file, of the same length
}

const (
	minPulseRows = 20
	maxPulseRows = 100_000
	pulseColumns = "expected two columns, the value after each up pulse and the value after each down pulse"
)

// ReadPulses reads a CSV of two columns, the values after each pulse of a run up
// and of a run down. A first line of names and lines that begin with # are
// passed over. Every mistake is told with its line.
func ReadPulses(path string) (PulseData, error) {
	text, err := readTable(path, "measured pulses")
	if err != nil {
		return PulseData{}, err
	}
	return parsePulses(path, text)
}

func parsePulses(path, text string) (PulseData, error) {
	var errs []error
	d := PulseData{File: path}
	head := true
	type mistake struct{ at, lines int }
	ragged := map[int]*mistake{} // by the number of columns: a mistake each
	for line, columns := range tableRows(text) {
		if len(errs) >= maxWrongs {
			break
		}
		names := head && !slices.ContainsFunc(columns, isNumber)
		head = false
		if len(columns) != 2 {
			if ragged[len(columns)] == nil {
				ragged[len(columns)] = &mistake{at: len(errs)}
				errs = append(errs, fmt.Errorf("%s:%d: has %s; %s", path, line, columnsOf(len(columns)), pulseColumns))
			}
			ragged[len(columns)].lines++
			continue
		}
		if names {
			continue
		}
		var v [2]float64
		ok := true
		for i, c := range columns {
			x, err := strconv.ParseFloat(c, 64)
			if err != nil || math.IsNaN(x) || math.Abs(x) > 1e15 {
				errs = append(errs, fmt.Errorf("%s:%d: column %d: %q is not a number; %s", path, line, i+1, c, pulseColumns))
				ok = false
			}
			v[i] = x
		}
		if ok {
			d.Up, d.Down = append(d.Up, v[0]), append(d.Down, v[1])
		}
	}
	for _, m := range ragged {
		if m.lines > 1 {
			errs[m.at] = fmt.Errorf("%w (so have %d lines in all)", errs[m.at], m.lines)
		}
	}
	if len(errs) > 0 {
		return d, errors.Join(errs...)
	}
	low, high := d.span()
	switch n := len(d.Up); {
	case n < minPulseRows:
		return d, fmt.Errorf("%s: has %d pulses each way; a fit needs at least %d (%s)", path, n, minPulseRows, pulseColumns)
	case n > maxPulseRows:
		return d, fmt.Errorf("%s: has %d pulses each way, at most %d are fitted; leave some out", path, n, maxPulseRows)
	case !(high-low > 1e-9*max(math.Abs(low), math.Abs(high))):
		return d, fmt.Errorf("%s: all values are %g, so pulses do nothing to this cell", path, low)
	}
	tenth := len(d.Up) / 10
	if !(average(d.Up[len(d.Up)-tenth:]) > average(d.Up[:tenth])) || !(average(d.Down[len(d.Down)-tenth:]) < average(d.Down[:tenth])) {
		return d, fmt.Errorf("%s: the first column does not rise or the second does not fall; %s", path, pulseColumns)
	}
	return d, nil
}

func columnsOf(n int) string {
	if n == 1 {
		return "1 column"
	}
	return fmt.Sprintf("%d columns", n)
}

// span is the range of all values.
func (d PulseData) span() (low, high float64) {
	return min(slices.Min(append([]float64{math.Inf(1)}, d.Up...)), slices.Min(append([]float64{math.Inf(1)}, d.Down...))),
		max(slices.Max(append([]float64{math.Inf(-1)}, d.Up...)), slices.Max(append([]float64{math.Inf(-1)}, d.Down...)))
}

func average(v []float64) (mean float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	return mean
}

// PulseScale is how values became weights: value = Offset + Factor w.
type PulseScale struct {
	Offset float64 `json:"offset"`
	Factor float64 `json:"factor"`
}

// normalised scales values to weights. Where 0 lies inside the values and they
// are of the size of weights they are weights already; else the middle of their
// range becomes 0 and its half becomes 1.
func (d PulseData) normalised() (PulseData, PulseScale) {
	low, high := d.span()
	s := PulseScale{Offset: (low + high) / 2, Factor: (high - low) / 2}
	if most := max(-low, high); low < 0 && high > 0 && -low > 0.05*high && high > -0.05*low {
		s = PulseScale{Factor: most}
		if most > 0.05 && most < 20 {
			s.Factor = 1
		}
	}
	scaled := func(v []float64) []float64 {
		w := make([]float64, len(v))
		for i, x := range v {
			w[i] = (x - s.Offset) / s.Factor
		}
		return w
	}
	return PulseData{File: d.File, Up: scaled(d.Up), Down: scaled(d.Down)}, s
}
