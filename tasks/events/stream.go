package events

// Event is a change of brightness at one pixel.
type Event struct {
	T    int32  // us since the start of the recording
	X, Y uint16 // pixel, from the left and from the top
	On   bool   // brighter, else darker
}

// Stream is a recording, ordered in time.
type Stream struct {
	Width, Height int
	Events        []Event
}
