package config

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/units"
)

// Catalogs are the catalogues that variants look their kinds up in, by the
// name in the field's catalog tag.
type Catalogs map[string]catalog.Catalog

// Variant is a part of a configuration whose keys depend on a name: a model
// with its parameters, a task with its own block. Tags of the field:
//
//	catalog:"neurons"  which catalogue the name is looked up in
//	key:"model"        the key that holds the name, "kind" if there is none
//	under:"params"     the key that holds the settings; without it they stand
//	                   beside the name
type Variant struct {
	Kind  string
	Value any // pointer to the entry's Params type, filled; nil where it has none

	defaults map[string]string // of the entry
}

// Scalar is a single value of any kind, kept as it is written.
type Scalar string

var scalarType = reflect.TypeOf(Scalar(""))

var variantType = reflect.TypeOf(Variant{})

// Field is what the tags of one field say.
type Field struct {
	Key      string
	Unit     string // stored unit, "" for a bare number
	Default  string
	Required bool
	Enum     []string
	Range    Interval
	Pattern  string // "name": must be a name
	Doc      string
	Type     reflect.Type

	index   []int
	inline  bool   // a Variant whose keys stand beside the other fields
	catalog string // of a Variant
	kindKey string
	under   string
	short   bool // a single value in place of its struct is this field
}

// EntryFields are the fields of an entry's settings, with its own defaults.
func EntryFields(e catalog.Entry) []Field {
	return withDefaults(Fields(reflect.TypeOf(e.Params)), e.Defaults, e.Name)
}

// withDefaults replaces defaults. A default for a key that is not there is the
// programmer's mistake and panics.
func withDefaults(fields []Field, defaults map[string]string, of string) []Field {
	used := 0
	for i, f := range fields {
		if d, ok := defaults[f.Key]; ok {
			fields[i].Default, fields[i].Required = d, false
			used++
		}
	}
	if used != len(defaults) {
		panic("config: a default of " + of + " is for no parameter of it")
	}
	return fields
}

// shortOf is the field that a single value in place of a struct stands for.
func shortOf(t reflect.Type) (Field, bool) {
	for _, f := range Fields(t) {
		if f.short {
			return f, true
		}
	}
	return Field{}, false
}

// Variant returns, for a field that is a Variant, the key of its kind, the key
// of its settings ("" where they stand beside the kind) and the catalogue.
func (f Field) Variant() (kind, settings, catalog string, ok bool) {
	return f.kindKey, f.under, f.catalog, f.Type == variantType
}

// optional tells of a part that may be left out: a pointer to a struct.
func (f Field) optional() bool {
	return f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct
}

// Interval is a range of numbers; the zero value allows all that are finite.
type Interval struct {
	Text           string // as written, "" for no bound
	Low, High      float64
	OpenLow, OpenH bool
}

// Contains tells whether a finite number lies inside.
func (r Interval) Contains(v float64) bool {
	if r.Text == "" {
		return true
	}
	return (v > r.Low || v == r.Low && !r.OpenLow) && (v < r.High || v == r.High && !r.OpenH)
}

// parseInterval reads "(0, inf)", "[0, 1]".
func parseInterval(s string) Interval {
	bad := func() { panic(fmt.Sprintf("config: range tag %q is not an interval", s)) }
	if s == "" {
		return Interval{}
	}
	lo, hi, ok := strings.Cut(s[1:len(s)-1], ",")
	r := Interval{Text: s, OpenLow: s[0] == '(', OpenH: s[len(s)-1] == ')'}
	if !ok || !strings.ContainsRune("([", rune(s[0])) || !strings.ContainsRune(")]", rune(s[len(s)-1])) {
		bad()
	}
	var err1, err2 error
	r.Low, err1 = strconv.ParseFloat(strings.TrimSpace(lo), 64)
	r.High, err2 = strconv.ParseFloat(strings.TrimSpace(hi), 64)
	if err1 != nil || err2 != nil || math.IsNaN(r.Low+r.High) && !math.IsInf(r.High, 1) {
		bad()
	}
	return r
}

// Fields reads the tags of a struct type (or of what a pointer points to).
// Embedded structs are flattened. Tags that make no sense are the
// programmer's mistake and panic.
func Fields(t reflect.Type) []Field {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var fields []Field
	for i := 0; i < t.NumField(); i++ {
		sf := t.Field(i)
		if !sf.IsExported() {
			continue
		}
		tag, hasTag := sf.Tag.Lookup("yaml")
		key, opts, _ := strings.Cut(tag, ",")
		if key == "-" || !hasTag {
			continue
		}
		if opts == "inline" && sf.Type != variantType {
			for _, f := range Fields(sf.Type) {
				f.index = append([]int{i}, f.index...)
				fields = append(fields, f)
			}
			continue
		}
		f := Field{
			Key: key, Unit: sf.Tag.Get("unit"), Default: sf.Tag.Get("default"),
			Required: sf.Tag.Get("required") == "true", Range: parseInterval(sf.Tag.Get("range")),
			Pattern: sf.Tag.Get("pattern"), Doc: sf.Tag.Get("doc"), Type: sf.Type, index: []int{i},
			inline: opts == "inline", catalog: sf.Tag.Get("catalog"),
			kindKey: sf.Tag.Get("key"), under: sf.Tag.Get("under"), short: sf.Tag.Get("short") == "true",
		}
		if e := sf.Tag.Get("enum"); e != "" {
			f.Enum = strings.Split(e, "|")
		}
		if f.Unit != "" {
			units.MustUnit(f.Unit)
		}
		if f.kindKey == "" {
			f.kindKey = "kind"
		}
		fields = append(fields, f)
	}
	return fields
}
