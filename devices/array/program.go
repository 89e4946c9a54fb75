package array

import (
	"context"
	"fmt"
	"math"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/programming"
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/philox"
)

// Direct programs every cell once and does not look.
type Direct struct{}

// Programmings are the ways to bring cells to their targets: once without a
// look, or in one of the loops that read and verify.
func Programmings() catalog.Catalog {
	return append(catalog.Catalog{{
		Name: "direct", Summary: "every cell once, by the statistics of its model, without a read; for cells that are programmed to a conductance",
		Equation:  "one draw of the cell's programming for each cell",
		Reference: "the cell's own",
		Params:    &Direct{},
	}}, programming.Catalog()...)
}

// checkProgramming refuses ways to program that cells do not know.
func checkProgramming(cell devices.Cell, s *Settings) error {
	if _, ok := cell.(devices.Formed); ok {
		return nil
	}
	_, programmable := cell.Make(1, 0, 0).(devices.Programmable)
	switch _, ispp := s.Programming.Value.(*programming.ISPP); {
	case programmable && ispp:
		return fmt.Errorf("these cells are programmed to a conductance by what their laboratory did and follow no voltage; programming is direct, one-shot or write-verify, not ispp")
	case !programmable && (s.Programming.Kind == "direct" || s.Programming.Kind == "one-shot"):
		return fmt.Errorf("these cells are not programmed to a conductance but moved by pulses; programming is write-verify or ispp, not %s", s.Programming.Kind)
	}
	return nil
}

// program brings the cells of a tile to their targets and returns the time at
// which that is done.
func (t *tile) program(ctx context.Context, now float64) (end float64, err error) {
	end, t.verdicts = now, Verdicts{}
	t.disturb() // reads until now are of what is written over
	for i, b := range t.blocks {
		if err := ctx.Err(); err != nil {
			return end, err
		}
		algorithm, verified := t.m.s.Programming.Value.(programming.Algorithm)
		if !verified {
			if err := b.Program(now, nil, t.target[i]); err != nil {
				return end, err
			}
			t.pulses += uint64(b.Len())
			t.writeAttojoule += uint64(b.Len()) * t.m.writeAttojoule()
			continue
		}
		seed := philox.Fork(t.seed, fmt.Sprintf("program/%s/%d", t.m.planes[i].Name, t.m.writes))
		done, err := t.verify(ctx, b, algorithm, now, seed, t.target[i])
		if err != nil {
			return end, fmt.Errorf("tile at row %d, column %d, cells %s: %w", t.row0, t.col0, t.m.planes[i].Name, err)
		}
		end = max(end, done) // the planes are programmed at the same time
	}
	return end, nil
}

// verify programs a plane by an algorithm that reads.
func (t *tile) verify(ctx context.Context, b *devices.Block, a programming.Algorithm, now float64, seed uint64, target []float32) (end float64, err error) {
	port, err := programming.NewModel(b, now, seed)
	if err != nil {
		return now, err
	}
	m := &meter{Port: port, volt: t.m.s.Pulse.Volt, second: t.m.s.Pulse.Second, write: t.m.writeAttojoule(), g: make([]float32, b.Len())}
	metered := programming.Port(m)
	if p, ok := port.(programming.Programmer); ok {
		metered = &programmingMeter{m, p}
	}
	cells := make([]int32, b.Len())
	for i := range cells {
		cells[i] = int32(i)
	}
	r, err := programming.Run(ctx, metered, a, t.m.s.Limits, cells, target)
	for _, c := range r.Cells {
		t.pulses += uint64(c.Pulses)
		t.reads.Add(uint64(c.Reads))
	}
	t.attojoule.Add(m.readAttojoule)
	t.writeAttojoule += m.attojoule
	v := &t.verdicts
	v.Reached += r.Count(programming.Reached)
	v.StuckLow += r.Count(programming.StuckLow)
	v.StuckHigh += r.Count(programming.StuckHigh)
	v.NotFormed += r.Count(programming.NotFormed)
	v.GaveUp += r.Count(programming.GaveUp)
	return now + r.Seconds, err
}

// writeAttojoule is the energy of a programming whose model has no voltage.
func (m *Matrix) writeAttojoule() uint64 { return uint64(math.Round(m.s.WriteEnergy * 1e6)) }

// meter adds up the energy of what goes through a port: V^2 G t of reads, and
// of pulses with the conductance as last read.
type meter struct {
	programming.Port
	volt, second             float64 // of a read
	write                    uint64  // aJ of a programming without a voltage
	g                        []float32
	readAttojoule, attojoule uint64
}

// Window is that of the port.
func (m *meter) Window() (low, high float64) {
	if w, ok := m.Port.(programming.Windowed); ok {
		return w.Window()
	}
	return 0, math.Inf(1)
}

func (m *meter) Read(ctx context.Context, cells []int32, uS []float32) error {
	err := m.Port.Read(ctx, cells, uS)
	for k, c := range cells {
		m.g[c] = uS[k]
		m.readAttojoule += joulesOf(m.volt, uS[k], m.second)
	}
	return err
}

func (m *meter) Pulse(ctx context.Context, cells []int32, volts []float64, seconds float64) error {
	for k, c := range cells {
		m.attojoule += joulesOf(volts[k], m.g[c], seconds)
	}
	return m.Port.Pulse(ctx, cells, volts, seconds)
}

// joulesOf is V^2 G t in attojoules of a conductance in uS.
func joulesOf(volt float64, uS float32, seconds float64) uint64 {
	return uint64(math.Round(volt * volt * max(0, float64(uS)) * seconds * 1e12))
}

// programmingMeter is a meter of a port that can program.
type programmingMeter struct {
	*meter
	programmer programming.Programmer
}

func (m *programmingMeter) Program(ctx context.Context, cells []int32, target []float32) error {
	m.attojoule += uint64(len(cells)) * m.write
	return m.programmer.Program(ctx, cells, target)
}
