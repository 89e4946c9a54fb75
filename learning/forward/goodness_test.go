package forward

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/learning/learningtest"
)

// draw gives activities of a batch, a third of them off.
func draw(n int, seed uint64) []float32 {
	s := philox.Stream{Seed: seed, Purpose: philox.Purpose("forward.test")}
	h := make([]float32, n)
	for i := range h {
		h[i] = max(0, float32(3*philox.Uniform(s.Word(uint32(i), 0))-1))
	}
	return h
}

// loss64 is the loss of a batch in float64, from the equation of the rule.
func loss64(g Goodness, h []float64, told []float32, heard, units int) (sum float64) {
	batch := len(h) / units
	for r := range batch {
		squares := 0.0
		for _, x := range h[r*units : (r+1)*units] {
			squares += x * x
		}
		if g.Of == "mean" {
			squares /= float64(units)
		}
		if told != nil {
			squares += float64(told[r])
		}
		x := squares - float64(1+heard)*g.Theta
		if g.Low {
			x = -x
		}
		if r < batch/2 {
			x = -x
		}
		sum += math.Log1p(math.Exp(x))
	}
	return sum
}

// The derivative of the loss is that of central differences, whatever the
// goodness and whatever a layer is told of the others; what it is told brings a
// threshold for every layer that it hears.
func TestGoodnessDerivative(t *testing.T) {
	const batch, units, eps = 6, 7, 1e-5
	for _, of := range []string{"mean", "sum"} {
		for _, low := range []bool{false, true} {
			for heard := range 3 {
				t.Run(fmt.Sprintf("%s low %v heard %d", of, low, heard), func(t *testing.T) {
					g := Goodness{Of: of, Low: low, Theta: 1.3}
					s := split{Goodness: &g, workers: 2, heard: heard}
					h := draw(batch*units, 1)
					var told []float32
					if heard > 0 {
						told = draw(batch, 2)
					}
					d := make([]float32, len(h))
					own := learning.Own{Batch: batch, H: h, Units: units}
					loss := s.SignalTold(own, told, d)
					wide := make([]float64, len(h))
					for i, x := range h {
						wide[i] = float64(x)
					}
					require.InDelta(t, loss64(g, wide, told, heard, units), loss, 1e-5)
					for i := range wide {
						x := wide[i]
						wide[i] = x + eps
						up := loss64(g, wide, told, heard, units)
						wide[i] = x - eps
						down := loss64(g, wide, told, heard, units)
						wide[i] = x
						require.InDelta(t, (up-down)/(2*eps), float64(d[i]), 1e-5)
					}
				})
			}
		}
	}
}

// The loss stays finite where e^x does not.
func TestSoftplusOfLargeNumbers(t *testing.T) {
	for _, c := range []struct{ x, value, derivative float64 }{
		{0, math.Ln2, 0.5}, {1000, 1000, 1}, {-1000, 0, 0},
	} {
		v, d := softplus(c.x)
		require.InDelta(t, c.value, v, 1e-15)
		require.InDelta(t, c.derivative, d, 1e-15)
	}
}

func entry(t testing.TB, e catalog.Entry, change func(any)) learning.Rule {
	r := learningtest.Rule(e)
	change(r)
	return r
}

// batch is images of the quadrants.
func batch(n int) (b learning.Batch) {
	index := make([]int32, n)
	for i := range index {
		index[i] = int32(i)
	}
	learningtest.Quadrants{N: n, Seed: 3}.Fill(0, index, &b)
	return b
}

func newLearner(t testing.TB, r learning.Rule, sizes ...int) *ff {
	s := learningtest.Setting(t, learningtest.Dense(sizes...), 5, 2)
	require.NoError(t, r.Check(s))
	l, err := r.New(context.Background(), s)
	require.NoError(t, err)
	return l.(*ff)
}

func weights(f *ff, layer int) []float32 { return f.stack.Layers[layer].Parameters()[0].Values() }

func step(t testing.TB, f *ff, epoch int) learning.Report {
	r, err := f.Learn(context.Background(), learning.Step{Epoch: epoch, Epochs: 6, Rate: 1}, batch(20))
	require.NoError(t, err)
	return r
}

// What a layer learns of a batch does not depend on the weights above it, but on
// those below; a layer that is told the goodness of all others does.
func TestLocality(t *testing.T) {
	change := func(e catalog.Entry, disturbed, seen int) bool {
		plain, other := newLearner(t, learningtest.Rule(e), 12, 11, 10), newLearner(t, learningtest.Rule(e), 12, 11, 10)
		w := weights(other, disturbed)
		for i := range w {
			w[i] *= 1.5
			if i%3 == 0 {
				w[i] = -w[i]
			}
		}
		step(t, plain, 0)
		step(t, other, 0)
		a, b := plain.by[seen].State(), other.by[seen].State()
		require.Equal(t, len(a), len(b))
		for i := range a {
			if !equal(a[i].Values, b[i].Values) {
				return true
			}
		}
		return false
	}
	require.False(t, change(FFEntry(), 2, 0))
	require.False(t, change(FFEntry(), 2, 1))
	require.False(t, change(FFEntry(), 1, 0))
	require.True(t, change(FFEntry(), 0, 1))
	require.True(t, change(CollabEntry(), 2, 0))
}

func equal(a, b any) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

// A layer of collaboration hears all others or those before it, each with a
// threshold of its own.
func TestWhoIsHeard(t *testing.T) {
	for hears, want := range map[string][]int{"all": {2, 2, 2}, "earlier": {0, 1, 2}} {
		f := newLearner(t, entry(t, CollabEntry(), func(r any) { r.(*Collab).Hears = hears }), 12, 11, 10)
		step(t, f, 0)
		for i, n := range want {
			told := f.tell(i, 3, 40)
			require.Equal(t, n, f.rules[i].heard, "%s, layer %d", hears, i+1)
			for r, x := range told {
				sum := float32(0)
				for by := range 3 {
					if by != i && (hears == "all" || by < i) {
						sum += f.goodness[by][r]
					}
				}
				require.Equal(t, sum, x)
			}
		}
	}
}

// In greedy order every layer has its part of the epochs and the others rest.
func TestGreedyTrainsOneLayerAtATime(t *testing.T) {
	f := newLearner(t, entry(t, FFEntry(), func(r any) { r.(*FF).Order = "greedy" }), 12, 11, 10)
	for epoch := range 6 {
		var before [3]string
		for i := range before {
			before[i] = fmt.Sprint(weights(f, i))
		}
		step(t, f, epoch)
		for i := range before {
			require.Equal(t, i != epoch/2, before[i] == fmt.Sprint(weights(f, i)), "epoch %d, layer %d", epoch, i+1)
		}
	}
}
