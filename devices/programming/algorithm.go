package programming

import "github.com/synohm/synohm/internal/catalog"

// Algorithm says what is written to a cell that is outside its tolerance.
type Algorithm interface {
	Validate() error
	verify() *Verify
	// check tells what in the algorithm is beyond limits.
	check(Limits) error
	// rule makes the state of a run for n cells.
	rule(port Port, n int) (rule, error)
}

// Catalog lists the algorithms. Their Params are an Algorithm.
func Catalog() catalog.Catalog {
	return catalog.Catalog{
		{
			Name: "one-shot", Summary: "one write of the target by the port's own means, and no correction",
			Params: &OneShot{},
		},
		{
			Name: "ispp", Summary: "pulses whose voltage rises step by step until the cell is there or beyond, then the other way",
			Reference: "Wan et al., A compute-in-memory chip based on resistive random-access memory, Nature 608 (2022), and the programming scripts of that chip, NeuRRAM",
			Params:    &ISPP{},
		},
		{
			Name: "write-verify", Summary: "the same write again until the cell is within tolerance: of the target where the port can, else a pulse of a fixed voltage each way",
			Params: &WriteVerify{},
		},
	}
}

// rule decides for cells, which are numbered by their place in the run's list.
type rule interface {
	// begin forgets what was done to a cell in an epoch before.
	begin(k int)
	// next is for a cell that was read to be outside its tolerance, below its
	// target where up.
	next(k int, up bool) write
	// width of a pulse, s.
	width() float64
}

// write is what a rule wants done with a cell next.
type write struct {
	volt float64 // of a pulse; 0 is a write of the target by the port's own means
	stop bool    // nothing more
}
