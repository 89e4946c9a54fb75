package programming

import (
	"context"
	"errors"
	"fmt"
)

// Port is what can be done to cells, which have numbers. Lists of cells are
// ascending, and no cell is in a list twice.
type Port interface {
	// Read reads each cell once, uS.
	Read(ctx context.Context, cells []int32, uS []float32) error
	// Pulse puts volts[k] across cells[k] for some seconds.
	Pulse(ctx context.Context, cells []int32, volts []float64, seconds float64) error
	// Wait lets time go by.
	Wait(ctx context.Context, seconds float64) error
}

// Programmer is a Port whose cells can be brought to a conductance by means of
// its own: a board with a program, or cells whose model describes the outcome
// of one.
type Programmer interface {
	Port
	// Program writes target[k] uS to cells[k], drawing anew.
	Program(ctx context.Context, cells []int32, target []float32) error
}

// Windowed is a Port that knows what its cells can be asked for. Run refuses
// targets outside.
type Windowed interface {
	// Window is the range of targets, uS.
	Window() (low, high float64)
}

// CellError is what a port returns where it knows which cell it failed at.
type CellError struct {
	Cell int32
	Err  error
}

func (e *CellError) Error() string { return fmt.Sprintf("cell %d: %v", e.Cell, e.Err) }

func (e *CellError) Unwrap() error { return e.Err }

// portError says what was being done, and to which cells where the port does
// not say.
func portError(doing string, cells []int32, err error) error {
	var ce *CellError
	switch {
	case errors.As(err, &ce) || len(cells) == 0:
		return fmt.Errorf("%s: %w", doing, err)
	case len(cells) == 1:
		return fmt.Errorf("%s cell %d: %w", doing, cells[0], err)
	}
	return fmt.Errorf("%s %d cells from %d to %d: %w", doing, len(cells), cells[0], cells[len(cells)-1], err)
}
