// Package config reads configuration files into plain structs, and finds every
// mistake of a file in one pass.
//
// A Tree is the YAML of one file with the places of all its nodes. Set edits
// it by a path such as populations[liquid].size. Decode fills a struct from
// it; what a field may hold stands in the field's tags, so the same tags also
// give defaults, the resolved file, the JSON Schema and the tables that
// `synohm describe` prints:
//
//	yaml:"tau_m"        key in the file; ",inline" for a Variant
//	unit:"ms"           the stored unit; the file must write a unit that fits
//	default:"20 ms"     what stands there where the file says nothing
//	range:"(0, inf)"    interval in the stored unit, for numbers
//	enum:"on|off"       the words allowed
//	required:"true"     must be in the file
//	short:"true"        a single value in place of the struct is this field
//	doc:"..."           one line of meaning
//
// A Variant is a part whose keys depend on the name of a model or kind, looked
// up in a catalogue. A struct may have a method Validate() error for what
// involves more than one field; FieldError says which field is at fault.
//
// Every mistake becomes a Problem, printed as file:line: path: value: rule.
package config
