package ensembles

import "math"

// Settings are what counts as active.
type Settings struct {
	Level    float64 `yaml:"level" default:"0.1" range:"(0, 1]" doc:"a unit is active for an example where its activity is at least this part of the greatest of its layer"`
	Reliable float64 `yaml:"reliable" default:"0.5" range:"(0, 1]" doc:"a unit belongs to the ensemble of a class where it is active for at least this part of the examples"`
}

// Layer is what was seen of one layer.
type Layer struct {
	Settings
	Units, Classes int
	Silent         int // examples without an active unit

	examples []int     // of every class
	sum      []float64 // of activity, [class][unit]
	active   []int     // examples for which a unit was, [class][unit]
	sparsity float64   // summed
	measured int       // examples that have a sparsity
}

// NewLayer has seen nothing yet.
func NewLayer(s Settings, units, classes int) *Layer {
	return &Layer{
		Settings: s, Units: units, Classes: classes,
		examples: make([]int, classes), sum: make([]float64, classes*units), active: make([]int, classes*units),
	}
}

// Add takes the activity for an example of a class.
func (l *Layer) Add(class int, h []float32) {
	l.examples[class]++
	if s, ok := Hoyer(h); ok {
		l.sparsity += s
		l.measured++
	}
	most := 0.0
	for _, v := range h {
		most = math.Max(most, math.Abs(float64(v)))
	}
	if most == 0 {
		l.Silent++
		return
	}
	sum, active := l.sum[class*l.Units:(class+1)*l.Units], l.active[class*l.Units:(class+1)*l.Units]
	for j, v := range h {
		sum[j] += float64(v)
		if math.Abs(float64(v)) >= l.Level*most {
			active[j]++
		}
	}
}

// Examples is how many were seen.
func (l *Layer) Examples() (n int) {
	for _, k := range l.examples {
		n += k
	}
	return n
}

// Sparsity is the mean over the examples that have one; NaN if none has.
func (l *Layer) Sparsity() float64 { return l.sparsity / float64(l.measured) }

// Seen tells whether there was an example of a class.
func (l *Layer) Seen(class int) bool { return l.examples[class] > 0 }

// Ensemble lists the units of a class, in rising order.
func (l *Layer) Ensemble(class int) (units []int) {
	for j, k := range l.active[class*l.Units : (class+1)*l.Units] {
		if k > 0 && float64(k) >= l.Reliable*float64(l.examples[class]) {
			units = append(units, j)
		}
	}
	return units
}

// Size is the mean number of units of an ensemble, over the classes that were
// seen; NaN if none was.
func (l *Layer) Size() float64 {
	n, classes := 0, 0
	for c := range l.Classes {
		if l.Seen(c) {
			n += len(l.Ensemble(c))
			classes++
		}
	}
	return float64(n) / float64(classes)
}

// Overlap is the part of the units of two classes that both have, |A and B| /
// |A or B| (Jaccard); NaN where neither has any.
func (l *Layer) Overlap(a, b int) float64 {
	both, in := 0, map[int]bool{}
	one, other := l.Ensemble(a), l.Ensemble(b)
	for _, j := range one {
		in[j] = true
	}
	for _, j := range other {
		if in[j] {
			both++
		}
	}
	return float64(both) / float64(len(one)+len(other)-both)
}

// MeanOverlap is that of all pairs of classes that were seen and have one; NaN
// if none has.
func (l *Layer) MeanOverlap() float64 {
	sum, pairs := 0.0, 0
	for a := range l.Classes {
		for b := range a {
			if x := l.Overlap(a, b); l.Seen(a) && l.Seen(b) && !math.IsNaN(x) {
				sum += x
				pairs++
			}
		}
	}
	return sum / float64(pairs)
}

// Mean is the mean activity of every unit for a class, 0 for one that was not seen.
func (l *Layer) Mean(class, unit int) float64 {
	if !l.Seen(class) {
		return 0
	}
	return l.sum[class*l.Units+unit] / float64(l.examples[class])
}
