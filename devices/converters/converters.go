package converters

import (
	"fmt"
	"math"
)

// Converters are those of the inputs and the outputs of one array.
type Converters struct {
	DAC *DAC
	ADC *ADC
}

// Read reads an array once for each key: x holds a vector of inputs for each,
// one after the other, in [-1, 1] of the full voltage, and y takes the outputs.
// Vectors do not see each other, so an array may read them in any order, or at
// once.
type Read func(keys []Key, x, y []float32) error

// Outcome is what products took and how they ended.
type Outcome struct {
	Input, Output Cost
	Reads         int // of the array, one a vector
	Halvings      int // by bound management, over all vectors
	Over          int // outputs that stayed beyond the range
}

// Workspace keeps memory between products. The zero value is ready; one serves
// one goroutine at a time.
type Workspace struct {
	x, y, part []float32
	codes      []int32
	scale      []float64
	over       []int
	active     []int
	keys       []Key
}

// Scale is what the inputs of a vector of the last product were divided by when
// the array was read for it the last time, halvings included; 0 where it was
// not read.
func (w *Workspace) Scale(vector int) float64 { return w.scale[vector] }

// Multiply is the product of an array with a vector for each key, in the order
// that the package describes. x holds rows inputs for each key, y takes the
// outputs of all columns. The keys' Read is set here.
func (c *Converters) Multiply(w *Workspace, keys []Key, rows int, x, y []float32, read Read) (Outcome, error) {
	var o Outcome
	if err := checkPlaces(rows, "rows"); err != nil {
		return o, err
	}
	cols := c.ADC.cols
	if len(x) != rows*len(keys) || len(y) != cols*len(keys) {
		return o, fmt.Errorf("%d vectors of %d rows and %d columns do not fit %d inputs and %d outputs", len(keys), rows, cols, len(x), len(y))
	}
	for v := range keys {
		if err := finite("input", 0, x[v*rows:(v+1)*rows]); err != nil {
			return o, fmt.Errorf("vector %d: %w", v, err)
		}
	}
	w.active, w.scale = w.active[:0], grown(w.scale, len(keys))
	for v := range keys {
		w.scale[v] = c.DAC.Scale(x[v*rows : (v+1)*rows])
		if w.scale[v] == 0 {
			// Noise management finds nothing to scale: a vector of zeros is
			// not sent, unless its rows are noisy.
			if c.DAC.in.Noise == 0 { // the scale stays 0
				clear(y[v*cols : (v+1)*cols])
				continue
			}
			w.scale[v] = c.DAC.span
		}
		w.active = append(w.active, v)
	}
	for round := 0; len(w.active) > 0; round++ {
		if err := c.round(w, keys, rows, round, x, y, read, &o); err != nil {
			return o, err
		}
		last := c.last(round)
		left := w.active[:0]
		for k, v := range w.active {
			switch {
			case w.over[k] > 0 && !last:
				w.scale[v] *= 2
				o.Halvings++
				left = append(left, v)
			default:
				o.Over += w.over[k]
			}
		}
		w.active = left
	}
	return o, nil
}

// last tells whether bound management goes no further than this round, in which
// inputs were divided by 2^round. The limits are looked at after a read, so the
// last one is the first beyond them (as in aihwkit).
func (c *Converters) last(round int) bool {
	if c.ADC.out.Bounds != Iterative || (round+2)*c.DAC.Reads() > maxReads {
		return true
	}
	divided := math.Exp2(float64(round))
	if divided > c.ADC.out.MaxFactor {
		return true
	}
	// The range in steps is twice the largest code where there is a sign.
	if l := c.DAC.grid.levels; l > 0 {
		if c.DAC.grid.signed {
			l *= 2
		}
		return divided > c.ADC.out.MaxRes*l
	}
	return false
}

// round reads the array for the vectors that are left.
func (c *Converters) round(w *Workspace, keys []Key, rows, round int, x, y []float32, read Read, o *Outcome) error {
	n, cols, digits := len(w.active), c.ADC.cols, c.DAC.Reads()
	w.x, w.y, w.part = grown(w.x, n*rows), grown(w.y, n*cols), grown(w.part, cols)
	w.over, w.keys = grown(w.over, n), grown(w.keys, n)
	clear(w.over)
	serial := c.DAC.in.Drive == Serial
	if serial {
		w.codes = grown(w.codes, n*rows)
	}
	for k, v := range w.active {
		w.keys[k] = keys[v]
		w.keys[k].Read = uint32(round * digits)
		in := x[v*rows : (v+1)*rows]
		if serial {
			c.DAC.codes(in, w.scale[v], w.codes[k*rows:(k+1)*rows])
		} else {
			c.DAC.convert(w.keys[k], in, w.scale[v], w.x[k*rows:(k+1)*rows])
		}
		clear(y[v*cols : (v+1)*cols])
	}
	for d := range digits {
		weight := 1.0
		for k := range w.active {
			w.keys[k].Read = uint32(round*digits + d)
			if serial {
				weight = c.DAC.digit(w.keys[k], w.codes[k*rows:(k+1)*rows], d, w.x[k*rows:(k+1)*rows])
			}
		}
		if err := read(w.keys, w.x, w.y); err != nil {
			return err
		}
		o.Reads += n
		for k, v := range w.active {
			over, cost, err := c.ADC.Convert(w.keys[k], 0, w.y[k*cols:(k+1)*cols], nil, w.part)
			if err != nil {
				return err
			}
			w.over[k] += over
			o.Input = o.Input.Then(c.DAC.cost(rows))
			o.Output = o.Output.Then(cost)
			factor := weight * w.scale[v]
			sum := y[v*cols : (v+1)*cols]
			for j, p := range w.part {
				sum[j] = float32(float64(sum[j]) + float64(factor*float64(p)))
			}
		}
	}
	return nil
}

// grown is a slice of n elements in the memory of s, or in new memory.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
