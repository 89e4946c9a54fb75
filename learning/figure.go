package learning

import (
	"context"

	"github.com/synohm/synohm/sim"
)

// Figure is something a learner has to show at the end of a training, beside
// the curves that are made of its reports. What it is drawn as follows from the
// kind of its snapshots: series are curves over one axis, a matrix is a heat
// map, images are a sheet of them.
type Figure struct {
	Name      string // of the file
	Title     string
	X, Y      string // labels of the axes, with units
	Snapshots []sim.Snapshot
}

// Shower is a learner with figures of its own.
type Shower interface {
	Figures(ctx context.Context, t *Training) ([]Figure, error)
}

// Measurer is a learner with results of its own, for the metrics of a run.
type Measurer interface {
	Results(ctx context.Context, t *Training) (map[string]float64, error)
}
