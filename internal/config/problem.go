package config

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Problem is one mistake in a configuration.
type Problem struct {
	File  string
	Line  int    // 0 where the mistake is not in a file, as with --set
	Path  string // populations[liquid].params.tau_m
	Value string // what stands there, "" where something is missing
	Rule  string // what should stand there, or the remedy
}

// Error gives file:line: path: value: rule, leaving out what is empty.
func (p Problem) Error() string {
	parts := []string{p.File}
	if p.Line > 0 {
		parts[0] = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	for _, s := range []string{p.Path, p.Value, p.Rule} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ": ")
}

// Problems is every mistake of a configuration, in the order of the lines.
type Problems []Problem

// Error gives one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns the problems as an error, nil where there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	sort.SliceStable(ps, func(i, j int) bool { return ps[i].Line < ps[j].Line })
	return ps
}

// FieldError says which field (by its yaml key) breaks which rule; a
// Validate method returns one, or several by errors.Join.
type FieldError struct {
	Field, Rule string
}

func (e FieldError) Error() string { return e.Field + ": " + e.Rule }

// fieldErrors takes an error of Validate apart.
func fieldErrors(err error) []FieldError {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []FieldError
		for _, e := range joined.Unwrap() {
			all = append(all, fieldErrors(e)...)
		}
		return all
	}
	var fe FieldError
	if errors.As(err, &fe) {
		return []FieldError{fe}
	}
	return []FieldError{{Rule: err.Error()}}
}

// FieldErrors takes an error apart into its mistakes.
func FieldErrors(err error) []FieldError { return fieldErrors(err) }

// DidYouMean gives "; did you mean x?" for a near miss among the known words,
// or a list of them where nothing is near. Words that begin with what stands
// there come first: they were begun and not finished.
func DidYouMean(word string, known []string) string {
	const few = 5 // that a question can name
	var begun []string
	for _, k := range known {
		if word != "" && strings.HasPrefix(strings.ToLower(k), strings.ToLower(word)) && !slices.Contains(begun, strconv.Quote(k)) {
			begun = append(begun, strconv.Quote(k))
		}
	}
	if n := len(begun); n == 1 {
		return fmt.Sprintf("; did you mean %s?", begun[0])
	} else if n > 1 && n <= few {
		return fmt.Sprintf("; did you mean %s or %s?", strings.Join(begun[:n-1], ", "), begun[n-1])
	}
	best, dist := "", len(word)/3+2
	for _, k := range known {
		if d := editDistance(strings.ToLower(word), strings.ToLower(k)); d < dist {
			best, dist = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	if len(known) == 0 {
		return ""
	}
	return "; known: " + strings.Join(known, ", ")
}

// editDistance is Damerau and Levenshtein's with neighbours swapped at a cost
// of one (optimal string alignment), which is how keys are mistyped.
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
