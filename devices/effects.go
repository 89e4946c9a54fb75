package devices

// Effects are what a cell of any kind may do beside what its model says. Each
// is off unless it is named, and draws from a stream of its own, so that
// switching one on changes no number of another.
type Effects struct {
}

// Age tells whether an effect changes cells as time passes.
func (e *Effects) Age() bool { return false }
