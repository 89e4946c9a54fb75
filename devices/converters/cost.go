package converters

import "math"

// Cost is what conversions took. Whole numbers, so that a sum depends on no
// order.
type Cost struct {
	Conversions uint64 // of one input or one output
	Attojoule   uint64
	Picoseconds uint64
}

// Then is the cost of c and, after it, d.
func (c Cost) Then(d Cost) Cost {
	return Cost{c.Conversions + d.Conversions, c.Attojoule + d.Attojoule, c.Picoseconds + d.Picoseconds}
}

// Beside is the cost of c and d at the same time, as of parts of the columns.
func (c Cost) Beside(d Cost) Cost {
	return Cost{c.Conversions + d.Conversions, c.Attojoule + d.Attojoule, max(c.Picoseconds, d.Picoseconds)}
}

// whole rounds a positive figure of any size to a whole number.
func whole(x float64) uint64 {
	if x >= math.MaxUint64 {
		return math.MaxUint64
	}
	return uint64(math.RoundToEven(x))
}
