package readout

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/synohm/synohm/internal/philox"
)

// Softmax trains softmax regression by Adam.
type Softmax struct {
	LearningRate float64 `yaml:"learning_rate" default:"0.001" range:"(0, 100]" doc:"step size of Adam"`
	Epochs       int     `yaml:"epochs" default:"30" range:"[1, 100000]" doc:"passes over the training examples"`
	Batch        int     `yaml:"batch" default:"100" range:"[1, 1000000]" doc:"examples of a step"`
	L2           float64 `yaml:"l2" default:"0.001" range:"[0, inf)" doc:"penalty on the squares of the weights"`
	Refit        bool    `yaml:"refit" default:"true" doc:"train again on training and validation examples for the number of epochs that was best on the validation ones"`
}

// Adam's own constants, algorithm 1 of Kingma and Ba.
const (
	adamBeta1 = 0.9
	adamBeta2 = 0.999
	adamEps   = 1e-8
)

// shard is how many examples are summed by one worker before the sums are
// added in order; it is fixed, so that the result depends on no worker count.
const shard = 25

var purposeShuffle = philox.Purpose("learning.softmax.shuffle")

// Fit trains and picks the epoch that names the validation examples best.
func (s *Softmax) Fit(ctx context.Context, train, validation Examples, o Options) (*Linear, []Epoch, error) {
	for _, e := range []Examples{train, validation} {
		if e.N() > 0 {
			if err := e.Check(); err != nil {
				return nil, nil, err
			}
		}
	}
	if train.N() == 0 {
		return nil, nil, fmt.Errorf("softmax: there are no training examples")
	}
	refit := s.Refit && validation.N() > 0
	total := s.Epochs
	if refit {
		total *= 2 // at most; the second pass knows
	}
	best, epochs, bestAt, err := s.pass(ctx, train, validation, o, s.Epochs, 0, total)
	if err != nil || !refit {
		return best, epochs, err
	}
	both := train
	both.Features = append(append([]float32(nil), train.Features...), validation.Features...)
	both.Labels = append(append([]uint8(nil), train.Labels...), validation.Labels...)
	again, _, _, err := s.pass(ctx, both, Examples{}, o, bestAt, s.Epochs, s.Epochs+bestAt)
	return again, epochs, err
}

// pass trains for some epochs and returns the best model, with the number of
// epochs it had.
func (s *Softmax) pass(ctx context.Context, train, validation Examples, o Options, epochs, done, total int) (*Linear, []Epoch, int, error) {
	st := standardise(train)
	x := st.apply(train)
	f := newSoftmaxFit(s, x, max(1, o.Workers))
	var best *Linear
	var log []Epoch
	bestAt, bestScore := 0, math.Inf(-1)
	order := philox.Stream{Seed: o.Seed, Purpose: purposeShuffle}
	for e := range epochs {
		if err := ctx.Err(); err != nil {
			return best, log, bestAt, err
		}
		loss, right := f.epoch(order.Permutation(x.N(), uint32(e)))
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return best, log, bestAt, fmt.Errorf("softmax: the loss is %g in epoch %d; the learning rate %g is too large", loss, e+1, s.LearningRate)
		}
		m := st.fold(&f.model)
		ep := Epoch{Epoch: e + 1, Loss: loss, TrainAccuracy: float64(right) / float64(x.N()), ValidationAccuracy: math.NaN()}
		score := float64(e)
		if validation.N() > 0 {
			ep.ValidationAccuracy = m.Accuracy(validation)
			score = ep.ValidationAccuracy
		}
		if score > bestScore {
			best, bestScore, bestAt = m, score, e+1
		}
		log = append(log, ep)
		if o.Progress != nil {
			o.Progress(done+e+1, total)
		}
	}
	return best, log, bestAt, nil
}

type softmaxFit struct {
	*Softmax
	x       Examples
	model   Linear
	m, v    []float64 // Adam's moments, weights then biases
	grads   [][]float64
	losses  []float64
	rights  []int
	step    int
	workers int
}

func newSoftmaxFit(s *Softmax, x Examples, workers int) *softmaxFit {
	n := x.Classes*x.Units + x.Classes
	f := &softmaxFit{
		Softmax: s, x: x, m: make([]float64, n), v: make([]float64, n), workers: workers,
		model: Linear{Units: x.Units, Classes: x.Classes, W: make([]float64, x.Classes*x.Units), B: make([]float64, x.Classes)},
	}
	shards := (min(s.Batch, x.N()) + shard - 1) / shard
	for range shards {
		f.grads = append(f.grads, make([]float64, n))
	}
	f.losses, f.rights = make([]float64, shards), make([]int, shards)
	return f
}

// epoch returns the mean loss and how many examples were named before the
// step that saw them.
func (f *softmaxFit) epoch(order []int) (loss float64, right int) {
	for lo := 0; lo < len(order); lo += f.Batch {
		batch := order[lo:min(lo+f.Batch, len(order))]
		shards := (len(batch) + shard - 1) / shard
		var wg sync.WaitGroup
		for w := range min(f.workers, shards) {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for k := w; k < shards; k += f.workers {
					f.shard(k, batch[k*shard:min((k+1)*shard, len(batch))])
				}
			}()
		}
		wg.Wait()
		g := f.grads[0]
		for k := range shards {
			loss += f.losses[k]
			right += f.rights[k]
			if k > 0 {
				for i, x := range f.grads[k] {
					g[i] += x
				}
			}
		}
		f.adam(g, 1/float64(len(batch)))
	}
	return loss / float64(len(order)), right
}

// shard sums loss and gradient over a few examples.
func (f *softmaxFit) shard(k int, examples []int) {
	g, units, classes := f.grads[k], f.x.Units, f.x.Classes
	clear(g)
	f.losses[k], f.rights[k] = 0, 0
	p := make([]float64, classes)
	for _, i := range examples {
		x, y := f.x.Row(i), int(f.x.Labels[i])
		top := 0
		for c := range p {
			p[c] = dot(f.model.W[c*units:(c+1)*units], x) + f.model.B[c]
			if p[c] > p[top] {
				top = c
			}
		}
		if top == y {
			f.rights[k]++
		}
		largest, sum := p[top], 0.0
		own := p[y]
		for c := range p {
			p[c] = math.Exp(p[c] - largest)
			sum += p[c]
		}
		f.losses[k] += math.Log(sum) + largest - own
		for c := range p {
			d := p[c] / sum
			if c == y {
				d--
			}
			row := g[c*units : (c+1)*units]
			for u, v := range x[:len(row)] {
				row[u] += float64(d * float64(v))
			}
			g[classes*units+c] += d
		}
	}
}

// adam takes one step with the gradient g times scale plus the penalty's.
func (f *softmaxFit) adam(g []float64, scale float64) {
	f.step++
	rate := f.LearningRate * math.Sqrt(1-math.Pow(adamBeta2, float64(f.step))) / (1 - math.Pow(adamBeta1, float64(f.step)))
	nw := len(f.model.W)
	for i := range g {
		var w *float64
		d := g[i] * scale
		if i < nw {
			w = &f.model.W[i]
			d += float64(f.L2 * *w)
		} else {
			w = &f.model.B[i-nw] // biases are not penalised
		}
		f.m[i] = float64(adamBeta1*f.m[i]) + float64((1-adamBeta1)*d)
		f.v[i] = float64(adamBeta2*f.v[i]) + float64((1-adamBeta2)*float64(d*d))
		*w -= rate * f.m[i] / (math.Sqrt(f.v[i]) + adamEps)
	}
}
