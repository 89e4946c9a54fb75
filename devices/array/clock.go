package array

import (
	"context"
	"fmt"
	"math"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/internal/progress"
)

// start looks at cells that were just formed or programmed, reads what
// compensation compares with, and lets the age of the array pass.
func (m *Matrix) start(ctx context.Context) error {
	if err := m.look(ctx); err != nil {
		return err
	}
	for _, t := range m.tiles {
		if err := t.fitConverters(); err != nil {
			return err
		}
	}
	if m.s.Clock.Compensation != "none" {
		for _, t := range m.tiles {
			t.base, t.again = t.readAll(m.looks), t.readAll(m.looks|secondRead)
			t.comp = make([]float32, t.cols)
			for j := range t.comp {
				t.comp[j] = 1
			}
		}
	}
	return m.advance(ctx, m.origin+m.s.Clock.Age)
}

// Now is the time on the clock, s since the first programming.
func (m *Matrix) Now() float64 { return m.now }

// Ages tells whether time changes what the matrix holds.
func (m *Matrix) Ages() bool {
	_, formed := m.cell.(devices.Formed)
	return !formed || m.s.Effects.Age()
}

// AdvanceTo lets time pass until t in s since the start of the run, which is
// the age of the array after its programming.
func (m *Matrix) AdvanceTo(ctx context.Context, t float64) error {
	return m.advance(ctx, m.origin+m.s.Clock.Age+t)
}

// advance lets the clock go to a time: refreshes happen when they are due, and
// conductances are looked at where enough time has passed.
func (m *Matrix) advance(ctx context.Context, to float64) error {
	if !(to > m.now) {
		return nil
	}
	if every := m.s.Clock.RefreshEvery; every > 0 {
		due := math.Floor((to-m.origin)/every) - float64(m.refreshes)
		if due > maxRefreshes {
			return fmt.Errorf("cells would be programmed %.3g times until %g s, at most %d times in one step of time; refresh less often", due, to, maxRefreshes)
		}
		for range int(due) {
			m.refreshes++
			m.now = max(m.now, m.origin+float64(m.refreshes)*every)
			if err := m.write(ctx); err != nil {
				return err
			}
			m.looked = -1
		}
	}
	m.now = max(m.now, to)
	wait := max(m.s.Clock.FollowEvery, float64(m.s.Clock.Follow*(m.looked-m.programmed)))
	if m.looked >= 0 && m.now-m.looked < wait {
		return nil
	}
	if err := m.look(ctx); err != nil {
		return err
	}
	m.compensate()
	return nil
}

// write programs all tiles, at the same time.
func (m *Matrix) write(ctx context.Context) error {
	end := m.now
	for k, t := range m.tiles {
		if !m.alone {
			progress.Report(ctx, "programming", k, len(m.tiles))
		}
		done, err := t.program(ctx, m.now)
		if err != nil {
			return err
		}
		end = max(end, done)
	}
	m.now, m.programmed = end, end
	m.writes++
	return nil
}

// look brings all tiles up to the present.
func (m *Matrix) look(ctx context.Context) error {
	if err := m.inRange(m.now - m.programmed); err != nil {
		return err
	}
	for _, t := range m.tiles {
		if err := t.look(ctx, m.now); err != nil {
			return err
		}
	}
	m.looked = m.now
	m.looks++
	return nil
}

// secondRead marks the draws of a second read at the same look.
const secondRead = 1 << 31

var purposeCompensate = philox.Purpose("devices.array.compensate")

// readAll reads every weight of a tile once, with the noise of a read, in uS.
func (t *tile) readAll(key uint32) []float32 {
	out := make([]float32, t.rows*t.cols)
	s := philox.Stream{Seed: t.seed, Purpose: purposeCompensate}
	for d := range t.digits {
		digit := &t.digits[d]
		s.Trial = uint32(d)
		var b [4]uint32
		for i, x := range digit.current {
			if i%4 == 0 && digit.variance != nil {
				b = s.Block(uint32(i/4), key)
			}
			y := float64(x)
			if digit.variance != nil {
				y += float64(math.Sqrt(float64(digit.variance[i])) * philox.Normal(b[i%4]))
			}
			out[i] += float32(digit.gain * y)
		}
	}
	t.count(t.allRows(), 0, t.cols)
	t.picoseconds.Add(uint64(t.rows-1) * t.readPicoseconds()) // row by row
	return out
}

func (t *tile) allRows() []int32 {
	rows := make([]int32, t.rows)
	for i := range rows {
		rows[i] = int32(t.row0 + i)
	}
	return rows
}

// compensate scales away what has become of the weights since they were
// programmed: the factor by which those read now fit best, in the sense of
// least squares, to those read then, over a column or over the whole matrix.
// Sums of products of two reads leave the noise of single reads out on average,
// which squares and mean magnitudes (Joshi et al., Nature Communications 11
// (2020), global drift compensation) do not; so cells are read twice at first.
func (m *Matrix) compensate() {
	if m.s.Clock.Compensation == "none" {
		return
	}
	then, now := make([]float64, m.cols), make([]float64, m.cols) // <base, again>, <(base + again)/2, read>
	for _, t := range m.tiles {
		read := t.readAll(m.looks)
		for i, x := range t.base {
			j := t.col0 + i%t.cols
			y := t.again[i]
			then[j] += float64(float64(x) * float64(y))
			now[j] += float64((float64(x) + float64(y)) / 2 * float64(read[i]))
		}
	}
	if m.s.Clock.Compensation == "global" {
		var a, b float64
		for j := range then {
			a, b = a+then[j], b+now[j]
		}
		for j := range then {
			then[j], now[j] = a, b
		}
	}
	for _, t := range m.tiles {
		for j := range t.comp {
			t.comp[j] = 1
			if a, b := then[t.col0+j], now[t.col0+j]; a > 0 && b > 0 {
				t.comp[j] = float32(a / b)
			}
		}
	}
}
