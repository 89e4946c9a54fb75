package devices

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/synohm/synohm/internal/philox"
)

// OuterUpdate turns the outer product of two vectors into pulses, as an array
// does it in place: rows and columns send pulse trains at random, and a cell is
// pulsed where both meet. In each of L slots row i fires with probability
// B |x_i| and column j with A |d_j|, so that
//
//	pulses(i, j) = sign(lr x_i d_j) * (slots in which both fire)
//	A = B = sqrt(|lr| / (step L)),  E[pulses] step = lr x_i d_j
//
// as long as no probability exceeds 1; what does is cut. Two ways to manage
// that (Gokmen and Vlasov, Frontiers in Neuroscience 10 (2016); Gokmen, Onen,
// Haensch, Training deep convolutional neural networks with resistive
// cross-point devices, Frontiers in Neuroscience 11 (2017)):
//
//   - Manage gives the largest x and the largest d the same probability:
//     B sqrt(dmax/xmax), A sqrt(xmax/dmax).
//   - ManageLength takes no more slots than needed, L = ceil(k) of at most
//     Slots, k = |lr| xmax dmax / step, and manages too. Where k is above Slots,
//     dmax counts as dmax Slots/k: rows stay in proportion and only the largest
//     columns are cut.
type OuterUpdate struct {
	Step         float64 // mean change of a cell by a pulse, in the unit of lr x d: StepOf for uS
	Slots        int     // of a pulse train, 1 to 64; 31 in the literature
	Manage       bool
	ManageLength bool
	Seed         uint64
}

var (
	purposeRow    = philox.Purpose("devices.outer-update.row")
	purposeColumn = philox.Purpose("devices.outer-update.column")
)

// Pulses writes the pulses of len(x) rows and len(d) columns, row by row, and
// returns how many slots they take. The draws depend on (seed, trial, step) and
// the number of the row or column.
func (u OuterUpdate) Pulses(trial, step uint32, x, d []float32, lr float64, pulses []int32) (slots int, err error) {
	if len(pulses) != len(x)*len(d) {
		return 0, fmt.Errorf("%d pulses are not those of %d rows and %d columns", len(pulses), len(x), len(d))
	}
	clear(pulses)
	rows, columns := make([]uint64, len(x)), make([]uint64, len(d))
	if slots, err = u.Trains(trial, step, x, d, lr, rows, columns); err != nil {
		return 0, err
	}
	for i, v := range x {
		row := rows[i]
		if row == 0 {
			continue
		}
		back := math.Signbit(lr) != math.Signbit(float64(v))
		out := pulses[i*len(d):][:len(d)]
		for j, column := range columns {
			n := int32(bits.OnesCount64(row & column))
			if back != math.Signbit(float64(d[j])) {
				n = -n
			}
			out[j] = n
		}
	}
	return slots, nil
}

// Trains writes in which slots every row and every column fires, a bit a slot,
// and returns how many slots there are. A cell is pulsed in those in which both
// of its lines fire.
func (u OuterUpdate) Trains(trial, step uint32, x, d []float32, lr float64, rows, columns []uint64) (slots int, err error) {
	a, b, slots, err := u.gains(x, d, lr)
	if err != nil {
		return 0, err
	}
	fire(philox.Stream{Seed: u.Seed, Purpose: purposeRow, Trial: trial}, step, x, b, slots, rows)
	fire(philox.Stream{Seed: u.Seed, Purpose: purposeColumn, Trial: trial}, step, d, a, slots, columns)
	return slots, nil
}

// fire draws the trains of lines, a value of 1 firing with a probability.
func fire(s philox.Stream, step uint32, values []float32, one float64, slots int, trains []uint64) {
	for i, v := range values {
		trains[i] = train(s, step, uint32(i), one*math.Abs(float64(v)), slots)
	}
}

// gains are the probabilities of a unit of d and of x, and the slots; none
// where there is nothing to change.
func (u OuterUpdate) gains(x, d []float32, lr float64) (a, b float64, slots int, err error) {
	if !(u.Step > 0) || math.IsInf(u.Step, 0) {
		return 0, 0, 0, fmt.Errorf("a step of %g is not positive and finite", u.Step)
	}
	if u.Slots < 1 || u.Slots > 64 {
		return 0, 0, 0, fmt.Errorf("a pulse train of %d slots; it has 1 to 64", u.Slots)
	}
	xMax, xOK := largest(x)
	dMax, dOK := largest(d)
	if !xOK || !dOK || math.IsNaN(lr) || math.IsInf(lr, 0) {
		return 0, 0, 0, fmt.Errorf("an update of numbers that are not finite")
	}
	lr = math.Abs(lr)
	slots = u.Slots
	k := lr * xMax * dMax / u.Step // pulses of the largest change
	if !(k > 0) {
		return 0, 0, 0, nil
	}
	if u.ManageLength {
		if k < float64(u.Slots) {
			slots = int(math.Ceil(k))
		} else {
			dMax *= float64(u.Slots) / k
		}
	}
	a = math.Sqrt(lr / (u.Step * float64(slots)))
	b = a
	if u.Manage || u.ManageLength {
		balance := math.Sqrt(xMax / dMax)
		a, b = a*balance, b/balance
	}
	return a, b, slots, nil
}

// largest is the largest magnitude, false where one is not finite.
func largest(v []float32) (most float64, ok bool) {
	for _, x := range v {
		m := math.Abs(float64(x))
		if math.IsNaN(m) || math.IsInf(m, 0) {
			return 0, false
		}
		most = max(most, m)
	}
	return most, true
}

// train draws in which slots a line fires with probability p. A word decides a
// slot, so p is met to 2^-32.
func train(s philox.Stream, step, line uint32, p float64, slots int) (fired uint64) {
	if p <= 0 || slots == 0 {
		return 0
	}
	all := ^uint64(0) >> (64 - slots)
	if p >= 1 {
		return all
	}
	below := uint32(p * (1 << 32))
	var block [4]uint32
	for k := range slots {
		if k%4 == 0 {
			// 16 blocks a line, for 64 slots.
			block = s.Block(line*16+uint32(k/4), step)
		}
		if block[k%4] < below {
			fired |= 1 << k
		}
	}
	return fired
}
