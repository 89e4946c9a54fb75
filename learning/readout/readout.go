package readout

import (
	"context"
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/catalog"
)

// Examples are features with their labels.
type Examples struct {
	Features []float32 // [N][Units]
	Labels   []uint8   // [N], below Classes
	Units    int
	Classes  int
}

// N returns the number of examples.
func (e Examples) N() int { return len(e.Labels) }

// Row returns the features of example i.
func (e Examples) Row(i int) []float32 { return e.Features[i*e.Units : (i+1)*e.Units] }

// Slice returns the examples lo to hi-1.
func (e Examples) Slice(lo, hi int) Examples {
	e.Features, e.Labels = e.Features[lo*e.Units:hi*e.Units], e.Labels[lo:hi]
	return e
}

// Check refuses features that are no numbers and labels beyond the classes.
func (e Examples) Check() error {
	if e.Units < 1 || e.Classes < 2 || len(e.Features) != len(e.Labels)*e.Units {
		return fmt.Errorf("examples: %d features for %d labels of %d units and %d classes", len(e.Features), len(e.Labels), e.Units, e.Classes)
	}
	for i, l := range e.Labels {
		if int(l) >= e.Classes {
			return fmt.Errorf("examples: label %d of example %d is not below %d", l, i, e.Classes)
		}
	}
	for i, x := range e.Features {
		if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("examples: feature %d of example %d is %g", i%e.Units, i/e.Units, f)
		}
	}
	return nil
}

// Epoch is what a training reports of one pass, or of one candidate.
type Epoch struct {
	Epoch              int
	Loss               float64
	TrainAccuracy      float64
	ValidationAccuracy float64 // NaN without validation data
}

// Linear is a trained read-out: scores = W x + b.
type Linear struct {
	Units, Classes int
	W              []float64 // [Classes][Units]
	B              []float64 // [Classes]
}

// Predict returns the class with the highest score, the lower one of equals.
func (l *Linear) Predict(x []float32) int {
	best, at := math.Inf(-1), 0
	for c := range l.Classes {
		if s := dot(l.W[c*l.Units:(c+1)*l.Units], x) + l.B[c]; s > best {
			best, at = s, c
		}
	}
	return at
}

// Accuracy is the fraction of examples whose class is named; NaN for none.
func (l *Linear) Accuracy(e Examples) float64 {
	right := 0
	for i, y := range e.Labels {
		if l.Predict(e.Row(i)) == int(y) {
			right++
		}
	}
	return float64(right) / float64(e.N())
}

// dot adds in four lanes of a fixed order, without fused operations.
func dot(w []float64, x []float32) float64 {
	var s [4]float64
	x = x[:len(w)]
	i := 0
	for ; i+4 <= len(w); i += 4 {
		s[0] += float64(w[i] * float64(x[i]))
		s[1] += float64(w[i+1] * float64(x[i+1]))
		s[2] += float64(w[i+2] * float64(x[i+2]))
		s[3] += float64(w[i+3] * float64(x[i+3]))
	}
	for ; i < len(w); i++ {
		s[0] += float64(w[i] * float64(x[i]))
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

// Options of a training that are no settings of the rule.
type Options struct {
	Seed     uint64
	Workers  int // the result does not depend on it
	Progress func(done, total int)
}

// Readout is a way to train a linear read-out. Settings are chosen on the
// validation examples; where there are none, the last epoch or the first
// candidate is taken.
type Readout interface {
	Fit(ctx context.Context, train, validation Examples, o Options) (*Linear, []Epoch, error)
}

// Readouts is the catalogue of read-outs; their Params are the read-outs.
func Readouts() catalog.Catalog {
	return catalog.Catalog{
		{
			Name: "softmax", Summary: "softmax regression by Adam on minibatches",
			Equation:  "minimise mean(-log softmax(W z + b)[label]) + l2/2 |W|^2, z = standardised features",
			Reference: "Kingma and Ba, Adam, ICLR 2015, algorithm 1",
			Params:    &Softmax{},
		},
		{
			Name: "ridge", Summary: "ridge regression on one-hot targets, in closed form",
			Equation:  "W = Y^T Z (Z^T Z + lambda I)^-1, z = standardised features, bias unpenalised",
			Reference: "Hoerl and Kennard, Technometrics 12 (1970), equation 2.1",
			Params:    &Ridge{},
		},
	}
}

// standardisation holds mean and 1/std of every unit.
type standardisation struct{ mean, scale []float64 }

// standardise measures the units; one that never changes gets scale 0.
func standardise(e Examples) standardisation {
	s := standardisation{make([]float64, e.Units), make([]float64, e.Units)}
	n := float64(e.N())
	for i := range e.N() {
		for u, x := range e.Row(i) {
			s.mean[u] += float64(x)
		}
	}
	for u := range s.mean {
		s.mean[u] /= n
	}
	for i := range e.N() {
		for u, x := range e.Row(i) {
			d := float64(x) - s.mean[u]
			s.scale[u] += float64(d * d)
		}
	}
	for u, v := range s.scale {
		s.scale[u] = 0
		if v > 0 {
			s.scale[u] = 1 / math.Sqrt(v/n)
		}
	}
	return s
}

// apply returns standardised copies of the features.
func (s standardisation) apply(e Examples) Examples {
	out := make([]float32, len(e.Features))
	for i, x := range e.Features {
		u := i % e.Units
		out[i] = float32((float64(x) - s.mean[u]) * s.scale[u])
	}
	e.Features = out
	return e
}

// fold makes weights for standardised features fit raw ones.
func (s standardisation) fold(l *Linear) *Linear {
	f := &Linear{Units: l.Units, Classes: l.Classes, W: make([]float64, len(l.W)), B: append([]float64(nil), l.B...)}
	for i, w := range l.W {
		u := i % l.Units
		f.W[i] = w * s.scale[u]
		f.B[i/l.Units] -= float64(f.W[i] * s.mean[u])
	}
	return f
}
