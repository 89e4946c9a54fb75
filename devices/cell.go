package devices

// Cell is a kind of memory cell with its parameters set.
type Cell interface {
	// Window is the range of conductances that a cell can be asked for, uS.
	Window() (low, high float64)
	// Make makes n cells as they leave the factory, numbered from first. What
	// is drawn for a cell depends on seed and its number alone.
	Make(n int, seed uint64, first uint32) Cells
}

// Cells is a block of cells of one kind: their state, a slice a variable.
// Cells are told apart by their place in the block; lists of them are
// ascending, and nil stands for all. Draws of what is done to a cell depend on
// how often something was done to it before, so neither on the order of the
// cells nor on who else is in the list. Times are those of the array's clock in
// s and never go back.
type Cells interface {
	// Conductance writes what the cells conduct at time t, and the standard
	// deviation of one read then, both uS. A nil sigma is not wanted.
	Conductance(t float64, g, sigma []float32)
	// State names the variables, sharing their memory: what a checkpoint keeps.
	State() []Variable
}

// Variable is a named quantity of all cells of a block. Values is []float64,
// []float32 or []uint32.
type Variable struct {
	Name, Unit, Doc string
	Values          any
}

// Programmable cells are brought to a conductance by what the laboratory that
// measured them did, whose outcome the model describes.
type Programmable interface {
	Cells
	// Program brings cells[k] to about target[k] uS at time t, drawing anew.
	// Targets lie within the Window, which CheckWindow tells.
	Program(t float64, cells []int32, target []float32)
}

// Pulsed cells go up or down a step with every pulse, whose voltage and width
// are those of the measurement that the model was fitted to.
type Pulsed interface {
	Cells
	// Pulse gives cells[k] pulses[k] pulses from time t on: up where positive,
	// down where negative.
	Pulse(t float64, cells []int32, pulses []int32)
}

// Driven cells follow the voltage across them: compact models of the physics.
type Driven interface {
	Cells
	// Apply puts volts[k] across cells[k] for some seconds from time t on.
	Apply(t float64, cells []int32, volts []float64, seconds float64) error
	// Current is that of a cell at a voltage, in A.
	Current(cell int, volt float64) float64
}

// Settable cells, Pulsed or Driven, can be told where they are: retention and
// read disturb move them between pulses, and the next pulse goes on from there.
type Settable interface {
	Cells
	// Set makes cells[k] conduct g[k] uS, which lies in the window, at time t.
	// It draws nothing.
	Set(t float64, cells []int32, g []float32)
}

// Formed is a Cell whose cells are never programmed: their conductances are
// random and stay, so that their spread is what a network uses.
type Formed interface {
	// Moments returns mean and standard deviation of a cell's conductance, uS.
	Moments() (mean, std float64)
}

// Curved is a Cell whose current is not proportional to the voltage when it is
// read: see lines.Curve, for which g is in S.
type Curved interface {
	Current(g, volt float64) (amp, slope float64)
}

// Measured is the range in which a model was measured. Beyond it the model is
// refused, unless the user asks for extrapolation.
type Measured struct {
	Low, High   float64 // conductance, uS
	From, Until float64 // time since programming, s; Until is 0 where time does not matter
	Volt        float64 // largest voltage of a read, V; 0 where it does not matter
}

// Limited is a Cell that knows where it was measured.
type Limited interface {
	Measured() Measured
}

// each calls f for every cell of a list, of n cells in all where it is nil.
func each(n int, cells []int32, f func(k, cell int)) {
	if cells == nil {
		for i := range n {
			f(i, i)
		}
		return
	}
	for k, c := range cells {
		f(k, int(c))
	}
}
