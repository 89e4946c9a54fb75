package sim

// Snapshot is a copy of something worth seeing, taken out of a run by a probe:
// a state variable, the spikes of a window, a matrix of conductances. Pictures
// are made of snapshots alone, so whoever draws cannot disturb what it draws.
type Snapshot struct {
	Name   string    // what it is, "liquid/v" or "rec/conductance"
	Kind   string    // one of the Kind constants: how Values are to be read
	Shape  []int     // row-major extents of Values
	Unit   string    // unit of Values, "" where there is none
	Values []float64 // row-major
}

// The kinds of snapshots.
const (
	KindVector   = "vector"   // [n]: one value a unit
	KindMatrix   = "matrix"   // [rows, columns]
	KindSeries   = "series"   // [n, 2]: pairs of x and y
	KindSpikes   = "spikes"   // [n, 2]: pairs of time and unit
	KindImages   = "images"   // [n, rows, columns]: grey images, such as receptive fields
	KindSynapses = "synapses" // [n, 3]: source, target and weight of every synapse
)
