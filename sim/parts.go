package sim

// Part is the neurons Lo to Hi-1 of a population.
type Part struct{ Lo, Hi int }

// Len is the number of neurons.
func (p Part) Len() int { return p.Hi - p.Lo }

// partAlign keeps the parts of two workers in different cache lines of a ring
// (16 float32), and whole blocks of four neighbours on one side.
const partAlign = 16

// maxPart is the largest part, so that an index in a part fits 16 bits.
const maxPart = 1 << 16

// Parts cuts a population into parts of nearly the same size: as many for each
// worker, one after the other, as it takes to keep them at or below 65,536
// neurons. Worker w owns the parts w n to (w+1) n - 1, where n is their number
// over that of the workers. Some are empty where the population is small.
func Parts(size, workers int) []Part {
	if size < 0 || workers < 1 {
		panic("sim: parts of a population need a size and a worker")
	}
	units := (size + partAlign - 1) / partAlign
	each := 1 // parts of a worker
	for (units+each*workers-1)/(each*workers)*partAlign > maxPart {
		each++
	}
	parts := make([]Part, each*workers)
	for i := range parts {
		parts[i].Lo = min(size, units*i/len(parts)*partAlign)
		parts[i].Hi = min(size, units*(i+1)/len(parts)*partAlign)
	}
	return parts
}
