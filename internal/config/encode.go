package config

import (
	"bytes"
	"reflect"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/synohm/synohm/internal/units"
)

// Resolved writes a decoded struct as YAML with every default filled in and
// every quantity in its stored unit; read again, it decodes to the same.
func (t *Tree) Resolved(decoded any) ([]byte, error) {
	n := encodeStruct(reflect.ValueOf(decoded).Elem())
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}

func word(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

func encodeStruct(v reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	put := func(key string, value *yaml.Node) {
		if value != nil {
			n.Content = append(n.Content, word("!!str", key), value)
		}
	}
	for _, f := range Fields(v.Type()) {
		fv := v.FieldByIndex(f.index)
		if f.Type != variantType {
			put(f.Key, encodeValue(f, fv))
			continue
		}
		inner := encodeVariant(f, fv.Interface().(Variant))
		if f.inline {
			n.Content = append(n.Content, inner.Content...)
			continue
		}
		put(f.Key, inner)
	}
	return n
}

func encodeVariant(f Field, v Variant) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{word("!!str", f.kindKey), word("!!str", v.Kind)}}
	if v.Value == nil {
		return n
	}
	settings := encodeStruct(reflect.ValueOf(v.Value).Elem())
	if f.under == "" {
		n.Content = append(n.Content, settings.Content...)
		return n
	}
	n.Content = append(n.Content, word("!!str", f.under), settings)
	return n
}

func encodeValue(f Field, v reflect.Value) *yaml.Node {
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
		return word("!!float", strconv.FormatFloat(v.Float(), 'g', -1, 64))
	case reflect.Struct:
		return encodeStruct(v)
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return encodeStruct(v.Elem())
	case reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		elem := f
		elem.Type = f.Type.Elem()
		for i := range v.Len() {
			n.Content = append(n.Content, encodeValue(elem, v.Index(i)))
		}
		return n
	}
	panic("config: a field of type " + f.Type.String() + " cannot be written")
}
