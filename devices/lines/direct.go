package lines

import (
	"context"
	"fmt"
	"math"
)

// MaxDirect bounds what SolveDirect takes: cells times the shorter side, which
// 256 x 256 cells reach. It needs 32 bytes for each of them, and time as their
// number times the shorter side.
const MaxDirect = 1 << 24

// SolveDirect finds the state of a network of ohmic cells and lines that all
// resist by elimination, for any range of conductances: where lines are so bad
// beside the cells that rounding leaves the iterations of Solve no chance.
//
// A node is taken out of a network of resistors by the star-mesh transformation
// (Rosen, J. IEE 62, 1924): with conductances g[a] to its neighbours and S their
// sum, neighbours a and b are joined by g[a] g[b]/S instead. Nothing is ever
// subtracted, so every conductance keeps the accuracy of a few roundings whatever
// the others are (the same reason as for Markov chains: Grassmann, Taksar and
// Heyman, Operations Research 33, 1985). Nodes go in the order of the longer
// side, which keeps what is joined within a band of twice the shorter one.
//
// The residual is that of the voltages as they are rounded, which may be larger
// than the error of the currents.
func (n *Network) SolveDirect(ctx context.Context, batch []Drive) ([]Solution, error) {
	if err := n.Check(); err != nil {
		return nil, err
	}
	if n.Curve != nil || n.Wires.Word == 0 || n.Wires.Bit == 0 {
		return nil, fmt.Errorf("elimination is for ohmic cells and for lines that resist")
	}
	if short := min(n.Rows, n.Cols); n.Rows*n.Cols > MaxDirect/short {
		return nil, fmt.Errorf("elimination takes at most %d cells times their shorter side, not %d x %d x %d", MaxDirect, n.Rows, n.Cols, short)
	}
	for k := range batch {
		if err := n.checkDrive(&batch[k]); err != nil {
			return nil, fmt.Errorf("drive %d: %w", k, err)
		}
	}
	solutions := make([]Solution, len(batch))
	var m *mesh
	for k := range batch {
		d := &batch[k]
		if k == 0 || !d.floatsLike(&batch[k-1]) {
			m = newMesh(n, d)
			if err := m.eliminate(ctx); err != nil {
				return nil, fmt.Errorf("drive %d: %w", k, err)
			}
		}
		m.solve(n, d)
		solutions[k] = m.solution(n, d)
	}
	return solutions, nil
}

// mesh is a network of resistors in the order in which its nodes are taken out.
type mesh struct {
	wordStep int       // from a node to the next one of its word line
	bitStep  int       // and of its bit line
	reach    int       // how far apart joined nodes are at most
	join     []float64 // [node][reach]: siemens to the nodes behind it; as shares of the sum, once it is eliminated
	held     []float64 // siemens to the drivers
	sum      []float64 // siemens to all, once it is eliminated
	volts    []float64
}

// newMesh joins the nodes of a network and its drivers.
func newMesh(n *Network, d *Drive) *mesh {
	m := &mesh{wordStep: 2, bitStep: 2 * n.Cols}
	if n.Rows < n.Cols {
		m.wordStep, m.bitStep = 2*n.Rows, 2
	}
	m.reach = max(m.wordStep, m.bitStep)
	nodes := 2 * n.Rows * n.Cols
	m.join, m.held, m.sum, m.volts = make([]float64, nodes*m.reach), make([]float64, nodes), make([]float64, nodes), make([]float64, nodes)
	for i := range n.Rows {
		for j := range n.Cols {
			word := m.word(i, j)
			m.join[word*m.reach] = n.G[i*n.Cols+j] // its bit line's node is the next one
			if j+1 < n.Cols {
				m.join[word*m.reach+m.wordStep-1] = 1 / n.Wires.Word
			}
			if i+1 < n.Rows {
				m.join[(word+1)*m.reach+m.bitStep-1] = 1 / n.Wires.Bit
			}
		}
	}
	m.ends(n, d, func(node int, _, g float64) { m.held[node] = g })
	return m
}

// ends calls f for each end that is driven.
func (m *mesh) ends(n *Network, d *Drive, f func(node int, v, g float64)) {
	for i, v := range d.Word {
		if !math.IsNaN(v) {
			f(m.word(i, 0), v, 1/(n.Wires.Source+n.Wires.Word))
		}
	}
	for j := range n.Cols {
		if v := d.bit(j); !math.IsNaN(v) {
			f(m.word(n.Rows-1, j)+1, v, 1/(n.Wires.Sense+n.Wires.Bit))
		}
	}
}

// word gives the place of a word line's node; that of its bit line is behind it.
func (m *mesh) word(i, j int) int { return i*m.bitStep + j*m.wordStep }

// bit is the voltage at the end of a bit line.
func (d *Drive) bit(j int) float64 {
	if d.Bit == nil {
		return 0
	}
	return d.Bit[j]
}

// floatsLike tells whether two drives of a network leave the same ends floating.
func (d *Drive) floatsLike(o *Drive) bool {
	for i, v := range d.Word {
		if math.IsNaN(v) != math.IsNaN(o.Word[i]) {
			return false
		}
	}
	for j := range max(len(d.Bit), len(o.Bit)) {
		if math.IsNaN(d.bit(j)) != math.IsNaN(o.bit(j)) {
			return false
		}
	}
	return true
}

// eliminate takes out one node after the other.
func (m *mesh) eliminate(ctx context.Context) error {
	for k := range m.held {
		if k%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		share := m.join[k*m.reach:][:m.reach]
		last, sum := -1, m.held[k]
		for a, g := range share {
			if g > 0 {
				last, sum = a, sum+g
			}
		}
		if sum == 0 {
			return fmt.Errorf("a part of the network is joined to no driver")
		}
		m.sum[k] = sum
		share = share[:last+1]
		for a, g := range share {
			if share[a] = g / sum; g > 0 {
				m.held[k+1+a] += float64(m.held[k] * share[a])
			}
		}
		for a, s := range share {
			if s == 0 {
				continue
			}
			to := m.join[(k+1+a)*m.reach:]
			for b, other := range share[a+1:] {
				to[b] += float64(float64(s*other) * sum)
			}
		}
	}
	return nil
}

// solve finds the voltages under a drive: what the drivers would send into each
// node at 0 V is handed on as the nodes go, and the voltages come back.
func (m *mesh) solve(n *Network, d *Drive) {
	v := m.volts
	clear(v)
	m.ends(n, d, func(node int, volts, g float64) { v[node] = float64(g * volts) })
	shares := func(k int) []float64 { return m.join[k*m.reach:][:min(m.reach, len(v)-1-k)] }
	for k := range v {
		for a, s := range shares(k) {
			v[k+1+a] += float64(v[k] * s)
		}
		v[k] /= m.sum[k]
	}
	for k := len(v) - 1; k >= 0; k-- {
		for a, s := range shares(k) {
			v[k] += float64(s * v[k+1+a])
		}
	}
}

// solution reads the voltages.
func (m *mesh) solution(n *Network, d *Drive) Solution {
	s := Solution{Word: make([]float64, len(n.G)), Bit: make([]float64, len(n.G)), In: make([]float64, n.Rows), Out: make([]float64, n.Cols)}
	for i := range n.Rows {
		for j := range n.Cols {
			s.Word[i*n.Cols+j], s.Bit[i*n.Cols+j] = m.volts[m.word(i, j)], m.volts[m.word(i, j)+1]
		}
	}
	for i, v := range d.Word {
		if !math.IsNaN(v) {
			s.In[i] = (v - s.Word[i*n.Cols]) / (n.Wires.Source + n.Wires.Word)
		}
	}
	for j := range s.Out {
		if v := d.bit(j); !math.IsNaN(v) {
			s.Out[j] = (s.Bit[(n.Rows-1)*n.Cols+j] - v) / (n.Wires.Sense + n.Wires.Bit)
		}
	}
	s.Residual = n.residual(d, &s)
	return s
}

// residual is what Kirchhoff's law of currents lacks at the nodes, relative to
// what the drivers would send into them at 0 V, both in the 2-norm.
func (n *Network) residual(d *Drive, s *Solution) float64 {
	var lacks, sends float64
	for i := range n.Rows {
		for j := range n.Cols {
			k := i*n.Cols + j
			cell := float64(n.G[k] * (s.Word[k] - s.Bit[k]))
			word, bit := cell, -cell
			if j > 0 {
				word += (s.Word[k] - s.Word[k-1]) / n.Wires.Word
			} else {
				word -= s.In[i]
			}
			if j+1 < n.Cols {
				word += (s.Word[k] - s.Word[k+1]) / n.Wires.Word
			}
			if i > 0 {
				bit += (s.Bit[k] - s.Bit[k-n.Cols]) / n.Wires.Bit
			}
			if i+1 < n.Rows {
				bit += (s.Bit[k] - s.Bit[k+n.Cols]) / n.Wires.Bit
			} else {
				bit += s.Out[j]
			}
			lacks += float64(word*word) + float64(bit*bit)
		}
	}
	add := func(v, ohm float64) {
		if i := v / ohm; !math.IsNaN(v) {
			sends += float64(i * i)
		}
	}
	for _, v := range d.Word {
		add(v, n.Wires.Source+n.Wires.Word)
	}
	for j := range n.Cols {
		add(d.bit(j), n.Wires.Sense+n.Wires.Bit)
	}
	if lacks == 0 {
		return 0
	}
	return math.Sqrt(lacks / sends)
}
