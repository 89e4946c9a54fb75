package programming

// motion is how far pulses moved a cell, judged over each series of pulses of
// one direction from its first reading to its last: noise then counts twice, not
// as often as the cell was read.
type motion struct {
	up   bool
	open bool    // a series is going on
	from float64 // uS, before the series
	most float64 // uS, of the series before
}

// wrote notes a pulse after a reading of g.
func (m *motion) wrote(up bool, g float64) {
	if m.open && m.up == up {
		return
	}
	m.close(g)
	m.open, m.up, m.from = true, up, g
}

// close ends a series with a reading of g and tells the furthest.
func (m *motion) close(g float64) float64 {
	if m.open {
		d := g - m.from
		if !m.up {
			d = -d
		}
		m.most = max(m.most, d)
		m.open = false
	}
	return m.most
}
