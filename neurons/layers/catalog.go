package layers

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/sim"
)

// Kind is a catalogue entry of a layer. Its Params are a Spec.
type Kind struct{ catalog.Entry }

// Spec is the settings of a layer.
type Spec interface {
	// Out is the extent of what the layer makes of an input, or what is wrong
	// with it.
	Out(in sim.Extent) (sim.Extent, error)
	// Matrices are the shapes of the weights, for estimates and checks.
	Matrices(in sim.Extent) []Matrix
	// New makes the layer.
	New(ctx context.Context, name string, in sim.Extent, door Door) (sim.Layer, error)
}

// Buffered is settings of a layer that learns from more numbers than its input
// and its output.
type Buffered interface {
	// Buffer is how many more it holds for every example of a batch.
	Buffer(in sim.Extent) int
}

// Matrix is the shape of weights, and how many such there are.
type Matrix struct{ Sources, Targets, N int }

// Door makes weights on the substrate that a layer was given.
type Door interface {
	// Weights puts a matrix [sources][targets] onto the substrate.
	Weights(ctx context.Context, name string, sources, targets int, values []float32) (sim.DenseWeights, error)
	// Seed is that of the layer's initial weights.
	Seed() uint64
	// Workers is how many goroutines a layer may use.
	Workers() int
}

// Builtin lists the kinds of layers. A new kind is one line.
func Builtin() []Kind {
	return []Kind{DenseKind(), ConvKind(), LocalKind(), PoolKind()}
}

// Catalog gives the entries alone.
func Catalog() catalog.Catalog {
	var c catalog.Catalog
	for _, k := range Builtin() {
		c = append(c, k.Entry)
	}
	return c
}

// Chain is the extents of a stack of layers on an input, or what is wrong with
// the first that does not fit.
func Chain(in sim.Extent, specs []Spec) ([]sim.Extent, error) {
	var out []sim.Extent
	for i, s := range specs {
		e, err := s.Out(in)
		if err != nil {
			return out, fmt.Errorf("layer %d: %w", i+1, err)
		}
		out = append(out, e)
		in = e
	}
	return out, nil
}
