package kernels

//go:noescape
func pause(n uint32)

// Pause lets a processor wait for a moment, some tens of cycles, in which a
// second thread of the same core can have it.
func Pause() { pause(1) }
