package lines

import (
	"fmt"
	"math"
)

// pattern is which ends float, and the drives of a batch that have it.
type pattern struct {
	key  string // a byte for each word line and each bit line
	rows int
	jobs []job
}

const (
	driven   = 'd'
	floating = 'f'
	// A floating line that no path of cells joins to a driven one has no
	// voltage of its own. It is taken as held at 0 V, with all that hangs on
	// it: nothing flows there.
	loose = 'l'
)

func (p *pattern) word(i int) byte { return p.key[i] }
func (p *pattern) bit(j int) byte  { return p.key[p.rows+j] }

// checkDrive refuses a drive that does not fit the network.
func (n *Network) checkDrive(d *Drive) error {
	if len(d.Word) != n.Rows {
		return fmt.Errorf("%d voltages for %d word lines", len(d.Word), n.Rows)
	}
	if d.Bit != nil && len(d.Bit) != n.Cols {
		return fmt.Errorf("%d voltages for %d bit lines", len(d.Bit), n.Cols)
	}
	for i, v := range d.Word {
		if math.IsInf(v, 0) {
			return fmt.Errorf("word line %d at %g V; must be finite, or NaN for an end that floats", i, v)
		}
	}
	for j, v := range d.Bit {
		if math.IsInf(v, 0) {
			return fmt.Errorf("bit line %d at %g V; must be finite, or NaN for an end that floats", j, v)
		}
	}
	return nil
}

// patterns groups the drives that float at the same ends, in the order of their
// first members.
func (n *Network) patterns(jobs []job) []*pattern {
	var all []*pattern
	known := map[string]*pattern{}
	key := make([]byte, n.Rows+n.Cols)
	for _, j := range jobs {
		floats := false
		for i := range key {
			volt := 0.0
			if i < n.Rows {
				volt = j.drive.Word[i]
			} else if j.drive.Bit != nil {
				volt = j.drive.Bit[i-n.Rows]
			}
			key[i] = driven
			if math.IsNaN(volt) {
				key[i], floats = floating, true
			}
		}
		p := known[string(key)]
		if p == nil {
			p = &pattern{key: string(key), rows: n.Rows}
			known[p.key] = p
			if floats {
				p.key = n.findLoose(key)
			}
			all = append(all, p)
		}
		p.jobs = append(p.jobs, j)
	}
	return all
}

// findLoose marks the floating lines that no path of cells joins to a driven
// one. It goes from the driven lines outwards, each line once.
func (n *Network) findLoose(key []byte) string {
	held := make([]bool, len(key))
	var next []int
	for k, b := range key {
		if b == driven {
			held[k] = true
			next = append(next, k)
		}
	}
	reach := func(k int, g float64) {
		if g != 0 && !held[k] {
			held[k] = true
			next = append(next, k)
		}
	}
	for len(next) > 0 {
		k := next[len(next)-1]
		next = next[:len(next)-1]
		if k < n.Rows {
			for j, g := range n.G[k*n.Cols : (k+1)*n.Cols] {
				reach(n.Rows+j, g)
			}
		} else {
			for i := range n.Rows {
				reach(i, n.G[i*n.Cols+k-n.Rows])
			}
		}
	}
	marked := []byte(string(key))
	for k := range marked {
		if !held[k] {
			marked[k] = loose
		}
	}
	return string(marked)
}
