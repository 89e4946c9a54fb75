//go:build !amd64

package kernels

// Pause lets a processor wait for a moment; here there is no word for it.
func Pause() {}
