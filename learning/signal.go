package learning

// Own is what a layer sees of itself in a step: nothing here comes from another
// layer but the input, which arrives anyway.
type Own struct {
	Layer  int // from 0
	Batch  int // examples; positive ones first where there are two kinds
	X      []float32
	H      []float32 // activity, [Batch][units], after the nonlinearity
	Units  int
	Labels []uint8 // what the layer is told of the outside, nil if nothing
}

// The rules of one layer, by what they see. Each writes d, the derivative along
// the activity, [Batch][units], and returns the loss summed over the batch. A
// rule that sees more than Own cannot hide it: it has another type.
type (
	// Local sees its own layer alone.
	Local interface {
		Signal(own Own, d []float32) (loss float64)
	}
	// Told hears one number an example from outside of its layer, such as the
	// goodness of all others.
	Told interface {
		SignalTold(own Own, told []float32, d []float32) (loss float64)
	}
	// Broadcast hears the error of the output, [Batch][classes], which goes to
	// all layers alike.
	Broadcast interface {
		SignalBroadcast(own Own, e []float32, d []float32) error
	}
	// Backward gets the derivative along its activity from the layer above: it
	// is not local.
	Backward interface {
		SignalBackward(own Own, above []float32, d []float32) error
	}
)
