package tasks

import (
	"bufio"
	"fmt"
	"os"
)

// availableMemory is what new programs can have without swapping, in bytes.
func availableMemory() (bytes float64, known bool) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var kB float64
		if n, _ := fmt.Sscanf(lines.Text(), "MemAvailable: %f kB", &kB); n == 1 {
			return kB * 1024, true
		}
	}
	return 0, false
}
