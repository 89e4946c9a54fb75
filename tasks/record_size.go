package tasks

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/synohm/synohm/internal/runfolder"
)

// Bounds and assumptions of what a run records.
const (
	assumedRate  = 20.0  // Hz, of a population that gives none
	maxRecorded  = 200e9 // bytes of all recordings of a run
	maxProbe     = 2e9   // bytes in memory of a variable in an epoch
	worthNoting  = 1e6   // bytes
	bytesOfSpike = 16    // time and neuron
)

// recordedSize is what the recordings of a simulation will take, in bytes, and
// on what that stands: exact but for spikes, whose rate is assumed.
func (x *Experiment) recordedSize() (bytes float64, basis string) {
	seconds := x.Time.Run * 1e-3
	var rates []string
	for i := range x.Record {
		r := &x.Record[i]
		samples := 1.0
		if r.Every > 0 {
			samples = math.Floor(x.Time.Run/r.Every*(1+1e-12) + 1e-9)
		}
		switch r.What {
		case "weights":
			bytes += samples*float64(8+4*r.Synapses) + 16*float64(r.Synapses)
		case "conductances": // once, at the end, and less than the cells take in memory, which is bounded
		case "rate":
			bytes += samples * 16
		case "spikes":
			rate := assumedRate
			for _, p := range x.Populations {
				if p.Name == r.Of && p.Rate > 0 {
					rate = p.Rate
				}
			}
			bytes += bytesOfSpike * rate * seconds * float64(x.chosen(r))
			rates = append(rates, fmt.Sprintf("%g Hz of %s", rate, r.Of))
		default:
			n := float64(x.chosen(r))
			bytes += samples*(8+8*n) + 8*n
		}
	}
	if len(rates) > 0 {
		basis = ", assuming " + strings.Join(rates, ", ")
	}
	return bytes, basis
}

// chosen is the number of neurons of a record.
func (x *Experiment) chosen(r *Record) int {
	n := x.sizeOf(r.Of)
	if chosen, err := parseNeurons(r.Neurons, n); err == nil && chosen != nil {
		return len(chosen)
	}
	return n
}

// checkRecords finds recordings that would be too large.
func (s *spiking) checkRecords() {
	for i := range s.x.Record {
		r := &s.x.Record[i]
		if r.What == "spikes" || r.What == "rate" || r.What == "weights" || r.What == "conductances" {
			continue
		}
		const epoch, copies = 64, 3 // steps; two of the probe and what is about to be written
		if bytes := copies * 8 * float64(s.x.chosen(r)) * (epoch/float64(s.x.everySteps(r)) + 1); bytes > maxProbe {
			s.add(fmt.Sprintf("record[%d]", i), fmt.Sprintf("may take %.3g GB of memory, at most %.3g GB are allowed; record fewer neurons, or less often", bytes/1e9, maxProbe/1e9))
		}
	}
	if bytes, basis := s.x.recordedSize(); bytes > maxRecorded {
		s.add("record", fmt.Sprintf("would take about %s%s, at most %s are allowed; %s", size(bytes), basis, size(maxRecorded), recordLess))
	}
}

const recordLess = "record fewer neurons, less often, or a shorter run"

// size shows a number of bytes.
func size(bytes float64) string {
	for _, u := range []struct {
		bytes float64
		name  string
	}{{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if bytes >= u.bytes {
			return fmt.Sprintf("%.3g %s", bytes/u.bytes, u.name)
		}
	}
	return fmt.Sprintf("%.0f bytes", bytes)
}

// place tells of the size of the recordings and refuses what will not fit on
// the disk, before there is a run folder.
func (s *simulation) place(o RunOptions) error {
	bytes, basis := s.x.recordedSize()
	dir := o.Runs
	if o.Out != "" {
		dir = filepath.Dir(o.Out)
	}
	// The raw parts and the archives are there at the same time for a while.
	need := 2 * bytes
	if free, known := freeDisk(dir); known && need > free {
		return fmt.Errorf("%w: the recordings take about %s%s, and as much again while they are packed; %s has %s left; %s, or choose another place with --out",
			runfolder.ErrPlace, size(bytes), basis, dir, size(free), recordLess)
	}
	if bytes < worthNoting {
		return nil
	}
	o.note(fmt.Sprintf("the recordings take about %s%s", size(bytes), basis))
	return nil
}
