// Package fetch downloads files whose content is known by its SHA-256. A
// download that was cut goes on where it ended; one that stalls is given up
// and tried again, at the next mirror; what does not match its sum is thrown
// away. A file appears under its final name whole and checked, or not at all.
package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// File is a file to be had.
type File struct {
	Name   string // in the folder, and after the last slash of a mirror
	Size   int64  // bytes
	SHA256 string // hexadecimal
}

// Options of a download. Zero values take what the comments say.
type Options struct {
	Client   *http.Client                        // http.DefaultClient
	Stall    time.Duration                       // 30 s: longest wait without a byte
	Tries    int                                 // 4 rounds of all mirrors
	Pause    time.Duration                       // 1 s before the second round, twice that before the third, ...
	Progress func(name string, done, size int64) // may be nil
}

func (o Options) filled() Options {
	if o.Client == nil {
		o.Client = http.DefaultClient
	}
	if o.Stall == 0 {
		o.Stall = 30 * time.Second
	}
	if o.Tries == 0 {
		o.Tries = 4
	}
	if o.Pause == 0 {
		o.Pause = time.Second
	}
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	return o
}

// partSuffix marks a download that is not whole yet.
const partSuffix = ".part"

// Get brings a file into a folder from the first mirror (a URL that ends
// before the name) that gives it. It returns without a request where the file
// is there already.
func Get(ctx context.Context, dir string, f File, mirrors []string, o Options) error {
	o = o.filled()
	final := filepath.Join(dir, f.Name)
	if ok, err := matches(final, f); ok || err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	var errs []error
	for round := range o.Tries {
		if round > 0 {
			select {
			case <-time.After(o.Pause * time.Duration(round)):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		for _, m := range mirrors {
			url := strings.TrimSuffix(m, "/") + "/" + f.Name
			err := part(ctx, url, final+partSuffix, f, o)
			if err == nil {
				return os.Rename(final+partSuffix, final)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			errs = append(errs, fmt.Errorf("%s: %w", url, err))
			var local *os.PathError
			if errors.As(err, &local) {
				return fmt.Errorf("%s: %w", url, err) // no mirror helps against a full disk
			}
		}
	}
	if n := len(mirrors); len(errs) > n {
		errs = errs[len(errs)-n:] // of the last round
	}
	return fmt.Errorf("%s could not be fetched: %w", f.Name, errors.Join(errs...))
}

// matches tells whether a file has the size and the sum.
func matches(path string, f File) (bool, error) {
	in, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer in.Close()
	if info, err := in.Stat(); err != nil || info.Size() != f.Size {
		return false, err
	}
	h := sha256.New()
	if _, err := io.Copy(h, in); err != nil {
		return false, err
	}
	return hex.EncodeToString(h.Sum(nil)) == f.SHA256, nil
}

// part downloads what is missing of a file and checks the whole.
func part(ctx context.Context, url, path string, f File, o Options) error {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	have, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if have > f.Size {
		have = 0
	}
	if have < f.Size {
		if err := body(ctx, url, out, have, f, o); err != nil {
			return err
		}
	}
	if err := errors.Join(out.Sync(), out.Close()); err != nil {
		return err
	}
	ok, err := matches(path, f)
	if err == nil && !ok {
		err = errors.Join(fmt.Errorf("the content is not what is expected (SHA-256 %s, %d bytes); it is thrown away", f.SHA256, f.Size), os.Remove(path))
	}
	return err
}

// body appends the bytes from have on.
func body(ctx context.Context, url string, out *os.File, have int64, f File, o Options) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := fmt.Errorf("no byte for %s", o.Stall)
	watch := time.AfterFunc(o.Stall, func() { cancel(stalled) })
	defer watch.Stop()
	// reason prefers what cancelled the request to how it was cut.
	reason := func(err error) error {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	resp, err := o.Client.Do(req)
	if err != nil {
		return reason(err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		have = 0
	case http.StatusPartialContent:
		if want := fmt.Sprintf("bytes %d-", have); !strings.HasPrefix(resp.Header.Get("Content-Range"), want) {
			return fmt.Errorf("the server sent %q where %q was asked for", resp.Header.Get("Content-Range"), want)
		}
	case http.StatusRequestedRangeNotSatisfiable:
		return errors.Join(fmt.Errorf("the server has no byte %d", have), out.Truncate(0))
	default:
		return fmt.Errorf("the server says %s", resp.Status)
	}
	if err := out.Truncate(have); err != nil {
		return err
	}
	if _, err := out.Seek(have, io.SeekStart); err != nil {
		return err
	}
	buf := make([]byte, 64<<10)
	for {
		n, err := resp.Body.Read(buf)
		watch.Reset(o.Stall)
		if have+int64(n) > f.Size {
			return errors.Join(fmt.Errorf("the server sends more than the %d bytes of the file", f.Size), out.Truncate(0))
		}
		if _, werr := out.Write(buf[:n]); werr != nil {
			return werr
		}
		have += int64(n)
		o.Progress(f.Name, have, f.Size)
		if err == io.EOF {
			break
		}
		if err != nil {
			return reason(err)
		}
	}
	if have < f.Size {
		return fmt.Errorf("the download ended at byte %d of %d", have, f.Size)
	}
	return nil
}
