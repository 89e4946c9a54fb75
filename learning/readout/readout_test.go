package readout_test

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/optimize"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/learning/readout"
)

// blobs are examples around one centre a class, which overlap.
func blobs(n, units, classes int, spread float64, seed uint64) readout.Examples {
	e := readout.Examples{Units: units, Classes: classes}
	centres := philox.Stream{Seed: 77, Purpose: philox.Purpose("test.centres")}
	noise := philox.Stream{Seed: seed, Purpose: philox.Purpose("test.noise")}
	for i := range n {
		c := i % classes
		e.Labels = append(e.Labels, uint8(c))
		for u := range units {
			x := 3*philox.Normal(centres.Word(uint32(u), uint32(c))) + spread*philox.Normal(noise.Word(uint32(u), uint32(i)))
			e.Features = append(e.Features, float32(x))
		}
	}
	return e
}

func softmax(change func(*readout.Softmax)) *readout.Softmax {
	var s readout.Softmax
	config.Defaults(&s, nil)
	if change != nil {
		change(&s)
	}
	return &s
}

func TestCatalogue(t *testing.T) {
	require.NoError(t, readout.Readouts().Check())
	for _, e := range readout.Readouts() {
		require.NotEmpty(t, e.Reference)
		for _, f := range config.Fields(reflect.TypeOf(e.Params)) {
			require.NotEmpty(t, f.Doc)
		}
		_, ok := e.New().(readout.Readout)
		require.True(t, ok, e.Name)
	}
}

func TestBothReadoutsSeparateBlobs(t *testing.T) {
	train, validation, test := blobs(300, 8, 4, 2, 1), blobs(80, 8, 4, 2, 2), blobs(400, 8, 4, 2, 3)
	for name, r := range map[string]readout.Readout{
		"softmax": softmax(func(s *readout.Softmax) { s.LearningRate = 0.05 }),
		"ridge":   &readout.Ridge{Lambdas: []float64{1, 100}, Refit: true},
	} {
		t.Run(name, func(t *testing.T) {
			m, log, err := r.Fit(context.Background(), train, validation, readout.Options{Seed: 1, Workers: 2})
			require.NoError(t, err)
			require.Greater(t, m.Accuracy(test), 0.9)
			require.NotEmpty(t, log)
			for i, e := range log {
				require.Equal(t, i+1, e.Epoch)
				require.GreaterOrEqual(t, e.ValidationAccuracy, 0.0)
			}
		})
	}
}

// objective is the regularised loss on standardised features, written down
// anew, with its gradient.
func objective(e readout.Examples, l2 float64) (z [][]float64, f func(w []float64) float64, grad func(g, w []float64)) {
	mean, std := make([]float64, e.Units), make([]float64, e.Units)
	for i := range e.N() {
		for u, x := range e.Row(i) {
			mean[u] += float64(x) / float64(e.N())
		}
	}
	for i := range e.N() {
		for u, x := range e.Row(i) {
			std[u] += (float64(x) - mean[u]) * (float64(x) - mean[u]) / float64(e.N())
		}
	}
	for i := range e.N() {
		row := make([]float64, e.Units+1)
		for u, x := range e.Row(i) {
			row[u] = (float64(x) - mean[u]) / math.Sqrt(std[u])
		}
		row[e.Units] = 1
		z = append(z, row)
	}
	k := e.Units + 1
	probabilities := func(w []float64, row []float64) []float64 {
		p := make([]float64, e.Classes)
		sum := 0.0
		for c := range p {
			for u, x := range row {
				p[c] += w[c*k+u] * x
			}
			p[c] = math.Exp(p[c])
			sum += p[c]
		}
		for c := range p {
			p[c] /= sum
		}
		return p
	}
	f = func(w []float64) float64 {
		loss := 0.0
		for i, row := range z {
			loss -= math.Log(probabilities(w, row)[e.Labels[i]]) / float64(len(z))
		}
		for i, x := range w {
			if i%k < e.Units {
				loss += l2 / 2 * x * x
			}
		}
		return loss
	}
	grad = func(g, w []float64) {
		clear(g)
		for i, row := range z {
			for c, p := range probabilities(w, row) {
				if c == int(e.Labels[i]) {
					p--
				}
				for u, x := range row {
					g[c*k+u] += p * x / float64(len(z))
				}
			}
		}
		for i, x := range w {
			if i%k < e.Units {
				g[i] += l2 * x
			}
		}
	}
	return z, f, grad
}

// Full-batch training must come to the minimum that L-BFGS finds on the
// objective written down independently.
func TestSoftmaxFindsTheMinimumOfItsObjective(t *testing.T) {
	e := blobs(60, 3, 3, 6, 5)
	const l2 = 0.05
	z, f, grad := objective(e, l2)
	res, err := optimize.Minimize(optimize.Problem{Func: f, Grad: grad}, make([]float64, 3*4), &optimize.Settings{GradientThreshold: 1e-9}, &optimize.LBFGS{})
	require.NoError(t, err)

	s := softmax(func(s *readout.Softmax) { s.Epochs, s.Batch, s.L2, s.LearningRate = 6000, 1000, l2, 0.01 })
	m, log, err := s.Fit(context.Background(), e, readout.Examples{}, readout.Options{Seed: 1, Workers: 1})
	require.NoError(t, err)
	require.Len(t, log, 6000)
	require.True(t, math.IsNaN(log[0].ValidationAccuracy))
	// Scores of both, less their mean over classes, which softmax ignores.
	for i := range e.N() {
		var a, b [3]float64
		for c := range 3 {
			for u, x := range z[i] {
				a[c] += res.X[c*4+u] * x
			}
			b[c] = m.B[c]
			for u, x := range e.Row(i) {
				b[c] += m.W[c*3+u] * float64(x)
			}
		}
		ma, mb := (a[0]+a[1]+a[2])/3, (b[0]+b[1]+b[2])/3
		for c := range 3 {
			require.InDelta(t, a[c]-ma, b[c]-mb, 2e-3, "example %d class %d", i, c)
		}
	}
}

// At the minimum of |Z W - Y|^2 + lambda |W|^2 the gradient is zero.
func TestRidgeSolvesItsEquations(t *testing.T) {
	e := blobs(50, 6, 3, 5, 9)
	for _, lambda := range []float64{0.1, 10} {
		m, _, err := (&readout.Ridge{Lambdas: []float64{lambda}}).Fit(context.Background(), e, readout.Examples{}, readout.Options{})
		require.NoError(t, err)
		z, _, _ := objective(e, 0)
		std := make([]float64, e.Units) // from the standardised features back
		for u := range std {
			x0, x1 := float64(e.Row(0)[u]), float64(e.Row(1)[u])
			std[u] = (x1 - x0) / (z[1][u] - z[0][u])
		}
		for c := range e.Classes {
			residual := make([]float64, e.N())
			sum := 0.0
			for i := range residual {
				s := m.B[c]
				for u, x := range e.Row(i) {
					s += m.W[c*e.Units+u] * float64(x)
				}
				if int(e.Labels[i]) == c {
					s--
				}
				residual[i] = s
				sum += s
			}
			require.InDelta(t, 0, sum, 1e-3, "the bias is not penalised")
			for u := range e.Units {
				g := lambda * m.W[c*e.Units+u] * std[u]
				for i, r := range residual {
					g += r * z[i][u]
				}
				require.InDelta(t, 0, g, 2e-3)
			}
		}
	}
}

func TestSameBitsForAnyNumberOfWorkers(t *testing.T) {
	train, validation := blobs(333, 8, 4, 4, 1), blobs(50, 8, 4, 4, 2)
	var first *readout.Linear
	for _, workers := range []int{1, 2, 3, 8} {
		m, _, err := softmax(func(s *readout.Softmax) { s.Epochs = 5 }).Fit(context.Background(), train, validation, readout.Options{Seed: 3, Workers: workers})
		require.NoError(t, err)
		if first == nil {
			first = m
		}
		require.Equal(t, first, m, "%d workers", workers)
	}
}

func TestFitRefuses(t *testing.T) {
	ok := blobs(20, 2, 2, 1, 1)
	nan := blobs(20, 2, 2, 1, 1)
	nan.Features[5] = float32(math.NaN())
	label := blobs(20, 2, 2, 1, 1)
	label.Labels[3] = 2
	short := blobs(20, 2, 2, 1, 1)
	short.Features = short.Features[:7]
	for name, r := range map[string]readout.Readout{"softmax": softmax(nil), "ridge": &readout.Ridge{Lambdas: []float64{1}}} {
		for rule, bad := range map[string]readout.Examples{
			"feature 1 of example 2 is NaN": nan, "label 2 of example 3 is not below 2": label,
			"7 features for 20 labels": short, "no training examples": {},
		} {
			t.Run(name+"/"+rule, func(t *testing.T) {
				_, _, err := r.Fit(context.Background(), bad, readout.Examples{}, readout.Options{})
				require.ErrorContains(t, err, rule)
			})
		}
		_, _, err := r.Fit(context.Background(), ok, nan, readout.Options{})
		require.ErrorContains(t, err, "is NaN")
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, _, err = r.Fit(ctx, ok, ok, readout.Options{})
		require.ErrorIs(t, err, context.Canceled)
	}
	_, _, err := softmax(func(s *readout.Softmax) { s.LearningRate, s.Epochs = 1e300, 50 }).Fit(context.Background(), ok, ok, readout.Options{})
	require.ErrorContains(t, err, "learning rate")
}

// A unit that never changes carries nothing: it must not make NaN, and gets no
// weight.
func TestConstantUnits(t *testing.T) {
	e := blobs(40, 3, 2, 1, 1)
	for i := range e.N() {
		e.Features[i*3+1] = 7
	}
	for name, r := range map[string]readout.Readout{"softmax": softmax(nil), "ridge": &readout.Ridge{Lambdas: []float64{1}}} {
		m, _, err := r.Fit(context.Background(), e, readout.Examples{}, readout.Options{})
		require.NoError(t, err, name)
		require.Equal(t, 0.0, m.W[1], name)
	}
}

func ExampleRidge() {
	// Four examples of two units; the class is whether the first is larger.
	e := readout.Examples{
		Features: []float32{2, 1, 3, 0, 0, 2, 1, 4}, Labels: []uint8{1, 1, 0, 0}, Units: 2, Classes: 2,
	}
	m, _, err := (&readout.Ridge{Lambdas: []float64{0.1}}).Fit(context.Background(), e, readout.Examples{}, readout.Options{})
	fmt.Println(m.Predict([]float32{5, 1}), m.Predict([]float32{1, 5}), err)
	// Output: 1 0 <nil>
}

func BenchmarkSoftmaxEpoch(b *testing.B) {
	e := blobs(5000, 1000, 10, 3, 1)
	s := softmax(func(s *readout.Softmax) { s.Epochs = 1 })
	for b.Loop() {
		if _, _, err := s.Fit(context.Background(), e, readout.Examples{}, readout.Options{Workers: 2}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*5000/b.Elapsed().Seconds(), "examples/s")
}
