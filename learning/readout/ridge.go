package readout

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/synohm/synohm/internal/config"
)

// Ridge regresses one-hot targets on the features, in closed form.
type Ridge struct {
	Lambdas []float64 `yaml:"lambdas" default:"[1, 10, 100, 1000, 10000]" range:"(0, inf)" doc:"penalties to choose from on the validation examples"`
	Refit   bool      `yaml:"refit" default:"true" doc:"solve again on training and validation examples with the chosen penalty"`
}

// Validate wants at least one penalty.
func (r *Ridge) Validate() error {
	if len(r.Lambdas) == 0 {
		return config.FieldError{Field: "lambdas", Rule: "needs at least one value"}
	}
	return nil
}

// Fit solves for every penalty and keeps the one that names the validation
// examples best. An Epoch of the result is one penalty, in their order.
func (r *Ridge) Fit(ctx context.Context, train, validation Examples, o Options) (*Linear, []Epoch, error) {
	for _, e := range []Examples{train, validation} {
		if e.N() > 0 {
			if err := e.Check(); err != nil {
				return nil, nil, err
			}
		}
	}
	if train.N() == 0 {
		return nil, nil, fmt.Errorf("ridge: there are no training examples")
	}
	sys := newNormalEquations(train)
	var best *Linear
	var log []Epoch
	bestAt, bestScore := 0, math.Inf(-1)
	for k, lambda := range r.Lambdas {
		if err := ctx.Err(); err != nil {
			return best, log, err
		}
		m, err := sys.solve(lambda)
		if err != nil {
			return best, log, err
		}
		e := Epoch{Epoch: k + 1, TrainAccuracy: m.Accuracy(train), ValidationAccuracy: math.NaN(), Loss: math.NaN()}
		score := -float64(k)
		if validation.N() > 0 {
			e.ValidationAccuracy = m.Accuracy(validation)
			score = e.ValidationAccuracy
		}
		if score > bestScore {
			best, bestScore, bestAt = m, score, k
		}
		log = append(log, e)
		if o.Progress != nil {
			o.Progress(k+1, len(r.Lambdas)+1)
		}
	}
	if !r.Refit || validation.N() == 0 {
		return best, log, nil
	}
	both := train
	both.Features = append(append([]float32(nil), train.Features...), validation.Features...)
	both.Labels = append(append([]uint8(nil), train.Labels...), validation.Labels...)
	best, err := newNormalEquations(both).solve(r.Lambdas[bestAt])
	return best, log, err
}

// normalEquations holds Z^T Z and Z^T Y of standardised features, whose mean
// is zero, so that the bias is the mean of the targets.
type normalEquations struct {
	st      standardisation
	gram    *mat.SymDense // [Units][Units]
	cross   *mat.Dense    // [Units][Classes]
	bias    []float64     // [Classes]
	classes int
}

func newNormalEquations(e Examples) *normalEquations {
	st := standardise(e)
	x := st.apply(e)
	z := make([]float64, len(x.Features))
	for i, v := range x.Features {
		z[i] = float64(v)
	}
	q := &normalEquations{st: st, classes: e.Classes, bias: make([]float64, e.Classes)}
	q.gram = mat.NewSymDense(e.Units, nil)
	blas64.Syrk(blas.Trans, 1, blas64.General{Rows: e.N(), Cols: e.Units, Stride: e.Units, Data: z}, 0, q.gram.RawSymmetric())
	q.cross = mat.NewDense(e.Units, e.Classes, nil)
	for _, y := range e.Labels {
		q.bias[y] += 1 / float64(e.N())
	}
	for i, y := range e.Labels {
		for u := range e.Units {
			q.cross.Set(u, int(y), q.cross.At(u, int(y))+z[i*e.Units+u])
		}
	}
	return q
}

func (q *normalEquations) solve(lambda float64) (*Linear, error) {
	units := q.gram.SymmetricDim()
	a := mat.NewSymDense(units, nil)
	a.CopySym(q.gram)
	for u := range units {
		a.SetSym(u, u, a.At(u, u)+lambda)
	}
	var chol mat.Cholesky
	if !chol.Factorize(a) {
		return nil, fmt.Errorf("ridge: the equations are singular with penalty %g; take a larger one", lambda)
	}
	var w mat.Dense
	if err := chol.SolveTo(&w, q.cross); err != nil {
		if _, bad := err.(mat.Condition); !bad {
			return nil, fmt.Errorf("ridge: %w", err)
		}
	}
	l := &Linear{Units: units, Classes: q.classes, W: make([]float64, q.classes*units), B: append([]float64(nil), q.bias...)}
	for c := range q.classes {
		for u := range units {
			l.W[c*units+u] = w.At(u, c)
		}
	}
	return q.st.fold(l), nil
}
