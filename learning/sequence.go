package learning

import (
	"context"

	"github.com/synohm/synohm/learning/inputs"
)

// Sequence is tasks that a network learns one after the other, without going
// back.
type Sequence struct {
	Tasks int    `yaml:"tasks" default:"5" range:"[2, 1000]" doc:"how many there are; each is trained for the epochs of the training, on a schedule that runs over all of them"`
	Kind  string `yaml:"kind" short:"true" default:"permuted" enum:"permuted" doc:"permuted: the pixels of all images in another order for every task, as they are for the first (Goodfellow et al., arXiv 1312.6211 (2013); Kirkpatrick et al., PNAS 114 (2017))"`
}

// TaskEnder is a learner that is told when a task of a sequence is through and
// another one follows. The examples are those of the task, as they are shown in
// an evaluation.
type TaskEnder interface {
	EndTask(ctx context.Context, task int, train Examples) error
}

// Permuted is a data set whose images have their pixels in another order.
type Permuted struct {
	Examples
	Order inputs.Permutation

	room []float32
}

// Fill writes images in the new order.
func (p *Permuted) Fill(epoch int, index []int32, b *Batch) {
	p.Examples.Fill(epoch, index, b)
	n := len(p.Order)
	image := Fit(&p.room, n)
	for i := range b.N {
		x := b.X[i*n : (i+1)*n]
		copy(image, x)
		p.Order.Apply(x, image)
	}
}

// Views is the data set of every task of a sequence, made of one.
func (s *Sequence) Views(of Examples, seed uint64, pixels int) (out []Examples) {
	for task := range s.Tasks {
		out = append(out, &Permuted{Examples: of, Order: inputs.NewPermutation(seed, uint32(task), pixels)})
	}
	return out
}

// InTurn shows the data set of one task after another.
type InTurn struct {
	Tasks []Examples
	// Now is the task that an evaluation shows.
	Now func() int
	// Epochs is how many each task has.
	Epochs int
}

// Len is that of the first; all have as many examples.
func (t *InTurn) Len() int { return t.Tasks[0].Len() }

// Fill writes examples of the task that an epoch belongs to.
func (t *InTurn) Fill(epoch int, index []int32, b *Batch) {
	task := epoch / t.Epochs
	if epoch < 0 {
		task = t.Now()
	}
	t.Tasks[task].Fill(epoch, index, b)
}

// Retention is what became of the tasks of a sequence.
type Retention struct {
	Tasks    int
	Accuracy []float64 // [after task][of task]
}

// Average is the mean accuracy over all tasks at the end.
func (r Retention) Average() float64 {
	last := r.Accuracy[(r.Tasks-1)*r.Tasks:]
	sum := 0.0
	for _, a := range last {
		sum += a
	}
	return sum / float64(r.Tasks)
}

// Forgetting is, over all tasks but the last, the mean of the best accuracy
// after any task before the end, from its own on, less that at the end
// (Chaudhry et al., Riemannian walk, ECCV 2018, section 3). It is negative where
// tasks got better.
func (r Retention) Forgetting() float64 {
	n := r.Tasks
	sum := 0.0
	for of := range n - 1 {
		best := r.Accuracy[of*n+of]
		for after := of; after < n-1; after++ {
			best = max(best, r.Accuracy[after*n+of])
		}
		sum += best - r.Accuracy[(n-1)*n+of]
	}
	return sum / float64(n-1)
}

// Learnt is the mean accuracy on every task right after its own training.
func (r Retention) Learnt() float64 {
	sum := 0.0
	for k := range r.Tasks {
		sum += r.Accuracy[k*r.Tasks+k]
	}
	return sum / float64(r.Tasks)
}
