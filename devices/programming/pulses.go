package programming

// Pulses are what pulses of an algorithm have in common.
type Pulses struct {
	Width    float64 `yaml:"width" unit:"s" default:"1 us" range:"(0, 10]" doc:"width of a pulse"`
	Polarity string  `yaml:"set_polarity" default:"positive" enum:"positive|negative" doc:"sign of the voltage that raises the conductance"`
}

// volt is the voltage of a magnitude that raises or lowers the conductance.
func (p *Pulses) volt(up bool, magnitude float64) float64 {
	if up == (p.Polarity == "negative") {
		return -magnitude
	}
	return magnitude
}
