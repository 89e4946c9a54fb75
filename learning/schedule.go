package learning

import "math"

// Schedule is how rates change over a training.
type Schedule struct {
	Kind     string  `yaml:"kind" short:"true" default:"constant" enum:"constant|cooldown|cosine|halves" doc:"constant; cooldown: falls in a line to nothing over the last part; cosine: falls by half a cosine; halves: halves a few times, evenly spaced"`
	From     float64 `yaml:"from" default:"0.5" range:"[0, 1]" doc:"part of the training after which a cooldown begins"`
	Warm     float64 `yaml:"warm_up" default:"0" range:"[0, 1]" doc:"part of the training over which rates rise from nothing"`
	Halvings int     `yaml:"halvings" default:"3" range:"[1, 100]" doc:"how often rates are halved, of halves"`
}

// Factor is what rates are multiplied with at a part of the training, 0 to 1.
func (s Schedule) Factor(part float64) float64 {
	f := 1.0
	switch s.Kind {
	case "cooldown":
		if part > s.From {
			f = (1 - part) / (1 - s.From)
		}
	case "cosine":
		f = (1 + math.Cos(math.Pi*part)) / 2
	case "halves":
		f = math.Pow(0.5, math.Floor(part*float64(s.Halvings+1)))
	}
	if part < s.Warm {
		f *= part / s.Warm
	}
	return f
}
