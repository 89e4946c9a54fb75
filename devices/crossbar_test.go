package devices_test

import (
	"math"
	"sort"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/philox"
)

var pulse = devices.ReadPulse{Volt: 0.1, Second: 50e-9}

func formed(noise float64) *devices.FormedReRAM {
	return &devices.FormedReRAM{GMean: 14.2473, GStd: 2.4624, ReadNoise: noise}
}

// Without noise a read is the sum of the differences of the driven rows.
func TestCrossbarWithoutNoiseIsASum(t *testing.T) {
	c := devices.NewCrossbar(formed(0), 6, 9, pulse, 1)
	rows := []int32{0, 2, 5}
	out := make([]float32, 9)
	c.Read(0, 0, rows, 0, 9, 2, out)
	for j := range out {
		want := 0.0
		for _, r := range rows {
			want += 2 * (float64(c.Plus[int(r)*9+j]) - float64(c.Minus[int(r)*9+j]))
		}
		require.InDelta(t, want, out[j], 1e-4)
	}
}

// Any split of the columns gives the bits of the whole, and the same cost.
func TestCrossbarSplitReadsEqualTheWhole(t *testing.T) {
	for _, perCell := range []bool{false, true} {
		rapid.Check(t, func(t *rapid.T) {
			cols := rapid.IntRange(1, 40).Draw(t, "cols")
			cut := rapid.IntRange(0, cols).Draw(t, "cut")
			whole, parts := devices.NewCrossbar(formed(0.05), 8, cols, pulse, 3), devices.NewCrossbar(formed(0.05), 8, cols, pulse, 3)
			whole.PerCell, parts.PerCell = perCell, perCell
			var rows []int32
			for r := range int32(8) {
				if rapid.Bool().Draw(t, "driven") {
					rows = append(rows, r)
				}
			}
			a, b := make([]float32, cols), make([]float32, cols)
			whole.Read(4, 5, rows, 0, cols, 0.1, a)
			parts.Read(4, 5, rows, 0, cut, 0.1, b[:cut])
			parts.Read(4, 5, rows, cut, cols, 0.1, b[cut:])
			require.Equal(t, a, b)
			r1, e1 := whole.Counts()
			r2, e2 := parts.Counts()
			require.Equal(t, []uint64{r1, e1}, []uint64{r2, e2})
		})
	}
}

// reads gives the noise of one column over many steps, in units of its
// predicted standard deviation.
func reads(perCell bool, n int) []float64 {
	const rows, cols, at = 20, 5, 3
	c := devices.NewCrossbar(formed(0.02), rows, cols, pulse, 9)
	c.PerCell = perCell
	driven := []int32{1, 4, 7, 9, 10, 16, 19}
	var mean, variance float64
	for _, r := range driven {
		p, m := float64(c.Plus[int(r)*cols+at]), float64(c.Minus[int(r)*cols+at])
		mean += p - m
		variance += 0.02 * 0.02 * (p*p + m*m)
	}
	z := make([]float64, n)
	out := make([]float32, cols)
	for k := range z {
		clear(out)
		c.Read(uint32(k%17), uint32(k/17), driven, 0, cols, 1, out)
		z[k] = (float64(out[at]) - mean) / math.Sqrt(variance)
	}
	return z
}

// Both ways to draw the noise are standard normal in these units (moments and
// the Kolmogorov-Smirnov distance to the normal law, with critical values far
// in the tail: the seeds are fixed, so the test never flickers), and do not
// differ from each other (two-sample Kolmogorov-Smirnov).
func TestNoisePerOutputHasTheLawOfPerCellDraws(t *testing.T) {
	const n = 40_000
	output, cell := reads(false, n), reads(true, n)
	for name, z := range map[string][]float64{"output": output, "cell": cell} {
		t.Run(name, func(t *testing.T) {
			var m1, m2, m3, m4, lag float64
			for k, x := range z {
				m1 += x / n
				m2 += x * x / n
				m3 += x * x * x / n
				m4 += x * x * x * x / n
				if k > 0 {
					lag += x * z[k-1] / n
				}
			}
			root := math.Sqrt(n)
			require.InDelta(t, 0, m1, 4/root)
			require.InDelta(t, 1, m2, 4*math.Sqrt2/root)
			require.InDelta(t, 0, m3, 4*math.Sqrt(15)/root)
			require.InDelta(t, 3, m4, 4*math.Sqrt(96)/root)
			require.InDelta(t, 0, lag, 4/root, "one read does not know the one before")
			sort.Float64s(z)
			worst := 0.0
			for k, x := range z {
				p := 0.5 * math.Erfc(-x/math.Sqrt2)
				worst = math.Max(worst, math.Max(p-float64(k)/n, float64(k+1)/n-p))
			}
			require.Less(t, worst*root, 1.95, "one-sample distance, 0.1 % level")
		})
	}
	worst, i, j := 0.0, 0, 0
	for i < n && j < n {
		if output[i] < cell[j] {
			i++
		} else {
			j++
		}
		worst = math.Max(worst, math.Abs(float64(i-j))/n)
	}
	require.Less(t, worst*math.Sqrt(n/2), 1.95, "two-sample distance, 0.1 % level")
}

// A read depends on its key alone, whoever asks and in which order.
func TestReadsAreSafeForConcurrentUse(t *testing.T) {
	c := devices.NewCrossbar(formed(0.02), 10, 33, pulse, 2)
	rows := []int32{0, 3, 9}
	want := make([][]float32, 64)
	for k := range want {
		want[k] = make([]float32, 33)
		c.Read(uint32(k), 1, rows, 0, 33, 1, want[k])
	}
	got := make([][]float32, len(want))
	var wg sync.WaitGroup
	for k := range got {
		wg.Add(1)
		go func() {
			defer wg.Done()
			got[k] = make([]float32, 33)
			c.Read(uint32(k), 1, rows, 0, 33, 1, got[k])
		}()
	}
	wg.Wait()
	require.Equal(t, want, got)
	require.NotEqual(t, want[0], want[1])
}

// Two rows of two pairs at 0.1 V for 50 ns: energy = V^2 * sum(G) * t.
func TestCrossbarCountsReadsAndEnergy(t *testing.T) {
	c := devices.NewCrossbar(formed(0.02), 2, 2, pulse, 1)
	c.Read(0, 0, []int32{0, 1}, 0, 2, 1, make([]float32, 2))
	var g float64
	for i := range c.Plus {
		g += float64(c.Plus[i]) + float64(c.Minus[i])
	}
	reads, aj := c.Counts()
	require.Equal(t, uint64(8), reads)
	require.InDelta(t, 0.1*0.1*g*1e-6*50e-9*1e18, float64(aj), 2)
	c.Read(0, 1, nil, 0, 2, 1, make([]float32, 2))
	again, _ := c.Counts()
	require.Equal(t, reads, again, "nothing driven, nothing read")
}

func BenchmarkCrossbarRead(b *testing.B) {
	for name, perCell := range map[string]bool{"per-output": false, "per-cell": true} {
		b.Run(name, func(b *testing.B) {
			c := devices.NewCrossbar(formed(0.02), 256, 1000, pulse, 1)
			c.PerCell = perCell
			rows := []int32{3, 20, 31, 60, 77, 100, 130, 140, 177, 200, 201, 222, 240, 250}
			out := make([]float32, 1000)
			var step uint32
			for b.Loop() {
				c.Read(0, step, rows, 0, 1000, 0.1, out)
				step++
			}
			b.ReportMetric(float64(b.N)*float64(len(rows))*2000/b.Elapsed().Seconds(), "cell-reads/s")
		})
	}
}

// The noise of an output is the number of its column, and that of a cell the
// number of its place in the array: what the words of the streams say.
func TestNoiseIsThatOfTheWords(t *testing.T) {
	const rows, cols, lo, hi = 5, 23, 2, 21
	driven := []int32{0, 2, 4}
	for _, perCell := range []bool{false, true} {
		quiet, noisy := devices.NewCrossbar(formed(0), rows, cols, pulse, 7), devices.NewCrossbar(formed(0.03), rows, cols, pulse, 7)
		noisy.PerCell = perCell
		want, got := make([]float32, hi-lo), make([]float32, hi-lo)
		quiet.Read(3, 8, driven, lo, hi, 0.5, want)
		noisy.Read(3, 8, driven, lo, hi, 0.5, got)
		word := func(what string, entity int) float64 {
			return philox.Normal(philox.Stream{Seed: 7, Purpose: philox.Purpose("devices.crossbar." + what), Trial: 3}.Word(uint32(entity), 8))
		}
		for j := lo; j < hi; j++ {
			noise, variance := 0.0, 0.0
			for _, r := range driven {
				at := int(r)*cols + j
				p, m := 0.03*float64(noisy.Plus[at]), 0.03*float64(noisy.Minus[at])
				variance += p*p + m*m
				if perCell {
					noise += p*word("read-plus", at) - m*word("read-minus", at)
				}
			}
			if !perCell {
				noise = math.Sqrt(variance) * word("read", j)
			}
			require.InDelta(t, float64(want[j-lo])+0.5*noise, got[j-lo], 1e-5)
		}
	}
}

// A product of 512 x 512 with all rows driven: without noise, its
// noise drawn once an output, and for every cell; and beside it a plain one.
func BenchmarkNoisyProduct(b *testing.B) {
	const n = 512
	rows := make([]int32, n)
	for r := range rows {
		rows[r] = int32(r)
	}
	out := make([]float32, n)
	per := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(n*n), "ns/cell-pair")
	}
	b.Run("gemv", func(b *testing.B) {
		m := blas32.General{Rows: n, Cols: n, Stride: n, Data: make([]float32, n*n)}
		x := blas32.Vector{N: n, Inc: 1, Data: make([]float32, n)}
		for i := range m.Data {
			m.Data[i] = float32(i % 7)
		}
		for i := range x.Data {
			x.Data[i] = float32(i%5) - 2
		}
		for b.Loop() {
			blas32.Gemv(blas.Trans, 1, m, x, 1, blas32.Vector{N: n, Inc: 1, Data: out})
		}
		per(b)
	})
	for _, c := range []struct {
		name    string
		noise   float64
		perCell bool
	}{{"ideal", 0, false}, {"noise-per-output", 0.02, false}, {"noise-per-cell", 0.02, true}} {
		b.Run(c.name, func(b *testing.B) {
			x := devices.NewCrossbar(formed(c.noise), n, n, pulse, 1)
			x.PerCell = c.perCell
			var step uint32
			for b.Loop() {
				x.Read(0, step, rows, 0, n, 0.1, out)
				step++
			}
			per(b)
		})
	}
}
