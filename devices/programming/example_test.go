package programming_test

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/devices/programming"
	"github.com/synohm/synohm/internal/config"
)

// Cells with an error of 4 uS are written until each is read within 1 uS; one
// of them is stuck.
func ExampleRun() {
	cell := &devices.Generic{GMin: 1, GMax: 100, ProgramAbs: 4, T0: 1}
	block, err := devices.NewBlock(cell, devices.Effects{Stuck: &devices.StuckEffect{On: 0.1}}, 10, 4, 0)
	if err != nil {
		panic(err)
	}
	port, err := programming.NewModel(block, 0, 1)
	if err != nil {
		panic(err)
	}
	var algorithm programming.WriteVerify
	var limits programming.Limits
	config.Defaults(&algorithm, nil)
	config.Defaults(&limits, nil)
	cells, targets := make([]int32, 10), make([]float32, 10)
	for i := range cells {
		cells[i], targets[i] = int32(i), float32(10+5*i)
	}
	report, err := programming.Run(context.Background(), port, &algorithm, limits, cells, targets)
	if err != nil {
		panic(err)
	}
	worst := 0.0
	for _, c := range report.Cells {
		if c.Verdict == programming.Reached {
			worst = max(worst, float64(max(c.G-c.Target, c.Target-c.G)))
		}
	}
	fmt.Printf("%d reached, %d stuck high; none is off by more than 1 uS: %v\n",
		report.Count(programming.Reached), report.Count(programming.StuckHigh), worst <= 1)
	// Output: 9 reached, 1 stuck high; none is off by more than 1 uS: true
}
