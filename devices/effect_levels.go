package devices

import "math"

// LevelsEffect lets cells be programmed to a finite number of conductances
// only, which lie evenly in their window:
//
//	target' = low + d * round((target - low)/d), d = (high - low)/(n - 1)
//
// It acts on targets, so that what a cell comes to conduct still has the spread
// of its model.
type LevelsEffect struct {
	N int `yaml:"n" default:"16" range:"[2, 65536]" doc:"number of levels, both ends of the window among them; 16 is an assumption"`
}

// round gives the nearest level.
func (l *LevelsEffect) round(target, low, high float64) float64 {
	d := (high - low) / float64(l.N-1)
	return low + float64(d*math.Round((target-low)/d))
}
