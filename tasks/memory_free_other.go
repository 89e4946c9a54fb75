//go:build !linux

package tasks

// availableMemory is not known here.
func availableMemory() (bytes float64, known bool) { return 0, false }
