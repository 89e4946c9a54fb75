package converters_test

import (
	"fmt"

	"github.com/synohm/synohm/devices/converters"
	"github.com/synohm/synohm/internal/config"
)

// Four bits, the sign included, over a range of 7: whole numbers, cut at the
// ends. A conversion by successive approximation takes a cycle a bit.
func ExampleADC() {
	var out converters.Output
	config.Defaults(&out, nil)
	out.Kind, out.Bits = converters.SAR, 4
	adc, err := converters.NewADC(out, 4, 7, 1)
	if err != nil {
		panic(err)
	}
	y := []float32{-8.6, -1.2, 0.4, 2.6}
	over, cost, err := adc.Convert(converters.Key{}, 0, y, nil, y)
	if err != nil {
		panic(err)
	}
	fmt.Println(y, over, "beyond the range,", cost.Picoseconds, "ps")
	// Output: [-7 -1 0 3] 1 beyond the range, 4000 ps
}

// The largest output that there could be wastes codes on what never comes: a
// percentile of a sample does not.
func ExampleOutput_Span() {
	var out converters.Output
	config.Defaults(&out, nil)
	sample := make([]float32, 1000)
	for i := range sample {
		sample[i] = float32(i%100) / 10
	}
	for _, out.Range = range []string{converters.Maximum, converters.Percentile} {
		span, err := out.Span(512, sample)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s %.1f\n", out.Range, span)
	}
	// Output:
	// maximum 512.0
	// percentile 9.9
}
