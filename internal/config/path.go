package config

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// step is one move down the tree: a key, or an item of a list by name or index.
type step struct {
	key   string // "" for an item of a list
	item  string // name or index between brackets
	index int    // parsed from item, -1 where it is a name
}

const (
	maxPathLength = 512
	maxListIndex  = 1 << 20
)

// parsePath reads populations[liquid].size or sweep.over[0].values[2].
func parsePath(path string) ([]step, error) {
	if path == "" || len(path) > maxPathLength {
		return nil, fmt.Errorf("path must have 1 to %d characters", maxPathLength)
	}
	var steps []step
	rest := path
	for first := true; rest != ""; first = false {
		if rest[0] == '[' {
			end := strings.IndexByte(rest, ']')
			if end < 0 || first {
				return nil, fmt.Errorf("path %q: a list item is written key[name] or key[0]", path)
			}
			item := rest[1:end]
			if !isName(item) {
				return nil, fmt.Errorf("path %q: %q is neither a name nor an index", path, item)
			}
			s := step{item: item, index: -1}
			if n, err := strconv.Atoi(item); err == nil {
				if n < 0 || n > maxListIndex {
					return nil, fmt.Errorf("path %q: index %q is out of range", path, item)
				}
				s.index = n
			}
			steps = append(steps, s)
			rest = rest[end+1:]
			continue
		}
		if !first {
			if rest[0] != '.' {
				return nil, fmt.Errorf("path %q: expected . or [ before %q", path, rest)
			}
			rest = rest[1:]
		}
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			end = len(rest)
		}
		if !isName(rest[:end]) {
			return nil, fmt.Errorf("path %q: %q is not a key", path, rest[:end])
		}
		steps = append(steps, step{key: rest[:end], index: -1})
		rest = rest[end:]
	}
	return steps, nil
}

// isName allows letters, digits, _ and -, which is what keys and names are
// made of.
func isName(s string) bool {
	for _, r := range s {
		if r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return s != ""
}

// SplitAssignment cuts path=value of a --set flag.
func SplitAssignment(text string) (path, value string, err error) {
	path, value, ok := strings.Cut(text, "=")
	if !ok {
		return "", "", fmt.Errorf("--set %q: expected path=value, for example --set 'populations[liquid].size=400'", text)
	}
	path = strings.TrimSpace(path)
	if _, err := parsePath(path); err != nil {
		return "", "", fmt.Errorf("--set %q: %w", text, err)
	}
	return path, strings.TrimSpace(value), nil
}
