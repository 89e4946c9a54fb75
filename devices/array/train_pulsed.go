package array

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/synohm/synohm/devices"
)

// trainsAtOnce is of how many vectors the pulses are found before cells are
// pulsed.
const trainsAtOnce = 8

// coincide pulses the cells of a tile where pulses of rows and columns meet,
// vector after vector: up and down do not commute in cells whose steps differ.
func (t *tile) coincide(ctx context.Context, key Key, batch int, rate float32, x, d []float32) (changed bool, err error) {
	m := t.m
	u := devices.OuterUpdate{
		Step: m.pulseStep(), Slots: m.s.Update.Slots, Seed: t.seed,
		Manage: m.s.Update.Manage != "none", ManageLength: m.s.Update.Manage == "length",
	}
	var s *steer
	lists := make([]pulses, trainsAtOnce)
	for i := 0; i < batch; i += trainsAtOnce {
		n := min(trainsAtOnce, batch-i)
		err := m.parallel(ctx, n, func(k int) error {
			err := t.meet(u, key.of(i+k), rate, x[(i+k)*m.rows+t.row0:][:t.rows], d[(i+k)*m.cols+t.col0:][:t.cols], &lists[k])
			if err != nil {
				err = fmt.Errorf("vector %d of a batch: %w; lower the learning rate", i+k, err)
			}
			return err
		})
		if err != nil {
			return changed, err
		}
		if !slices.ContainsFunc(lists[:n], func(p pulses) bool { return len(p.n) > 0 }) {
			continue
		}
		if !changed {
			changed = true
			t.disturb() // reads until now are of what is written over
			s = t.steer(m.now)
		}
		if err := t.give(m.now, lists[:n], s); err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// meet finds the pulses of one vector. A change of a weight is one of so many
// times fewer microsiemens, by the scale of its row and of its column.
func (t *tile) meet(u devices.OuterUpdate, key Key, rate float32, x, d []float32, out *pulses) error {
	out.weights, out.n = out.weights[:0], out.n[:0]
	if t.drive != nil {
		x = over(x, t.drive)
	}
	d = over(d, t.factor)
	rows, columns := make([]uint64, t.rows), make([]uint64, t.cols)
	if _, err := u.Trains(key.Trial, key.Step, x, d, float64(rate), rows, columns); err != nil {
		return err
	}
	// Columns that fire at all, and those of them that go down.
	var places []int32
	var trains []uint64
	var signs []int32 // -1 for down, 0 for up
	for j, c := range columns {
		if c != 0 {
			places, trains, signs = append(places, int32(j)), append(trains, c), append(signs, sign(d[j]))
		}
	}
	for r, train := range rows {
		if train == 0 {
			continue
		}
		turn := sign(rate) ^ sign(x[r])
		k := len(out.n)
		weights := slices.Grow(out.weights, len(places))[:k+len(places)]
		n := slices.Grow(out.n, len(places))[:k+len(places)]
		for c, other := range trains {
			both := int32(bits.OnesCount64(train & other))
			s := turn ^ signs[c]
			weights[k], n[k] = int32(r*t.cols)+places[c], (both^s)-s
			k += int(both+63) >> 6 // one more where there is a pulse; there are at most 64
		}
		out.weights, out.n = weights[:k], n[:k]
	}
	return nil
}

// over divides numbers by scales; where a scale is 0 nothing can be changed.
func over(x, by []float32) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		if by[i] != 0 {
			out[i] = v / by[i]
		}
	}
	return out
}

// sign is -1 of negative numbers, else 0.
func sign(x float32) int32 { return int32(math.Float32bits(x)) >> 31 }
