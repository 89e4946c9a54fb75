package matrixcsv_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/matrixcsv"
)

var open = matrixcsv.Options{MaxValues: 1000}

func read(text string, o matrixcsv.Options) (*matrixcsv.Matrix, error) {
	return matrixcsv.Read(strings.NewReader(text), "t.csv", o)
}

func TestForms(t *testing.T) {
	inf := math.Inf(1)
	for name, c := range map[string]struct {
		text string
		rows int
		want []float64
	}{
		"commas":                 {"1,2\n3,4\n", 2, []float64{1, 2, 3, 4}},
		"commas and spaces":      {" 1 , 2\n3,\t4", 2, []float64{1, 2, 3, 4}},
		"semicolons":             {"1;2\n3;4\n", 2, []float64{1, 2, 3, 4}},
		"tabs":                   {"1\t2\n3\t4\n", 2, []float64{1, 2, 3, 4}},
		"spaces":                 {"1  2\n 3 4 \n", 2, []float64{1, 2, 3, 4}},
		"CRLF, byte order mark":  {"\xef\xbb\xbf1,2\r\n3,4\r\n", 2, []float64{1, 2, 3, 4}},
		"comments, empty lines":  {"# a, b\n\n1,2 # first\n  \t\n3,4\n#", 2, []float64{1, 2, 3, 4}},
		"one value":              {"7", 1, []float64{7}},
		"a column":               {"7\n8\r\n9", 3, []float64{7, 8, 9}},
		"a column with comments": {"7 # a,b\n8", 2, []float64{7, 8}},
		"infinite, exponents":    {"inf,-Inf,+infinity,1e3,-2.5E-3,.5", 1, []float64{inf, -inf, inf, 1000, -0.0025, 0.5}},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := read(c.text, open)
			require.NoError(t, err)
			require.Equal(t, &matrixcsv.Matrix{Rows: c.rows, Cols: len(c.want) / c.rows, Values: c.want}, m)
		})
	}
}

func TestMistakes(t *testing.T) {
	positive := matrixcsv.Options{MaxValues: 6, Check: func(v float64) string {
		if !(v > 0) {
			return "is not above 0"
		}
		return ""
	}}
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"empty":                   {"", []string{"t.csv: holds no numbers"}},
		"comments alone":          {"# 1,2\n\n", []string{"t.csv: holds no numbers"}},
		"ragged":                  {"1,2\n\n3\n4,5\n", []string{"t.csv:3: 1 value, where line 1 has 2"}},
		"ragged, too many":        {"#\n1\n3 4", []string{"t.csv:3: 2 values, where line 2 has 1"}},
		"every mistake":           {"1,x\n-1,2,3\n,nan\n", []string{`t.csv:1: column 2: "x" is no number`, `t.csv:2: column 1: "-1" is not above 0`, "t.csv:2: 3 values, where line 1 has 2"}},
		"nothing between":         {"1,,2", []string{"t.csv:1: column 2: no value stands here"}},
		"comma at the end":        {"1,2,", []string{"t.csv:1: column 3: no value stands here"}},
		"empty with tabs":         {"1\t\t3\n\t5\t6", []string{"t.csv:1: column 2: no value stands here", "t.csv:2: column 1: no value stands here"}},
		"NaN":                     {"1,NaN", []string{`column 2: "NaN" is not above 0`}},
		"header":                  {"a,b\n1,2\n-3,4", []string{`t.csv:1: "a,b" is no row of numbers; delete a header, or put # before it`, `t.csv:3: column 1: "-3" is not above 0`}},
		"decimal comma":           {"1,5;2\n", []string{`column 1: "1,5" is no number; decimals stand after a point`}},
		"two numbers":             {"1 2,3", []string{`column 1: "1 2" is no number`}},
		"out of range":            {"1e999,3", []string{`"1e999" is out of the range of numbers`}},
		"unit":                    {"1 2kohm", []string{`column 2: "2kohm" is no number`}},
		"too many values":         {"1,2,3,4\n1,2,3,4", []string{"t.csv:2: more than 6 values"}},
		"UTF-16":                  {"\xff\xfe1\x00", []string{"t.csv:1: is UTF-16"}},
		"bytes that are no text":  {"1,\x00\xff\n", []string{`column 2: "\x00?" is no number`}},
		"a number without an end": {"1," + strings.Repeat("9", 400), []string{`column 2: "` + strings.Repeat("9", 40) + `..." is no number`}},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := read(c.text, positive)
			require.Nil(t, m)
			require.Error(t, err)
			for _, w := range c.want {
				require.Contains(t, err.Error(), w)
			}
		})
	}
	_, err := read(strings.Repeat("x y\n", 100), matrixcsv.Options{MaxValues: 1000})
	require.ErrorContains(t, err, "t.csv: and 179 more mistakes", "199: a header, and two a line")
	require.Len(t, strings.Split(err.Error(), "\n"), 21)
	var ps *matrixcsv.Problems
	require.ErrorAs(t, err, &ps)
	require.Equal(t, 199, ps.All)
}

// endless gives the same text for ever.
type endless string

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e[i%len(e)]
	}
	return len(p), nil
}

func TestEndlessFilesEnd(t *testing.T) {
	_, err := matrixcsv.Read(endless("1\n"), "zeros", open)
	require.ErrorContains(t, err, "zeros:1001: more than 1000 values")
	_, err = matrixcsv.Read(endless("1,"), "zeros", open)
	require.ErrorContains(t, err, "zeros:1: a line of more than 32 MB")
}

func TestFiles(t *testing.T) {
	_, err := matrixcsv.ReadFile(filepath.Join(t.TempDir(), "gone.csv"), open)
	require.ErrorContains(t, err, "gone.csv: cannot be read: no such file")
	_, err = matrixcsv.ReadFile(t.TempDir(), open)
	require.ErrorContains(t, err, "is a directory")
	name := filepath.Join(t.TempDir(), "m.csv")
	require.NoError(t, os.WriteFile(name, []byte("1,2"), 0o644))
	m, err := matrixcsv.ReadFile(name, open)
	require.NoError(t, err)
	require.Equal(t, []float64{1, 2}, m.Values)
	_, err = matrixcsv.Read(iotest.ErrReader(errors.New("the disk is gone")), "m", open)
	require.ErrorContains(t, err, "m: cannot be read: the disk is gone")
}

// What is written in any of the forms comes back bit by bit.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 6).Draw(t, "rows"), rapid.IntRange(1, 6).Draw(t, "cols")
		want := rapid.SliceOfN(rapid.Float64(), rows*cols, rows*cols).Draw(t, "values")
		sep := rapid.SampledFrom([]string{",", ";", "\t", " ", ", ", " ; "}).Draw(t, "separator")
		end := rapid.SampledFrom([]string{"\n", "\r\n", " # x\n", "\n\n"}).Draw(t, "end")
		var b strings.Builder
		for r := range rows {
			for c := range cols {
				if c > 0 {
					b.WriteString(sep)
				}
				b.WriteString(strconv.FormatFloat(want[r*cols+c], 'g', -1, 64))
			}
			b.WriteString(end)
		}
		m, err := read(b.String(), open)
		require.NoError(t, err)
		require.Equal(t, &matrixcsv.Matrix{Rows: rows, Cols: cols, Values: want}, m)
	})
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"1,2\n3,4", "a;b", "\xef\xbb\xbf1\t2\r\n", "inf nan # c", ",,\n,", "1e999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := read(text, matrixcsv.Options{MaxValues: 100})
		if err != nil {
			var ps *matrixcsv.Problems
			require.ErrorAs(t, err, &ps)
			require.Positive(t, ps.All)
			require.NotEmpty(t, fmt.Sprint(err))
			return
		}
		require.Positive(t, m.Rows)
		require.Positive(t, m.Cols)
		require.Len(t, m.Values, m.Rows*m.Cols)
		require.LessOrEqual(t, len(m.Values), 100)
	})
}
