package config

import (
	"bytes"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/synohm/synohm/internal/units"
)

// Resolved writes a decoded struct as YAML with every default filled in and
// every quantity in its stored unit; read again, it decodes to the same.
func (t *Tree) Resolved(decoded any) ([]byte, error) {
	return write(encoder{}.structure(reflect.ValueOf(decoded).Elem()))
}

// NonDefault writes what a decoded struct says beside its defaults: required
// values, names of models, and whatever differs.
func (t *Tree) NonDefault(decoded any) ([]byte, error) {
	return write(encoder{brief: true}.structure(reflect.ValueOf(decoded).Elem()))
}

func write(n *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	y := yaml.NewEncoder(&b)
	y.SetIndent(2)
	if err := y.Encode(n); err != nil {
		return nil, err
	}
	return b.Bytes(), y.Close()
}

type encoder struct {
	brief bool // leave defaults out
}

func word(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

func (e encoder) structure(v reflect.Value) *yaml.Node {
	return e.structureOf(Fields(v.Type()), v)
}

func (e encoder) structureOf(fields []Field, v reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	put := func(key string, value *yaml.Node) {
		if value == nil {
			return
		}
		n.Content = append(n.Content, word("!!str", key), value)
	}
	for _, f := range fields {
		fv := v.FieldByIndex(f.index)
		if f.Type == scalarType && fv.String() == "" {
			continue // not given
		}
		if f.Type != variantType {
			if e.brief && !f.Required && f.isDefault(fv) {
				continue
			}
			value := e.value(f, fv)
			// Of a pointer it tells already that it is there.
			if e.brief && f.Type.Kind() != reflect.Pointer && empty(value) {
				continue
			}
			put(f.Key, value)
			continue
		}
		inner := e.variant(f, fv.Interface().(Variant))
		if f.inline {
			n.Content = append(n.Content, inner.Content...)
			continue
		}
		put(f.Key, inner)
	}
	return n
}

// empty tells whether a mapping or a list has nothing in it.
func empty(n *yaml.Node) bool {
	return n != nil && n.Kind != yaml.ScalarNode && len(n.Content) == 0
}

func (e encoder) variant(f Field, v Variant) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{word("!!str", f.kindKey), word("!!str", v.Kind)}}
	if v.Value == nil {
		return n
	}
	value := reflect.ValueOf(v.Value).Elem()
	settings := e.structureOf(withDefaults(Fields(value.Type()), v.defaults, v.Kind), value)
	if len(settings.Content) == 0 {
		return n
	}
	if f.under == "" {
		n.Content = append(n.Content, settings.Content...)
		return n
	}
	n.Content = append(n.Content, word("!!str", f.under), settings)
	return n
}

// isDefault tells whether a plain value is what its tag says.
func (f Field) isDefault(v reflect.Value) bool {
	if k := f.Type.Kind(); f.Default == "" && (k == reflect.Struct || k == reflect.Slice || k == reflect.Pointer) {
		return false
	}
	want := reflect.New(f.Type).Elem()
	f.fillDefault(want)
	return reflect.DeepEqual(want.Interface(), v.Interface())
}

// fillDefault stores what the default tag of a plain field says.
func (f Field) fillDefault(v reflect.Value) {
	d := decoder{tree: &Tree{}, lenient: true}
	d.missing(&yaml.Node{}, f, v, f.Key)
}

func (e encoder) value(f Field, v reflect.Value) *yaml.Node {
	switch f.Type.Kind() {
	case reflect.String:
		return word("!!str", v.String())
	case reflect.Bool:
		return word("!!bool", strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int64:
		return word("!!int", strconv.FormatInt(v.Int(), 10))
	case reflect.Uint64:
		return word("!!int", strconv.FormatUint(v.Uint(), 10))
	case reflect.Float64:
		if f.Unit != "" {
			return word("!!str", units.Format(v.Float(), units.MustUnit(f.Unit)))
		}
		text := strconv.FormatFloat(v.Float(), 'g', -1, 64)
		if strings.Trim(text, "-0123456789") == "" {
			return word("!!int", text) // else YAML would write the tag beside it
		}
		return word("!!float", text)
	case reflect.Struct:
		return e.structure(v)
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return e.structure(v.Elem())
	case reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		elem := f
		elem.Type = f.Type.Elem()
		for i := range v.Len() {
			n.Content = append(n.Content, e.value(elem, v.Index(i)))
		}
		return n
	}
	panic("config: a field of type " + f.Type.String() + " cannot be written")
}
