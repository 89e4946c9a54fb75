package backprop

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/learningtest"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/sim"
)

// matrix is [rows][cols] in double precision.
type matrix struct {
	rows, cols int
	v          []float64
}

func of(rows, cols int, v []float32) matrix {
	m := matrix{rows, cols, make([]float64, rows*cols)}
	for i := range m.v {
		m.v[i] = float64(v[i])
	}
	return m
}

func (a matrix) times(b matrix) matrix {
	c := matrix{a.rows, b.cols, make([]float64, a.rows*b.cols)}
	for i := range a.rows {
		for k := range a.cols {
			for j := range b.cols {
				c.v[i*c.cols+j] += a.v[i*a.cols+k] * b.v[k*b.cols+j]
			}
		}
	}
	return c
}

func (a matrix) transposed() matrix {
	c := matrix{a.cols, a.rows, make([]float64, len(a.v))}
	for i := range a.rows {
		for j := range a.cols {
			c.v[j*a.rows+i] = a.v[i*a.cols+j]
		}
	}
	return c
}

func (a matrix) rectified() matrix {
	c := matrix{a.rows, a.cols, make([]float64, len(a.v))}
	for i, x := range a.v {
		c.v[i] = math.Max(x, 0)
	}
	return c
}

// where is a, where b is above 0.
func (a matrix) where(b matrix) matrix {
	c := matrix{a.rows, a.cols, make([]float64, len(a.v))}
	for i, x := range b.v {
		if x > 0 {
			c.v[i] = a.v[i]
		}
	}
	return c
}

// A step of rate 1 of plain descent is the derivative of the papers' equations,
// worked out apart, in double precision: layer by layer (fa), or from the error of
// the output (dfa), each through the matrix that the rule has drawn.
func TestStepsFollowTheFixedNumbers(t *testing.T) {
	const batch = 5
	ctx := context.Background()
	var b learning.Batch
	learningtest.Quadrants{N: batch, Seed: 3}.Fill(-1, []int32{0, 1, 2, 3, 4}, &b)
	for _, direct := range []bool{false, true} {
		s := learningtest.Setting(t, learningtest.Dense(9, 7), 4, 2)
		a := learningtest.Rule(FAEntry()).(*FA).Alignment
		a.Rate, a.Optimiser.Value = 1, &optimise.SGD{}
		var rule learning.Rule = &FA{a}
		if direct {
			rule = &DFA{a}
		}
		l, err := rule.New(ctx, s)
		require.NoError(t, err)
		n := l.(*aligned)
		sizes := []int{s.In.Units(), 9, 7, s.Classes}
		weights := func() (w []matrix) {
			for i, layer := range n.net.Layers() {
				w = append(w, of(sizes[i], sizes[i+1], layer.Parameters()[0].Values()))
			}
			return w
		}
		w := weights()
		x := of(batch, sizes[0], b.X)
		z1 := x.times(w[0])
		z2 := z1.rectified().times(w[1])
		e := z2.rectified().times(w[2])
		for r := range batch {
			row, sum := e.v[r*s.Classes:(r+1)*s.Classes], 0.0
			for c := range row {
				row[c] = math.Exp(row[c])
				sum += row[c]
			}
			for c := range row {
				row[c] /= sum
			}
			row[b.Y[r]]--
		}
		d2 := e.times(of(s.Classes, 7, n.feedback[2])).where(z2)
		from, width := d2, 7
		if direct {
			from, width = e, s.Classes
		}
		d1 := from.times(of(width, 9, n.feedback[1])).where(z1)
		want := []matrix{x.transposed().times(d1), z1.rectified().transposed().times(d2), z2.rectified().transposed().times(e)}
		_, err = l.Learn(ctx, learning.Step{Rate: 1, Epochs: 1}, b)
		require.NoError(t, err)
		for i, after := range weights() {
			for k := range after.v {
				require.InDelta(t, want[i].v[k]/batch, w[i].v[k]-after.v[k], 1e-5, "direct %t, layer %d, weight %d", direct, i, k)
			}
		}
	}
}

// With the weights themselves in place of the fixed numbers feedback alignment is
// backpropagation, and the angle is 0; against them it is 180 degrees.
func TestAngles(t *testing.T) {
	ctx := context.Background()
	var b learning.Batch
	learningtest.Quadrants{N: 20, Seed: 3}.Fill(-1, []int32{0, 1, 2, 3, 4, 5}, &b)
	for sign, want := range map[float32]float64{1: 0, -1: 180} {
		s := learningtest.Setting(t, learningtest.Dense(9), 4, 2)
		l, err := learningtest.Rule(FAEntry()).New(ctx, s)
		require.NoError(t, err)
		a := l.(*aligned)
		for i, layer := range a.net.Layers() {
			if i == 0 {
				require.Nil(t, a.feedback[0], "nothing below the first layer learns")
				continue
			}
			w := of(layer.In().Units(), layer.Out().Units(), layer.Parameters()[0].Values()).transposed()
			for k, v := range w.v {
				a.feedback[i][k] = sign * float32(v)
			}
		}
		before := sim.CopyValues(a.net.Output.Parameters()[0].Values())
		e, _, err := a.pass(ctx, learning.Step{}, b)
		require.NoError(t, err)
		a.room()
		require.NoError(t, a.measure(ctx, learning.Step{}, b, e))
		require.InDelta(t, want, a.angles[0], 0.1)
		require.Equal(t, before, a.net.Output.Parameters()[0].Values(), "a measurement changes nothing")
	}
	require.InDelta(t, 60, angle([][]float32{{1, 0}, {0}}, [][]float32{{1, 0}, {float32(math.Sqrt(3))}}), 1e-5, "all weights of a layer count")
	require.Equal(t, 90.0, angle([][]float32{{0}}, [][]float32{{1}}))
}

func TestTypesTellWhatARuleSees(t *testing.T) {
	_, hears := any(relayed{}).(learning.Broadcast)
	_, isRelayed := any(heard{}).(learning.Backward)
	require.False(t, hears, "feedback alignment does not see the output")
	require.False(t, isRelayed, "direct feedback alignment does not see the layer above")
}
