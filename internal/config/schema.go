package config

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/units"
)

// Schema writes the JSON Schema (draft-07) of what Decode takes for a struct,
// for editors that complete and check while one types. It knows keys, models,
// kinds of values and ranges; rules between several values are Decode's alone.
func Schema(of any, catalogs Catalogs, title string) ([]byte, error) {
	s := schema{catalogs}
	root := s.structure(reflect.TypeOf(of))
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = title
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(root) // maps are written in the order of their keys
	return b.Bytes(), err
}

type schema struct{ catalogs Catalogs }

type object = map[string]any

// numberWithUnit is a number and something after it that begins like a unit.
const numberWithUnit = `^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*[A-Za-zµμΩ%1].*$`

// structure describes a mapping.
func (s schema) structure(t reflect.Type) object { return s.structureOf(Fields(t)) }

func (s schema) structureOf(fields []Field) object {
	properties, required, branches := object{}, []string{}, []any{}
	for _, f := range fields {
		if f.inline {
			continue
		}
		properties[f.Key] = s.value(f)
		if f.Required {
			required = append(required, f.Key)
		}
	}
	for _, f := range fields {
		if f.inline {
			s.variant(f, properties, &required, &branches)
		}
	}
	o := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		sort.Strings(required)
		o["required"] = required
	}
	if len(branches) > 0 {
		o["allOf"] = branches
	}
	return o
}

// variant adds the key of a kind, and a branch for each kind that says which
// settings go with it.
func (s schema) variant(f Field, properties object, required *[]string, branches *[]any) {
	cat := s.catalogs[f.catalog]
	outer := []string{f.kindKey}
	for k := range properties {
		outer = append(outer, k)
	}
	kind := object{"type": "string", "enum": cat.Names(), "description": describeKinds(f, cat)}
	if f.Default != "" {
		kind["default"] = f.Default
	} else {
		*required = append(*required, f.kindKey)
	}
	properties[f.kindKey] = kind
	if f.under != "" {
		properties[f.under] = object{"type": "object"}
	}
	for _, e := range cat {
		var then object
		switch {
		case f.under != "" && e.Params == nil:
			then = object{"properties": object{f.under: object{"maxProperties": 0}}}
		case f.under != "":
			then = object{"properties": object{f.under: s.structureOf(EntryFields(e))}}
		case e.Params == nil:
			then = object{"propertyNames": object{"enum": sorted(outer)}}
		default:
			inner := s.structureOf(EntryFields(e))
			names := append([]string(nil), outer...)
			for k := range inner["properties"].(object) {
				names = append(names, k)
				if _, taken := properties[k]; !taken {
					properties[k] = true
				}
			}
			delete(inner, "type")
			delete(inner, "additionalProperties")
			inner["propertyNames"] = object{"enum": sorted(names)}
			then = inner
		}
		cond := object{"properties": object{f.kindKey: object{"const": e.Name}}}
		if e.Name != f.Default {
			cond["required"] = []string{f.kindKey}
		}
		*branches = append(*branches, object{"if": cond, "then": then})
	}
}

func sorted(names []string) []string {
	sort.Strings(names)
	return names
}

func describeKinds(f Field, cat catalog.Catalog) string {
	lines := []string{}
	if f.Doc != "" {
		lines = append(lines, f.Doc)
	}
	for _, e := range cat {
		lines = append(lines, e.Name+": "+e.Summary)
	}
	return strings.Join(lines, "\n")
}

// value describes what a field takes.
func (s schema) value(f Field) object {
	var o object
	switch {
	case f.Type == variantType:
		o = s.ownVariant(f)
	case f.Type == scalarType:
		o = object{"type": []string{"string", "number", "boolean"}}
	case f.Type.Kind() == reflect.Pointer, f.Type.Kind() == reflect.Struct:
		o = s.structure(f.Type)
		if f.Type.Kind() == reflect.Struct {
			if short, ok := shortOf(f.Type); ok {
				o = object{"anyOf": []any{s.value(short), o}}
			}
		}
	case f.Type.Kind() == reflect.Slice:
		elem := f
		elem.Type, elem.Default, elem.Doc = f.Type.Elem(), "", ""
		o = object{"type": "array", "items": s.value(elem)}
	default:
		o = s.scalar(f)
	}
	doc := f.Doc
	if f.Unit != "" {
		doc = strings.TrimPrefix(doc+"; units: "+units.MustUnit(f.Unit).Fits(), "; ")
		if f.Range.Text != "" {
			doc += "; in " + f.Range.Text + " " + f.Unit
		}
	}
	if doc != "" {
		o["description"] = doc
	}
	if f.Default != "" && f.Type != variantType {
		o["default"] = s.defaultOf(f)
	}
	return o
}

// ownVariant is a mapping with a kind, or the kind alone.
func (s schema) ownVariant(f Field) object {
	inner := f
	inner.Default = ""
	properties, required, branches := object{}, []string{}, []any{}
	s.variant(inner, properties, &required, &branches)
	return object{"anyOf": []any{
		object{"type": "string", "enum": s.catalogs[f.catalog].Names()},
		object{"type": "object", "properties": properties, "required": required, "additionalProperties": false, "allOf": branches},
	}}
}

func (s schema) scalar(f Field) object {
	o := object{}
	switch f.Type.Kind() {
	case reflect.String:
		o["type"] = "string"
		if f.Enum != nil {
			o["enum"] = f.Enum
		}
		if f.Pattern == "name" {
			o["pattern"] = `^[^\s.\[\]{}=,]{1,64}$`
		}
	case reflect.Bool:
		o["type"] = "boolean"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		o["type"] = "integer"
		if f.Type.Kind() == reflect.Uint64 {
			o["minimum"] = 0
		}
		f.Range.limit(o)
	case reflect.Float64:
		if f.Unit != "" {
			o["type"], o["pattern"] = "string", numberWithUnit
			break
		}
		o["type"] = "number"
		f.Range.limit(o)
	}
	return o
}

// limit writes an interval in the words of the schema.
func (r Interval) limit(o object) {
	if r.Text == "" {
		return
	}
	if !math.IsInf(r.Low, -1) {
		o[map[bool]string{false: "minimum", true: "exclusiveMinimum"}[r.OpenLow]] = r.Low
	}
	if !math.IsInf(r.High, 1) {
		o[map[bool]string{false: "maximum", true: "exclusiveMaximum"}[r.OpenH]] = r.High
	}
}

// defaultOf gives a default as a value of JSON.
func (s schema) defaultOf(f Field) any {
	v := reflect.New(f.Type).Elem()
	f.fillDefault(v)
	switch {
	case f.Unit != "" && f.Type.Kind() == reflect.Float64:
		return f.Default
	case f.Unit != "" && f.Type.Kind() == reflect.Slice: // with the units, as one writes it
		var list any
		if err := yaml.Unmarshal([]byte(f.Default), &list); err == nil {
			return list
		}
	}
	return v.Interface()
}
