package devices

import "fmt"

// Stateful has variables that are all that it remembers: Cells and a Block.
type Stateful interface {
	State() []Variable
}

// CopyState makes one block of cells, or one Block, what another one of the
// same kind is.
func CopyState(to, from Stateful) error {
	a, b := to.State(), from.State()
	if len(a) != len(b) {
		return fmt.Errorf("devices: %d variables are not the %d of these cells", len(b), len(a))
	}
	for i := range a {
		if a[i].Name != b[i].Name || !copyValues(a[i].Values, b[i].Values) {
			return fmt.Errorf("devices: variable %s of cells cannot be that of these", b[i].Name)
		}
	}
	return nil
}

// copyValues copies between slices of the same type and length.
func copyValues(to, from any) bool {
	switch from := from.(type) {
	case []float64:
		return copied(to, from)
	case []float32:
		return copied(to, from)
	case []uint32:
		return copied(to, from)
	}
	return false
}

func copied[T any](to any, from []T) bool {
	t, ok := to.([]T)
	return ok && len(t) == len(from) && copy(t, from) == len(from)
}
