package backprop

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/internal/kernels"
	"github.com/synohm/synohm/learning"
	"github.com/synohm/synohm/sim"
)

// Network is rectified layers and a linear output of one unit a class, with the
// derivatives of its loss:
//
//	h_l = f(z_l),  z_l = h_{l-1} W_l + b_l,  s = h_L W + b
//	dz_l = dh_l f'(z_l),  dh_{l-1} = dz_l W_l^T
//
// A loss is the sum over the examples of a batch.
type Network struct {
	Hidden learning.Stack
	Output sim.Layer
	Square bool // the squared error instead of softmax and cross-entropy

	gate   learning.Backward
	scores []float32
	e      []float32 // derivative along the scores
	loss   []float64
	dh, dz []float32
}

// NewNetwork puts an output on the layers of a configuration. Slope is that of
// the nonlinearity below zero.
func NewNetwork(ctx context.Context, s learning.Setting, slope float64, square bool) (*Network, error) {
	layers, err := s.Stack(ctx)
	if err != nil {
		return nil, err
	}
	in := s.In
	if n := len(layers); n > 0 {
		in = layers[n-1].Out()
	}
	out, err := s.Make.Dense(ctx, "output", in, s.Classes, 1)
	if err != nil {
		return nil, err
	}
	return &Network{
		Hidden: learning.Stack{Layers: layers, Workers: s.Workers, Slope: float32(slope)},
		Output: out, Square: square,
		gate: gate{slope: float32(slope), workers: s.Workers},
	}, nil
}

// Layers are all, the output last.
func (n *Network) Layers() []sim.Layer {
	h := n.Hidden.Layers
	return append(h[:len(h):len(h)], n.Output)
}

// Forward passes a batch and returns the scores, which are the network's own
// memory until the next call.
func (n *Network) Forward(ctx context.Context, key sim.Key, batch int, x []float32) ([]float32, error) {
	scores := learning.Fit(&n.scores, batch*n.Output.Out().Units())
	return scores, n.forward(ctx, key, batch, x, scores)
}

func (n *Network) forward(ctx context.Context, key sim.Key, batch int, x, scores []float32) error {
	if err := n.Hidden.Forward(ctx, key, batch, len(n.Hidden.Layers), x); err != nil {
		return err
	}
	if err := n.Output.Forward(ctx, key, batch, n.features(x), scores); err != nil {
		return fmt.Errorf("layer %s: %w", n.Output.Name(), err)
	}
	return nil
}

// features are the input of the output layer.
func (n *Network) features(x []float32) []float32 {
	if len(n.Hidden.Layers) == 0 {
		return x
	}
	return n.Hidden.H[len(n.Hidden.H)-1]
}

// Error gives the derivative along the scores of the last pass, [batch][classes],
// and the loss summed over the batch.
func (n *Network) Error(labels []uint8) (e []float32, loss float64) {
	classes, batch := n.Output.Out().Units(), len(labels)
	e = learning.Fit(&n.e, batch*classes)
	if n.Square {
		copy(e, n.scores)
		for r, y := range labels {
			e[r*classes+int(y)]--
		}
		for _, x := range e {
			loss += float64(float64(x)*float64(x)) / 2
		}
		return e, loss
	}
	if cap(n.loss) < batch {
		n.loss = make([]float64, batch)
	}
	n.loss = n.loss[:batch]
	kernels.SoftmaxCrossEntropy(n.scores, classes, labels, e, n.loss)
	for _, l := range n.loss {
		loss += l
	}
	return e, loss
}

// carrier brings an error from the output of layer i (dz) to its input (dx).
type carrier func(ctx context.Context, key sim.Key, i, batch int, x, dz, dx []float32) error

// exact carries by the weights of the layer itself.
func (n *Network) exact(ctx context.Context, key sim.Key, i, batch int, x, dz, dx []float32) error {
	return n.layer(i).Backward(ctx, key, batch, x, dz, dx)
}

func (n *Network) layer(i int) sim.Layer {
	if i == len(n.Hidden.Layers) {
		return n.Output
	}
	return n.Hidden.Layers[i]
}

// backward hands learn the input and the derivative along the output of every
// layer, the last layer first, after a pass of x. A layer may change in learn:
// its error has been carried down before.
func (n *Network) backward(ctx context.Context, key sim.Key, batch int, x, e []float32, carry carrier, learn func(i int, x, dz []float32) error) error {
	dz := e
	for i := len(n.Hidden.Layers); i >= 0; i-- {
		l := n.layer(i)
		in := n.input(i, x)
		var dh []float32
		if i > 0 {
			dh = learning.Fit(&n.dh, batch*l.In().Units())
			if err := carry(ctx, key, i, batch, in, dz, dh); err != nil {
				return fmt.Errorf("layer %s: %w", l.Name(), err)
			}
		}
		if len(l.Parameters()) > 0 {
			if err := learn(i, in, dz); err != nil {
				return fmt.Errorf("layer %s: %w", l.Name(), err)
			}
		}
		if i == 0 {
			break
		}
		dz = learning.Fit(&n.dz, len(dh))
		if len(n.layer(i-1).Parameters()) == 0 { // a pool has no nonlinearity
			copy(dz, dh)
			continue
		}
		if err := n.gate.SignalBackward(n.own(i-1, batch), dh, dz); err != nil {
			return err
		}
	}
	return nil
}

// input is that of layer i in the last pass.
func (n *Network) input(i int, x []float32) []float32 {
	if i == 0 {
		return x
	}
	return n.Hidden.H[i-1]
}

// own is what hidden layer i sees of itself.
func (n *Network) own(i, batch int) learning.Own {
	return learning.Own{Layer: i, Batch: batch, X: n.Hidden.X[i], H: n.Hidden.H[i], Units: n.Hidden.Layers[i].Out().Units()}
}

// above is the key of what goes back through the layers, apart from that of
// what goes forward.
func above(key sim.Key, batch int) sim.Key {
	return sim.Key{Trial: key.Trial + uint32(batch), Step: key.Step}
}

// Gradient passes a batch and hands a changer of every layer with parameters the
// derivative of the loss, summed over the batch, by backpropagation. Layers are
// numbered from 0, the output being the last; by is asked in falling order. It
// returns the summed loss. Nothing changes but what a changer changes.
func (n *Network) Gradient(ctx context.Context, key sim.Key, batch int, x []float32, labels []uint8, by func(layer int) sim.Changer) (float64, error) {
	if _, err := n.Forward(ctx, key, batch, x); err != nil {
		return 0, err
	}
	e, loss := n.Error(labels[:batch])
	return loss, n.collect(ctx, key, batch, x, e, n.exact, by)
}

// collect hands derivatives to changers after a pass.
func (n *Network) collect(ctx context.Context, key sim.Key, batch int, x, e []float32, carry carrier, by func(layer int) sim.Changer) error {
	back := above(key, batch)
	return n.backward(ctx, back, batch, x, e, carry, func(i int, x, dz []float32) error {
		return n.layer(i).Learn(ctx, back, batch, x, dz, by(i))
	})
}
