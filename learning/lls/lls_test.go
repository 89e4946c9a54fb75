package lls

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/learningtest"
	"github.com/synohm/synohm/neurons/layers"
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
		{"lls", "sine", sim.Extent{Rows: 3, Cols: 4, Channels: 5}, 1, 0, 0},
		{"lls-m", "sine", sim.Extent{Rows: 3, Cols: 4, Channels: 5}, 2, 0, 0},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			l := rule(c.variant, c.basis)
			l.Pooling, l.Smoothing, l.Reduced, l.Temperature = c.pooling, c.smoothing, c.reduced, 2
			l.Places = c.pooling
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
		b := Basis{Pooling: rapid.IntRange(0, min(6, in.Units())).Draw(t, "pooling"), Places: rapid.IntRange(1, 6).Draw(t, "side")}
		p := b.pool(in)
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
	require.ErrorContains(t, err, "choose another pooling, places, f_low or f_high")
	// The first number of a sine is 0, so two leave but one.
	l = rule("lls", "sine")
	l.Pooling = 2
	require.ErrorContains(t, l.Check(s), "at a length of 2")
	l.Pooling, l.Kind = 1, "random"
	require.ErrorContains(t, l.Check(s), "at a length of 1")
	l.Kind = "learned"
	require.NoError(t, l.Check(s))
	l.Variant = "lls-m"
	require.ErrorContains(t, l.Check(s), "leaves nothing for lls-m to learn")
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

// The first layers become what they become without any above them: to the bit,
// whatever the variant and whoever names the class.
func TestNoErrorLeavesALayer(t *testing.T) {
	for _, variant := range []string{"lls", "lls-m", "lls-mxm"} {
		t.Run(variant, func(t *testing.T) {
			trained := func(predict string, sizes ...int) map[string]any {
				l := rule(variant, "sine")
				l.Predict = predict
				tr := learningtest.Training(t, l, learningtest.Setting(t, learningtest.Dense(sizes...), 5, 2), 200)
				require.NoError(t, tr.Run(context.Background()))
				state := map[string]any{}
				for _, v := range tr.Learner.State() {
					state[v.Name] = sim.CopyValues(v.Values)
				}
				return state
			}
			short, long := trained("local", 24, 20), trained("output", 24, 20, 18)
			require.Less(t, len(short), len(long))
			for name, want := range short {
				require.Equal(t, want, long[name], name)
			}
		})
	}
}

// A last layer that names the class by its own products learns to, also where a
// pool follows it.
func TestLastLayerNamesTheClass(t *testing.T) {
	for name, specs := range map[string][]layers.Spec{
		"dense": learningtest.Dense(24, 20),
		"pool after conv": {
			&layers.Conv{Channels: 8, Window: layers.Window{Kernel: 3, Stride: 1, Pad: 1}, Init: layers.Init{Draw: "normal", Gain: 1}},
			&layers.Pool{Of: "max", Kernel: 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := rule("lls-m", "sine")
			l.Predict, l.Rate = "local", 0.005
			s := learningtest.Setting(t, specs, 5, 2)
			s.Epochs = 20
			var last learning.Epoch
			tr := learningtest.Training(t, l, s, 200)
			tr.After = func(_ context.Context, e learning.Epoch) error { last = e; return nil }
			require.NoError(t, tr.Run(context.Background()))
			require.Less(t, last.Test, 0.1)
		})
	}
}

// What is learned beside the layers is in a checkpoint, and has moved.
func TestCheckpointsHoldWhatIsLearnedBesideLayers(t *testing.T) {
	for variant, key := range map[string]string{"lls-m": "b/scale", "lls-mxm": "b/mix"} {
		s := learningtest.Setting(t, learningtest.Dense(24, 20), 5, 2)
		tr := learningtest.Training(t, rule(variant, "sine"), s, 200)
		find := func() []float32 {
			for _, v := range tr.Learner.State() {
				if v.Name == key {
					return append([]float32(nil), v.Values.([]float32)...)
				}
			}
			t.Fatalf("%s is not there", key)
			return nil
		}
		before := find()
		require.NoError(t, tr.Run(context.Background()))
		require.NotEqual(t, before, find())
	}
}

// The contract on a convolution with pools, which have no vectors, the last for it
// would leave six numbers to them, and with vectors that are learned.
func TestContractOnPlacesAndWithLearnedVectors(t *testing.T) {
	init := layers.Init{Draw: "normal", Gain: 1}
	specs := []layers.Spec{
		&layers.Conv{Channels: 6, Window: layers.Window{Kernel: 3, Stride: 1, Pad: 1}, Init: init},
		&layers.Pool{Of: "max", Kernel: 2},
		&layers.Local{Channels: 6, Window: layers.Window{Kernel: 3, Stride: 1}, Init: init},
		&layers.Pool{Of: "mean", Kernel: 2},
		&layers.Dense{Size: 24, Init: init},
		&layers.Dense{Size: 20, Init: init},
	}
	l := rule("lls", "sine")
	require.Error(t, l.check(1, sim.Vector(6), 4, 3), "six numbers are few for a sine")
	l.Rate = 0.01
	learningtest.Contract(t, l, learningtest.Options{Specs: specs, Error: 0.2, Epochs: 20})
	learningtest.Contract(t, rule("lls", "learned"), learningtest.Options{Error: 0.1, Epochs: 30})
}
