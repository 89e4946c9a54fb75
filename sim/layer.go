package sim

import "context"

// Extent is the arrangement of the units of a layer: Rows x Cols places of
// Channels each, [row][column][channel]. A plain vector is 1 x 1 x n.
type Extent struct{ Rows, Cols, Channels int }

// Vector is the extent of n units without places.
func Vector(n int) Extent { return Extent{1, 1, n} }

// Units is their number.
func (e Extent) Units() int { return e.Rows * e.Cols * e.Channels }

// Layer is a graded layer: an affine map (or a fixed one, such as pooling) of
// batches, [batch][unit] row-major. The nonlinearity belongs to whoever puts
// layers together. Vector i of a batch has the random key of trial key.Trial + i.
type Layer interface {
	Name() string
	In() Extent
	Out() Extent
	// Forward writes z of x.
	Forward(ctx context.Context, key Key, batch int, x, z []float32) error
	// Backward writes dx, the derivative along x of what has the derivative dz
	// along z. It uses the weights the other way, which not every substrate is
	// good at; a rule that calls it is not local.
	Backward(ctx context.Context, key Key, batch int, x, dz, dx []float32) error
	// Learn hands the changer, for every parameter, the factors of its
	// derivative: what the layer knows of itself, its input and dz.
	Learn(ctx context.Context, key Key, batch int, x, dz []float32, by Changer) error
	// Parameters lists what Learn changes, always in the same order.
	Parameters() []*Parameter
}

// Parameter is weights behind the door, or plain numbers such as biases, which
// no array stores.
type Parameter struct {
	Name    string
	Weights DenseWeights // nil for plain numbers
	Numbers []float32    // nil for weights
}

// Len is the number of values.
func (p *Parameter) Len() int {
	if p.Weights == nil {
		return len(p.Numbers)
	}
	targets, sources := p.Weights.Shape()
	return targets * sources
}

// Values is the memory of the values where they are plain numbers, else nil.
func (p *Parameter) Values() []float32 {
	if p.Weights == nil {
		return p.Numbers
	}
	return p.Weights.Live()
}

// Changer takes derivatives: an optimiser, or what only looks at them.
type Changer interface {
	// Outer takes x^T d of a batch, for weights [sources][targets].
	Outer(ctx context.Context, key Key, p *Parameter, batch int, x, d []float32) error
	// Plain takes the derivative of plain numbers. It may be kept for the call alone.
	Plain(ctx context.Context, key Key, p *Parameter, g []float32) error
}
