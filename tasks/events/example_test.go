package events_test

import (
	"fmt"

	"github.com/synohm/synohm/tasks/events"
)

// Two ON events in one pooled pixel make one spike of the step, and a count of
// two.
func ExampleFraming_Cut() {
	s := events.Stream{Width: 4, Height: 4, Events: []events.Event{
		{T: 100, X: 0, Y: 0, On: true}, {T: 900, X: 1, Y: 1, On: true}, {T: 1500, X: 3, Y: 3, On: true},
	}}
	f, err := events.Framing{Pool: 2, Polarity: "on"}.Cut(s, 2, 1000)
	fmt.Println(f.Spikes, f.Counts, err)
	// Output: [[0] [3]] [2 0 0 1] <nil>
}
