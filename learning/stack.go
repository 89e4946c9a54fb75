package learning

import (
	"context"
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/sim"
)

// Stack is layers one upon the other, with what flowed through them last.
type Stack struct {
	Layers  []sim.Layer
	Workers int
	// Normalise gives every layer an input of mean square 1, so that nothing
	// but the direction of an activity goes on: x / sqrt(mean x^2).
	Normalise bool
	// Slope is that of the nonlinearity below zero: 0 for a rectifier.
	Slope float32

	X [][]float32 // input of every layer, [batch][units], as it was normalised
	H [][]float32 // activity of every layer, [batch][units]

	square, factor []float32 // a number a row
	keep           [][]float32
}

// Forward lets a batch through the first layers, as many as are asked for.
func (s *Stack) Forward(ctx context.Context, key sim.Key, batch, layers int, x []float32) error {
	if s.X == nil {
		n := len(s.Layers)
		s.X, s.H, s.keep = make([][]float32, n), make([][]float32, n), make([][]float32, 2*n)
	}
	for i, l := range s.Layers[:layers] {
		s.X[i] = x[:batch*l.In().Units()]
		if s.Normalise {
			s.X[i] = Fit(&s.keep[2*i], batch*l.In().Units())
			s.NormaliseRows(s.X[i], x, l.In().Units())
		}
		s.H[i] = Fit(&s.keep[2*i+1], batch*l.Out().Units())
		if err := l.Forward(ctx, key, batch, s.X[i], s.H[i]); err != nil {
			return fmt.Errorf("layer %s: %w", l.Name(), err)
		}
		if len(l.Parameters()) > 0 { // what a pool takes was rectified before
			s.Rectify(s.H[i])
		}
		x = s.H[i]
	}
	return nil
}

// grain is how many values are worth a goroutine.
const grain = 1 << 14

// Rectify applies the nonlinearity.
func (s *Stack) Rectify(h []float32) {
	kernels.Parallel(s.Workers, len(h), grain, func(lo, hi int) {
		if s.Slope == 0 {
			kernels.ReLU(h[lo:hi])
		} else {
			kernels.LeakyReLU(h[lo:hi], s.Slope)
		}
	})
}

// normEpsilon keeps rows of zeros from being divided by nothing.
const normEpsilon = 1e-8

// NormaliseRows writes rows of mean square 1.
func (s *Stack) NormaliseRows(to, from []float32, units int) {
	rows := len(from) / units
	square, factor := Fit(&s.square, rows), Fit(&s.factor, rows)
	kernels.Parallel(s.Workers, rows, max(1, grain/units), func(lo, hi int) {
		kernels.RowSquares(from[lo*units:hi*units], units, square[lo:hi])
		for r := lo; r < hi; r++ {
			factor[r] = float32(1 / math.Sqrt(float64(square[r])/float64(units)+normEpsilon))
		}
		kernels.ScaleRows(to[lo*units:hi*units], from[lo*units:hi*units], units, factor[lo:hi])
	})
}

// Fit makes a scratch slice as long as needed.
func Fit(s *[]float32, n int) []float32 {
	if cap(*s) < n {
		*s = make([]float32, n)
	}
	*s = (*s)[:n]
	return *s
}

// StateOf is what a checkpoint keeps of layers: weights that have a state, and
// plain numbers.
func StateOf(layers []sim.Layer) (out []sim.Variable) {
	for _, l := range layers {
		for _, p := range l.Parameters() {
			name := l.Name() + "/" + p.Name
			if p.Weights == nil {
				out = append(out, sim.Variable{Name: name, Values: p.Numbers})
				continue
			}
			if st, ok := sim.As[interface {
				sim.Weights
				sim.Stateful
			}](p.Weights); ok {
				out = append(out, Prefixed(name, st.State())...)
			}
		}
	}
	return out
}

// restored tells weights that their state was loaded: arrays renew what is read
// of their cells, and what was counted.
func restored(layers []sim.Layer) error {
	for _, l := range layers {
		for _, p := range l.Parameters() {
			if p.Weights == nil {
				continue
			}
			r, ok := sim.As[interface {
				sim.Weights
				sim.Restorer
			}](p.Weights)
			if !ok {
				continue
			}
			if err := r.Restored(); err != nil {
				return fmt.Errorf("layer %s: %w", l.Name(), err)
			}
		}
	}
	return nil
}

// Prefixed puts a name before those of variables.
func Prefixed(name string, vs []sim.Variable) (out []sim.Variable) {
	for _, v := range vs {
		v.Name = name + "/" + v.Name
		out = append(out, v)
	}
	return out
}
