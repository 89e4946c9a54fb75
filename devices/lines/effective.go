package lines

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/internal/progress"
)

// Effective is what an ohmic network with its lines amounts to when its word
// lines are driven and its bit lines grounded: the conductances T in S, [Rows]
// [Cols], with Out[j] = sum over i of V[i] T[i][j]. It costs as many solutions
// as there are rows or columns, whichever are fewer: one word line at 1 V gives
// a row of T; and one bit line at 1 V, the word lines grounded, a column, since
// the network is reciprocal (the currents out of its word lines are those which
// it gets from them). With T every further input costs a product with a matrix.
func Effective(ctx context.Context, n *Network, o Options) ([]float64, error) {
	if n.Curve != nil {
		return nil, fmt.Errorf("cells that are not ohmic have no effective conductances: what comes out is not in proportion to what goes in")
	}
	o.Nodes = false
	s, err := n.Prepare(o)
	if err != nil {
		return nil, err
	}
	t := make([]float64, len(n.G))
	units := min(n.Rows, n.Cols)
	const chunk = 64 // of the drives at once, which bounds what they take
	for lo := 0; lo < units; lo += chunk {
		progress.Report(ctx, "lines", lo, units)
		var batch []Drive
		for k := lo; k < min(lo+chunk, units); k++ {
			d := Drive{Word: make([]float64, n.Rows)}
			if n.Rows <= n.Cols {
				d.Word[k] = 1
			} else {
				d.Bit = make([]float64, n.Cols)
				d.Bit[k] = 1
			}
			batch = append(batch, d)
		}
		solutions, err := s.Solve(ctx, batch)
		if err != nil {
			return nil, err
		}
		for k, sol := range solutions {
			if n.Rows <= n.Cols {
				copy(t[(lo+k)*n.Cols:], sol.Out)
				continue
			}
			for i, x := range sol.In {
				t[i*n.Cols+lo+k] = -x
			}
		}
	}
	progress.Report(ctx, "lines", units, units)
	return t, nil
}
