// Package matrixcsv reads tables of numbers as people and spreadsheets write
// them: a row a line, values apart by commas, semicolons, tabs or spaces.
// Whatever stands after a # is a comment, and lines without values are left
// out. Numbers have a decimal point; inf is a number. Lines may end in CRLF, and
// a byte order mark at the beginning is passed over.
//
// The separator is the first of semicolon, tab, comma and space that stands in
// the first row that has one. A first row without any number is a header and is
// refused, for a header in a row of its own cannot be told from a slip.
//
// A file may hold anything: what is read stays within a bound of values and of
// bytes a line, and all mistakes come back at once, with their lines.
package matrixcsv

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Matrix is a table of numbers, row-major.
type Matrix struct {
	Rows, Cols int
	Values     []float64
}

// Options bound and check what is read.
type Options struct {
	MaxValues int                    // how many values there may be at most
	Check     func(v float64) string // the rule that a value breaks, "" for none; nil takes any number
}

const (
	maxLine  = 32 << 20 // bytes of a line: a million values at full precision
	maxField = 64       // bytes of a number; the longest sensible one is below
	maxShown = 20       // mistakes that are listed one by one
)

// Problem is a mistake in a file.
type Problem struct {
	File         string
	Line, Column int    // from 1; 0 where it is about the whole file or line
	Text         string // what stands there
	Rule         string // what is wrong with it, or the remedy
}

// Error gives file:line: column c: "text" rule.
func (p Problem) Error() string {
	s := p.File
	if p.Line > 0 {
		s += ":" + strconv.Itoa(p.Line)
	}
	s += ": "
	if p.Column > 0 {
		s += fmt.Sprintf("column %d: ", p.Column)
	}
	if p.Text != "" {
		s += fmt.Sprintf("%q ", p.Text)
	}
	return s + p.Rule
}

// Problems are the mistakes of a file: the first ones, and how many there are.
type Problems struct {
	List []Problem
	All  int
}

// Error gives a mistake a line.
func (ps *Problems) Error() string {
	var lines []string
	for _, p := range ps.List {
		lines = append(lines, p.Error())
	}
	if more := ps.All - len(ps.List); more > 0 {
		lines = append(lines, fmt.Sprintf("%s: and %d more mistakes", ps.List[0].File, more))
	}
	return strings.Join(lines, "\n")
}

func (ps *Problems) add(p Problem) {
	if ps.All++; len(ps.List) < maxShown {
		ps.List = append(ps.List, p)
	}
}

// ReadFile reads a file.
func ReadFile(name string, o Options) (*Matrix, error) {
	f, err := os.Open(name)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, fmt.Errorf("%s: cannot be read: %w", name, err)
	}
	defer f.Close()
	return Read(f, name, o)
}

// Read reads a table. The name stands in messages. The error is a *Problems
// where the text is at fault.
func Read(r io.Reader, name string, o Options) (*Matrix, error) {
	t := reader{o: o, name: name}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() && !t.full {
		t.line++
		t.row(lines.Bytes())
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		t.line++
		t.wrong(0, "", fmt.Sprintf("a line of more than %d MB; a row stands in a line of its own", maxLine>>20))
	} else if err != nil {
		return nil, fmt.Errorf("%s: cannot be read: %w", name, err)
	}
	if t.m.Rows == 0 && t.problems.All == 0 {
		t.line = 0
		t.wrong(0, "", "holds no numbers")
	}
	if t.problems.All > 0 {
		return nil, &t.problems
	}
	return &t.m, nil
}

// reader is a table that is being read.
type reader struct {
	o         Options
	name      string
	line      int  // of the file, from 1
	first     int  // line of the first row
	separator byte // 0 as long as none has been seen
	full      bool // no more values are taken
	m         Matrix
	problems  Problems
}

func (t *reader) wrong(column int, text, rule string) {
	t.problems.add(Problem{t.name, t.line, column, text, rule})
}

// row takes a line.
func (t *reader) row(text []byte) {
	if t.line == 1 {
		text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
		if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
			t.wrong(0, "", "is UTF-16; save it as plain text (UTF-8)")
			t.full = true
			return
		}
	}
	text, _, _ = bytes.Cut(text, []byte("#"))
	text = bytes.Trim(text, " \r") // a tab may stand for an empty value
	if len(bytes.TrimSpace(text)) == 0 {
		return
	}
	if t.separator == 0 {
		for _, s := range []byte(";\t, ") {
			if bytes.IndexByte(text, s) >= 0 {
				t.separator = s
				break
			}
		}
	}
	columns, numbers := 0, 0
	t.fields(text, func(field []byte) {
		if columns++; t.full {
			return
		}
		if len(t.m.Values) >= t.o.MaxValues {
			t.wrong(0, "", fmt.Sprintf("more than %d values", t.o.MaxValues))
			t.full = true
			return
		}
		v, rule := number(field)
		if rule == "" {
			numbers++
			if t.o.Check != nil {
				rule = t.o.Check(v)
			}
		}
		if rule != "" {
			t.wrong(columns, short(field), rule)
		}
		t.m.Values = append(t.m.Values, v)
	})
	if t.full {
		return
	}
	switch {
	case t.first == 0 && numbers == 0: // its mistakes are one
		t.problems = Problems{}
		t.wrong(0, short(text), "is no row of numbers; delete a header, or put # before it")
		t.first, t.m.Values = t.line, t.m.Values[:0]
		return
	case t.m.Rows == 0:
		t.first, t.m.Cols = t.line, columns
	case columns != t.m.Cols:
		t.wrong(0, "", fmt.Sprintf("%s, where line %d has %d", count(columns, "value"), t.first, t.m.Cols))
	}
	t.m.Rows++
}

// fields cuts a row.
func (t *reader) fields(text []byte, take func([]byte)) {
	if t.separator == 0 || t.separator == ' ' {
		for f := range bytes.FieldsSeq(text) {
			take(f)
		}
		return
	}
	for f := range bytes.SplitSeq(text, []byte{t.separator}) {
		take(bytes.TrimSpace(f))
	}
}

// number reads a value.
func number(field []byte) (v float64, rule string) {
	if len(field) == 0 {
		return 0, "no value stands here"
	}
	if len(field) > maxField {
		return 0, "is no number"
	}
	v, err := strconv.ParseFloat(string(field), 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, "is out of the range of numbers"
	case err != nil && bytes.Count(field, []byte(",")) == 1:
		return 0, "is no number; decimals stand after a point, not after a comma"
	case err != nil:
		return 0, "is no number"
	}
	return v, ""
}

// short gives what messages show of a text.
func short(text []byte) string {
	const most = 40
	s := strings.ToValidUTF8(string(text[:min(len(text), most)]), "?")
	if len(text) > most {
		s += "..."
	}
	return s
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
