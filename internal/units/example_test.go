package units_test

import (
	"fmt"

	"github.com/synohm/synohm/internal/units"
)

func ExampleParse() {
	fmt.Println(units.Parse("0.1 s", units.MustUnit("ms")))
	_, err := units.Parse("20", units.MustUnit("ms"))
	fmt.Println(err)
	// Output:
	// 100 <nil>
	// "20" has no unit; units that fit: us, ms, s, min, h, d, year
}
