package synapses

import (
	"context"

	"fmt"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/array"
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/internal/philox"
	"github.com/synohm/synohm/sim"
)

// Want is what a projection asks of its weights: sources x targets of them,
// normally distributed.
type Want struct {
	Sources, Targets int
	Mean, Std        float64
}

// MaxWeights bounds a projection before anything is allocated.
const MaxWeights = 1 << 28

// Check refuses what cannot be stored.
func (w Want) Check() error {
	if w.Sources < 1 || w.Targets < 1 || w.Sources > MaxWeights/w.Targets {
		return fmt.Errorf("%d x %d weights: at least one and at most %d are possible", w.Sources, w.Targets, MaxWeights)
	}
	return nil
}

func (w Want) count() float64 { return float64(w.Sources) * float64(w.Targets) }

var purposeWeights = philox.Purpose("synapses.weights")

// draw makes the wanted weights as numbers, [source][target].
func (w Want) draw(seed uint64) []float32 {
	s := philox.Stream{Seed: seed, Purpose: purposeWeights}
	out := make([]float32, w.Sources*w.Targets)
	var z [1024]float64
	for i := 0; i < len(out); i += len(z) {
		part := out[i:min(i+len(z), len(out))]
		kernels.Normals(s, 0, i, z[:len(part)])
		for k := range part {
			part[k] = float32(w.Mean + float64(w.Std*z[k]))
		}
	}
	return out
}

// Substrate makes weights.
type Substrate interface {
	// Check tells, without making anything, what Make would refuse.
	Check(want Want) error
	// Make returns weights as wanted. The draws depend on the seed alone.
	Make(ctx context.Context, want Want, seed uint64) (sim.SpikeWeights, error)
	// Bytes estimates the memory of what Make returns.
	Bytes(want Want) float64
	// CheckSparse tells what MakeSparse would refuse.
	CheckSparse(w *Wiring) error
	// MakeSparse draws synapses and puts their weights onto the substrate,
	// one cell (or pair of cells) for each.
	MakeSparse(ctx context.Context, w *Wiring, seed uint64) (sim.SparseWeights, error)
	// SparseBytes estimates the memory of what MakeSparse returns.
	SparseBytes(w *Wiring) float64
	// CheckDense tells what MakeDense would refuse.
	CheckDense(w Dense) error
	// MakeDense puts a matrix of a graded layer onto the substrate. The number
	// of workers changes no result.
	MakeDense(ctx context.Context, w Dense, seed uint64, workers int) (sim.DenseWeights, error)
	// DenseBytes estimates the memory of what MakeDense returns.
	DenseBytes(w Dense) float64
}

// Physical is a substrate whose weights are made of cells.
type Physical interface {
	Substrate
	// CheckAlone finds what is wrong with the cells whatever is put on them.
	CheckAlone() error
	// Files are those, beside the configuration, that the cells are made of.
	Files() []string
}

// Kind is a catalogue entry of a substrate.
type Kind struct {
	catalog.Entry
	New func(params any) Substrate
}

// Builtin lists the kinds of substrates. A new kind is one line.
func Builtin() []Kind {
	return []Kind{idealKind(), quantisedKind(), crossbarKind()}
}

// Catalog gives the entries alone.
func Catalog() catalog.Catalog {
	var c catalog.Catalog
	for _, k := range Builtin() {
		c = append(c, k.Entry)
	}
	return c
}

// New makes a substrate of a kind from its decoded settings.
func New(kind string, params any) (Substrate, error) {
	for _, k := range Builtin() {
		if k.Name == kind {
			return k.New(params), nil
		}
	}
	return nil, fmt.Errorf("no substrate of kind %q", kind)
}

// Catalogs are what the settings of substrates look names up in.
func Catalogs() map[string]catalog.Catalog {
	return map[string]catalog.Catalog{"substrates": Catalog(), "devices": devices.Catalog(), "mappings": array.Mappings(), "programming": array.Programmings(), "rules": Rules(), "synapses": DynamicsCatalog()}
}
