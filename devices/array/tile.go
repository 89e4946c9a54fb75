package array

import (
	"context"
	"math"
	"sync"
	"sync/atomic"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/converters"
	"github.com/synohm/synohm/internal/philox"
)

// tile is one physical array: a part of a matrix.
type tile struct {
	row0, rows int
	col0, cols int
	m          *Matrix
	seed       uint64

	blocks []*devices.Block // a plane each, [rows][cols]; of a shared plane [rows]
	target [][]float32      // of every plane, uS; nil where cells are formed
	drive  []float32        // voltage of every row over v_read; nil for 1
	factor []float32        // weight of a microsiemens, by column; its compensation is in comp
	comp   []float32        // by column; nil for 1

	// What the conductances of the last look come to.
	digits []digit
	sigma  [][]float32 // of every plane, for noise cell by cell
	offset float32     // uS that every driven row adds as a number
	energy []uint64    // of one read of a row, aJ
	single []uint64    // of one read of each column, aJ, of cells that stand alone
	upTo   []uint64    // the same, summed over the columns before each one
	base   []float32   // effective weights read right after programming, uS
	again  []float32   // the same, read once more

	adc        *converters.ADC // of the columns of all digits, one digit after the other; nil for ideal outputs
	dac        *converters.DAC // nil for ideal inputs
	rowReads   []atomic.Uint32 // reads of every row, or cell that stands alone, since the last look; nil where none matters
	savedReads []uint32        // the same, for State

	reads, attojoule, picoseconds atomic.Uint64
	conversions, convertAttojoule atomic.Uint64
	pulses, writeAttojoule        uint64
	verdicts                      Verdicts
	lineLoss, lineError           float64 // see Report
	scratch                       sync.Pool
}

// digit is planes whose currents are subtracted; without converters, all
// digits are one.
type digit struct {
	gain     float64
	current  []float32 // uS, [rows][cols]
	variance []float32 // of one read, uS^2; nil without noise
	shared   []float32 // variance of one read of the shared columns, [rows]; nil without
}

// planeCells is the number of cells of a plane.
func (t *tile) planeCells(p Plane) int {
	if p.Shared {
		return t.rows
	}
	return t.rows * t.cols
}

// form makes the cells.
func (t *tile) form(cell devices.Cell) error {
	for _, p := range t.m.planes {
		b, err := devices.NewBlock(cell, t.m.s.Effects, t.planeCells(p), philox.Fork(t.seed, p.Name), t.m.first)
		if err != nil {
			return err
		}
		t.blocks = append(t.blocks, b)
	}
	return nil
}

// look brings what reads use up to the conductances of a time.
func (t *tile) look(ctx context.Context, now float64) error {
	planes := t.m.planes
	t.disturb()
	g, sigma := t.conduct(now)
	t.joules(g)
	if t.m.s.Resist() {
		if err := t.throughLines(ctx, g, sigma); err != nil {
			return err
		}
	}
	t.sigma = nil
	if t.m.s.NoiseDraw == "cell" {
		t.sigma = sigma
	}
	gains := t.m.gains
	if len(t.digits) == 0 {
		n := 1
		if t.m.convert {
			n = len(gains)
		}
		t.digits = make([]digit, n)
		for d := range t.digits {
			t.digits[d].current = make([]float32, t.rows*t.cols)
			t.digits[d].gain = 1
			if t.m.convert {
				t.digits[d].gain = gains[d]
			}
		}
	}
	for d := range t.digits {
		clear(t.digits[d].current)
		t.digits[d].variance, t.digits[d].shared = nil, nil
	}
	for i, p := range planes {
		d, gain := &t.digits[0], p.Sign*gains[p.Digit]
		if t.m.convert {
			d, gain = &t.digits[p.Digit], p.Sign
		}
		t.add(d, p, float32(gain), g[i], sigma[i])
	}
	return nil
}

// conduct is what the cells of every plane conduct at the read voltage, and the
// noise of one read, uS.
func (t *tile) conduct(now float64) (g, sigma [][]float32) {
	for _, b := range t.blocks {
		one, noise := make([]float32, b.Len()), make([]float32, b.Len())
		b.Conductance(now, one, noise)
		g, sigma = append(g, one), append(sigma, noise)
	}
	t.atReadVoltage(g, sigma)
	return g, sigma
}

// disturb tells the cells how often their rows were driven.
func (t *tile) disturb() {
	if t.rowReads == nil {
		return
	}
	rows := make([]uint32, len(t.rowReads))
	for r := range rows {
		rows[r] = t.rowReads[r].Swap(0)
	}
	for i, p := range t.m.planes {
		times := rows
		if !p.Shared && !t.m.alone {
			times = make([]uint32, t.rows*t.cols)
			for k := range times {
				times[k] = rows[k/t.cols]
			}
		}
		t.blocks[i].Reads(times)
	}
}

// atReadVoltage makes small-signal conductances those at the read voltage, for
// cells whose current is not proportional to it.
func (t *tile) atReadVoltage(g, sigma [][]float32) {
	curve, ok := t.m.cell.(devices.Curved)
	if !ok {
		return
	}
	volt := t.m.s.Pulse.Volt
	for i := range g {
		for k, x := range g[i] {
			amp, slope := curve.Current(float64(x)*1e-6, volt)
			g[i][k] = float32(amp / volt * 1e6)
			if x > 0 {
				sigma[i][k] = float32(float64(sigma[i][k]) * slope / (float64(x) * 1e-6))
			}
		}
	}
}

// joulesOfColumn is the energy of one read of the cells of a weight in a single
// row, aJ.
func (t *tile) joulesOfColumn(g [][]float32, j int) uint64 {
	var sum float64 // uS
	for i, p := range t.m.planes {
		if !p.Shared {
			sum += float64(g[i][j])
		}
	}
	pulse := t.m.s.Pulse
	return uint64(math.Round(pulse.Volt * pulse.Volt * sum * pulse.Second * 1e12))
}

// sumSingle adds the energies of a single row up.
func (t *tile) sumSingle() {
	t.upTo = make([]uint64, t.cols+1)
	for j, e := range t.single {
		t.upTo[j+1] = t.upTo[j] + e
	}
}

// add puts the conductances of a plane into a digit.
func (t *tile) add(d *digit, p Plane, gain float32, g, sigma []float32) {
	noisy := false
	for _, s := range sigma {
		if s > 0 {
			noisy = true
			break
		}
	}
	if noisy && !p.Shared && d.variance == nil {
		d.variance = make([]float32, t.rows*t.cols)
	}
	if noisy && p.Shared && d.shared == nil {
		d.shared = make([]float32, t.rows)
	}
	for r := range t.rows {
		drive := gain
		if t.drive != nil {
			drive *= t.drive[r]
		}
		row := d.current[r*t.cols : (r+1)*t.cols]
		if p.Shared {
			x := float32(drive * g[r])
			for j := range row {
				row[j] += x
			}
			if noisy {
				v := float32(drive * sigma[r])
				d.shared[r] += float32(v * v)
			}
			continue
		}
		gr, sr := g[r*t.cols:(r+1)*t.cols], sigma[r*t.cols:(r+1)*t.cols]
		for j, x := range gr {
			row[j] += float32(drive * x)
		}
		if noisy {
			variance := d.variance[r*t.cols : (r+1)*t.cols]
			for j, s := range sr {
				v := float32(drive * s)
				variance[j] += float32(v * v)
			}
		}
	}
}

// joules finds the energy of one read of each row, V^2 G t, in attojoules.
func (t *tile) joules(g [][]float32) {
	if t.energy == nil {
		t.energy = make([]uint64, t.rows)
	}
	pulse := t.m.s.Pulse
	if t.m.alone {
		t.single = make([]uint64, t.cols)
		for j := range t.single {
			t.single[j] = t.joulesOfColumn(g, j)
		}
		t.sumSingle()
	}
	for r := range t.energy {
		var sum float64 // uS
		for i, p := range t.m.planes {
			if p.Shared {
				sum += float64(g[i][r])
				continue
			}
			for _, x := range g[i][r*t.cols : (r+1)*t.cols] {
				sum += float64(x)
			}
		}
		volt := pulse.Volt
		if t.drive != nil {
			volt *= float64(t.drive[r])
		}
		// V^2 G t in joules, times 1e18; 1e-6 for uS.
		t.energy[r] = uint64(math.Round(volt * volt * sum * pulse.Second * 1e12))
	}
}
