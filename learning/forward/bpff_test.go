package forward

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/learningtest"
	"github.com/synohm/synohm/sim"
)

func TestLengthAsGoodness(t *testing.T) {
	g := &Goodness{Of: "norm", Theta: 3}
	out := make([]float32, 3)
	g.of([]float32{3, 4, 0, 0, 5, 12}, 2, out, 1)
	require.Equal(t, []float32{5, 0, 13}, out)
}

// The derivative along the activity against central differences of the loss, and
// 0 where there is no activity.
func TestSignalIsTheDerivativeOfTheLoss(t *testing.T) {
	const batch, units = 4, 5
	for _, of := range []string{"mean", "sum", "norm"} {
		for _, low := range []bool{false, true} {
			t.Run(fmt.Sprint(of, " ", low), func(t *testing.T) {
				rule := split{Goodness: &Goodness{Of: of, Low: low, Theta: 1.5}, workers: 1}
				h := make([]float32, batch*units)
				for k := range h[units:] { // the first row is without activity
					h[units+k] = float32(philox.Uniform(philox.Stream{Seed: 3, Purpose: 7}.Word(uint32(k), 0)))
				}
				d, scratch := make([]float32, len(h)), make([]float32, len(h))
				own := learning.Own{Batch: batch, H: h, Units: units}
				rule.Signal(own, d)
				require.Equal(t, make([]float32, units), d[:units])
				for k := units; k < len(h); k++ {
					const step = 1e-2
					x := h[k]
					h[k] = x + step
					above := rule.Signal(own, scratch)
					h[k] = x - step
					below := rule.Signal(own, scratch)
					h[k] = x
					require.InDelta(t, (above-below)/(2*step), d[k], 1e-3, "%d", k)
				}
			})
		}
	}
}

func TestNormalisationBack(t *testing.T) {
	const rows, units = 3, 6
	for _, length := range []bool{false, true} {
		s := &learning.Stack{Workers: 1, Length: length}
		h, weight := make([]float32, rows*units), make([]float32, rows*units)
		for k := range h {
			w := philox.Stream{Seed: 5, Purpose: 7}
			h[k], weight[k] = float32(philox.Uniform(w.Word(uint32(k), 0))), float32(philox.Uniform(w.Word(uint32(k), 1)))
		}
		to := make([]float32, len(h))
		value := func() (v float64) {
			s.NormaliseRows(to, h, units)
			for k, x := range to {
				v += float64(x) * float64(weight[k])
			}
			return v
		}
		d := append([]float32(nil), weight...)
		s.NormaliseBack(d, h, units)
		for k := range h {
			const step = 1e-2
			x := h[k]
			h[k] = x + step
			above := value()
			h[k] = x - step
			below := value()
			h[k] = x
			require.InDelta(t, (above-below)/(2*step), d[k], 5e-3, "length %v, %d", length, k)
		}
	}
}

// collector keeps the derivatives of a layer's parameters.
type collector map[*sim.Parameter][]float64

func (c collector) Outer(_ context.Context, _ sim.Key, p *sim.Parameter, batch int, x, d []float32) error {
	g := make([]float64, p.Len())
	targets, sources := p.Weights.Shape()
	for r := range batch {
		for i := range sources {
			for j := range targets {
				g[i*targets+j] += float64(x[r*sources+i]) * float64(d[r*targets+j])
			}
		}
	}
	c[p] = g
	return nil
}

func (c collector) Plain(_ context.Context, _ sim.Key, p *sim.Parameter, g []float32) error {
	for _, v := range g {
		c[p] = append(c[p], float64(v))
	}
	return nil
}

// oracle is the loss in float64, straight from the definition.
func oracle(b *bpff, batch int, x []float32) (loss float64) {
	for r := range batch {
		units := b.s.In.Units()
		h := make([]float64, units)
		for k := range h {
			h[k] = float64(x[r*units+k])
		}
		total := 0.0
		for _, l := range b.stack.Layers {
			squares := 0.0
			for _, v := range h {
				squares += v * v
			}
			if !b.stack.Length {
				squares /= float64(len(h))
			}
			params := l.Parameters()
			targets, z := l.Out().Units(), make([]float64, l.Out().Units())
			for _, p := range params {
				values := p.Values()
				if p.Weights == nil {
					for j := range z {
						z[j] += float64(values[j])
					}
					continue
				}
				for i, v := range h {
					for j := range z {
						z[j] += v / math.Sqrt(squares+1e-8) * float64(values[i*targets+j])
					}
				}
			}
			squares = 0
			for j := range z {
				z[j] = math.Max(z[j], 0)
				squares += z[j] * z[j]
			}
			switch b.Of {
			case "mean":
				total += squares / float64(targets)
			case "sum":
				total += squares
			case "norm":
				total += math.Sqrt(squares)
			}
			h = z
		}
		away := total - b.Theta
		if b.Low {
			away = -away
		}
		if r < batch/2 {
			away = -away
		}
		loss += math.Log1p(math.Exp(away))
	}
	return loss
}

// The derivative of every kind of parameter, through all layers, against central
// differences of the definition in float64.
func TestBackpropagationOfTheObjective(t *testing.T) {
	const batch = 6
	for _, c := range []BPFF{
		{Goodness: Goodness{Of: "norm", Theta: 3}, Input: "length"},
		{Goodness: Goodness{Of: "norm", Theta: 3}, Input: "rms"},
		{Goodness: Goodness{Of: "mean", Theta: 2}, Input: "rms"},
		{Goodness: Goodness{Of: "mean", Theta: 2, Low: true}, Input: "rms"},
		{Goodness: Goodness{Of: "sum", Theta: 2}, Input: "length"},
	} {
		t.Run(fmt.Sprintf("%s %s %v", c.Of, c.Input, c.Low), func(t *testing.T) {
			rule := learningtest.Rule(BPFFEntry()).(*BPFF)
			rule.Goodness, rule.Input = c.Goodness, c.Input
			learner, err := rule.New(context.Background(), learningtest.Setting(t, learningtest.Dense(12, 10, 8), 3, 2))
			require.NoError(t, err)
			b := learner.(*bpff)
			var data learning.Batch
			learningtest.Quadrants{N: batch, Seed: 1}.Fill(0, []int32{0, 1, 2, 3, 4, 5}, &data)
			got := collector{}
			loss, err := b.gradient(context.Background(), sim.Key{}, batch, data.X, func(i int, key sim.Key, x, dz []float32) error {
				return b.stack.Layers[i].Learn(context.Background(), key, batch, x, dz, got)
			})
			require.NoError(t, err)
			require.InDelta(t, oracle(b, batch, data.X), loss, 1e-4)
			for _, l := range b.stack.Layers {
				for _, p := range l.Parameters() {
					values, square, away := p.Values(), 0.0, 0.0
					for k := range values {
						const step = 1e-5
						x := values[k]
						hi, lo := x+step, x-step
						values[k] = hi
						above := oracle(b, batch, data.X)
						values[k] = lo
						below := oracle(b, batch, data.X)
						values[k] = x
						want := (above - below) / (float64(hi) - float64(lo))
						square += want * want
						away += (want - got[p][k]) * (want - got[p][k])
					}
					require.Greater(t, square, 0.0)
					require.Less(t, math.Sqrt(away/square), 1e-4, "%s/%s", l.Name(), p.Name)
				}
			}
		})
	}
}
