package lines_test

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/devices/lines"
)

// The crossbar of badcrossbar's README: what leaves its bit lines with half an
// ohm from cell to cell, and without.
func ExampleNetwork_Solve() {
	n := &lines.Network{Rows: 3, Cols: 5, Wires: lines.Wires{Word: 0.5, Bit: 0.5}}
	for _, ohm := range []float64{
		345, 903, 755, 257, 646,
		652, 401, 508, 166, 454,
		442, 874, 190, 244, 635,
	} {
		n.G = append(n.G, 1/ohm)
	}
	volts := []lines.Drive{{Word: []float64{1.5, 2.3, 1.7}}}
	solved, err := n.Solve(context.Background(), volts, lines.Options{})
	if err != nil {
		panic(err)
	}
	n.Wires = lines.Wires{}
	ideal, err := n.Solve(context.Background(), volts, lines.Options{})
	if err != nil {
		panic(err)
	}
	for j, amp := range solved[0].Out {
		fmt.Printf("%.6f mA of %.6f\n", 1e3*amp, 1e3*ideal[0].Out[j])
	}
	// Output:
	// 11.585025 mA of 11.721587
	// 9.190642 mA of 9.341871
	// 15.115681 mA of 15.461682
	// 25.833208 mA of 26.659211
	// 9.811793 mA of 10.065226
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
