package devices

import (
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"
)

const (
	maxTable  = 16 << 20 // bytes, far above what a laboratory writes
	maxWrongs = 20       // mistakes in a table that are told
)

// readTable reads a file of numbers that a user names; what says of what.
func readTable(path, what string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxTable+1))
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	if len(data) > maxTable {
		return "", fmt.Errorf("%s: is larger than %d MB; leave some lines out", path, maxTable>>20)
	}
	return string(data), nil
}

// tableRows are the rows of a table with their lines, from 1. A byte order mark,
// empty lines and lines that begin with # are passed over.
func tableRows(text string) iter.Seq2[int, []string] {
	return func(yield func(int, []string) bool) {
		line := 0
		for row := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
			line++
			if row = strings.TrimSpace(row); row == "" || row[0] == '#' {
				continue
			}
			columns := strings.Split(row, ",")
			for i, c := range columns {
				columns[i] = strings.TrimSpace(c)
			}
			if !yield(line, columns) {
				return
			}
		}
	}
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}
