//go:build linux || darwin

package tasks

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// freeDisk is the space that is left where a folder is or will be made, in
// bytes.
func freeDisk(dir string) (bytes float64, known bool) {
	for {
		var s syscall.Statfs_t
		if err := syscall.Statfs(dir, &s); err == nil {
			return float64(s.Bavail) * float64(s.Bsize), true
		}
		up := filepath.Dir(dir)
		if up == dir {
			return 0, false
		}
		dir = up
	}
}

// lockFolder keeps a second process out of a run folder until it is released;
// the system releases it with the process too.
func lockFolder(path string) (release func() error, err error) {
	d, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == syscall.EWOULDBLOCK {
		d.Close()
		return nil, fmt.Errorf("%s belongs to a run that is still going on", path)
	}
	return d.Close, nil // file systems without locks go without
}
