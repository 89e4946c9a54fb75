package tasks

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/neurons"
	"github.com/synohm/synohm/neurons/drives"
)

// Record keeps something of a run.
type Record struct {
	What     string        `yaml:"what" required:"true" doc:"spikes of a population, weights of a projection, or conductances of one on a crossbar, at the end of the run; of a liquid also input of a source; of a simulation also rate of a population, or a variable of its model, such as v_m"`
	Of       string        `yaml:"of" required:"true" doc:"name of the population, source or projection"`
	Trials   int           `yaml:"trials" default:"100" range:"[1, 1000000]" doc:"of a liquid: number of test trials, the first ones; weights have none"`
	Neurons  config.Scalar `yaml:"neurons" doc:"of a simulation: which neurons, such as 0-99 or 0-9,50; the first is 0; all if missing"`
	Every    float64       `yaml:"every" unit:"ms" default:"0 ms" range:"[0, inf)" doc:"of a simulation: time between two values of a variable or weight, or length of the bins of a rate, a whole number of steps; weights without it are kept at the end"`
	Synapses int           `yaml:"synapses" default:"1000" range:"[1, 10000000]" doc:"of a simulation: number of synapses whose weights are kept, evenly spaced over the projection"`
}

// file is the name of a recording, without extension.
func (r *Record) file() string { return r.What + "." + r.Of }

// checkRecord finds what is wrong with one record.
func (x *Experiment) checkRecord(i int, projections []string, add func(path, rule string)) {
	r := &x.Record[i]
	if r.Of == "" || r.What == "" {
		return
	}
	at := fmt.Sprintf("record[%d]", i)
	var sources, populations []string
	for _, s := range x.Sources {
		sources = append(sources, s.Name)
	}
	for _, p := range x.Populations {
		populations = append(populations, p.Name)
	}
	want := func(among []string, what string) bool {
		if slices.Contains(among, r.Of) {
			return true
		}
		add(at+".of", "there is no "+what+" of this name"+config.DidYouMean(r.Of, among))
		return false
	}
	for k := range i {
		if x.Record[k].file() == r.file() {
			add(at, fmt.Sprintf("%s of %s is in record[%d] already; record it once, with all its neurons", r.What, r.Of, k))
			return
		}
	}
	if r.What == "weights" {
		if want(projections, "projection") && x.Task.Variant.Kind == "simulate" {
			x.every(at, r, add)
		}
		return
	}
	if r.What == "conductances" {
		if want(projections, "projection") && !x.onCells(r.Of) {
			add(at+".of", r.Of+" is not on a crossbar, so it has no conductances; record its weights")
		}
		return
	}
	if x.Task.Variant.Kind == "simulate" {
		x.checkSimulated(at, r, append(populations, x.senders()...), want, add)
		return
	}
	switch r.What {
	case "spikes":
		want(populations, "population")
	case "input":
		want(sources, "source")
	default:
		add(at+".what", "must be one of spikes, input, weights, conductances"+config.DidYouMean(r.What, []string{"spikes", "input", "weights", "conductances"}))
	}
}

// senders are the sources that projections come from.
func (x *Experiment) senders() (names []string) {
	for _, s := range x.Sources {
		if m, ok := drives.Find(s.Model.Kind); ok && m.Emit != nil && s.To == "" {
			names = append(names, s.Name)
		}
	}
	return names
}

// checkSimulated looks at a record of neurons in a simulation.
func (x *Experiment) checkSimulated(at string, r *Record, senders []string, want func([]string, string) bool, add func(path, rule string)) {
	if !want(senders, "population") {
		return
	}
	if r.What != "spikes" && r.What != "rate" {
		known := []string{"spikes", "rate", "weights", "conductances"}
		for _, v := range x.variables(r.Of) {
			known = append(known, v.Name)
		}
		if !slices.Contains(known, r.What) {
			add(at+".what", r.Of+" has no such variable"+config.DidYouMean(r.What, known))
			return
		}
	}
	if _, err := parseNeurons(r.Neurons, x.sizeOf(r.Of)); err != nil {
		add(at+".neurons", err.Error())
	}
	switch {
	case r.What == "spikes" && r.Every != 0:
		add(at+".every", "has no meaning for spikes, which are all kept")
	case r.What != "spikes" && r.Every == 0:
		add(at+".every", "is missing: the time between two values, such as 10 ms")
	default:
		x.every(at, r, add)
	}
}

// every wants a whole number of steps, not more than the run has.
func (x *Experiment) every(at string, r *Record, add func(path, rule string)) {
	k := r.Every / x.Time.Step
	switch {
	case math.Abs(k-math.Round(k)) > 1e-9*k:
		add(at+".every", fmt.Sprintf("is %.6g steps of %g ms; must be a whole number of steps", k, x.Time.Step))
	case r.Every > x.Time.Run*(1+1e-9):
		add(at+".every", fmt.Sprintf("is longer than the run of %g ms; nothing would be kept", x.Time.Run))
	}
}

// everySteps is the interval in steps, 0 for none.
func (x *Experiment) everySteps(r *Record) int64 { return int64(math.Round(r.Every / x.Time.Step)) }

// variable is something of a model that can be recorded.
type variable struct{ Name, Unit string }

// variables are what can be recorded of a population.
func (x *Experiment) variables(population string) (out []variable) {
	m, err := neurons.Find(x.model(population))
	if err != nil {
		return nil
	}
	for _, v := range m.Variables {
		out = append(out, variable{v.Name, v.Unit})
	}
	return out
}

// sizeOf is the number of neurons of a population, or of trains of a source.
func (x *Experiment) sizeOf(name string) int {
	for i := range x.Populations {
		if x.Populations[i].Name == name {
			return newSpiking(x).size(&x.Populations[i])
		}
	}
	for _, s := range x.Sources {
		if s.Name == name {
			return s.Size
		}
	}
	panic("tasks: records were not checked: " + name)
}

// parseNeurons reads a choice of neurons, ascending; nil stands for all.
func parseNeurons(choice config.Scalar, size int) ([]int32, error) {
	text := strings.TrimSpace(string(choice))
	if text == "" || text == "all" {
		return nil, nil
	}
	var out []int32
	for _, part := range strings.Split(text, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		lo, err1 := strconv.ParseUint(strings.TrimSpace(from), 10, 31)
		hi, err2 := strconv.ParseUint(strings.TrimSpace(to), 10, 31)
		if err1 != nil || err2 != nil || lo > hi {
			return nil, fmt.Errorf("%.40q is no choice of neurons; write all, a number, or ranges such as 0-9,50", part)
		}
		if hi >= uint64(size) {
			return nil, fmt.Errorf("%d is outside of the population, whose neurons are 0 to %d", hi, size-1)
		}
		if len(out)+int(hi-lo) >= 2*size { // neurons named again and again
			return nil, fmt.Errorf("names neurons several times; name each once")
		}
		for n := lo; n <= hi; n++ {
			out = append(out, int32(n))
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return slices.Compact(out), nil
}
