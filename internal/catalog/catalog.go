// Package catalog describes the things a configuration can name: models,
// cells, substrates, tasks, read-outs. An entry is a value; from a list of
// entries come `synohm list` and `synohm describe`, the JSON Schema, unit
// checks and the contract tests, without another edit anywhere.
//
// A catalogue is built by a function (neurons.Builtin, devices.Builtin, ...);
// nothing registers itself.
package catalog

import (
	"fmt"
	"reflect"
)

// Entry describes one thing by its name.
type Entry struct {
	Name      string
	Summary   string     // one line
	Equation  string     // plain text, may have several lines
	Reference string     // paper with figure or equation number
	Omits     string     // what the model leaves out, "" for nothing worth saying
	Inputs    []Variable // kinds of input that a model tells apart, with the unit of a weight onto them
	Variables []Variable

	// Params is a pointer to a zero value of the struct of its settings. Its
	// fields' tags are the table of parameters: yaml, unit, default, range,
	// enum, doc. Nil where there is nothing to set.
	Params any

	// Defaults replace the default tags of Params, by key, where one type of
	// settings serves several entries, such as the presets of a model.
	Defaults map[string]string
}

// Variable is something of a running model that can be recorded.
type Variable struct {
	Name, Unit, Doc string
}

// New returns a pointer to a fresh zero value of the entry's Params type, or
// nil where the entry has no settings.
func (e Entry) New() any {
	if e.Params == nil {
		return nil
	}
	return reflect.New(reflect.TypeOf(e.Params).Elem()).Interface()
}

// Catalog is an ordered list of entries of one kind.
type Catalog []Entry

// Find returns the entry of a name.
func (c Catalog) Find(name string) (Entry, bool) {
	for _, e := range c {
		if e.Name == name {
			return e, true
		}
	}
	return Entry{}, false
}

// Names lists the names in order.
func (c Catalog) Names() []string {
	names := make([]string, len(c))
	for i, e := range c {
		names[i] = e.Name
	}
	return names
}

// Check reports what a programmer forgot: an entry without a name, summary or
// reference, a name used twice, Params that are no pointer to a struct.
func (c Catalog) Check() error {
	seen := map[string]bool{}
	for i, e := range c {
		switch {
		case e.Name == "" || e.Summary == "":
			return fmt.Errorf("catalog: entry %d (%q) lacks a name or a summary", i, e.Name)
		case seen[e.Name]:
			return fmt.Errorf("catalog: %q stands there twice", e.Name)
		case e.Params != nil && (reflect.TypeOf(e.Params).Kind() != reflect.Pointer ||
			reflect.TypeOf(e.Params).Elem().Kind() != reflect.Struct):
			return fmt.Errorf("catalog: Params of %q is no pointer to a struct", e.Name)
		}
		seen[e.Name] = true
	}
	return nil
}
