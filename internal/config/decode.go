package config

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/units"
)

// Decode fills the struct that into points to from the whole tree, sets
// defaults, and returns every mistake it finds.
func (t *Tree) Decode(into any, catalogs Catalogs) Problems {
	d := decoder{tree: t, catalogs: catalogs}
	d.structure(t.root, reflect.ValueOf(into).Elem(), "")
	return d.problems
}

// Defaults fills a struct with what its default tags say. It is the programmer
// who forgets a default, so what cannot be decoded panics.
func Defaults(into any, catalogs Catalogs) {
	defaults(Fields(reflect.TypeOf(into)), into, catalogs)
}

func defaults(fields []Field, into any, catalogs Catalogs) {
	t := &Tree{File: "defaults", root: &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}, origin: map[*yaml.Node]string{}}
	d := decoder{tree: t, catalogs: catalogs, lenient: true}
	d.structureOf(t.root, fields, reflect.ValueOf(into).Elem(), "")
	if len(d.problems) > 0 {
		panic("config: Defaults: " + d.problems.Error())
	}
}

// EntryDefaults makes the settings of an entry, all at their defaults; nil
// where it has none.
func EntryDefaults(e catalog.Entry) any { return EntryDefaultsIn(e, nil) }

// EntryDefaultsIn is EntryDefaults of settings that name entries of catalogues.
func EntryDefaultsIn(e catalog.Entry, catalogs Catalogs) any {
	p := e.New()
	if p != nil {
		defaults(EntryFields(e), p, catalogs)
	}
	return p
}

type decoder struct {
	tree     *Tree
	catalogs Catalogs
	problems Problems
	lenient  bool // missing required fields are no mistake
}

func (d *decoder) report(n *yaml.Node, path, value, rule string) {
	p := Problem{Path: path, Value: value, Rule: rule}
	d.tree.locate(&p, n)
	d.problems = append(d.problems, p)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// structure decodes a mapping into a struct.
func (d *decoder) structure(n *yaml.Node, v reflect.Value, path string) {
	d.structureOf(n, Fields(v.Type()), v, path)
}

func (d *decoder) structureOf(n *yaml.Node, fields []Field, v reflect.Value, path string) {
	if isNull(n) {
		n = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line}
	}
	if n.Kind != yaml.MappingNode {
		d.report(n, path, describeNode(n), "expected a mapping of keys")
		return
	}
	before := len(d.problems)
	d.unknownKeys(n, fields, path)
	d.fields(n, fields, v, path, before)
}

// fields decodes the keys of a mapping that belong to a struct. The mapping
// may hold others, which its owner has looked at.
func (d *decoder) fields(n *yaml.Node, fields []Field, v reflect.Value, path string, before int) {
	for _, f := range fields {
		fv := v.FieldByIndex(f.index)
		if f.inline {
			d.variant(n, f, fv, path)
			continue
		}
		_, value := mapEntry(n, f.Key)
		if value != nil && f.optional() && isNull(value) && value.Value == "" {
			d.report(value, join(path, f.Key), "nothing", "write {} for its defaults, or null to leave it out")
			continue
		}
		if value == nil || isNull(value) && f.Type.Kind() != reflect.Struct {
			d.missing(n, f, fv, join(path, f.Key))
			continue
		}
		d.value(value, f, fv, join(path, f.Key))
	}
	if len(d.problems) == before {
		d.validate(n, v, path)
	}
}

// unknownKeys reports keys that mean nothing here and keys given twice.
func (d *decoder) unknownKeys(n *yaml.Node, fields []Field, path string) {
	var known []string
	for _, f := range fields {
		if f.inline {
			known = append(known, d.variantKeys(n, f)...)
			continue
		}
		known = append(known, f.Key)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		switch {
		case k.Value == "<<":
			d.report(k, join(path, "<<"), "", "merge keys are not supported; write the keys out")
		case seen[k.Value]:
			d.report(k, join(path, shorten(k.Value)), "", "this key stands there twice")
		case !contains(known, k.Value):
			d.report(k, join(path, shorten(k.Value)), "", "unknown key"+DidYouMean(k.Value, known))
		}
		seen[k.Value] = true
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// variantKeys are the keys that an inline variant claims in its mapping.
func (d *decoder) variantKeys(n *yaml.Node, f Field) []string {
	keys := []string{f.kindKey}
	if f.under != "" {
		return append(keys, f.under)
	}
	kind := f.Default
	if _, k := mapEntry(n, f.kindKey); k != nil {
		kind = k.Value
	}
	e, ok := d.catalogs[f.catalog].Find(kind)
	if !ok { // the kind itself will be reported; do not blame its keys
		for i := 0; i+1 < len(n.Content); i += 2 {
			keys = append(keys, n.Content[i].Value)
		}
		return keys
	}
	if e.Params != nil {
		for _, pf := range EntryFields(e) {
			if pf.inline {
				keys = append(keys, d.variantKeys(n, pf)...)
				continue
			}
			keys = append(keys, pf.Key)
		}
	}
	return keys
}

// variant decodes a kind and its settings.
func (d *decoder) variant(n *yaml.Node, f Field, v reflect.Value, path string) {
	_, k := mapEntry(n, f.kindKey)
	kindPath := join(path, f.kindKey)
	kind, at := f.Default, n
	if k != nil {
		kind, at = k.Value, k
	}
	cat, ok := d.catalogs[f.catalog]
	if !ok {
		panic("config: no catalogue " + f.catalog)
	}
	if kind == "" {
		if !d.lenient {
			d.report(at, kindPath, "", "is missing; known: "+strings.Join(cat.Names(), ", "))
		}
		return
	}
	e, ok := cat.Find(kind)
	if !ok || k != nil && k.Kind != yaml.ScalarNode {
		d.report(at, kindPath, describeNode(at), "is not in the catalogue of "+f.catalog+DidYouMean(kind, cat.Names()))
		return
	}
	out := Variant{Kind: kind, Value: e.New(), defaults: e.Defaults}
	defer func() { v.Set(reflect.ValueOf(out)) }()
	if f.under == "" {
		if out.Value != nil {
			pv := reflect.ValueOf(out.Value).Elem()
			d.fields(n, EntryFields(e), pv, path, len(d.problems))
		}
		return
	}
	_, block := mapEntry(n, f.under)
	if out.Value == nil {
		if block != nil && len(block.Content) > 0 {
			d.report(block, join(path, f.under), "", kind+" has nothing to set")
		}
		return
	}
	if block == nil {
		block = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line}
	}
	d.structureOf(block, EntryFields(e), reflect.ValueOf(out.Value).Elem(), join(path, f.under))
}

// validate asks a struct about rules that involve several fields.
func (d *decoder) validate(n *yaml.Node, v reflect.Value, path string) {
	if d.lenient || !v.CanAddr() {
		return
	}
	checked, ok := v.Addr().Interface().(interface{ Validate() error })
	if !ok {
		return
	}
	for _, fe := range fieldErrors(checked.Validate()) {
		at, p, value := n, path, ""
		if fe.Field != "" {
			p = join(path, fe.Field)
			if _, node := mapEntry(n, fe.Field); node != nil {
				at, value = node, describeNode(node)
			}
		}
		d.report(at, p, value, fe.Rule)
	}
}

// missing fills what the file does not say.
func (d *decoder) missing(parent *yaml.Node, f Field, v reflect.Value, path string) {
	if f.Required {
		if !d.lenient {
			d.report(parent, path, "", "is missing"+docHint(f))
		}
		return
	}
	if f.Default != "" {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(f.Default), &doc); err != nil {
			panic(fmt.Sprintf("config: default %q of %s: %v", f.Default, path, err))
		}
		n := doc.Content[0]
		n.Line = parent.Line
		d.value(n, f, v, path)
		return
	}
	if f.Type.Kind() == reflect.Struct && f.Type != variantType {
		d.structure(&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: parent.Line}, v, path)
	}
}

func docHint(f Field) string {
	if f.Doc == "" {
		return ""
	}
	return " (" + f.Doc + ")"
}

// value decodes one node into one field.
func (d *decoder) value(n *yaml.Node, f Field, v reflect.Value, path string) {
	switch {
	case f.Type == variantType:
		d.ownVariant(n, f, v, path)
	case f.optional():
		p := reflect.New(f.Type.Elem())
		d.structure(n, p.Elem(), path)
		v.Set(p)
	case f.Type.Kind() == reflect.Struct:
		if short, ok := shortOf(f.Type); ok && n.Kind == yaml.ScalarNode && !isNull(n) {
			n = d.wrap(short.Key, n)
		}
		d.structure(n, v, path)
	case f.Type.Kind() == reflect.Slice:
		d.list(n, f, v, path)
	default:
		d.scalar(n, f, v, path)
	}
}

// ownVariant decodes a variant that has a mapping for itself, or is given by
// its kind alone.
func (d *decoder) ownVariant(n *yaml.Node, f Field, v reflect.Value, path string) {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		n = d.wrap(f.kindKey, n)
	}
	if n.Kind != yaml.MappingNode {
		d.report(n, path, describeNode(n), "expected a mapping with "+f.kindKey+", or a name")
		return
	}
	inner := f
	inner.inline, inner.Default = true, ""
	d.unknownKeys(n, []Field{inner}, path)
	d.variant(n, inner, v, path)
}

// wrap makes the mapping that a single value stands for.
func (d *decoder) wrap(key string, n *yaml.Node) *yaml.Node {
	k := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key, Line: n.Line}
	m := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line, Content: []*yaml.Node{k, n}}
	if o, ok := d.tree.origin[n]; ok {
		d.tree.origin[m] = o
	}
	return m
}

// list decodes a sequence. Items that have names are checked for doubles.
func (d *decoder) list(n *yaml.Node, f Field, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		d.report(n, path, describeNode(n), "expected a list")
		return
	}
	elem := f
	elem.Type, elem.Default, elem.Required = f.Type.Elem(), "", false
	out := reflect.MakeSlice(f.Type, len(n.Content), len(n.Content))
	names := map[string]int{}
	for i, item := range n.Content {
		label := itemLabel(item, i)
		itemPath := fmt.Sprintf("%s[%s]", path, label)
		if _, name := mapEntry(item, "name"); name != nil {
			if first, ok := names[name.Value]; ok {
				d.report(name, itemPath+".name", describeNode(name), fmt.Sprintf("this name is taken by the item in line %d", first))
			} else {
				names[name.Value] = name.Line
			}
		}
		d.value(item, elem, out.Index(i), itemPath)
	}
	v.Set(out)
}

func (d *decoder) scalar(n *yaml.Node, f Field, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		d.report(n, path, describeNode(n), "expected a single value")
		return
	}
	rule := setScalar(n, f, v)
	if rule != "" {
		d.report(n, path, describeNode(n), rule)
	}
}

// setScalar stores a scalar and returns the rule it breaks, "" for none.
func setScalar(n *yaml.Node, f Field, v reflect.Value) string {
	switch f.Type.Kind() {
	case reflect.String:
		return setString(n, f, v)
	case reflect.Bool:
		if n.Tag != "!!bool" {
			return "expected true or false"
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(n.Value, 10, 64)
		if err != nil {
			return "expected a whole number"
		}
		if !f.Range.Contains(float64(i)) {
			return "must be in " + f.Range.Text
		}
		v.SetInt(i)
	case reflect.Uint64:
		u, err := strconv.ParseUint(n.Value, 10, 64)
		if err != nil {
			return "expected a whole number from 0 to 18446744073709551615"
		}
		v.SetUint(u)
	case reflect.Float64:
		return setFloat(n, f, v)
	default:
		panic("config: a field of type " + f.Type.String() + " cannot be decoded")
	}
	return ""
}

func setString(n *yaml.Node, f Field, v reflect.Value) string {
	if n.Tag == "!!null" {
		return "expected a word"
	}
	if f.Enum != nil && !contains(f.Enum, n.Value) {
		return "must be one of " + strings.Join(f.Enum, ", ") + nearest(n.Value, f.Enum)
	}
	if f.Pattern == "name" && (!isName(n.Value) || len(n.Value) > 64 || isDigits(n.Value)) {
		return "a name has 1 to 64 letters, digits, _ or -, and is not a number"
	}
	v.SetString(n.Value)
	return ""
}

func isDigits(s string) bool { _, err := strconv.Atoi(s); return err == nil }

func nearest(word string, known []string) string {
	if s := DidYouMean(word, known); strings.HasPrefix(s, "; did") {
		return s
	}
	return ""
}

func setFloat(n *yaml.Node, f Field, v reflect.Value) string {
	var x float64
	switch strings.ToLower(strings.TrimLeft(n.Value, "+-")) {
	case ".nan", ".inf", "nan", "inf": // YAML's spellings and Go's
		return "must be a finite number"
	}
	if f.Unit != "" {
		var err error
		if x, err = units.Parse(n.Value, units.MustUnit(f.Unit)); err != nil {
			return err.Error()
		}
	} else {
		var err error
		if x, err = strconv.ParseFloat(n.Value, 64); err != nil {
			return "expected a number without a unit"
		}
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return "must be a finite number"
		}
	}
	if !f.Range.Contains(x) {
		rule := "must be in " + f.Range.Text
		if f.Unit != "" {
			rule += " " + f.Unit
		}
		return rule
	}
	v.SetFloat(x)
	return ""
}
