package lines

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Solver is a network made ready for many drives.
type Solver struct {
	n *Network
	o Options
}

// Prepare checks a network and makes what every solution of it uses.
func (n *Network) Prepare(o Options) (*Solver, error) {
	if err := n.Check(); err != nil {
		return nil, err
	}
	return &Solver{n, o}, nil
}

// Solve finds the state of the network under every drive of a batch.
func (s *Solver) Solve(_ context.Context, batch []Drive) ([]Solution, error) {
	n := s.n
	nodes := n.Rows * n.Cols
	w := n.Wires
	if n.Curve != nil || w.Word == 0 || w.Bit == 0 {
		return nil, fmt.Errorf("lines: ohmic cells and lines alone")
	}
	a := mat.NewSymDense(2*nodes, nil)
	join := func(i, j int, g float64) {
		a.SetSym(i, i, a.At(i, i)+g)
		a.SetSym(j, j, a.At(j, j)+g)
		a.SetSym(i, j, a.At(i, j)-g)
	}
	end := func(i int, g float64) { a.SetSym(i, i, a.At(i, i)+g) }
	in, out := 1/(w.Source+w.Word), 1/(w.Sense+w.Bit)
	for i := range n.Rows {
		end(i*n.Cols, in)
		for j := range n.Cols {
			k := i*n.Cols + j
			if j+1 < n.Cols {
				join(k, k+1, 1/w.Word)
			}
			if i+1 < n.Rows {
				join(nodes+k, nodes+k+n.Cols, 1/w.Bit)
			} else {
				end(nodes+k, out)
			}
			join(k, nodes+k, n.G[k])
		}
	}
	var c mat.Cholesky
	if !c.Factorize(a) {
		return nil, fmt.Errorf("lines: the network cannot be solved")
	}
	var sols []Solution
	for _, d := range batch {
		b, x := mat.NewVecDense(2*nodes, nil), mat.NewVecDense(2*nodes, nil)
		for i := range n.Rows {
			b.SetVec(i*n.Cols, in*d.Word[i])
		}
		for j := range d.Bit {
			k := nodes + (n.Rows-1)*n.Cols + j
			b.SetVec(k, out*d.Bit[j])
		}
		if err := c.SolveVecTo(x, b); err != nil {
			return nil, err
		}
		sol := Solution{Word: x.RawVector().Data[:nodes], Bit: x.RawVector().Data[nodes:]}
		for i := range n.Rows {
			sol.In = append(sol.In, in*(d.Word[i]-sol.Word[i*n.Cols]))
		}
		for j := range n.Cols {
			u := sol.Bit[(n.Rows-1)*n.Cols+j]
			if d.Bit != nil {
				u -= d.Bit[j]
			}
			sol.Out = append(sol.Out, out*u)
		}
		sols = append(sols, sol)
	}
	return sols, nil
}
