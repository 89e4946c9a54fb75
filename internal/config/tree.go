package config

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Bounds of a configuration file: far above what people write, low enough that
// a hostile file cannot take the machine.
const (
	maxFileSize = 4 << 20
	maxNodes    = 200_000
	maxDepth    = 64
)

// Tree is the YAML of one configuration file with the places of its nodes.
type Tree struct {
	File   string
	Source []byte // as read
	root   *yaml.Node
	origin map[*yaml.Node]string // nodes that came by Set: the assignment
}

// ReadFile reads and parses a configuration file.
func ReadFile(file string) (*Tree, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, Problems{{File: file, Rule: "cannot be read: " + reason(err)}}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return nil, Problems{{File: file, Rule: "cannot be read: " + reason(err)}}
	}
	return Parse(file, data)
}

func reason(err error) string {
	if pe, ok := err.(*os.PathError); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// Parse reads the YAML of a file. The name is used in messages only.
func Parse(file string, data []byte) (*Tree, error) {
	if len(data) > maxFileSize {
		return nil, Problems{{File: file, Rule: fmt.Sprintf("is larger than %d bytes", maxFileSize)}}
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); err == io.EOF {
		return nil, Problems{{File: file, Rule: "is empty"}}
	} else if err != nil {
		return nil, Problems{{File: file, Line: yamlLine(err), Rule: "is not YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}}
	}
	var second yaml.Node
	if err := dec.Decode(&second); err != io.EOF {
		return nil, Problems{{File: file, Rule: "holds more than one document; a configuration is one"}}
	}
	t := &Tree{File: file, Source: data, origin: map[*yaml.Node]string{}}
	budget := maxNodes
	root, err := expand(doc.Content[0], &budget, 0)
	if err != nil {
		return nil, Problems{{File: file, Rule: err.Error()}}
	}
	if root.Kind != yaml.MappingNode {
		return nil, Problems{{File: file, Line: root.Line, Value: describeNode(root), Rule: "a configuration is a mapping of keys, beginning with synohm: 1"}}
	}
	t.root = root
	return t, nil
}

// yamlLine finds the line in a message of the parser, which has it in its text
// only.
func yamlLine(err error) int {
	var n int
	msg := err.Error()
	if i := strings.Index(msg, "line "); i >= 0 {
		_, _ = fmt.Sscanf(msg[i:], "line %d", &n)
	}
	return n
}

// expand replaces aliases by copies, so that later code sees a plain tree and
// an edit never changes two places at once.
func expand(n *yaml.Node, budget *int, depth int) (*yaml.Node, error) {
	if *budget--; *budget < 0 {
		return nil, fmt.Errorf("has more than %d values", maxNodes)
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("is nested deeper than %d levels", maxDepth)
	}
	if n.Kind == yaml.AliasNode {
		return expand(n.Alias, budget, depth+1)
	}
	c := *n
	c.Anchor = ""
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		e, err := expand(child, budget, depth+1)
		if err != nil {
			return nil, err
		}
		c.Content[i] = e
	}
	return &c, nil
}

// Name is the file's name without folder and extension.
func (t *Tree) Name() string {
	base := filepath.Base(t.File)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// Dir is the folder that relative paths in the file start from.
func (t *Tree) Dir() string { return filepath.Dir(t.File) }

// Clone returns an independent copy, for the points of a sweep.
func (t *Tree) Clone() *Tree {
	c := &Tree{File: t.File, Source: t.Source, origin: map[*yaml.Node]string{}}
	var copyNode func(n *yaml.Node) *yaml.Node
	copyNode = func(n *yaml.Node) *yaml.Node {
		m := *n
		m.Content = make([]*yaml.Node, len(n.Content))
		for i := range n.Content {
			m.Content[i] = copyNode(n.Content[i])
		}
		if o, ok := t.origin[n]; ok {
			c.origin[&m] = o
		}
		return &m
	}
	c.root = copyNode(t.root)
	return c
}

// Set replaces the value at a path, as --set does. Missing keys of mappings
// are made; items of lists must be there. Whether the key means anything is
// found by Decode.
func (t *Tree) Set(path, value string) error {
	return t.SetAs("--set", path, value)
}

// SetAs is Set for a value that came in another way, which messages name.
func (t *Tree) SetAs(origin, path, value string) error {
	steps, err := parsePath(path)
	if err != nil {
		return err
	}
	var doc yaml.Node
	if len(value) > maxFileSize {
		return fmt.Errorf("value for %s is too long", path)
	}
	if err := yaml.Unmarshal([]byte(value), &doc); err != nil {
		return fmt.Errorf("value for %s is not YAML: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: ""}
	if len(doc.Content) > 0 {
		budget := maxNodes
		if node, err = expand(doc.Content[0], &budget, 0); err != nil {
			return fmt.Errorf("value for %s %w", path, err)
		}
	}
	from := t.root
	for i, s := range steps {
		last := i == len(steps)-1
		next, err := t.child(from, s, origin, path, !last && steps[i+1].key == "")
		if err != nil {
			return err
		}
		if last {
			*next = *node
			t.markOrigin(next, fmt.Sprintf("%s %s=%s", origin, path, value))
			return nil
		}
		from = next
	}
	return nil
}

func (t *Tree) markOrigin(n *yaml.Node, origin string) {
	t.origin[n] = origin
	for _, c := range n.Content {
		t.markOrigin(c, origin)
	}
}

// child goes one step down, making a key that is not there.
func (t *Tree) child(from *yaml.Node, s step, origin, path string, wantList bool) (*yaml.Node, error) {
	if s.key != "" {
		if isNull(from) {
			*from = yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		}
		if from.Kind != yaml.MappingNode {
			return nil, fmt.Errorf("path %s: there is no key %q, the value there is %s", path, s.key, describeNode(from))
		}
		if _, v := mapEntry(from, s.key); v != nil {
			return v, nil
		}
		if wantList {
			return nil, fmt.Errorf("path %s: there is no list %q in the file", path, s.key)
		}
		k := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s.key}
		v := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
		from.Content = append(from.Content, k, v)
		t.origin[k] = origin + " " + path
		return v, nil
	}
	if from.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("path %s: [%s] asks for an item of a list, the value there is %s", path, s.item, describeNode(from))
	}
	if v := listItem(from, s); v != nil {
		return v, nil
	}
	var names []string
	for i, c := range from.Content {
		names = append(names, itemLabel(c, i))
	}
	return nil, fmt.Errorf("path %s: the list has no item %q%s", path, s.item, DidYouMean(s.item, names))
}

// Remove takes a key of the outermost mapping away.
func (t *Tree) Remove(key string) {
	c := t.root.Content
	for i := 0; i+1 < len(c); i += 2 {
		if c[i].Value == key {
			t.root.Content = append(c[:i:i], c[i+2:]...)
			return
		}
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// mapEntry returns key and value nodes of a mapping's key, or nils.
func mapEntry(n *yaml.Node, key string) (k, v *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

func listItem(n *yaml.Node, s step) *yaml.Node {
	for _, c := range n.Content {
		if _, v := mapEntry(c, "name"); v != nil && v.Value == s.item {
			return c
		}
	}
	if s.index >= 0 && s.index < len(n.Content) {
		return n.Content[s.index]
	}
	return nil
}

// itemLabel is how a path names an item: by its name where it has one.
func itemLabel(n *yaml.Node, i int) string {
	if _, v := mapEntry(n, "name"); v != nil && v.Kind == yaml.ScalarNode && isName(v.Value) {
		return v.Value
	}
	return fmt.Sprint(i)
}

// describeNode shows a value in a message, in a few words.
func describeNode(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	if isNull(n) && n.Value == "" {
		return "nothing"
	}
	return shorten(n.Value)
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return fmt.Sprintf("%q", string(r[:57])+"...")
	}
	if s == "" || strings.ContainsAny(s, "\n\r\t\x00") {
		return fmt.Sprintf("%q", s)
	}
	return s
}

// Problem places a mistake at a path: at the node, or at the nearest node
// above it that is in the file.
func (t *Tree) Problem(path, value, rule string) Problem {
	p := Problem{File: t.File, Path: path, Value: value, Rule: rule}
	n := t.root
	p.Line = n.Line
	steps, err := parsePath(path)
	if err != nil {
		return p
	}
	for _, s := range steps {
		var next *yaml.Node
		if s.key != "" {
			_, next = mapEntry(n, s.key)
		} else if n.Kind == yaml.SequenceNode {
			next = listItem(n, s)
		}
		if next == nil {
			break
		}
		n = next
	}
	t.locate(&p, n)
	if value == "" && n.Kind == yaml.ScalarNode {
		p.Value = describeNode(n)
	}
	return p
}

func (t *Tree) locate(p *Problem, n *yaml.Node) {
	p.File, p.Line = t.File, n.Line
	if o, ok := t.origin[n]; ok {
		p.File, p.Line = o, 0
	}
}
