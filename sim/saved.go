package sim

import (
	"fmt"
	"reflect"
)

// Restorer is told that its state was loaded, to renew what follows from it.
type Restorer interface{ Restored() error }

// Saved is the state of an engine, for a checkpoint. It does not depend on the
// number of workers, and holds no random generator, since there is none.
// Slices are copies.
func (e *Engine) Saved() []Variable {
	var out []Variable
	_ = e.Save(func(v Variable) error { out = append(out, v); return nil })
	return out
}

// Save is Saved with one variable in memory at a time. It stops at the first
// error of put.
func (e *Engine) Save(put func(Variable) error) error {
	if err := put(Variable{Name: "step", Values: []int64{e.step}}); err != nil {
		return err
	}
	for p, spec := range e.net.Populations {
		for v, first := range e.state[p][0].State() {
			var all any
			for _, block := range e.state[p] {
				all = appendAny(all, block.State()[v].Values)
			}
			if err := put(Variable{Name: "population/" + spec.Name + "/" + first.Name, Values: all}); err != nil {
				return err
			}
		}
		for c, r := range e.rings[p] {
			if err := put(Variable{Name: fmt.Sprintf("ring/%s/%d", spec.Name, c), Values: appendAny(nil, r.Data)}); err != nil {
				return err
			}
		}
	}
	stateful := func(kind, name string, of any) error {
		s, ok := of.(Stateful)
		if !ok {
			return nil
		}
		for _, v := range s.State() {
			if err := put(Variable{Name: kind + "/" + name + "/" + v.Name, Values: appendAny(nil, v.Values)}); err != nil {
				return err
			}
		}
		return nil
	}
	for i, p := range e.net.Projections {
		if err := stateful("projection", p.Name, e.sparse[i]); err != nil {
			return err
		}
	}
	for _, d := range e.net.Drives {
		if err := stateful("drive", d.Name, d.Drive); err != nil {
			return err
		}
	}
	return nil
}

// Load brings an engine of the same network to a saved state.
func (e *Engine) Load(saved func(name string) (any, error)) error {
	load := func(name string, into ...any) error {
		from, err := saved(name)
		if err != nil {
			return err
		}
		for _, to := range into {
			if from, err = fill(to, from); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		if n := lengthAny(from); n != 0 {
			return fmt.Errorf("%s: %d values too many", name, n)
		}
		return nil
	}
	step := make([]int64, 1)
	if err := load("step", step); err != nil {
		return err
	}
	for p, spec := range e.net.Populations {
		for v, first := range e.state[p][0].State() {
			var into []any
			for _, block := range e.state[p] {
				into = append(into, block.State()[v].Values)
			}
			if err := load("population/"+spec.Name+"/"+first.Name, into...); err != nil {
				return err
			}
		}
		for c, r := range e.rings[p] {
			if err := load(fmt.Sprintf("ring/%s/%d", spec.Name, c), r.Data); err != nil {
				return err
			}
		}
	}
	stateful := func(kind, name string, of any) error {
		if s, ok := of.(Stateful); ok {
			for _, v := range s.State() {
				if err := load(kind+"/"+name+"/"+v.Name, v.Values); err != nil {
					return err
				}
			}
		}
		if r, ok := of.(Restorer); ok {
			return r.Restored()
		}
		return nil
	}
	for i, p := range e.net.Projections {
		if err := stateful("projection", p.Name, e.sparse[i]); err != nil {
			return err
		}
	}
	for _, d := range e.net.Drives {
		if err := stateful("drive", d.Name, d.Drive); err != nil {
			return err
		}
	}
	if step[0] < 0 {
		return fmt.Errorf("step: %d is negative", step[0])
	}
	e.step = step[0]
	return nil
}

// CopyValues copies the values of a variable.
func CopyValues(values any) any { return appendAny(nil, values) }

// LoadState brings something to a saved state, and tells it.
func LoadState(s Stateful, saved func(name string) (any, error)) error {
	for _, v := range s.State() {
		from, err := saved(v.Name)
		if err != nil {
			return err
		}
		if from, err = fill(v.Values, from); err != nil {
			return fmt.Errorf("%s: %w", v.Name, err)
		}
		if n := lengthAny(from); n != 0 {
			return fmt.Errorf("%s: %d values too many", v.Name, n)
		}
	}
	if r, ok := s.(Restorer); ok {
		return r.Restored()
	}
	return nil
}

// appendAny adds a copy of the values of a slice, or of what a pointer to one
// points to.
func appendAny(to, from any) any {
	switch f := from.(type) {
	case []float64:
		return appendTo(to, f)
	case []float32:
		return appendTo(to, f)
	case []int32:
		return appendTo(to, f)
	case []int64:
		return appendTo(to, f)
	case []uint32:
		return appendTo(to, f)
	case []uint64:
		return appendTo(to, f)
	case *[]float64:
		return appendTo(to, *f)
	case *[]int32:
		return appendTo(to, *f)
	case *[]int64:
		return appendTo(to, *f)
	}
	panic(fmt.Sprintf("sim: state of type %T cannot be saved", from))
}

func appendTo[T any](to any, from []T) []T {
	t, _ := to.([]T)
	return append(t, from...)
}

// fill copies values into a slice and returns the rest of them; what a pointer
// points to takes all.
func fill(to, from any) (rest any, err error) {
	switch t := to.(type) {
	case []float64:
		return fillSlice(t, from)
	case []float32:
		return fillSlice(t, from)
	case []int32:
		return fillSlice(t, from)
	case []int64:
		return fillSlice(t, from)
	case []uint32:
		return fillSlice(t, from)
	case []uint64:
		return fillSlice(t, from)
	case *[]float64:
		return fillAll(t, from)
	case *[]int32:
		return fillAll(t, from)
	case *[]int64:
		return fillAll(t, from)
	}
	panic(fmt.Sprintf("sim: state of type %T cannot be loaded", to))
}

func fillSlice[T any](to []T, from any) (any, error) {
	f, ok := from.([]T)
	if !ok || len(f) < len(to) {
		return nil, fmt.Errorf("%d values of %T are wanted, there are %d of %T", len(to), to, lengthAny(from), from)
	}
	copy(to, f)
	return f[len(to):], nil
}

func fillAll[T any](to *[]T, from any) (any, error) {
	f, ok := from.([]T)
	if !ok {
		return nil, fmt.Errorf("values of %T are wanted, there are %T", *to, from)
	}
	*to = append((*to)[:0], f...)
	return f[:0], nil
}

func lengthAny(v any) int {
	if v == nil {
		return 0
	}
	return reflect.ValueOf(v).Len()
}
