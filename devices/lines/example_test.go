package lines_test

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/devices/lines"
)

// Three word lines at 1.5, 2.3 and 1.7 V, two grounded bit lines, 0.5 ohm from
// cell to cell.
func ExampleNetwork_Solve() {
	n := &lines.Network{
		Rows: 3, Cols: 2,
		G:     []float64{1. / 345, 1. / 903, 1. / 652, 1. / 401, 1. / 442, 1. / 874},
		Wires: lines.Wires{Word: 0.5, Bit: 0.5},
	}
	s, err := n.Solve(context.Background(), []lines.Drive{{Word: []float64{1.5, 2.3, 1.7}}}, lines.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("out %.4f mA\n", []float64{1000 * s[0].Out[0], 1000 * s[0].Out[1]})
	// Output: out [11.6369 9.2785] mA
}

// An ohmic array is one matrix, whatever its lines: with it every further input
// is a product.
func ExampleEffective() {
	n := &lines.Network{Rows: 2, Cols: 2, G: []float64{1e-3, 1e-3, 1e-3, 1e-3}, Wires: lines.Wires{Word: 10, Bit: 10}}
	t, err := lines.Effective(context.Background(), n, lines.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.4f %.4f\n%.4f %.4f mS\n", 1e3*t[0], 1e3*t[1], 1e3*t[2], 1e3*t[3])
	// Output:
	// 0.9524 0.9432
	// 0.9617 0.9524 mS
}

// A cell that is selected by half voltages disturbs its neighbours.
func ExampleSelected() {
	d, err := lines.Selected(2, 3, 1, 0, 2, lines.HalfVoltage)
	if err != nil {
		panic(err)
	}
	fmt.Println(d.Word, d.Bit)
	// Output: [1 2] [0 1 1]
}
