package programming

import (
	"fmt"
	"strings"
)

// Verdict is how it ended for a cell.
type Verdict uint8

// Verdicts. A cell that never moved is stuck, one that moved and is not where
// it should be gave up. Unfinished is what an error or the end of the context
// leaves.
const (
	Unfinished Verdict = iota
	Reached
	StuckLow
	StuckHigh
	NotFormed
	GaveUp
)

var verdicts = [...]string{"unfinished", "reached", "stuck low", "stuck high", "not formed", "gave up"}

func (v Verdict) String() string {
	if int(v) < len(verdicts) {
		return verdicts[v]
	}
	return fmt.Sprintf("verdict %d", uint8(v))
}

// Cell is what was done to a cell and how it ended.
type Cell struct {
	Cell    int32
	Target  float32 // uS
	G       float32 // uS, as last read
	Verdict Verdict
	Pulses  int // pulses and writes that were sent
	Reads   int // single reads, those that an average drops too
}

// Report is how it ended, a Cell for each of the list in its order.
type Report struct {
	Cells   []Cell
	Seconds float64 // of pulses, the longest of each time, and of waiting
}

// Count is how many cells had a verdict.
func (r *Report) Count(v Verdict) int {
	n := 0
	for _, c := range r.Cells {
		if c.Verdict == v {
			n++
		}
	}
	return n
}

// Summary gives the verdicts and the mean pulses and reads in a line.
func (r *Report) Summary() string {
	if len(r.Cells) == 0 {
		return "no cells"
	}
	var parts []string
	for v := range verdicts {
		// Every run says how many cells were reached; others where there are some.
		if n := r.Count(Verdict(v)); n > 0 || Verdict(v) == Reached {
			parts = append(parts, fmt.Sprintf("%d %s", n, Verdict(v)))
		}
	}
	pulses, reads := 0, 0
	for _, c := range r.Cells {
		pulses += c.Pulses
		reads += c.Reads
	}
	n := float64(len(r.Cells))
	return fmt.Sprintf("%d cells: %s; %.1f pulses and %.1f reads a cell", len(r.Cells), strings.Join(parts, ", "), float64(pulses)/n, float64(reads)/n)
}
