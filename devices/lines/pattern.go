package lines

import (
	"fmt"
	"math"
)

// pattern is which ends float, and the drives of a batch that have it.
type pattern struct {
	key     string // a byte for each word line and each bit line
	rows    int
	members []int
}

const (
	driven   = 'd'
	floating = 'f'
)

func (p *pattern) wordFloats(i int) bool { return p.key[i] == floating }
func (p *pattern) bitFloats(j int) bool  { return p.key[p.rows+j] == floating }

// patterns checks the drives and groups those that float at the same ends, in
// the order of their first members.
func (s *Solver) patterns(batch []Drive) ([]*pattern, error) {
	var all []*pattern
	known := map[string]*pattern{}
	key := make([]byte, s.n.Rows+s.n.Cols)
	for k := range batch {
		d := &batch[k]
		if len(d.Word) != s.n.Rows {
			return nil, fmt.Errorf("drive %d: %d voltages for %d word lines", k, len(d.Word), s.n.Rows)
		}
		if d.Bit != nil && len(d.Bit) != s.n.Cols {
			return nil, fmt.Errorf("drive %d: %d voltages for %d bit lines", k, len(d.Bit), s.n.Cols)
		}
		for i, v := range d.Word {
			if math.IsInf(v, 0) {
				return nil, fmt.Errorf("drive %d: word line %d at %g V; must be finite, or NaN for an end that floats", k, i, v)
			}
			key[i] = driven
			if math.IsNaN(v) {
				key[i] = floating
			}
		}
		for j := range s.n.Cols {
			key[s.n.Rows+j] = driven
			if d.Bit == nil {
				continue
			}
			if math.IsInf(d.Bit[j], 0) {
				return nil, fmt.Errorf("drive %d: bit line %d at %g V; must be finite, or NaN for an end that floats", k, j, d.Bit[j])
			}
			if math.IsNaN(d.Bit[j]) {
				key[s.n.Rows+j] = floating
			}
		}
		p := known[string(key)]
		if p == nil {
			p = &pattern{key: string(key), rows: s.n.Rows}
			known[p.key] = p
			all = append(all, p)
		}
		p.members = append(p.members, k)
	}
	return all, nil
}
