package lls

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/learningtest"
	"github.com/synohm/synohm/sim"
)

func rule(variant, basis string) *LLS {
	l := *learningtest.Rule(Entries()[0]).(*LLS)
	l.Variant, l.Kind = variant, basis
	return &l
}

// The derivatives along the activity, and along what a block learns beside its
// layer, are those of central differences of the loss, for every variant, basis
// and way of averaging.
func TestDerivatives(t *testing.T) {
	const batch = 3
	for _, c := range []struct {
		variant, basis string
		out            sim.Extent
		pooling        int
		smoothing      float64
		reduced        int
	}{
		{"lls", "sine", sim.Vector(24), 0, 0, 0},
		{"lls", "square", sim.Vector(24), 11, 0.1, 0},
		{"lls", "random", sim.Vector(24), 0, 0, 0},
		{"lls", "learned", sim.Vector(24), 0, 0, 0},
		{"lls-m", "sine", sim.Vector(24), 0, 0.2, 0},
		{"lls-mxm", "sine", sim.Vector(24), 0, 0, 0},
		{"lls-mxm", "sine", sim.Vector(24), 0, 0.1, 3},
		{"lls", "sine", sim.Extent{Rows: 3, Cols: 4, Channels: 5}, 0, 0, 0},
		{"lls-m", "sine", sim.Extent{Rows: 3, Cols: 4, Channels: 5}, 2, 0, 0},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			l := rule(c.variant, c.basis)
			l.Pooling, l.Smoothing, l.Reduced, l.Temperature = c.pooling, c.smoothing, c.reduced, 2
			s := learningtest.Setting(t, learningtest.Dense(24), 7, 2)
			b, p := l.block(s, 0, c.out)
			units := c.out.Units()
			h := make([]float32, batch*units)
			stream := philox.Stream{Seed: 3, Purpose: philox.Purpose("lls.test")}
			for i := range h {
				h[i] = float32(philox.Uniform(stream.Word(uint32(i), 0)))
			}
			own := learning.Own{Batch: batch, H: h, Units: units, Labels: []uint8{0, 2, 1}}
			d := make([]float32, len(h))
			loss := func() float64 { return b.Signal(own, d) }
			difference := func(x *float32) float64 {
				const e = 2e-3
				kept := *x
				*x = kept + e
				up := loss()
				*x = kept - e
				down := loss()
				*x = kept
				return (up - down) / (2 * e)
			}
			loss()
			found := append([]float32(nil), d...)
			largest := 0.0
			for i := range h {
				want := difference(&h[i])
				largest = math.Max(largest, math.Abs(want))
				require.InDelta(t, want, found[i], 2e-3+0.01*math.Abs(want), "activity %d", i)
			}
			require.Greater(t, largest, 0.01, "derivatives that are not 0")
			if p == nil {
				return
			}
			loss()
			numbers := append([]float32(nil), b.dNumbers...)
			for i := range p.Numbers {
				want := difference(&p.Numbers[i])
				require.InDelta(t, want, numbers[i], 2e-3+0.01*math.Abs(want), "%s %d", p.Name, i)
			}
		})
	}
}

// Averaging and its way back belong together: <pool(h), a> = <h, back(a)>.
func TestPoolIsLinearAndBackIsItsTranspose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := sim.Vector(rapid.IntRange(1, 30).Draw(t, "units"))
		if rapid.Bool().Draw(t, "places") {
			in = sim.Extent{Rows: rapid.IntRange(1, 5).Draw(t, "rows"), Cols: rapid.IntRange(2, 5).Draw(t, "cols"), Channels: rapid.IntRange(1, 4).Draw(t, "channels")}
		}
		p := newPool(in, rapid.IntRange(0, min(6, in.Units())).Draw(t, "pooling"))
		number := rapid.Float32Range(-1, 1)
		h := rapid.SliceOfN(number, in.Units(), in.Units()).Draw(t, "h")
		a := rapid.SliceOfN(number, p.length(), p.length()).Draw(t, "a")
		ph, back := make([]float32, p.length()), make([]float32, in.Units())
		p.forward(h, ph)
		p.backward(a, back)
		var x, y float64
		for i := range a {
			x += float64(a[i]) * float64(ph[i])
		}
		for i := range h {
			y += float64(h[i]) * float64(back[i])
		}
		if math.Abs(x-y) > 1e-4 {
			t.Fatalf("%g and %g", x, y)
		}
	})
}

func TestRefusals(t *testing.T) {
	s := learningtest.Setting(t, learningtest.Dense(24, 20), 7, 2)
	l := rule("lls", "sine")
	require.NoError(t, l.Check(s))
	l.Pooling = 21
	require.ErrorContains(t, l.Check(s), "longer than the 20 units of layer 2")
	l.Pooling = 0
	// Two frequencies that differ by a whole turn a sample are one.
	l.Low, l.High = 50, 50+3*2*math.Pi
	err := l.Check(s)
	require.ErrorContains(t, err, "classes 0 and 1 of layer 1 nearly the same vector (cosine 1.000")
	require.ErrorContains(t, err, "choose another pooling, f_low or f_high")
	l = rule("lls", "sine")
	l.High = 40
	require.ErrorContains(t, l.Check(s), "must be above f_low")
	l = rule("lls-m", "sine")
	l.Reduced = 4
	require.ErrorContains(t, l.Check(s), "belongs to lls-mxm")
}

// The first number of a sine is 0 for every class.
func TestVectors(t *testing.T) {
	b := rule("lls", "sine").Basis
	v := b.vectors(1, 0, 10, 500)
	for c := range 10 {
		require.Zero(t, v[c*500])
		f := 50 + 462*float64(c)/9
		require.InDelta(t, math.Sin(7*f), v[c*500+7], 1e-6)
	}
	b.Kind = "square"
	for i, x := range b.vectors(1, 0, 10, 500) {
		if i%500 != 0 {
			require.Equal(t, float32(math.Copysign(1, float64(v[i]))), x)
		}
	}
}
