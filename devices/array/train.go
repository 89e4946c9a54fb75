package array

import (
	"context"
	"fmt"
	"math"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/kernels"
)

// Update is how training changes weights in place.
type Update struct {
	Slots       int     `yaml:"slots" default:"31" range:"[1, 64]" doc:"slots of a pulse train, of pulsed cells"`
	Manage      string  `yaml:"manage" default:"length" enum:"length|probability|none" doc:"pulse trains: probabilities of rows and columns alike, and no more slots than needed; alike alone; or neither"`
	Granularity float64 `yaml:"granularity" default:"0.03125" range:"[0, 1]" doc:"of cells that are programmed: smallest change that is written, over the weight at the end of the window; smaller ones are kept beside the array until they add up; 0 writes every change"`
}

// CheckTrain refuses what a whole matrix that is trained cannot have.
func CheckTrain(cell devices.Cell, s *Settings) error {
	if s.Clock.Compensation != "none" || s.Clock.RefreshEvery > 0 {
		return fmt.Errorf("weights that are trained are not compensated or refreshed, which would bring those of the start back; leave compensation and refresh_every out")
	}
	return CheckUpdate(cell, s)
}

// Train prepares a programmed matrix, which CheckTrain has let through, for
// AddOuter and Add.
func (m *Matrix) Train() {
	if _, ok := m.tiles[0].blocks[0].Cells().(devices.Programmable); ok {
		m.carried = make([]float32, m.rows*m.cols)
		return
	}
	m.pulseStep()
}

// AddOuter changes the weights by rate x^T d, summed over a batch: x is
// [batch][rows], d [batch][cols].
//
// Pulsed cells do it in place: for one vector after the other, rows and columns
// send pulse trains at random, and a cell is pulsed where both meet (see
// devices.OuterUpdate); every tile has its own trains, as long as the vector of
// its part needs. For pairs of which one side is used at a time, the cells are
// looked at once a batch. Cells that are programmed take the sum of the batch
// by Add.
func (m *Matrix) AddOuter(ctx context.Context, key Key, batch int, rate float32, x, d []float32) error {
	m.checkBatch(batch, x, d)
	if m.carried == nil {
		return m.update(ctx, func(t *tile) (bool, error) { return t.coincide(ctx, key, batch, rate, x, d) })
	}
	kernels.Gemm(m.workers, true, false, m.rows, m.cols, batch, rate, x, m.rows, d, m.cols, 1, m.carried, m.cols)
	return m.update(ctx, func(t *tile) (bool, error) { return t.write() })
}

// Add changes the weights by numbers, [rows][cols]. Pulsed cells get so many
// pulses as their nominal step goes into the change, a part of one with its
// probability.
//
// Cells that are programmed are so only where it is worth it (mixed precision:
// Nandakumar et al., Mixed-precision deep learning based on computational
// memory, Frontiers in Neuroscience 14:406 (2020)): changes add up in numbers
// beside the array, and where their sum exceeds the granularity, the whole
// multiples of it are written and the rest is kept. There a multiple is a pulse
// of unknown outcome; here the cell is programmed to what it conducts now plus
// the multiples, in one go.
func (m *Matrix) Add(ctx context.Context, key Key, change []float32) error {
	if len(change) != m.rows*m.cols {
		panic("array: the changes are not those of the matrix")
	}
	if m.carried == nil {
		return m.update(ctx, func(t *tile) (bool, error) { return t.step(key, change) })
	}
	for i, c := range change {
		m.carried[i] += c
	}
	return m.update(ctx, func(t *tile) (bool, error) { return t.write() })
}

// update changes tiles side by side, and looks at the cells anew if any changed;
// a tile without changes is left as if nothing had been asked of it.
func (m *Matrix) update(ctx context.Context, f func(t *tile) (changed bool, err error)) error {
	changed := make([]bool, len(m.tiles))
	err := m.parallel(ctx, len(m.tiles), func(i int) (err error) {
		changed[i], err = f(m.tiles[i])
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range changed {
		if c {
			return m.look(ctx)
		}
	}
	return nil
}

// rowsOf copies a tile's part of a matrix out.
func (t *tile) rowsOf(w []float32) []float32 {
	out := make([]float32, t.rows*t.cols)
	for r := range t.rows {
		copy(out[r*t.cols:(r+1)*t.cols], w[(t.row0+r)*t.m.cols+t.col0:])
	}
	return out
}

// step pulses the cells by a matrix of changes.
func (t *tile) step(key Key, change []float32) (changed bool, err error) {
	part := t.rowsOf(change)
	for i, c := range part {
		if !finite(c) {
			return false, t.notFinite(i, c)
		}
		changed = changed || c != 0
	}
	if !changed {
		return false, nil
	}
	t.disturb() // reads until now are of what is written over
	return true, t.pulse(key, t.m.now, 0, part)
}

// write programs the cells of weights whose changes have added up.
func (t *tile) write() (changed bool, err error) {
	m := t.m
	change := make([]float32, t.rows*t.cols)
	for r := range t.rows {
		carried := m.carried[(t.row0+r)*m.cols+t.col0:][:t.cols]
		for j, c := range carried {
			at := r*t.cols + j
			if !finite(c) {
				return false, t.notFinite(at, c)
			}
			end := t.unit(at) * (m.high - m.low)
			if end == 0 {
				continue // a scale of 0: nothing can be held
			}
			least := m.s.Update.Granularity * end
			whole := float64(c)
			if least > 0 {
				whole = math.Trunc(whole/least) * least
			}
			if whole != 0 {
				change[at], carried[j] = float32(whole), float32(float64(c)-whole)
				changed = true
			}
		}
	}
	if !changed {
		return false, nil
	}
	t.disturb() // reads until now are of what is written over
	return true, t.reprogram(m.now, 0, change)
}

func finite(x float32) bool { return x-x == 0 }

func (t *tile) notFinite(at int, x float32) error {
	return fmt.Errorf("the weight of row %d, column %d is to change by %g; changes are finite: lower the learning rate", t.row0+at/t.cols, t.col0+at%t.cols, x)
}
