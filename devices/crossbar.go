package devices

import (
	"math"
	"math/bits"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
)

// Crossbar is an array of differential pairs of cells, one pair a weight: rows
// are driven by sources, the difference of two column currents is an output.
// A driven row sees the read voltage for the read time.
//
// Read noise of different cells is independent. Where it is not clamped, the
// sum of the noise of a column over the driven rows is normal with variance
// sum(sigma^2 x^2), so it is drawn once an output, which is exact in law; with
// PerCell every cell gets its own draw, which costs rows times more.
type Crossbar struct {
	Rows, Cols  int
	Plus, Minus []float32 // uS, [Rows][Cols]
	PerCell     bool      // draw read noise for every cell

	seed     uint64
	diff     []float32    // Plus - Minus, uS
	variance []float32    // of one read of the pair, uS^2; nil without noise
	sigma    [2][]float32 // of one read of the plus and minus cells, uS
	energy   []uint64     // of one read of a row, aJ

	reads, attojoule atomic.Uint64
	scratch          sync.Pool // *[]float32, the variance of the outputs
}

// ReadPulse is how a row is driven.
type ReadPulse struct {
	Volt   float64 `yaml:"v_read" unit:"V" default:"0.1 V" range:"(0, 5]" doc:"read voltage of a driven row"`
	Second float64 `yaml:"t_read" unit:"s" default:"50 ns" range:"(0, 0.001]" doc:"time that a row is driven for one read"`
}

// NewCrossbar forms an array of rows x cols pairs of a cell.
func NewCrossbar(cell Cell, rows, cols int, pulse ReadPulse, seed uint64) *Crossbar {
	n := rows * cols
	c := &Crossbar{
		Rows: rows, Cols: cols, seed: seed,
		Plus: make([]float32, n), Minus: make([]float32, n),
		sigma: [2][]float32{make([]float32, n), make([]float32, n)},
		diff:  make([]float32, n), energy: make([]uint64, rows),
	}
	cell.Make(n, philox.Fork(seed, "plus"), 0).Conductance(0, c.Plus, c.sigma[0])
	cell.Make(n, philox.Fork(seed, "minus"), 0).Conductance(0, c.Minus, c.sigma[1])
	noisy := false
	variance := make([]float32, n)
	for i := range c.diff {
		c.diff[i] = c.Plus[i] - c.Minus[i]
		p, m := c.sigma[0][i], c.sigma[1][i]
		variance[i] = float32(p*p) + float32(m*m)
		noisy = noisy || variance[i] > 0
	}
	if noisy {
		c.variance = variance
	}
	for r := range c.energy {
		var g float64 // uS
		for i := r * cols; i < (r+1)*cols; i++ {
			g += float64(c.Plus[i]) + float64(c.Minus[i])
		}
		// V^2 * G * t in joules, times 1e18; 1e-6 for uS.
		c.energy[r] = uint64(math.Round(pulse.Volt * pulse.Volt * g * pulse.Second * 1e12))
	}
	c.scratch.New = func() any { s := make([]float32, cols); return &s }
	return c
}

var (
	purposeRead      = philox.Purpose("devices.crossbar.read")
	purposeReadPlus  = philox.Purpose("devices.crossbar.read-plus")
	purposeReadMinus = philox.Purpose("devices.crossbar.read-minus")
)

// Read drives the given rows (ascending) at once and adds scale times the
// conductance differences of columns lo to hi-1 to out, noise included. The
// noise depends on (seed, trial, step, column) only. Safe for concurrent use.
func (c *Crossbar) Read(trial, step uint32, rows []int32, lo, hi int, scale float32, out []float32) {
	out = out[:hi-lo]
	if len(rows) == 0 || hi <= lo {
		return
	}
	var aj uint64
	for _, r := range rows {
		aj += c.energy[r]
	}
	// The share of the columns, so that parts of a row add up to the whole.
	share := func(cols int) uint64 {
		high, low := bits.Mul64(aj, uint64(cols))
		q, _ := bits.Div64(high, low, uint64(c.Cols))
		return q
	}
	c.attojoule.Add(share(hi) - share(lo))
	c.reads.Add(2 * uint64(len(rows)) * uint64(hi-lo))
	for _, r := range rows {
		at := int(r) * c.Cols
		axpy(scale, c.diff[at+lo:at+hi], out)
	}
	switch {
	case c.variance == nil:
	case c.PerCell:
		c.noisePerCell(trial, step, rows, lo, hi, scale, out)
	default:
		c.noisePerOutput(trial, step, rows, lo, hi, scale, out)
	}
}

func (c *Crossbar) noisePerOutput(trial, step uint32, rows []int32, lo, hi int, scale float32, out []float32) {
	buf := c.scratch.Get().(*[]float32)
	defer c.scratch.Put(buf)
	v := (*buf)[:hi-lo]
	clear(v)
	for _, r := range rows {
		at := int(r) * c.Cols
		axpy(1, c.variance[at+lo:at+hi], v)
	}
	s := philox.Stream{Seed: c.seed, Purpose: purposeRead, Trial: trial}
	kernels.AddNoiseOfVariance(s, step, lo, out, v, scale)
}

func (c *Crossbar) noisePerCell(trial, step uint32, rows []int32, lo, hi int, scale float32, out []float32) {
	plus := philox.Stream{Seed: c.seed, Purpose: purposeReadPlus, Trial: trial}
	minus := philox.Stream{Seed: c.seed, Purpose: purposeReadMinus, Trial: trial}
	for _, r := range rows {
		from, to := int(r)*c.Cols+lo, int(r)*c.Cols+hi
		kernels.AddNoise(plus, step, from, out, c.sigma[0][from:to], scale)
		kernels.AddNoise(minus, step, from, out, c.sigma[1][from:to], -scale)
	}
}

// axpy adds a*x to y. gonum's kernel neither fuses nor changes the order, so
// the bits are the same with its assembly and without.
func axpy(a float32, x, y []float32) {
	blas32.Axpy(a, blas32.Vector{N: len(x), Inc: 1, Data: x}, blas32.Vector{N: len(y), Inc: 1, Data: y})
}

// Counts returns cells read and the energy of the reads in attojoule.
func (c *Crossbar) Counts() (reads, attojoule uint64) {
	return c.reads.Load(), c.attojoule.Load()
}
