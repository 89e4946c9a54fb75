package learning

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// Examples is a data set that batches are made of.
type Examples interface {
	Len() int
	// Fill writes examples of the given numbers as they are shown in an epoch;
	// those of an evaluation are shown as they are (epoch -1).
	Fill(epoch int, index []int32, b *Batch)
}

// Trainer is the settings that all rules share.
type Trainer struct {
	Epochs   int      `yaml:"epochs" default:"10" range:"[1, 1000000]" doc:"passes over the training examples"`
	Batch    int      `yaml:"batch" default:"128" range:"[1, 1000000]" doc:"examples of a step"`
	Schedule Schedule `yaml:"schedule" doc:"how rates change over the training"`
	Patience int      `yaml:"patience" default:"0" range:"[0, 1000000]" doc:"evaluations without a better validation error after which the training ends, and the best network is taken; 0 goes on to the end"`
	Evaluate int      `yaml:"evaluate" default:"1" range:"[0, 1000000]" doc:"epochs between two evaluations; 0 evaluates at the end alone"`
}

// Epoch is what is told of one.
type Epoch struct {
	Epoch      int     // from 1
	Loss       float64 // mean over the steps
	Values     []Value // means over the steps
	Seconds    float64 // of training, without evaluation
	Validation float64 // error, NaN where it was not measured
	Test       float64 // error, NaN where it was not measured
}

// Training is a learner under way.
type Training struct {
	Trainer
	Learner                 Learner
	Classes                 int
	Seed                    uint64
	Workers                 int
	Train, Validation, Test Examples // Validation may be nil

	// Elapse lets the time of so many steps, from the beginning, pass for the
	// weights; it is called when an epoch's last step is done. Nil for none.
	Elapse func(ctx context.Context, steps int) error
	// After is called when an epoch is through, with the state whole.
	After func(ctx context.Context, e Epoch) error
	// Progress is told how many steps of all are done.
	Progress func(done, total int)
	// Extra is what a checkpoint keeps beside the training's own state.
	Extra []sim.Variable

	done   []int64 // one number: epochs that are through
	best   []float64
	waited []int64
	kept   []sim.Variable // copies of the state of the best
	batch  Batch
	scores []float32
}

// Begin prepares a training; Restore may follow.
func (t *Training) Begin() error {
	if t.Batch > t.Train.Len() {
		return fmt.Errorf("a batch of %d examples is larger than the %d of the training data", t.Batch, t.Train.Len())
	}
	t.done, t.best, t.waited = make([]int64, 1), []float64{math.Inf(1)}, make([]int64, 1)
	return nil
}

// Steps is the number of steps of an epoch; examples that fill no batch wait for
// another epoch, whose order is another one.
func (t *Training) Steps() int { return t.Train.Len() / t.Batch }

var purposeOrder = philox.Purpose("learning.trainer.order")

// Done is the number of epochs that are through.
func (t *Training) Done() int { return int(t.done[0]) }

// State is all of a training that a checkpoint keeps.
func (t *Training) State() []sim.Variable {
	out := []sim.Variable{{Name: "epochs", Values: t.done}, {Name: "best", Values: t.best}, {Name: "waited", Values: t.waited}}
	out = append(out, t.Extra...)
	out = append(out, Prefixed("learner", t.Learner.State())...)
	if t.Patience > 0 {
		if t.kept == nil {
			t.keep()
		}
		out = append(out, Prefixed("kept", t.kept)...)
	}
	return out
}

// Restore goes on from a saved state. After an error the state is undefined, and
// another one may be loaded.
func (t *Training) Restore(saved func(name string) (any, error)) error {
	if err := sim.LoadState(t, saved); err != nil {
		return err
	}
	return t.restored()
}

// restored lets a learner work out anew what follows from its state.
func (t *Training) restored() error {
	if err := restored(t.Learner.Layers()); err != nil {
		return err
	}
	if r, ok := t.Learner.(sim.Restorer); ok {
		return r.Restored()
	}
	return nil
}

// Run goes on to the end.
func (t *Training) Run(ctx context.Context) error {
	steps := t.Steps()
	for t.Done() < t.Epochs {
		if t.Patience > 0 && int(t.waited[0]) >= t.Patience {
			break
		}
		epoch := t.Done()
		e, err := t.epoch(ctx, epoch, steps)
		if err != nil {
			return err
		}
		t.done[0]++
		if t.Elapse != nil {
			if err := t.Elapse(ctx, t.Done()*steps); err != nil {
				return err
			}
		}
		if last := t.Done() == t.Epochs; t.Evaluate > 0 && (t.Done()%t.Evaluate == 0) || last {
			if t.Validation != nil {
				if e.Validation, err = t.Error(ctx, t.Validation); err != nil {
					return err
				}
				t.judge(e.Validation)
			}
			if t.Test != nil {
				if e.Test, err = t.Error(ctx, t.Test); err != nil {
					return err
				}
			}
		}
		if t.After != nil {
			if err := t.After(ctx, e); err != nil {
				return err
			}
		}
	}
	return t.takeBest()
}

func (t *Training) epoch(ctx context.Context, epoch, steps int) (Epoch, error) {
	e := Epoch{Epoch: epoch + 1, Validation: math.NaN(), Test: math.NaN()}
	order := philox.Stream{Seed: t.Seed, Purpose: purposeOrder}.Permutation(t.Train.Len(), uint32(epoch))
	index := make([]int32, t.Batch)
	began := time.Now()
	for k := range steps {
		if err := ctx.Err(); err != nil {
			return e, err
		}
		for i := range index {
			index[i] = int32(order[k*t.Batch+i])
		}
		t.Train.Fill(epoch, index, &t.batch)
		at := Step{Epoch: epoch, Epochs: t.Epochs, Number: uint32(epoch*steps + k)}
		at.Rate = t.Schedule.Factor(float64(at.Number) / float64(t.Epochs*steps))
		r, err := t.Learner.Learn(ctx, at, t.batch)
		if err != nil {
			return e, fmt.Errorf("epoch %d, step %d: %w", epoch+1, k+1, err)
		}
		if math.IsNaN(r.Loss) || math.IsInf(r.Loss, 0) {
			return e, t.diverged(epoch, k, r.Loss)
		}
		e.Loss += r.Loss / float64(steps)
		if e.Values == nil {
			e.Values = make([]Value, len(r.Values))
			copy(e.Values, r.Values)
			for i := range e.Values {
				e.Values[i].Value = 0
			}
		}
		for i, v := range r.Values {
			if i >= len(e.Values) || e.Values[i].Name != v.Name || e.Values[i].Layer != v.Layer {
				panic("learning: reports of the steps of an epoch differ in kind")
			}
			e.Values[i].Value += v.Value / float64(steps)
		}
		if t.Progress != nil {
			t.Progress(int(at.Number)+1, t.Epochs*steps)
		}
	}
	e.Seconds = time.Since(began).Seconds()
	if name := t.broken(); name != "" {
		return e, t.diverged(epoch, steps-1, e.Loss)
	}
	return e, nil
}

// Diverged tells that a training has left the numbers.
type Diverged struct {
	Epoch, Step int // from 1
	Layer       string
	Loss        float64
}

func (d *Diverged) Error() string {
	where := ""
	if d.Layer != "" {
		where = ", the weights of layer " + d.Layer + " are no numbers any more"
	}
	return fmt.Sprintf("the training has diverged at epoch %d, step %d: the loss is %g%s; take a smaller rate (task.rule.rate)", d.Epoch, d.Step, d.Loss, where)
}

func (t *Training) diverged(epoch, step int, loss float64) error {
	return &Diverged{epoch + 1, step + 1, t.broken(), loss}
}

// broken is the first layer with a value that is not finite.
func (t *Training) broken() string {
	for _, l := range t.Learner.Layers() {
		for _, p := range l.Parameters() {
			if v := p.Values(); v != nil && !kernels.Finite(v) {
				return l.Name()
			}
		}
	}
	return ""
}

// scored is how many scores are worked out at once, and evaluated how many
// examples at most: a rule may make a pass for every class of an example.
const (
	scored    = 2000
	evaluated = 200
)

// Error is the part of examples whose class is not named.
func (t *Training) Error(ctx context.Context, of Examples) (float64, error) {
	wrong := 0
	err := t.Scores(ctx, of, func(b Batch, scores []float32) {
		for i, y := range b.Y {
			if argmax(scores[i*t.Classes:(i+1)*t.Classes]) != int(y) {
				wrong++
			}
		}
	})
	return float64(wrong) / float64(of.Len()), err
}

// evaluationStep keeps the random keys of evaluations apart from those of steps.
const evaluationStep = 1 << 31

// Scores calls f with the scores of all examples, some at a time.
func (t *Training) Scores(ctx context.Context, of Examples, f func(b Batch, scores []float32)) error {
	var b Batch
	most := max(1, min(evaluated, scored/t.Classes))
	for lo := 0; lo < of.Len(); lo += most {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(most, of.Len()-lo)
		index := make([]int32, n)
		for i := range index {
			index[i] = int32(lo + i)
		}
		of.Fill(-1, index, &b)
		scores := Fit(&t.scores, n*t.Classes)
		// A step of its own for every part: a rule may count trials on as it likes.
		part, parts := lo/most, (of.Len()+most-1)/most
		key := sim.Key{Step: evaluationStep + uint32(t.Done()*parts+part)%evaluationStep}
		if err := t.Learner.Scores(ctx, key, b, scores); err != nil {
			return err
		}
		f(b, scores)
	}
	return nil
}

// argmax is the first of the largest.
func argmax(s []float32) int {
	at := 0
	for i, x := range s {
		if x > s[at] {
			at = i
		}
	}
	return at
}

// judge keeps the best network.
func (t *Training) judge(err float64) {
	if t.Patience == 0 {
		return
	}
	if err < t.best[0] {
		t.best[0], t.waited[0] = err, 0
		t.keep()
		return
	}
	t.waited[0]++
}

func (t *Training) keep() {
	t.kept = nil
	for _, v := range t.Learner.State() {
		t.kept = append(t.kept, sim.Variable{Name: v.Name, Values: sim.CopyValues(v.Values)})
	}
}

// takeBest brings back the best network, where it was looked for.
func (t *Training) takeBest() error {
	if t.Patience == 0 || t.kept == nil || math.IsInf(t.best[0], 1) {
		return nil
	}
	err := sim.LoadState(t.Learner, func(name string) (any, error) {
		i := slices.IndexFunc(t.kept, func(v sim.Variable) bool { return v.Name == name })
		return t.kept[i].Values, nil
	})
	if err != nil {
		return err
	}
	return t.restored()
}
