package tasks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/synohm/synohm/internal/runfolder"
	"github.com/synohm/synohm/synapses"
)

// usedFile is a file beside the configuration that decides the results: a
// laboratory's own table of a cell.
type usedFile struct {
	runfolder.File
	data []byte
}

// maxFile bounds a file that is copied into the run folder.
const maxFile = 64 << 20 // bytes

// files reads the files that cells of the substrates are made of.
func (x *Experiment) files() (all []usedFile, err error) {
	seen := map[string]bool{}
	for _, s := range x.Substrates {
		cells, ok := s.Variant.Value.(synapses.Physical)
		if !ok {
			continue
		}
		for _, path := range cells.Files() {
			if seen[path] {
				continue
			}
			seen[path] = true
			if info, err := os.Stat(path); err != nil || info.Size() > maxFile {
				return nil, fmt.Errorf("substrate %s: %s cannot be kept with the run: it is missing, or larger than %d MB", s.Name, path, maxFile>>20)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return nil, fmt.Errorf("substrate %s: %w", s.Name, err)
			}
			sum := sha256.Sum256(data)
			name := fmt.Sprintf("files/%d-%s", len(all), filepath.Base(path))
			all = append(all, usedFile{runfolder.File{Path: path, SHA256: hex.EncodeToString(sum[:]), Copy: name}, data})
		}
	}
	return all, nil
}

// keep copies files into the run folder.
func keep(f *runfolder.Folder, files []usedFile) error {
	for _, u := range files {
		if err := f.Bytes(u.Copy, u.data); err != nil {
			return err
		}
	}
	return nil
}
