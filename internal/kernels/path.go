package kernels

import "sync/atomic"

var portable atomic.Bool

// UsePortable chooses the portable forms, or the fastest that the processor
// has. The results are the same bits. It is to be called before a run starts.
func UsePortable(yes bool) { portable.Store(yes) }

// Path names the form in use: avx2 or portable.
func Path() string {
	if vectors() {
		return "avx2"
	}
	return "portable"
}

// vectors tells whether the kernels in assembly are to be used.
func vectors() bool { return hasAVX2 && !portable.Load() }
