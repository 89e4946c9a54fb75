package learning

import (
	"context"
	"errors"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/learning/optimise"
	"github.com/synohm/synohm/sim"
)

// Head is a linear read-out with softmax, trained on features that it does not
// change.
type Head struct {
	Layer sim.Layer
	by    *optimise.Updater
	rate  float64

	scores, d []float32
	loss      []float64
}

// NewHead puts a head on features.
func NewHead(ctx context.Context, s Setting, name string, features int, m optimise.Method, rate float64) (*Head, error) {
	l, err := s.Make.Dense(ctx, name, sim.Vector(features), s.Classes, 0.3)
	if err != nil {
		return nil, err
	}
	return &Head{Layer: l, by: optimise.New(m, l, s.Workers), rate: rate}, nil
}

// Learn takes a step and returns the mean loss.
func (h *Head) Learn(ctx context.Context, at Step, key sim.Key, batch int, x []float32, labels []uint8) (float64, error) {
	n := h.Layer.Out().Units()
	scores, d := Fit(&h.scores, batch*n), Fit(&h.d, batch*n)
	if err := h.Layer.Forward(ctx, key, batch, x, scores); err != nil {
		return 0, err
	}
	if len(h.loss) < batch {
		h.loss = make([]float64, batch)
	}
	kernels.SoftmaxCrossEntropy(scores, n, labels, d, h.loss[:batch])
	sum := 0.0
	for _, l := range h.loss[:batch] {
		sum += l
	}
	err := h.by.Learn(ctx, key, h.Layer, batch, x, d, 1/float64(batch), h.rate*at.Rate)
	return sum / float64(batch), err
}

// Scores writes the scores of features.
func (h *Head) Scores(ctx context.Context, key sim.Key, batch int, x, scores []float32) error {
	return h.Layer.Forward(ctx, key, batch, x, scores)
}

// State is what a checkpoint keeps of the method; the layer is kept with others.
func (h *Head) State() []sim.Variable { return Prefixed(h.Layer.Name()+"/optimiser", h.by.State()) }

// Concat writes rows of several matrices side by side.
func Concat(to []float32, rows int, parts ...[]float32) error {
	width := 0
	for _, p := range parts {
		width += len(p) / rows
	}
	if len(to) != rows*width {
		return errors.New("learning: the rows do not fit")
	}
	for r := range rows {
		at := r * width
		for _, p := range parts {
			n := len(p) / rows
			at += copy(to[at:], p[r*n:(r+1)*n])
		}
	}
	return nil
}
