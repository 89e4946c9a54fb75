package optimise

import (
	"fmt"

	"github.com/synohm/synohm/internal/catalog"
)

// Method is the settings of an optimiser.
type Method interface {
	// Plain tells that a change is the derivative times the rate, and no more.
	Plain() bool
	// Decays tells that the change needs the value that is changed.
	Decays() bool
	// State makes what the method keeps for n values.
	State(n int) State
}

// State is what a method keeps for the values of one parameter.
type State interface {
	// Vectors are the kept slices, one value a parameter each, with their names.
	Vectors() []Vector
	// Step changes values lo to lo+len(w)-1 in place: g times scale is the
	// derivative, t the number of the step, from 1.
	Step(w, g []float32, lo int, scale, rate float32, t int)
	// Change writes what Step would add. w is nil where the values are not
	// known, which a method that Decays refuses.
	Change(change, w, g []float32, lo int, scale, rate float32, t int)
}

// Vector is a named slice of a state.
type Vector struct {
	Name   string
	Values []float32
}

// Catalog lists the methods; their Params are the methods. A new one is one line.
func Catalog() catalog.Catalog {
	return catalog.Catalog{adamEntry(), sgdEntry()}
}

// Check refuses what a method cannot do where values are not plain numbers.
func Check(m Method, numbers bool) error {
	if !numbers && m.Decays() {
		return fmt.Errorf("decay needs the weights as numbers, which they are on ideal memory alone; leave decay out")
	}
	return nil
}
