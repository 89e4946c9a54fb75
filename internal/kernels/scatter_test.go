package kernels

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Every form of the scatter gives what one addition after the other gives.
func TestScatterAddsInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		at := rapid.SliceOfN(rapid.Uint16Range(0, uint16(n-1)), 0, 500).Draw(t, "at")
		w := rapid.Float32Range(-3, 3).Draw(t, "w")
		weights := rapid.SliceOfN(rapid.Float32Range(-3, 3), len(at), len(at)).Draw(t, "weights")
		got, want := make([]float32, n), make([]float32, n)
		Scatter(got, at, w)
		for _, i := range at {
			want[i] += w
		}
		require.Equal(t, want, got)
		for _, gain := range []float32{1, 0.3} {
			ScatterWeights(got, at, weights, gain)
			for k, i := range at {
				want[i] += float32(gain * weights[k])
			}
			require.Equal(t, want, got)
		}
	})
}

func TestDelayedAddsInTheRowOfTheDelay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width, rows := rapid.IntRange(1, 100).Draw(t, "width"), 1<<rapid.IntRange(0, 5).Draw(t, "rows")
		first := rapid.IntRange(0, width-1).Draw(t, "first")
		row := rapid.IntRange(0, rows-1).Draw(t, "row")
		index := rapid.SliceOfN(rapid.Uint16Range(0, uint16(width-1-first)), 0, 60).Draw(t, "index")
		delays := rapid.SliceOfN(rapid.Byte(), len(index), len(index)).Draw(t, "delays")
		weights := rapid.SliceOfN(rapid.Float32Range(-3, 3), len(index), len(index)).Draw(t, "weights")
		var long []uint16
		for _, d := range delays {
			long = append(long, uint16(d)+300)
		}
		for _, gain := range []float32{1, 0.3} {
			for _, w := range [][]float32{nil, weights} {
				got, want := make([]float32, width*rows), make([]float32, width*rows)
				ring := Delayed{Data: got, Width: width, Mask: rows - 1, Row: row, First: first}
				ring.Scatter8(index, delays, w, 0.7, gain)
				ring.Scatter16(index, long, w, 0.7, gain)
				for _, more := range []int{0, 300} {
					for k, i := range index {
						x := float32(0.7)
						if w != nil {
							x = w[k]
						}
						want[(row+int(delays[k])+more)%rows*width+first+int(i)] += float32(gain * x)
					}
				}
				require.Equal(t, want, got)
			}
		}
	})
}

// brunel is rows as in Brunel's network: 1,250 of 12,500 targets, ascending.
func brunel(rows int) [][]uint16 {
	out := make([][]uint16, rows)
	for r := range out {
		for i := range uint32(12500) {
			if (i*2654435761+uint32(r)*40503)>>8%10 == 0 {
				out[r] = append(out[r], uint16(i))
			}
		}
	}
	return out
}

func scatterRows(to []float32, rows [][]uint16) (n int) {
	for _, at := range rows {
		Scatter(to, at, 0.1)
		n += len(at)
	}
	return n
}

func BenchmarkScatter(b *testing.B) {
	to, rows := make([]float32, 12500), brunel(2000)
	n := 0
	for b.Loop() {
		n = scatterRows(to, rows)
	}
	b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "synaptic-events/s")
}
