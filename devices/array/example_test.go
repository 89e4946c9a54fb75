package array_test

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/array"
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
)

// exampleSettings are the defaults with some YAML over them.
func exampleSettings(yaml string) *array.Settings {
	tree, err := config.Parse("example.yaml", []byte(yaml))
	if err != nil {
		panic(err)
	}
	var s array.Settings
	catalogs := map[string]catalog.Catalog{"mappings": array.Mappings(), "programming": array.Programmings()}
	if err := tree.Decode(&s, catalogs).Err(); err != nil {
		panic(err)
	}
	return &s
}

// Weights on cells that drift: what they are a day later, and with one factor
// that takes the drift back.
func ExampleMatrix() {
	ctx := context.Background()
	cell := &devices.Generic{GMin: 0.1, GMax: 25, NuMean: 0.05, T0: 20}
	weights := []float32{
		1, -0.5,
		0.25, 0,
	}
	for _, compensation := range []string{"none", "global"} {
		m, err := array.New(cell, exampleSettings("compensation: "+compensation), 2, 2, 1, 1)
		if err != nil {
			panic(err)
		}
		if err := m.Program(ctx, weights); err != nil {
			panic(err)
		}
		if err := m.AdvanceTo(ctx, 86400); err != nil {
			panic(err)
		}
		y := make([]float32, 2)
		if err := m.Multiply(array.Key{Trial: 1}, []float32{1, 1}, y); err != nil {
			panic(err)
		}
		fmt.Printf("%-6s %.3f %.3f\n", compensation, y[0], y[1])
	}
	// Output:
	// none   0.822 -0.329
	// global 1.250 -0.500
}

// Two rows are driven by spikes; the energy is V^2 G t of their cells.
func ExampleMatrix_Read() {
	ctx := context.Background()
	cell := &devices.Generic{GMin: 1, GMax: 100, T0: 1}
	m, err := array.New(cell, exampleSettings("v_read: 0.1 V\nt_read: 50 ns"), 3, 1, 1, 1)
	if err != nil {
		panic(err)
	}
	if err := m.Program(ctx, []float32{2, -1, 4}); err != nil {
		panic(err)
	}
	y := make([]float32, 1)
	if err := m.Read(array.Key{}, []int32{0, 1}, 0, 1, y); err != nil {
		panic(err)
	}
	r := m.Reports()[0]
	fmt.Printf("%.3f, %d cells read, %.1f fJ\n", y[0], r.Reads, float64(r.ReadAttojoule)/1000)
	// Output: 1.000, 4 cells read, 39.1 fJ
}

// A bit-sliced weight: the digits of 90 in base 4, over 3, in the cells of the
// positive side.
func ExampleSlices() {
	s := &array.Slices{Bits: 8, PerCell: 2}
	x := make([]float64, len(s.Planes()))
	s.Encode(90.0/127, x)
	u := 0.0
	for i, p := range s.Planes() {
		u += s.Gains()[p.Digit] * p.Sign * x[i]
		if p.Sign > 0 {
			fmt.Printf("%.0f ", 3*x[i])
		}
	}
	fmt.Printf("make %.0f\n", 127*u)
	// Output: 2 2 1 1 make 90
}
